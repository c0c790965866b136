//! Mirrors: writers that keep the files of another program up to date while a run goes on, a configuration at a time.
use std::path::PathBuf;

use crate::exchange::trials::exported::ExportedTrial;
use crate::exchange::trials::run_head::RunHead;
use crate::exchange::trials::state::ConfigurationState;

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
