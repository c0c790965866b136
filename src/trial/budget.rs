//! Budgets: the effort that a trial may spend.
use std::fmt;

/// An amount of effort in the experiment's own unit (epochs, steps, seconds), positive and finite.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Budget(f64);

impl Budget {
    /// `None` unless `amount` is positive and finite.
    pub fn new(amount: f64) -> Option<Self> {
        (amount > 0.0 && amount.is_finite()).then_some(Self(amount))
    }

    /// The amount in the experiment's own unit.
    pub fn amount(self) -> f64 {
        self.0
    }
}

impl Eq for Budget {}

#[allow(clippy::derive_ord_xor_partial_ord)] // never NaN, so both orders are the same
impl Ord for Budget {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl fmt::Display for Budget {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        self.0.fmt(out)
    }
}
