//! Differential evolution: differences between good configurations are the steps of the search.
use serde::{Deserialize, Serialize};

use crate::numeric::pareto;
use crate::numeric::stream::Stream;
use crate::space::Space;
use crate::space::configuration::Configuration;
use crate::trial::budget::Budget;
use crate::trial::history::History;

/// The knobs of the evolution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename = "DifferentialEvolution")]
pub struct Settings {
    /// How many configurations at each budget have children: the best that were tried there.
    pub population: u32,
    /// How much of a difference a step takes. 0.5, as in Awad et al. (2021).
    pub step: f64,
    /// The probability that a hyperparameter comes from the step and not from the parent. 0.5, as there.
    pub crossover: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { population: 20, step: 0.5, crossover: 0.5 }
    }
}

/// Parents that a step needs.
const PARENTS: usize = 3;

/// Children that must all be repetitions before none is found.
const TRIES: usize = 200;

/// A child of the best at `budget`, joined by the best of the next lower budgets while they are few; `None` while there
/// are no parents.
///
/// As in DEHB (Awad et al. 2021) a rung's population evolves by `rand/1/bin`, and mates of a rung with few come from the
/// rung below; unlike there, who goes on to the next rung is the intensifier's to say.
pub(super) fn propose(
    space: &Space,
    settings: &Settings,
    history: &History,
    budget: Budget,
    stream: &mut Stream,
) -> Option<Configuration> {
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
                let [base, plus, minus] = [0, 1, 2].map(|mate| position(mates[mate], index, stream));
                let stepped = base + settings.step * (plus - minus);
                if (0.0..=1.0).contains(&stepped) { stepped } else { stream.uniform() }
            } else {
                position(target, index, stream)
            });
        }
        if let Some(child) = space.complete(&child).filter(|child| !history.contains(child)) {
            return Some(child);
        }
    }
    None
}
