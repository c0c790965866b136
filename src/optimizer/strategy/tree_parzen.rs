//! Tree-structured Parzen estimators: densities of the good configurations and of the others.
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{ProposalStrategy, Situation};
use crate::document::diagnostic::Diagnostic;
use crate::document::range::{at_least_one, positive, share};
use crate::numeric::normal::{distribution, log_density};
use crate::numeric::pareto;
use crate::numeric::stream::Stream;
use crate::space::Space;
use crate::space::configuration::Configuration;
use crate::space::hyperparameter::Domain;
use crate::trial::budget::Budget;

/// The settings of the tree-structured Parzen estimator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename = "TreeParzen")]
pub struct TreeParzenSettings {
    /// The share of the configurations that counts as good. 0.1, and 25 at most, as in Optuna.
    pub share: f64,
    /// The number of candidates that are drawn from the density of the good configurations; the one with the best ratio
    /// of densities is proposed. 24, as in Bergstra et al. (2011).
    pub candidates: u32,
    /// The weight of a uniform component relative to that of one configuration: the search never forgets the rest of
    /// the space.
    pub prior: f64,
}

impl Default for TreeParzenSettings {
    fn default() -> Self {
        Self { share: 0.1, candidates: 24, prior: 1.0 }
    }
}

impl TreeParzenSettings {
    /// Fails where a setting is out of its range.
    pub(crate) fn validate(&self) -> Result<(), Diagnostic> {
        share("search.share", self.share)?;
        at_least_one("search.candidates", self.candidates)?;
        positive("search.prior", self.prior)
    }
}

/// The most configurations that count as good.
const MOST: usize = 25;

/// The tree-structured Parzen estimator: proposes the candidate with the best ratio of densities, drawn from that of
/// the good configurations, at the highest budget that enough configurations reached (Falkner et al. 2018).
///
/// All hyperparameters of a candidate come from one good configuration, so that what works together stays together. One
/// that is inactive there is drawn anew, and one that is inactive in a candidate does not count: under each condition the
/// estimators see what is active.
pub(crate) struct TreeParzen {
    space: Arc<Space>,
    settings: TreeParzenSettings,
    seed: u64,
}

impl TreeParzen {
    /// A strategy over a space. Fails where a setting is out of its range.
    pub(crate) fn new(space: Arc<Space>, settings: &TreeParzenSettings, seed: u64) -> Result<Self, Diagnostic> {
        settings.validate()?;
        Ok(Self { space, settings: settings.clone(), seed })
    }
}

impl ProposalStrategy for TreeParzen {
    fn propose(&mut self, situation: &Situation, _budget: Budget) -> Option<Configuration> {
        let (space, settings, history) = (&self.space, &self.settings, situation.history);
        let mut stream = Stream::of(self.seed, "search", u64::from(history.next_trial().0));
        let wanted = space.hyperparameters().len() + 2;
        let mut budgets: Vec<_> = history.trials().iter().map(|trial| trial.proposal.budget).collect();
        budgets.sort_unstable();
        budgets.dedup();
        let at = |budget| {
            let trials = history.trials().iter().filter(move |trial| trial.proposal.budget == budget);
            // A failure is among the bad, whatever it would have cost.
            let judged = trials.filter_map(|trial| {
                let outcome = trial.outcome.as_ref().filter(|outcome| outcome.is_judged())?;
                Some((outcome.costs(), trial))
            });
            let (successes, failures): (Vec<_>, Vec<_>) = judged.partition(|(costs, _)| !costs.is_empty());
            (successes, failures)
        };
        let (successes, failures) =
            budgets.into_iter().rev().map(at).find(|(successes, _)| successes.len() >= wanted)?;
        let costs: Vec<&[f64]> = successes.iter().map(|(costs, _)| *costs).collect();
        let best = pareto::order(&costs).into_iter().map(|index| successes[index]);
        let places: Vec<Positions> =
            best.chain(failures).map(|(_, trial)| positions(space, &trial.proposal.configuration)).collect();
        let good = ((settings.share * places.len() as f64).ceil() as usize).clamp(1, MOST);
        let (good, bad) = places.split_at(good);
        let (good, bad) = (Estimator::new(space, good, settings), Estimator::new(space, bad, settings));
        let mut best: Option<(f64, Configuration)> = None;
        for _ in 0..settings.candidates.max(1) * 4 {
            let Some(configuration) = space.complete_nearby(&good.draw(&mut stream)) else { continue };
            if history.contains(&configuration) || space.is_excluded(&configuration) {
                continue;
            }
            let place = positions(space, &configuration);
            let ratio = good.log_density(&place) - bad.log_density(&place);
            if best.as_ref().is_none_or(|(highest, _)| ratio > *highest) {
                best = Some((ratio, configuration));
            }
        }
        best.map(|(_, configuration)| configuration)
    }

    fn describe(&self) -> String {
        "tree-structured Parzen estimators".into()
    }
}

/// The position of each hyperparameter in `[0, 1]`; `None` where it is inactive.
type Positions = Vec<Option<f64>>;

fn positions(space: &Space, configuration: &Configuration) -> Positions {
    let each = space.hyperparameters().iter().zip(configuration.values());
    each.map(|(hyperparameter, value)| hyperparameter.position(value.as_ref()?)).collect()
}

/// A mixture density with a component around each configuration, and a uniform one.
struct Estimator<'a> {
    places: &'a [Positions],
    /// The number of choices of each categorical; `None` of what has an order.
    choices: Vec<Option<usize>>,
    width: f64,
    prior: f64,
}

impl<'a> Estimator<'a> {
    fn new(space: &Space, places: &'a [Positions], settings: &TreeParzenSettings) -> Self {
        let choices = |domain: &Domain| match domain {
            Domain::Categorical { choices } => Some(choices.len()),
            _ => None,
        };
        let choices: Vec<_> = space.hyperparameters().iter().map(|each| choices(&each.domain)).collect();
        let n = places.len() as f64;
        // Scott's rule, not narrower than the places could be told apart.
        let width = (0.2 * n.max(1.0).powf(-1.0 / (choices.len() as f64 + 4.0))).max(1.0 / (n + 1.0).min(100.0) / 4.0);
        Self { places, choices, width, prior: settings.prior }
    }

    /// A draw from the mixture, as positions.
    fn draw(&self, stream: &mut Stream) -> Vec<f64> {
        let from = stream.uniform() * (self.places.len() as f64 + self.prior);
        let center = self.places.get(from as usize);
        let mut positions = Vec::with_capacity(self.choices.len());
        for (index, choices) in self.choices.iter().enumerate() {
            let center = center.and_then(|place| place[index]);
            positions.push(match (center, choices) {
                (None, _) => stream.uniform(),
                (Some(center), Some(choices)) => {
                    if stream.uniform() < self.kept(*choices) {
                        center
                    } else {
                        stream.uniform()
                    }
                }
                (Some(center), None) => loop {
                    let position = center + self.width * stream.normal();
                    if (0.0..=1.0).contains(&position) {
                        break position;
                    }
                },
            });
        }
        positions
    }

    /// The probability that a component keeps its category, instead of drawing any.
    fn kept(&self, choices: usize) -> f64 {
        let n = self.places.len() as f64;
        n / (n + self.prior * choices as f64)
    }

    fn log_density(&self, place: &Positions) -> f64 {
        let factor = |center: f64, position: f64, choices: Option<usize>| match choices {
            Some(choices) => {
                let kept = self.kept(choices);
                let same = f64::from((center - position).abs() < 0.5 / choices as f64);
                // Relative to a uniform draw, as the others are.
                (kept * same * choices as f64 + 1.0 - kept).ln()
            }
            None => {
                let z = |at: f64| (at - center) / self.width;
                let inside = distribution(z(1.0)) - distribution(z(0.0));
                log_density(z(position)) - (self.width * inside).ln()
            }
        };
        let component = |center: &Positions| {
            let both = center.iter().zip(place).zip(&self.choices);
            both.filter_map(|((center, position), choices)| Some(factor((*center)?, (*position)?, *choices))).sum()
        };
        let logs: Vec<f64> = self.places.iter().map(component).collect();
        let highest = logs.iter().copied().fold(0.0, f64::max);
        let sum: f64 = logs.iter().map(|log| (log - highest).exp()).sum::<f64>() + self.prior * (-highest).exp();
        highest + (sum / (self.places.len() as f64 + self.prior)).ln()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn space() -> Space {
        let text = r#"(name: "test", parameters: {
            "x": Float(min: 0, max: 1), "kind": Categorical(choices: ["a", "b", "c"]), "y": Float(min: 0, max: 1),
        }, conditions: { "y": "kind == 'a'" })"#;
        Space::parse(text, std::path::Path::new("test.ron")).unwrap()
    }

    #[test]
    fn a_density_has_a_mean_of_one() {
        let space = space();
        let places = vec![vec![Some(0.1), Some(1.0 / 6.0), Some(0.9)], vec![Some(0.95), Some(0.5), None]];
        let estimator = Estimator::new(&space, &places, &TreeParzenSettings::default());
        let (mut sum, n) = (0.0, 60);
        for i in 0..n {
            for kind in 0..3 {
                for k in 0..n {
                    let at = |index: i32| Some((f64::from(index) + 0.5) / f64::from(n));
                    let kind = (f64::from(kind) + 0.5) / 3.0;
                    sum += estimator.log_density(&vec![at(i), Some(kind), at(k)]).exp();
                }
            }
        }
        let mean = sum / f64::from(3 * n * n);
        assert!((mean - 1.0).abs() < 0.01, "{mean}");
    }

    #[test]
    fn draws_follow_the_good() {
        let space = space();
        let places: Vec<Positions> = (0..20).map(|_| vec![Some(0.8), Some(0.5), None]).collect();
        let estimator = Estimator::new(&space, &places, &TreeParzenSettings::default());
        let mut stream = Stream::of(1, "test", 0);
        let drawn: Vec<_> = (0..400).filter_map(|_| space.complete(&estimator.draw(&mut stream))).collect();
        let near = drawn.iter().filter(|each| each.get(1).is_some_and(|kind| kind.to_string() == "b")).count();
        assert!(near > 320 && near < 400, "{near}");
    }
}
