//! Results on the disk: a worker keeps what a trial came to until the coordinator has it in the journal.
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::executor::job::JobId;
use crate::store::record::AttemptEnd;

/// The folder of the results that are not known to be in the journal, beside `coordinator.json`.
#[derive(Clone, Debug)]
pub(crate) struct ResultFolder(PathBuf);

impl ResultFolder {
    /// The folder beside a coordinator's file.
    pub(crate) fn beside(file: &Path) -> Self {
        Self(file.with_file_name("results"))
    }

    /// Keeps the end of a trial's attempt; a reader sees all of it or nothing.
    pub(crate) fn keep(&self, job: &JobId, end: &AttemptEnd) -> io::Result<()> {
        let Some(path) = self.path(job) else { return Ok(()) };
        fs::create_dir_all(&self.0)?;
        let temporary = path.with_extension("new");
        fs::write(&temporary, serde_json::to_vec(end)?)?;
        fs::rename(&temporary, &path)
    }

    /// The end of an attempt that was kept.
    pub(crate) fn read(&self, job: &JobId) -> Option<AttemptEnd> {
        serde_json::from_slice(&fs::read(self.path(job)?).ok()?).ok()
    }

    /// Forgets the end of an attempt: it is in the journal.
    pub(crate) fn forget(&self, job: &JobId) {
        if let Some(path) = self.path(job) {
            let _ = fs::remove_file(path);
        }
    }

    /// Forgets all; where nothing is left, the folder goes too.
    pub(crate) fn clear(&self) {
        let _ = fs::remove_dir_all(&self.0);
    }

    fn path(&self, job: &JobId) -> Option<PathBuf> {
        match job {
            JobId::Trial { trial, attempt } => Some(self.0.join(format!("{:06}.{attempt}.json", trial.0))),
            JobId::Evaluation { .. } => None,
        }
    }
}
