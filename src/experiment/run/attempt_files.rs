//! Files of an attempt that may overlap with another at the same trial: its own folder and checkpoint, until its end counts.
use std::fs;
use std::path::PathBuf;

use crate::experiment::folder::RunFolder;
use crate::trial::Proposal;

/// The files of an attempt and of its trial. An attempt that was given up may still write, into files that nobody reads.
pub(crate) struct AttemptFiles {
    /// The attempt's folder, inside of the trial's.
    pub folder: PathBuf,
    trial: PathBuf,
    /// The checkpoint that the attempt writes.
    checkpoint: PathBuf,
    /// The checkpoint of its configuration.
    accepted: PathBuf,
}

impl AttemptFiles {
    /// The files of an attempt, counted from 1.
    pub(crate) fn of(folder: &RunFolder, proposal: &Proposal, attempt: u32) -> Self {
        let trial = folder.trial(proposal.trial);
        let name = format!("trial-{}.{attempt}", proposal.trial);
        Self {
            folder: trial.join(format!("attempt-{attempt}")),
            trial,
            checkpoint: folder.checkpoints().join(name),
            accepted: folder.checkpoint(proposal.configuration_id),
        }
    }

    /// The path of its checkpoint for a program, which may change its working directory.
    pub(crate) fn absolute_checkpoint(&self) -> PathBuf {
        std::path::absolute(&self.checkpoint).unwrap_or_else(|_| self.checkpoint.clone())
    }

    /// Makes its checkpoint that of its configuration. The attempt has ended, and was not given up before.
    pub(crate) fn accept_checkpoint(&self) {
        if !self.checkpoint.exists() {
            return;
        }
        let replaced = self.checkpoint.with_extension("replaced");
        let moved = match fs::rename(&self.accepted, &replaced) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => fs::rename(&self.checkpoint, &self.accepted),
        };
        if let Err(error) = moved {
            // The configuration goes on from the checkpoint that it had.
            tracing::warn!(checkpoint = %self.checkpoint.display(), %error, "checkpoint not taken");
            let _ = fs::rename(&replaced, &self.accepted);
        }
        let _ = fs::remove_dir_all(&replaced);
    }

    /// Removes the checkpoint of an attempt whose end does not count.
    pub(crate) fn discard_checkpoint(&self) {
        let _ = fs::remove_dir_all(&self.checkpoint);
    }

    /// Makes its files those of the trial, whose end it is.
    pub(crate) fn keep(&self) {
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            if let Err(error) = fs::rename(entry.path(), self.trial.join(entry.file_name())) {
                tracing::warn!(file = %entry.path().display(), %error, "a file of a trial stays in the folder of its attempt");
            }
        }
        let _ = fs::remove_dir(&self.folder);
    }
}
