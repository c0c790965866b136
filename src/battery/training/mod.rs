//! Training: exactly the optimizer steps of the budget, continued where an earlier rung stopped.
mod adamw;
pub mod batch;
pub(crate) mod checkpoint;
pub(crate) mod curve;
mod feed;
#[cfg(test)]
mod golden;
mod loss;
mod meter;
mod precision;
mod schedule;
mod settings;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod toy;

use std::io;
use std::ops::ControlFlow;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use burn::tensor::Tensor;
use thiserror::Error;

use crate::battery::dataset::feature::WIDTH;
use crate::battery::model::Model;
use crate::battery::model::weights::WeightError;
use crate::battery::training::adamw::{AdamW, AdamWState};
use crate::battery::training::batch::{Batch, Source};
use crate::battery::training::checkpoint::{CheckpointError, ModelDescription};
use crate::battery::training::curve::CurvePoint;
use feed::BatchPlan;
use loss::Objective;
use meter::{Meter, Reading};
pub use precision::Precision;
pub use settings::Training;

/// The longest time between two checkpoints.
const UNSAVED: Duration = Duration::from_secs(120);
/// Approximate number of points of a learning curve.
const POINTS: u64 = 64;

/// The span of a training: its steps, its seed, and the folder of its checkpoint.
#[derive(Clone, Copy, Debug)]
pub struct TrainingSpan<'a> {
    /// Optimizer steps in all, those of a checkpoint included.
    pub steps: u64,
    pub seed: u64,
    /// Divisor of the pieces in which a batch is processed; 1 leaves them as the settings say.
    pub divisor: u32,
    /// The folder of the checkpoint, which is continued and replaced; absent, none is kept.
    pub folder: Option<&'a Path>,
}

/// The progress of a training after one step.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Steps taken in all.
    pub step: u64,
    /// Share of the remaining steps that is done, 0 to 1.
    pub share: f64,
    pub loss: f64,
}

/// A model after its training.
pub struct Trained {
    pub model: Model,
    /// Optimizer steps in all, fewer than asked for where the loss was not finite or `progress` ended the training.
    pub step: u64,
    /// Steps of them that a checkpoint brought along.
    pub resumed: u64,
    /// Loss of the last step; `None` where no step was left to take.
    pub loss: Option<f64>,
    /// Some of the steps, first and last included.
    pub curve: Vec<CurvePoint>,
    /// The reason why a checkpoint was not continued, where there was one.
    pub note: Option<String>,
}

impl Trained {
    /// True where the loss is not finite.
    pub(crate) fn diverged(&self) -> bool {
        self.loss.is_some_and(|loss| !loss.is_finite())
    }
}

/// Trains `model` on windows of `source` until it has taken the span's steps, from its checkpoint where there is one of the
/// same training, and leaves a checkpoint there, also every two minutes; a schedule without a length has that of the
/// span. `progress` gets each step in turn, on a graphics card several at once, and may end the training early.
///
/// Fails only where the checkpoint cannot be written.
pub fn train(
    mut model: Model,
    source: &dyn Source,
    settings: &Training,
    span: TrainingSpan,
    progress: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
) -> io::Result<Trained> {
    let description = |model: &Model, step: u64, curve: &[CurvePoint]| {
        ModelDescription::new(model, Some(source.provenance()), identity(settings, span.seed), step, curve.to_vec())
    };
    let (mut state, mut curve, mut note) = (None, Vec::new(), None);
    match resume(&model, source, settings, &span) {
        Ok(Some((resumed, from, old))) => (model, state, curve) = (resumed, Some(from), old),
        Ok(None) => {}
        Err(reason) => note = Some(format!("trained from the start: {reason}")),
    }
    let resumed = state.as_ref().map_or(0, |state: &AdamWState| state.step);
    let device = model.device();
    let mut optimizer = AdamW::new(&model.network, settings.optimizer(), state, &device.clone().inner());
    let scheduled = settings.schedule_steps.unwrap_or(span.steps);
    let schedule = settings.schedule(&model, scheduled);
    let length = model.hyperparameters().seq_len.min(source.steps() - 1);
    let (windows, piece) = settings.windows(length, span.divisor);
    let (noise, statistics, seed) = (settings.input_noise, model.statistics().clone(), span.seed);
    let plan = BatchPlan { length, windows, piece, noise, statistics, seed };
    let objective = Objective::new(settings.loss, settings.aggregate, settings.error_unit, &model);
    let every = (scheduled / POINTS).max(1);
    let spans = source.ranges().map(|(least, largest)| largest - least);
    let mut log = TrainingLog { resumed, steps: span.steps, every, spans, curve, loss: None, progress };

    let mut meter = Meter::new(&device);
    let (mut taken, mut saved) = (resumed, Instant::now());
    thread::scope(|scope| -> io::Result<()> {
        let batches = plan.begin(scope, source, resumed..span.steps);
        for step in resumed..span.steps {
            let pieces = batches.recv().expect("the feed prepares every step");
            let [gradient, loss, squares] =
                gradient(&model, &objective, &optimizer, pieces, windows, settings.precision);
            model.network = optimizer.apply(model.network.clone(), gradient, schedule.at(step));
            taken = step + 1;
            let is_due = span.folder.is_some() && saved.elapsed() > UNSAVED;
            let mut readings = meter.add(taken, loss, squares);
            if is_due || taken == span.steps {
                readings.extend(meter.read());
            }
            if readings.iter().any(|reading| log.add(reading).is_break()) {
                break;
            }
            if let Some(folder) = span.folder.filter(|_| is_due && taken < span.steps) {
                checkpoint::write(folder, description(&model, taken, &log.curve), &model.network, &optimizer.state())?;
                saved = Instant::now();
            }
        }
        Ok(())
    })?;
    // Where a listener ended it, the last steps were not read yet.
    for reading in meter.read() {
        let _ = log.add(&reading);
    }
    let TrainingLog { loss, curve, .. } = log;
    let diverged = loss.filter(|(_, loss)| !loss.is_finite());
    if let (Some(folder), Some(_), None) = (span.folder, loss, diverged) {
        checkpoint::write(folder, description(&model, taken, &curve), &model.network, &optimizer.state())?;
    }
    let step = diverged.map_or(taken, |(step, _)| step);
    Ok(Trained { model, step, resumed, loss: loss.map(|(_, loss)| loss), curve, note })
}

/// The gradient of a step's batch, its loss, and the mean square error of each feature: sums over the pieces.
fn gradient(
    model: &Model,
    objective: &Objective,
    optimizer: &AdamW,
    pieces: Vec<Batch>,
    windows: usize,
    precision: Precision,
) -> [Tensor<1>; 3] {
    let device = model.device();
    let part = |piece: Batch| {
        let share = piece.windows() as f64 / windows as f64;
        let (input, target) = piece.tensors(&device);
        let (loss, squares) = objective.of(precision.forward(model, input), target);
        let loss = loss * share;
        let gradients = loss.backward();
        [optimizer.gradient(&model.network, &gradients), loss.inner(), squares * share]
    };
    let sum = |[a, b, c]: [Tensor<1>; 3], [d, e, f]: [Tensor<1>; 3]| [a + d, b + e, c + f];
    pieces.into_iter().map(part).reduce(sum).expect("a batch has a window")
}

/// The log of a training's steps.
struct TrainingLog<'a> {
    resumed: u64,
    steps: u64,
    every: u64,
    /// Width of each feature's range, in its unit.
    spans: [f64; WIDTH],
    curve: Vec<CurvePoint>,
    /// Step and loss of the last reading; readings after one that is not finite are ignored.
    loss: Option<(u64, f64)>,
    progress: &'a mut dyn FnMut(&Progress) -> ControlFlow<()>,
}

impl TrainingLog<'_> {
    /// Adds a reading; breaks where the training should end.
    fn add(&mut self, reading: &Reading) -> ControlFlow<()> {
        if self.loss.is_some_and(|(_, loss)| !loss.is_finite()) {
            return ControlFlow::Break(());
        }
        let &Reading { step, loss, squares } = reading;
        self.loss = Some((step, loss));
        if (step - 1) % self.every == 0 || step == self.steps {
            let errors = std::array::from_fn(|feature| squares[feature].sqrt() * self.spans[feature]);
            self.curve.push(CurvePoint { step, loss, errors });
        }
        let share = (step - self.resumed) as f64 / (self.steps - self.resumed) as f64;
        let wish = (self.progress)(&Progress { step, share, loss });
        if loss.is_finite() { wish } else { ControlFlow::Break(()) }
    }
}

/// The settings and seed that a checkpoint must share with a training that continues it.
fn identity(settings: &Training, seed: u64) -> String {
    // In how many pieces a batch is worked on is no part of what is learnt.
    let settings = Training { micro_batch: None, ..settings.clone() };
    serde_json::to_string(&(settings, seed)).expect("settings are plain data")
}

type Resumed = (Model, AdamWState, Vec<CurvePoint>);

/// The reason why a training does not continue from the checkpoint in its folder.
#[derive(Debug, Error)]
pub(crate) enum ResumeError {
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    #[error(transparent)]
    Weights(#[from] WeightError),
    #[error("the checkpoint is of another training")]
    OtherTraining,
    #[error("the checkpoint has {taken} steps already, more than {wanted}")]
    TooManySteps { taken: u64, wanted: u64 },
}

/// The model as the span's checkpoint left it, `None` without a checkpoint; fails where it cannot be continued, in which
/// case [`train`] begins anew and replaces it.
pub(crate) fn resume(
    model: &Model,
    source: &dyn Source,
    settings: &Training,
    span: &TrainingSpan,
) -> Result<Option<Resumed>, ResumeError> {
    let Some(folder) = span.folder else { return Ok(None) };
    let Some(found) = checkpoint::read(folder)? else { return Ok(None) };
    let expected =
        ModelDescription::new(model, Some(source.provenance()), identity(settings, span.seed), 0, Vec::new());
    if !found.description.same(&expected) {
        return Err(ResumeError::OtherTraining);
    }
    if found.description.step > span.steps {
        return Err(ResumeError::TooManySteps { taken: found.description.step, wanted: span.steps });
    }
    let mut resumed = model.clone();
    resumed.network = found.load(resumed.network)?;
    Ok(Some((resumed, found.state()?, found.description.curve)))
}
