//! Learning curves: the costs that a trial reports on its way to its budget.
use super::budget::Budget;

/// Points that a curve keeps at most, roughly: a trial that reports every step must not fill the journal.
const POINTS: f64 = 100.0;

/// A finite cost after a part of a trial's budget, which counts from the configuration's first step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CurvePoint {
    pub budget: Budget,
    pub cost: f64,
}

/// The points of a trial in ascending order of budget, all below the trial's own.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    points: Vec<CurvePoint>,
}

impl Curve {
    /// Adds a point of a trial whose budget is `full`. It is ignored, and the answer is false, where it lies at or above
    /// `full`, has no finite cost, or is less than a hundredth of `full` beyond the last point.
    ///
    /// A point below the last one comes from another attempt: points beyond it are dropped.
    pub fn push(&mut self, point: CurvePoint, full: Budget) -> bool {
        if !point.cost.is_finite() || point.budget >= full {
            return false;
        }
        let amount = point.budget.amount();
        if let Some(last) = self.points.last().map(|last| last.budget.amount())
            && (last..last + full.amount() / POINTS).contains(&amount)
        {
            return false;
        }
        self.points.retain(|each| each.budget < point.budget);
        self.points.push(point);
        true
    }

    /// All points, in ascending order of budget.
    pub fn points(&self) -> &[CurvePoint] {
        &self.points
    }

    /// The cost that was last reported up to a budget.
    pub fn at(&self, budget: Budget) -> Option<f64> {
        let reached = self.points.partition_point(|point| point.budget <= budget);
        self.points[..reached].last().map(|point| point.cost)
    }

    /// The lowest cost that was reported up to a budget.
    pub fn best(&self, budget: Budget) -> Option<f64> {
        let reached = self.points.iter().take_while(|point| point.budget <= budget);
        reached.map(|point| point.cost).min_by(f64::total_cmp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(amount: f64) -> Budget {
        Budget::new(amount).unwrap()
    }

    #[test]
    fn a_curve_keeps_what_is_new() {
        let mut curve = Curve::default();
        let mut push = |amount, cost| curve.push(CurvePoint { budget: budget(amount), cost }, budget(100.0));
        assert!(push(1.0, 5.0) && push(2.0, 3.0) && push(9.0, 4.0));
        assert!(!push(9.5, 1.0), "less than a hundredth of the budget further");
        assert!(!push(9.0, 1.0) && !push(20.0, f64::NAN) && !push(100.0, 1.0));
        assert_eq!((curve.at(budget(8.0)), curve.best(budget(50.0))), (Some(3.0), Some(3.0)));
        assert_eq!((curve.at(budget(0.5)), curve.at(budget(200.0))), (None, Some(4.0)));
    }

    #[test]
    fn another_attempt_takes_over() {
        let mut curve = Curve::default();
        for (amount, cost) in [(1.0, 5.0), (2.0, 3.0), (3.0, 2.0), (2.0, 7.0)] {
            curve.push(CurvePoint { budget: budget(amount), cost }, budget(10.0));
        }
        let costs: Vec<f64> = curve.points().iter().map(|point| point.cost).collect();
        assert_eq!(costs, [5.0, 7.0]);
    }
}
