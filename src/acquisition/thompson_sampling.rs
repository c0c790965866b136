//! Thompson sampling: the minimum of a function that is drawn from the surrogate's posterior.
use super::{AcquisitionFunction, Criterion, SearchState};
use crate::numeric::stream::Stream;

/// The minimum, found by random search, of a function drawn from the surrogate's posterior.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ThompsonSampling;

impl AcquisitionFunction for ThompsonSampling {
    fn name(&self) -> &str {
        "ThompsonSampling"
    }

    fn describe(&self, _objectives: usize) -> String {
        "Thompson sampling".into()
    }

    fn criterion(&self, _state: &SearchState, _stream: &mut Stream) -> Criterion {
        Criterion::PosteriorSample
    }
}
