//! Evaluations outside of the search in a ledger, and the recommendation that takes them into account.
use super::Ledger;
use crate::experiment::error::RunError;
use crate::experiment::replay::evaluation_note;
use crate::trial::evaluation::Evaluation;
use crate::trial::recommendation::{Recommendation, recommend};

impl Ledger {
    /// Records a judged result of a configuration outside of the search.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub(crate) fn evaluated(&mut self, evaluation: Evaluation) -> Result<(), RunError> {
        let (key, value) = evaluation_note::note(&evaluation);
        evaluation_note::add(&mut self.evaluations, evaluation);
        self.note(&key, value)
    }

    /// Results of configurations outside of the search.
    pub(crate) fn evaluations(&self) -> &[Evaluation] {
        &self.evaluations
    }

    /// The configuration that the run recommends; `None` without a success.
    pub(crate) fn recommendation(&self) -> Option<Recommendation> {
        recommend(self.history(), &self.evaluations)
    }
}
