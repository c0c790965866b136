//! Mirrors: writers that keep the files of another program up to date while a run goes on, a configuration at a time.
use std::path::PathBuf;

use crate::exchange::trials::exported::ExportedTrial;
use crate::exchange::trials::state::ConfigurationState;
use crate::space::Space;

/// The parts of a run that do not change while it goes on.
#[derive(Clone, Copy, Debug)]
pub struct RunHead<'a> {
    pub name: &'a str,
    pub space: &'a Space,
    /// The names of several objectives; none where there is one.
    pub objectives: &'a [String],
    /// For each objective, true where it is maximized.
    pub maximized: &'a [bool],
    /// The name of what a single objective reports.
    pub measure: &'a str,
    /// The steps that a unit of budget has.
    pub steps_a_unit: f64,
}

impl RunHead<'_> {
    /// The number of costs that a trial reports.
    pub(super) fn costs(&self) -> usize {
        self.objectives.len().max(1)
    }
}

/// Bytes for the end of a file of the mirror; the path is relative to its folder, and empty where it is one file.
#[derive(Clone, Debug, PartialEq)]
pub struct MirroredPart {
    pub file: PathBuf,
    pub bytes: Vec<u8>,
}

/// A writer of another program's files that is told of every change and writes only what is new.
pub trait TrialMirror {
    /// The beginning of the files.
    fn begin(&mut self, head: &RunHead) -> Vec<MirroredPart>;

    /// The news of a configuration, given all of its trials with the user's signs.
    fn tell(&mut self, head: &RunHead, trials: &[ExportedTrial], state: &ConfigurationState) -> Vec<MirroredPart>;
}
