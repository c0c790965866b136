//! The executor of an experiment file: one of the places where trials run.
use serde::Deserialize;

use crate::document::source::{Source, SourceError};
use crate::experiment::definition::execution::{Execution, ProcessFields};
use crate::experiment::definition::slurm_fields::SlurmFields;

#[derive(Deserialize)]
pub(crate) enum ExecutorFile {
    /// Processes of this machine.
    Process(ProcessFields),
    /// Workers that Slurm starts on the nodes of a cluster.
    Slurm(SlurmFields),
}

impl Default for ExecutorFile {
    fn default() -> Self {
        Self::Process(ProcessFields::default())
    }
}

impl ExecutorFile {
    /// The execution that the file asks for.
    ///
    /// # Errors
    /// A field is wrong; the error is at its value.
    pub(crate) fn validate(self, source: &Source) -> Result<Execution, SourceError> {
        match self {
            Self::Process(fields) => fields.validate(source),
            Self::Slurm(fields) => fields.validate(source),
        }
    }
}
