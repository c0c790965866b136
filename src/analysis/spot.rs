//! Spots: the trials of the figure, with their positions along its axes.
use std::collections::HashSet;

use serde::Serialize;

use super::dependence::Dimension;
use super::input::ReportInput;
use super::interaction::Positions;
use super::sample::Sample;
use crate::numeric::stream::Stream;
use crate::space::configuration::Configuration;
use crate::trial::TrialId;
use crate::trial::outcome::{Outcome, OutcomeKind};

/// Successes that are drawn at most, so that a figure of many trials stays small.
const DRAWN: usize = 800;
/// Failures that are drawn at most.
const FAILURES: usize = 300;

/// A trial in the figure: its position along each hyperparameter of the figure, `None` where inactive.
#[derive(Clone, Debug, Serialize)]
pub struct Spot {
    pub trial: u32,
    pub kind: SpotKind,
    pub at: Vec<Option<f64>>,
}

/// The sign with which a trial is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SpotKind {
    /// A success at another budget than that of the predictions.
    Smaller,
    Finished,
    /// A failure of the configuration, whatever its budget.
    Failed(OutcomeKind),
    Incumbent,
}

/// The position of each value of a configuration in its domain, `None` where inactive.
pub(super) fn positions(input: &ReportInput, configuration: &Configuration) -> Positions {
    let hyperparameters = input.space.hyperparameters().iter().zip(configuration.values());
    hyperparameters.map(|(each, value)| each.position(value.as_ref()?)).collect()
}

/// Places the trials along the dimensions, moved apart if they have the same values, and counts those of the sample by level.
pub(super) fn place(input: &ReportInput, sample: &Sample, dimensions: &mut [Dimension]) -> Vec<Spot> {
    let best = input.recommendation().map(|best| best.trial);
    let entered: HashSet<TrialId> = sample.used.iter().map(|used| used.trial).collect();
    let kind = |trial: &crate::trial::Trial| match &trial.outcome {
        _ if best == Some(trial.proposal.trial) => Some(SpotKind::Incumbent),
        Some(outcome @ Outcome::Finished(_)) if outcome.cost().is_some() => {
            let here = Some(trial.proposal.budget.amount()) == sample.budget;
            entered.contains(&trial.proposal.trial).then_some(if here { SpotKind::Finished } else { SpotKind::Smaller })
        }
        Some(outcome) if outcome.is_failure() => Some(SpotKind::Failed(outcome.kind())),
        _ => None,
    };
    let mut found: Vec<(SpotKind, &crate::trial::Trial)> =
        input.history.trials().iter().filter_map(|trial| Some((kind(trial)?, trial))).collect();
    thin(&mut found, DRAWN, |kind| matches!(kind, SpotKind::Smaller | SpotKind::Finished));
    thin(&mut found, FAILURES, |kind| matches!(kind, SpotKind::Failed(_)));
    let mut spots = Vec::new();
    for (kind, trial) in found {
        let positions = positions(input, &trial.proposal.configuration);
        let mut stream = Stream::of(0, "jitter", u64::from(trial.proposal.configuration_id.0));
        let mut at = Vec::new();
        for dimension in dimensions.iter_mut() {
            let aside = 0.6 * (stream.uniform() - 0.5);
            let position = positions[dimension.index];
            at.push(position.map(|position| {
                let level = dimension.binning.bin_of(position);
                let bin = &dimension.binning.bins[level];
                let on_axis = dimension.binning.on_axis(position);
                dimension.levels[level].trials += usize::from(entered.contains(&trial.proposal.trial));
                // Real numbers keep their position; discrete values move aside within their tile.
                let discrete = input.space.hyperparameters()[dimension.index].size().is_some();
                let moves = discrete && kind != SpotKind::Incumbent;
                if moves { on_axis + aside * (bin.to - bin.from) } else { on_axis }
            }));
            if kind == SpotKind::Incumbent {
                dimension.incumbent = position.map(|position| dimension.binning.on_axis(position));
            }
        }
        spots.push(Spot { trial: trial.proposal.trial.0, kind, at });
    }
    spots.sort_by_key(|spot| spot.kind);
    spots
}

/// Keeps an even share of the trials of some kinds, `most` of them.
fn thin<T>(found: &mut Vec<(SpotKind, T)>, most: usize, is_of: impl Fn(SpotKind) -> bool) {
    let count = found.iter().filter(|(kind, _)| is_of(*kind)).count();
    let mut seen = 0;
    found.retain(|(kind, _)| {
        if !is_of(*kind) {
            return true;
        }
        seen += 1;
        count <= most || seen * most / count != (seen - 1) * most / count
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_even_share_of_many_is_kept() {
        let mut found: Vec<(SpotKind, usize)> = (0..1000).map(|index| (SpotKind::Finished, index)).collect();
        found.push((SpotKind::Incumbent, 1000));
        thin(&mut found, 100, |kind| kind == SpotKind::Finished);
        assert_eq!((found.len(), found[0].1, found[99].1, found[100].1), (101, 9, 999, 1000));
    }
}
