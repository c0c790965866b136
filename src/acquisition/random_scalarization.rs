//! Random scalarization of several objectives, as an acquisition function.
use super::scalarization::Scalarization;
use super::{AcquisitionFunction, Criterion, SearchState};
use crate::numeric::stream::Stream;

/// The expected improvement of the Chebyshev norm of the objectives with weights that are drawn for each proposal (ParEGO:
/// Knowles 2006).
#[derive(Clone, Copy, Debug)]
pub(crate) struct RandomScalarization;

impl AcquisitionFunction for RandomScalarization {
    fn name(&self) -> &str {
        "RandomScalarization"
    }

    fn describe(&self, _objectives: usize) -> String {
        "random scalarization".into()
    }

    fn supports(&self, objectives: usize) -> bool {
        objectives > 1
    }

    fn criterion(&self, state: &SearchState, stream: &mut Stream) -> Criterion {
        Criterion::SeveralObjectives(Box::new(Scalarization::over(state.points, stream)))
    }
}
