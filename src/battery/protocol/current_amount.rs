//! Amounts of a current: in ampere, or as a rate.

/// A current, A, or as a multiple of the one that moves the capacity in an hour; discharge is positive.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum CurrentAmount {
    Ampere(f64),
    Rate(f64),
}

impl CurrentAmount {
    /// The current of a cell with a capacity, A h.
    pub(crate) fn ampere(self, capacity_ah: f64) -> f64 {
        match self {
            Self::Ampere(ampere) => ampere,
            Self::Rate(rate) => rate * capacity_ah,
        }
    }
}
