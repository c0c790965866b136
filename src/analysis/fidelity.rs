//! Fidelity: the rank correlation of costs at a small and at the next larger budget.
use serde::Serialize;

use super::correlation::spearman;
use crate::numeric::quantile::quantile;
use crate::numeric::stream::Stream;
use crate::trial::budget::Budget;
use crate::trial::history::History;

/// The least number of pairs for a correlation to be trusted.
pub(crate) const ENOUGH_PAIRS: usize = 8;

/// Costs of the configurations that ran at two budgets.
#[derive(Clone, Debug, Serialize)]
pub struct Fidelity {
    pub low: f64,
    pub high: f64,
    pub pairs: Vec<CostPair>,
    /// Spearman's correlation; absent below three pairs.
    pub rank_correlation: Option<f64>,
    /// Ends of the bootstrap's 80 % interval.
    pub interval: Option<(f64, f64)>,
    /// True if there are enough pairs for the correlation to be trusted.
    pub enough: bool,
}

/// The costs of one configuration at both budgets.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct CostPair {
    pub configuration: u32,
    pub low: f64,
    pub high: f64,
}

/// The fidelity of each budget to the next higher one.
pub(super) fn fidelities(history: &History) -> Vec<Fidelity> {
    let cost = |trial: &crate::trial::Trial| trial.outcome.as_ref().and_then(|outcome| outcome.cost());
    let mut budgets: Vec<Budget> =
        history.trials().iter().filter(|trial| cost(trial).is_some()).map(|trial| trial.proposal.budget).collect();
    budgets.sort();
    budgets.dedup();
    let pair = |window: &[Budget]| {
        let pairs: Vec<CostPair> = (history.trials().iter().filter(|trial| trial.proposal.budget == window[1]))
            .filter_map(|trial| {
                let number = trial.proposal.configuration_id;
                let low = cost(history.at(number, window[0])?)?;
                Some(CostPair { configuration: number.0, low, high: cost(trial)? })
            })
            .collect();
        (pairs.len() > 1).then(|| Fidelity::of(window[0], window[1], pairs))
    };
    budgets.windows(2).filter_map(pair).collect()
}

impl Fidelity {
    fn of(low: Budget, high: Budget, pairs: Vec<CostPair>) -> Self {
        let correlation = |pairs: &[CostPair]| {
            let (low, high): (Vec<f64>, Vec<f64>) = pairs.iter().map(|both| (both.low, both.high)).unzip();
            spearman(&low, &high)
        };
        let resampled: Vec<f64> = (0..400)
            .filter_map(|index| {
                let mut stream = Stream::of(0, "fidelity", index);
                correlation(&pairs.iter().map(|_| pairs[stream.below(pairs.len())]).collect::<Vec<_>>())
            })
            .collect();
        let enough = pairs.len() >= ENOUGH_PAIRS;
        Self {
            low: low.amount(),
            high: high.amount(),
            rank_correlation: if pairs.len() > 2 { correlation(&pairs) } else { None },
            interval: quantile(&resampled, 0.1).zip(quantile(&resampled, 0.9)).filter(|_| enough),
            pairs,
            enough,
        }
    }
}
