//! The feed of batches: the next ones are drawn and laid out while the device works on this one.
use std::ops::Range;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::Scope;

use crate::battery::model::Statistics;
use crate::battery::training::batch;
use crate::battery::training::batch::{Batch, Source};
use crate::numeric::stream::Stream;

/// Batches that wait for the device, at most.
const AHEAD: usize = 2;

/// The plan of every step's batch.
#[derive(Clone, Debug)]
pub(crate) struct BatchPlan {
    /// Rows of a window that are predicted.
    pub length: usize,
    /// Windows of a batch, and of each piece that the device works on at once.
    pub windows: usize,
    pub piece: usize,
    /// Noise on what a free-running model predicts itself.
    pub noise: f64,
    pub statistics: Statistics,
    pub seed: u64,
}

impl BatchPlan {
    /// The pieces of a step's batch, which depend on seed and step alone; together they are the same however many.
    pub(crate) fn pieces(&self, source: &dyn Source, step: u64) -> Vec<Batch> {
        let rows = self.length + 1;
        let window_starts = batch::window_starts(source, rows, self.windows, Stream::of(self.seed, "window", step));
        let mut batch = Batch::new(&batch::windows(source, &window_starts, rows), self.length);
        if self.noise > 0.0 {
            batch.disturb(self.noise, &self.statistics, Stream::of(self.seed, "noise", step));
        }
        batch.pieces(self.piece)
    }

    /// A thread that prepares the batches of `steps` in turn, and ends with them or with whoever takes them.
    pub(crate) fn begin<'scope, 'env>(
        self,
        scope: &'scope Scope<'scope, 'env>,
        source: &'env dyn Source,
        steps: Range<u64>,
    ) -> Receiver<Vec<Batch>> {
        let (sender, receiver) = sync_channel(AHEAD);
        scope.spawn(move || {
            for step in steps {
                if sender.send(self.pieces(source, step)).is_err() {
                    return;
                }
            }
        });
        receiver
    }
}
