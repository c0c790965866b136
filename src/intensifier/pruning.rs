//! Pruning: a trial that reports worse costs on its way than others did is ended before its budget is spent.
use serde::{Deserialize, Serialize};

use super::extrapolation::{FEWEST, Forecast};
use crate::document::diagnostic::Diagnostic;
use crate::numeric::quantile::quantile;
use crate::trial::curve::Curve;
use crate::trial::history::History;
use crate::trial::{Trial, TrialId};

/// Percentile stopping, with 0.5 the median rule of Vizier (Golovin et al. 2017), or stopping by extrapolated curves.
///
/// A trial is ended where its lowest cost so far is above `quantile` of the costs that other trials at the same budget had
/// reported by then. With a `chance`, it is ended where the probability that it ends at or below `quantile` of the others'
/// final costs is lower.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pruning {
    /// The quantile of the others' costs that a trial must reach, from the best. 0.5: the worse half is ended. 0: all but the
    /// best.
    pub quantile: f64,
    /// The probability below which a trial is ended, by extrapolating its curve: it may be behind now and end ahead. Absent:
    /// curves are compared as they are; 0.05 is careful.
    pub chance: Option<f64>,
    /// The number of others that must have come as far. 5: fewer have no meaningful median.
    pub least_trials: u32,
    /// No trial is ended before this share of its budget. 0.1: first reports are mostly the start-up.
    pub least_share: f64,
}

impl Default for Pruning {
    fn default() -> Self {
        Self { quantile: 0.5, chance: None, least_trials: 5, least_share: 0.1 }
    }
}

impl Pruning {
    /// Fails where a share or a probability is outside `[0, 1]`; the field of the diagnostic is that of this structure.
    pub(crate) fn validate(&self) -> Result<(), Diagnostic> {
        let shares =
            [("quantile", self.quantile), ("chance", self.chance.unwrap_or(0.0)), ("least_share", self.least_share)];
        match shares.into_iter().find(|(_, value)| !(0.0..=1.0).contains(value)) {
            None => Ok(()),
            Some((field, value)) => {
                Err(Diagnostic::new(format!("`pruning.{field}` must be between 0 and 1, not {value}")).field(field))
            }
        }
    }

    /// True where a running trial has fallen behind, by its last report.
    pub(crate) fn is_behind(&self, history: &History, trial: TrialId) -> bool {
        let Some(this) = history.trial(trial).filter(|this| this.outcome.is_none()) else { return false };
        let (budget, Some(last)) = (this.proposal.budget, this.curve.points().last()) else { return false };
        if last.budget.amount() < self.least_share * budget.amount() {
            return false;
        }
        let least = self.least_trials.max(1) as usize;
        if let Some(chance) = self.chance {
            let ended = |other: &&Trial| other.proposal.trial != trial && other.proposal.budget == budget;
            let ended = history.trials().iter().filter(ended);
            let ended = ended.filter_map(|other| Some((&other.curve, other.outcome.as_ref()?.cost()?)));
            let ended: Vec<(&Curve, f64)> = ended.filter(|(curve, _)| curve.at(last.budget).is_some()).collect();
            let finals: Vec<f64> = ended.iter().map(|(_, cost)| *cost).collect();
            let forecast = Forecast::of(&this.curve, last.budget, &ended);
            return ended.len() >= least.max(FEWEST)
                && (forecast.zip(quantile(&finals, self.quantile)))
                    .is_some_and(|(forecast, bound)| forecast.at_most(bound) < chance);
        }
        let others = history.trials().iter().filter(|other| {
            let came_as_far = other.outcome.as_ref().is_some_and(|outcome| outcome.cost().is_some())
                || other.curve.points().last().is_some_and(|point| point.budget >= last.budget);
            other.proposal.trial != trial && other.proposal.budget == budget && came_as_far
        });
        let costs: Vec<f64> = others.filter_map(|other| other.curve.at(last.budget)).collect();
        let best = this.curve.best(last.budget).unwrap_or(last.cost);
        costs.len() >= least && quantile(&costs, self.quantile).is_some_and(|bound| best > bound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intensifier::full_fidelity::FullFidelity;
    use crate::intensifier::walk::Walk;
    use crate::trial::budget::Budget;
    use crate::trial::curve::CurvePoint;

    #[test]
    fn the_worse_half_is_ended() {
        let budget = |amount: f64| Budget::new(amount).unwrap();
        let mut walk = Walk::new(FullFidelity::new(budget(10.0)));
        let report = |walk: &mut Walk<FullFidelity>, trial: u32, amount: f64, cost: f64| {
            assert!(walk.history.report(TrialId(trial), CurvePoint { budget: budget(amount), cost }));
        };
        walk.asks(8);
        for trial in 1..=5 {
            report(&mut walk, trial, 0.5, 100.0 * f64::from(trial));
            report(&mut walk, trial, 2.0, f64::from(trial));
            walk.finish(trial, f64::from(trial));
        }
        let pruning = Pruning::default();
        let is_behind = |walk: &Walk<FullFidelity>, trial| pruning.is_behind(&walk.history, TrialId(trial));
        report(&mut walk, 6, 0.5, 1e9);
        assert!(!is_behind(&walk, 6), "less than a tenth of its budget");
        report(&mut walk, 6, 2.0, 3.5);
        assert!(is_behind(&walk, 6), "the median of 1 to 5 is 3");
        report(&mut walk, 7, 2.0, 2.5);
        assert!(!is_behind(&walk, 7));
        report(&mut walk, 7, 5.0, 1e9);
        assert!(!is_behind(&walk, 7), "its best so far counts");
        assert!(!is_behind(&walk, 8), "nothing reported");
        let strict = Pruning { quantile: 0.25, least_share: 0.0, ..pruning };
        report(&mut walk, 8, 2.0, 2.4);
        assert!(strict.is_behind(&walk.history, TrialId(8)), "the first quartile of 1, 2, 2.5, 3, 3.5, 4, 5 is 2.25");
        assert!(!Pruning { least_trials: 9, ..pruning }.is_behind(&walk.history, TrialId(6)));
        assert!(!is_behind(&walk, 1), "it has ended");
    }

    #[test]
    fn what_will_end_ahead_goes_on() {
        let budget = |amount: f64| Budget::new(amount).unwrap();
        let mut walk = Walk::new(FullFidelity::new(budget(10.0)));
        walk.asks(14);
        // Odd trials are behind in the middle and end ahead.
        let cost = |trial: u32, amount: f64| {
            let start = 0.01 * f64::from(trial) - 1.0;
            if trial % 2 == 1 { start - 0.09 * amount } else { start - 0.1 * amount.min(5.0) }
        };
        for trial in 1..=14 {
            for amount in 1..=5 {
                let point = CurvePoint { budget: budget(f64::from(amount)), cost: cost(trial, f64::from(amount)) };
                assert!(walk.history.report(TrialId(trial), point));
            }
            if trial <= 12 {
                walk.finish(trial, cost(trial, 10.0));
            }
        }
        let median = Pruning { quantile: 0.6, ..Pruning::default() };
        assert!([13, 14].iter().all(|&trial| median.is_behind(&walk.history, TrialId(trial))));
        let foreseeing = Pruning { chance: Some(0.05), ..median };
        assert!(!foreseeing.is_behind(&walk.history, TrialId(13)));
        assert!(foreseeing.is_behind(&walk.history, TrialId(14)));
        assert!(!Pruning { least_trials: 13, ..foreseeing }.is_behind(&walk.history, TrialId(14)));
    }
}
