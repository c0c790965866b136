//! Differential evolution: differences between good configurations are the steps of the search.
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{ProposalStrategy, Situation};
use crate::document::diagnostic::Diagnostic;
use crate::document::range::{at_least_one, share};
use crate::numeric::pareto;
use crate::numeric::stream::Stream;
use crate::space::Space;
use crate::space::configuration::Configuration;
use crate::trial::budget::Budget;

/// The settings of differential evolution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename = "DifferentialEvolution")]
pub struct DifferentialEvolutionSettings {
    /// The number of configurations at each budget that have children: the best that were tried there.
    pub population: u32,
    /// The share of a difference that a step takes. 0.5, as in Awad et al. (2021).
    pub step: f64,
    /// The probability that a hyperparameter comes from the step and not from the parent. 0.5, as there.
    pub crossover: f64,
}

impl Default for DifferentialEvolutionSettings {
    fn default() -> Self {
        Self { population: 20, step: 0.5, crossover: 0.5 }
    }
}

impl DifferentialEvolutionSettings {
    /// Fails where a setting is out of its range.
    pub(crate) fn validate(&self) -> Result<(), Diagnostic> {
        at_least_one("search.population", self.population)?;
        share("search.step", self.step)?;
        share("search.crossover", self.crossover)
    }
}

/// The number of parents of a step.
const PARENTS: usize = 3;

/// The number of children that must all be repetitions before the search gives up.
const TRIES: usize = 200;

/// Differential evolution: proposes a child of the best configurations at the budget, joined by the best of the next
/// lower budgets while they are few.
///
/// As in DEHB (Awad et al. 2021) a rung's population evolves by `rand/1/bin`, and mates of a rung with few come from the
/// rung below; unlike there, the intensifier decides which configurations go on to the next rung.
pub(crate) struct DifferentialEvolution {
    space: Arc<Space>,
    settings: DifferentialEvolutionSettings,
    seed: u64,
}

impl DifferentialEvolution {
    /// A strategy over a space. Fails where a setting is out of its range.
    pub(crate) fn new(
        space: Arc<Space>,
        settings: &DifferentialEvolutionSettings,
        seed: u64,
    ) -> Result<Self, Diagnostic> {
        settings.validate()?;
        Ok(Self { space, settings: settings.clone(), seed })
    }
}

impl ProposalStrategy for DifferentialEvolution {
    fn propose(&mut self, situation: &Situation, budget: Budget) -> Option<Configuration> {
        let (space, settings, history) = (&self.space, &self.settings, situation.history);
        let mut stream = Stream::of(self.seed, "search", u64::from(history.next_trial().0));
        let wanted = (settings.population as usize).max(PARENTS);
        let mut population: Vec<&Configuration> = Vec::new();
        let mut budgets: Vec<Budget> = history.trials().iter().map(|trial| trial.proposal.budget).collect();
        budgets.sort_unstable();
        budgets.dedup();
        // The rung itself, then those below it from the highest, then those above it.
        let (below, above): (Vec<Budget>, Vec<Budget>) = budgets.into_iter().partition(|each| *each <= budget);
        for rung in below.into_iter().rev().chain(above) {
            let (costs, proposals): (Vec<&[f64]>, Vec<_>) = (history.trials().iter())
                .filter(|trial| trial.proposal.budget == rung)
                .filter_map(|trial| Some((trial.outcome.as_ref()?.costs(), &trial.proposal)))
                .filter(|(costs, _)| !costs.is_empty())
                .unzip();
            for proposal in pareto::order(&costs).into_iter().map(|index| proposals[index]) {
                if population.len() < wanted && !population.contains(&&proposal.configuration) {
                    population.push(&proposal.configuration);
                }
            }
            if population.len() >= wanted {
                break;
            }
        }
        if population.len() < PARENTS {
            return None;
        }
        let hyperparameters = space.hyperparameters();
        for _ in 0..TRIES {
            // What is inactive in a parent may be anything in its child.
            let position = |configuration: &Configuration, index: usize, stream: &mut Stream| {
                let value = configuration.get(index).and_then(|value| hyperparameters[index].position(value));
                value.unwrap_or_else(|| stream.uniform())
            };
            let target = population[stream.below(population.len())];
            let mut mates: Vec<&Configuration> = population.clone();
            stream.shuffle(&mut mates);
            let certain = stream.below(hyperparameters.len());
            let mut child = Vec::with_capacity(hyperparameters.len());
            for index in 0..hyperparameters.len() {
                child.push(if index == certain || stream.uniform() < settings.crossover {
                    let [base, plus, minus] = [0, 1, 2].map(|mate| position(mates[mate], index, &mut stream));
                    let stepped = base + settings.step * (plus - minus);
                    if (0.0..=1.0).contains(&stepped) { stepped } else { stream.uniform() }
                } else {
                    position(target, index, &mut stream)
                });
            }
            let is_new = |child: &Configuration| !history.contains(child) && !space.is_excluded(child);
            if let Some(child) = space.complete_nearby(&child).filter(is_new) {
                return Some(child);
            }
        }
        None
    }

    fn describe(&self) -> String {
        "differential evolution".into()
    }
}
