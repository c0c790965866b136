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

    /// True for an effort that is more than this budget. A budget that is no whole number may be reached by the whole
    /// number above.
    pub(crate) fn is_exceeded_by(self, spent: f64) -> bool {
        spent > self.0.ceil() * (1.0 + 1e-6)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_number_above_a_budget_does_not_exceed_it() {
        let exceeded = |budget: f64, spent: f64| Budget::new(budget).unwrap().is_exceeded_by(spent);
        assert!(exceeded(1.0, 5.0) && exceeded(1.85, 3.0) && exceeded(9.0, 10.0));
        assert!(!exceeded(1.85, 2.0) && !exceeded(9.0, 9.0) && !exceeded(9.0, 3.0));
    }
}
