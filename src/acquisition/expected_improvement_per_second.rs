//! Expected improvement divided by the time that a trial is expected to take.
use super::expected_improvement::ExpectedImprovement;
use super::random_scalarization::RandomScalarization;
use super::{AcquisitionFunction, Criterion, SearchState};
use crate::document::diagnostic::Diagnostic;
use crate::numeric::stream::Stream;

/// The expected improvement divided by the expected duration of the trial (Snoek et al. 2012): of equally promising
/// configurations, the quickest is tried first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ExpectedImprovementPerSecond {
    improvement: ExpectedImprovement,
}

impl ExpectedImprovementPerSecond {
    /// The acquisition function with the margin of an [`ExpectedImprovement`]. Fails where it is negative or not
    /// finite.
    pub(crate) fn new(margin: Option<f64>) -> Result<Self, Diagnostic> {
        Ok(Self { improvement: ExpectedImprovement::new(margin)? })
    }
}

impl AcquisitionFunction for ExpectedImprovementPerSecond {
    fn name(&self) -> &str {
        "ExpectedImprovementPerSecond"
    }

    fn describe(&self, objectives: usize) -> String {
        if objectives > 2 { RandomScalarization.describe(objectives) } else { "expected improvement per second".into() }
    }

    fn supports(&self, objectives: usize) -> bool {
        self.improvement.supports(objectives)
    }

    fn is_per_second(&self) -> bool {
        true
    }

    fn criterion(&self, state: &SearchState, stream: &mut Stream) -> Criterion {
        self.improvement.criterion(state, stream)
    }
}
