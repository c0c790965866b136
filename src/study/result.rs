//! Conversion of a function's result into the outcome of its trial.
use std::fmt::Display;

use crate::trial::outcome::Outcome;

/// Results that become the outcome of a trial: a cost, several costs, an [`Outcome`], or a `Result` of one of them,
/// whose error means that the trial crashed.
///
/// Costs that are not finite mean that the trial diverged. Smaller costs are better.
pub trait IntoOutcome {
    /// The outcome.
    fn into_outcome(self) -> Outcome;

    /// True for an empty list of costs, which [`Study::tell`](crate::Study::tell) refuses.
    fn is_empty(&self) -> bool {
        false
    }
}

impl IntoOutcome for f64 {
    fn into_outcome(self) -> Outcome {
        Outcome::of_cost(self)
    }
}

impl IntoOutcome for Vec<f64> {
    /// One cost for each objective.
    fn into_outcome(self) -> Outcome {
        match self.is_empty() {
            true => Outcome::Crashed { message: "the trial has no cost".into() },
            false => Outcome::of_costs(self),
        }
    }

    fn is_empty(&self) -> bool {
        Vec::is_empty(self)
    }
}

impl<const N: usize> IntoOutcome for [f64; N] {
    /// One cost for each objective.
    fn into_outcome(self) -> Outcome {
        self.to_vec().into_outcome()
    }

    fn is_empty(&self) -> bool {
        N == 0
    }
}

impl IntoOutcome for Outcome {
    fn into_outcome(self) -> Outcome {
        self
    }
}

impl<T: IntoOutcome, E: Display> IntoOutcome for Result<T, E> {
    fn into_outcome(self) -> Outcome {
        match self {
            Ok(result) => result.into_outcome(),
            // `#` prints the causes too where the error has a form for it.
            Err(error) => Outcome::Crashed { message: format!("{error:#}") },
        }
    }

    fn is_empty(&self) -> bool {
        self.as_ref().is_ok_and(T::is_empty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_function_returns_is_an_outcome() {
        assert_eq!(1.5.into_outcome(), Outcome::of_cost(1.5));
        assert_eq!(f64::NAN.into_outcome(), Outcome::Diverged);
        assert_eq!([1.0, 2.0].into_outcome(), Outcome::of_costs(vec![1.0, 2.0]));
        assert_eq!(vec![1.0, f64::INFINITY].into_outcome(), Outcome::Diverged);
        assert_eq!(Ok::<_, String>(Outcome::Pruned).into_outcome(), Outcome::Pruned);
        let crashed = Err::<f64, _>("no data").into_outcome();
        assert_eq!(crashed, Outcome::Crashed { message: "no data".into() });
    }

    #[test]
    fn no_cost_at_all_is_a_crash() {
        assert!(matches!([].into_outcome(), Outcome::Crashed { .. }));
    }
}
