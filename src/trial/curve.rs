//! The learning curve of a trial: costs that it reports on its way to its budget.
use super::budget::Budget;

/// A trial keeps at most about so many points, so that one that reports every step fills no journal.
const POINTS: f64 = 100.0;

/// A finite cost after a part of a trial's budget, counted from the configuration's very beginning.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CurvePoint {
    pub budget: Budget,
    pub cost: f64,
}

/// Points in ascending order of their budgets, all below that of the trial.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    points: Vec<CurvePoint>,
}

impl Curve {
    /// Adds a point of a trial with this budget; false, and nothing changes, where it says nothing new: at or above the
    /// trial's budget, without a finite cost, or hardly beyond the last point.
    ///
    /// A point below the last one comes from another attempt, and what was reported beyond it counts no more.
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
