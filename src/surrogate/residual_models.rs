//! Where the lines between rungs miss: a forest for each rung, grown anew only now and then.
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Mutex;

use super::fidelity_regression::{Missed, Observation, linked};
use super::forest::{Forest, ForestSettings};
use super::target::Scale;
use super::{Rows, Surrogate, Targets};
use crate::space::encoding::Column;

/// Up to so many results, the forests are grown from all.
const EAGER: usize = 128;

/// Configurations that a forest is grown from at most, an even share of all: more hardly move a correction.
const MOST: usize = 500;

/// How many pasts are kept: the latest, and those that trees were grown from.
const KEPT: usize = 3;

/// The results, the first so many, that forests are grown from once there are `results`: they lack at most a 32nd. As with
/// the trees of a surrogate that depends on the log alone.
fn grown(results: usize) -> usize {
    if results < EAGER {
        return results;
    }
    results - results % (1 << (4 * results / EAGER).ilog2())
}

/// Targets at the highest budget, whose corrections are those that were learnt last.
pub struct ResidualModels {
    columns: Vec<Column>,
    settings: ForestSettings,
    seed: u64,
    /// By the results that they were learnt from.
    learnt: Mutex<BTreeMap<usize, Vec<Correction>>>,
}

/// What is expected of one rung.
struct Correction {
    budget: f64,
    forest: Forest,
    /// By configuration, as far as it was asked for.
    known: Vec<Option<f64>>,
}

impl Correction {
    fn at(&mut self, rows: &Rows, configurations: &[usize]) -> Vec<f64> {
        self.known.resize(rows.len(), None);
        let unknown: Vec<usize> =
            configurations.iter().copied().filter(|&configuration| self.known[configuration].is_none()).collect();
        let predictions = self.forest.predict(&rows.select(unknown.iter().copied()));
        for (configuration, prediction) in unknown.into_iter().zip(predictions) {
            self.known[configuration] = Some(prediction.mean);
        }
        configurations.iter().map(|&configuration| self.known[configuration].unwrap_or(0.0)).collect()
    }
}

impl ResidualModels {
    /// Of rows with these columns, by forests with these knobs.
    pub fn new(columns: &[Column], settings: &ForestSettings, seed: u64) -> Self {
        Self { columns: columns.to_vec(), settings: settings.clone(), seed, learnt: Mutex::default() }
    }

    /// The target of each configuration with a result, `rows` being all configurations: a function of what was found, in
    /// its order.
    pub fn targets(&self, found: &[Observation], rows: &Rows, scale: Scale) -> Targets {
        let from = grown(found.len());
        let mut all = self.learnt.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if !all.contains_key(&from) {
            while all.len() >= KEPT {
                all.pop_first();
            }
            let learnt = self.learn(&found[..from], rows, scale);
            all.insert(from, learnt);
        }
        let learnt = RefCell::new(all.entry(from).or_default());
        linked(found, scale, &|missed: &Missed, elsewhere: &[usize]| {
            let mut learnt = learnt.borrow_mut();
            let correction = learnt.iter_mut().find(|each| each.budget == missed.budget)?;
            Some(correction.at(rows, elsewhere))
        })
    }

    fn learn(&self, found: &[Observation], rows: &Rows, scale: Scale) -> Vec<Correction> {
        let learnt = RefCell::new(Vec::new());
        linked(found, scale, &|missed: &Missed, elsewhere: &[usize]| {
            let count = missed.common.len().min(MOST);
            let share = || (0..count).map(|index| index * missed.common.len() / count);
            let at = rows.select(share().map(|index| missed.common[index]));
            let misses: Vec<f64> = share().map(|index| missed.missed[index]).collect();
            let forest = Forest::fit(&at, &self.columns, &misses, &self.settings, self.seed, "fidelity_regression");
            let mut correction = Correction { budget: missed.budget, forest, known: Vec::new() };
            let expected = correction.at(rows, elsewhere);
            learnt.borrow_mut().push(correction);
            Some(expected)
        });
        learnt.into_inner()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::stream::Stream;

    #[test]
    fn targets_depend_on_what_was_found_alone() {
        let mut stream = Stream::of(1, "test", 0);
        let (mut rows, mut found) = (Rows::new(2), Vec::new());
        for configuration in 0..400 {
            let (x, y) = (stream.uniform(), stream.uniform());
            rows.push(&[x, y]);
            found.push(Observation { configuration, budget: 1.0, cost: 1.0 + x });
            if configuration % 3 == 0 {
                found.push(Observation { configuration, budget: 3.0, cost: 1.0 + x + y * y });
            }
        }
        let new = || ResidualModels::new(&[Column::Numeric; 2], &ForestSettings::default(), 1);
        let followed = new();
        for results in (1..=found.len()).step_by(7) {
            let known = followed.targets(&found[..results], &rows, Scale::Rank);
            assert_eq!(known, new().targets(&found[..results], &rows, Scale::Rank), "{results}");
        }
        assert!(followed.learnt.lock().unwrap().len() <= KEPT);
        // What the line cannot know, the forest does: y of configurations that did not go on.
        let known = followed.targets(&found, &rows, Scale::Raw);
        let error = |known: &Targets| {
            let miss = |&(index, target): &(usize, f64)| {
                let row = rows.row(index);
                (target - 1.0 - row[0] - row[1] * row[1]).powi(2)
            };
            known.iter().map(miss).sum::<f64>() / known.len() as f64
        };
        let straight = linked(&found, Scale::Raw, &|_, _| None);
        assert!(error(&known) < 0.4 * error(&straight), "{} {}", error(&known), error(&straight));
    }

    #[test]
    fn forests_are_never_old() {
        let mut before = 0;
        for results in 1..20_000 {
            let from = grown(results);
            assert!(from <= results && from >= before && results - from <= results / 32, "{results}: {from}");
            before = from;
        }
    }
}
