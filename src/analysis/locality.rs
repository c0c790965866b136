//! Local importance: which hyperparameters matter near the best, and for each of several objectives.
use serde::Serialize;

use super::bin::Binning;
use super::importance::{Exchange, Exchanged};
use super::input::ReportInput;
use super::learnt::Learnt;
use super::matrix::{Matrix, is_read};
use super::model::{ModelKind, Process};
use super::probe::Probe;
use super::row::Encoder;
use super::table::{RegressionTable, strata};
use super::validation::{Validation, explained};
use super::watcher::{Cancelled, Watcher, each};
use crate::numeric::quantile::{order, quantile};
use crate::numeric::stream::Stream;
use crate::space::configuration::Configuration;
use crate::surrogate::Rows;
use crate::trial::outcome::Outcome;

/// Hyperparameters that are compared at most: those with the greatest importance everywhere.
const COMPARED: usize = 12;
/// Configurations that are drawn, the best quarter of which is used.
const DRAWN: usize = 1024;
/// Refits that give an interval at most.
const REFITS: usize = 8;
/// Trials of a model of a further objective at most.
const TRIALS: usize = 150;
/// Exchanges of the values of a hyperparameter for a further objective.
const REPEATS: u64 = 3;
/// The least number of configurations with a further objective.
const LEAST: usize = 8;
/// R² out of fold that a model of pure noise may reach by chance.
const CHANCE: f64 = 0.1;
const SEED: u64 = 0;

/// The importance of hyperparameters near the best.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Locality {
    /// The most important ones everywhere, in that order.
    pub near: Vec<LocalImportance>,
    /// The other objectives; empty if there is one only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub objectives: Vec<ObjectiveImportance>,
}

/// The importance of one hyperparameter in three regions, as shares of the variance of the model's predictions there.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LocalImportance {
    pub hyperparameter: String,
    /// The share that it explains alone among all legal configurations.
    pub everywhere: Option<f64>,
    /// The share that it explains alone among the quarter of legal configurations with the lowest predictions.
    pub best_quarter: Option<f64>,
    /// The share of the variance that arises if the values of the recommended configuration are varied one at a time; absent
    /// if it is inactive there.
    pub around_best: Option<f64>,
    /// The ends of the bootstrap's interval of that share.
    pub around_interval: Option<(f64, f64)>,
}

/// The importance of the hyperparameters for one objective.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ObjectiveImportance {
    pub objective: String,
    /// R² out of fold; absent if all values are equal.
    pub r2: Option<f64>,
    /// The reason why nothing is known; absent if something is.
    pub unknown: Option<String>,
    /// For each hyperparameter of `near`: the increase of the squared error if its values are exchanged, as a share of the
    /// variance, and true if that is more than noise.
    pub worsening: Vec<(f64, bool)>,
}

impl Locality {
    /// The local importances; `None` without a model that is trusted.
    pub(super) fn of(
        input: &ReportInput,
        matrix: &Matrix,
        learnt: Option<&Learnt>,
        watcher: &dyn Watcher,
    ) -> Result<Option<Self>, Cancelled> {
        let Some(learnt) = learnt.filter(|_| matrix.distrust.is_none()) else { return Ok(None) };
        let Some(best) = input.recommendation() else { return Ok(None) };
        let best = input.history.configuration(best.configuration);
        let drawn = matrix.dimensions.iter().map(|each| (each.name.as_str(), each.importance.share));
        let all = drawn.chain(matrix.others.iter().map(|(name, importance)| (name.as_str(), importance.share)));
        let compared: Vec<(&str, Option<f64>)> = all.take(COMPARED).collect();
        let indices: Vec<usize> = compared.iter().filter_map(|(name, _)| input.space.index(name)).collect();
        let binning = |index: usize| learnt.varied.iter().find(|(own, _)| *own == index).map(|(_, binning)| binning);
        let binnings: Vec<&Binning> = indices.iter().filter_map(|&index| binning(index)).collect();
        if indices.len() != compared.len() || binnings.len() != compared.len() {
            return Ok(None);
        }
        let around = around(input, learnt, best, &indices, &binnings, watcher)?;
        let quarter = best_quarter(input, learnt, &indices, &binnings);
        let near = compared.iter().zip(quarter).zip(around);
        let near = near.map(|((&(name, everywhere), best_quarter), around)| LocalImportance {
            hyperparameter: name.to_owned(),
            everywhere,
            best_quarter,
            around_best: around.map(|(share, _)| share),
            around_interval: around.map(|(_, interval)| interval),
        });
        let near = near.collect();
        let objective = |objective: usize| objective_importance(input, matrix, learnt, &indices, objective, watcher);
        let objectives = (1..input.objectives.len()).map(objective).collect::<Result<_, _>>()?;
        Ok(Some(Self { near, objectives }))
    }
}

/// A share of variance, and its interval.
type ShareWithin = (f64, (f64, f64));

/// For each hyperparameter its share of the variance around the recommended configuration, with the interval over refits
/// (local parameter importance: Biedenkapp et al. 2018).
fn around(
    input: &ReportInput,
    learnt: &Learnt,
    best: &Configuration,
    indices: &[usize],
    binnings: &[&Binning],
    watcher: &dyn Watcher,
) -> Result<Vec<Option<ShareWithin>>, Cancelled> {
    let space = input.space;
    let variants = |(&index, binning): (&usize, &&Binning)| {
        best.get(index)?;
        let at = |place: f64| {
            let value = space.hyperparameters()[index].at(place);
            let fill = |other: usize| match other == index {
                true => value.clone(),
                false => best.get(other).cloned().unwrap_or_else(|| space.hyperparameters()[other].default.clone()),
            };
            space.settled(fill).ok()
        };
        let legal: Vec<Configuration> = binning.bins.iter().filter_map(|bin| at(bin.place)).collect();
        Some(learnt.rows(space, &legal))
    };
    let rows: Vec<Option<Rows>> = indices.iter().zip(binnings).map(variants).collect();
    let shares = |model: &super::model::FittedModel| {
        let variance = |rows: &Option<Rows>| {
            let predictions = rows.as_ref().filter(|rows| rows.len() > 1).map(|rows| model.predict(rows))?;
            Some(super::importance::variance(&predictions.into_iter().map(|each| (each, 1.0)).collect::<Vec<_>>()))
        };
        let variances: Vec<Option<f64>> = rows.iter().map(variance).collect();
        let whole: f64 = variances.iter().flatten().sum();
        variances.into_iter().map(|each| each.map(|each| if whole > 1e-18 { each / whole } else { 0.0 })).collect()
    };
    let own: Vec<Option<f64>> = shares(&learnt.model);
    let refits: Vec<Vec<Option<f64>>> =
        each(watcher, "local importance", learnt.refits.iter().take(REFITS).collect(), shares)?;
    let interval = |(index, own): (usize, Option<f64>)| {
        let own = own?;
        let all: Vec<f64> = refits.iter().filter_map(|refit| refit[index]).collect();
        let end = |share| quantile(&all, share).unwrap_or(own);
        Some((own, (end(0.1).min(own), end(0.9).max(own))))
    };
    Ok(own.into_iter().enumerate().map(interval).collect())
}

/// For each hyperparameter the share of the variance that its bins explain among the best quarter of legal configurations,
/// less what as many bins explain by chance.
fn best_quarter(input: &ReportInput, learnt: &Learnt, indices: &[usize], binnings: &[&Binning]) -> Vec<Option<f64>> {
    let space = input.space;
    let drawn: Vec<Configuration> =
        (0..DRAWN as u64).filter_map(|index| space.sample(&mut Stream::of(SEED, "best quarter", index)).ok()).collect();
    let predictions = if drawn.is_empty() { vec![] } else { learnt.predict(&learnt.rows(space, &drawn)) };
    let quarter: Vec<usize> = order(&predictions).into_iter().take(drawn.len() / 4).collect();
    let whole: Vec<f64> = quarter.iter().map(|&each| predictions[each]).collect();
    let n = whole.len() as f64;
    let mean = whole.iter().sum::<f64>() / n.max(1.0);
    let total: f64 = whole.iter().map(|each| (each - mean).powi(2)).sum();
    let share = |(&index, binning): (&usize, &&Binning)| {
        // The last bin is for configurations in which it is inactive.
        let mut sums = vec![(0.0, 0.0); binning.bins.len() + 1];
        for &each in &quarter {
            let value = drawn[each].get(index).and_then(|value| space.hyperparameters()[index].position(value));
            let bin = value.map_or(binning.bins.len(), |position| binning.bin_of(position));
            sums[bin] = (sums[bin].0 + predictions[each], sums[bin].1 + 1.0);
        }
        let filled = sums.iter().filter(|(_, count)| *count > 0.0);
        let between: f64 = filled.clone().map(|(sum, count)| count * (sum / count - mean).powi(2)).sum();
        let bins = filled.count() as f64;
        if total <= 1e-18 || n <= bins + 1.0 {
            return None;
        }
        let explained = between / total;
        Some((explained - (1.0 - explained) * (bins - 1.0) / (n - bins)).max(0.0))
    };
    indices.iter().zip(binnings).map(share).collect()
}

/// The importance for a further objective, from a model of its own.
fn objective_importance(
    input: &ReportInput,
    matrix: &Matrix,
    learnt: &Learnt,
    indices: &[usize],
    objective: usize,
    watcher: &dyn Watcher,
) -> Result<ObjectiveImportance, Cancelled> {
    let space = input.space;
    let mut found = ObjectiveImportance {
        objective: input.objectives[objective].clone(),
        r2: None,
        unknown: None,
        worsening: vec![],
    };
    let used = &matrix.sample.used;
    let used = used.iter().step_by(used.len().div_ceil(TRIALS).max(1));
    let cost = |outcome: &Outcome| match outcome {
        Outcome::Finished(costs) => costs.get(objective).copied(),
        _ => None,
    };
    let known: Vec<_> = used
        .filter_map(|used| {
            let trial = input.history.trial(used.trial)?;
            Some((trial, cost(trial.outcome.as_ref()?)?))
        })
        .collect();
    let logarithmic = known.iter().all(|(_, cost)| *cost > 0.0);
    let varied = learnt.varied.iter().map(|(index, binning)| (*index, binning)).collect();
    let encoder = Encoder::new(space, varied, learnt.span);
    let mut rows = Rows::new(encoder.columns().len());
    let budgets: Vec<f64> = known.iter().map(|(trial, _)| trial.proposal.budget.amount()).collect();
    known
        .iter()
        .zip(&budgets)
        .for_each(|((trial, _), budget)| rows.push(&encoder.row(&trial.proposal.configuration, *budget)));
    let table = RegressionTable {
        columns: encoder.columns().to_vec(),
        pooled: encoder.pooled(),
        rows,
        targets: known.iter().map(|(_, cost)| if logarithmic { cost.log10() } else { *cost }).collect(),
        groups: known.iter().map(|(trial, _)| trial.proposal.configuration_id.0).collect(),
        strata: strata(&budgets),
    };
    let distinct = table.distinct().len();
    if distinct < LEAST {
        found.unknown = Some(format!("too few trials: {distinct} of {LEAST} configurations"));
        return Ok(found);
    }
    if table.variance_within() <= 1e-18 {
        found.unknown = Some("all values are equal".into());
        return Ok(found);
    }
    if Process::fit(&table, SEED).is_none() {
        found.unknown = Some("its values are too large for a model".into());
        return Ok(found);
    }
    let validation = Validation::of(&table, &[ModelKind::Process, ModelKind::Forest], SEED, watcher)?;
    found.r2 = validation.ranked.first().and_then(|best| explained(&table, &best.predictions));
    if found.r2.is_none_or(|r2| r2 < CHANCE) {
        found.unknown = Some("no model explains it".into());
        return Ok(found);
    }
    let Some(probe) = Probe::draw(&encoder, space, learnt.budget, 64, SEED) else {
        found.unknown = Some("the space has too few legal configurations".into());
        return Ok(found);
    };
    let mut stream = Stream::of(SEED, "inactive", 1);
    let positions: Vec<Vec<f64>> = known
        .iter()
        .map(|(trial, _)| {
            let shares: Vec<f64> = space.hyperparameters().iter().map(|_| stream.uniform()).collect();
            super::probe::positions_of(space, &trial.proposal.configuration, &shares)
        })
        .collect();
    let exchange = Exchange {
        table: &table,
        validation: &validation,
        probe: &probe,
        positions: &positions,
        budgets: &budgets,
        repeats: REPEATS,
        seed: SEED,
    };
    let exchanged = indices
        .iter()
        .filter_map(|&index| Some(Exchanged { column: encoder.column(index)?, index, is_read: is_read(space, index) }));
    let importances = exchange.importances(exchanged.collect(), watcher)?;
    found.worsening =
        importances.iter().map(|importance| (importance.worsening.unwrap_or(0.0), importance.real)).collect();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::fixtures::input;
    use super::super::{Findings, ReportInput};
    use crate::space::Space;
    use crate::trial::budget::Budget;
    use crate::trial::history::History;
    use crate::trial::outcome::Outcome;

    #[test]
    fn what_matters_far_away_need_not_matter_near_the_best() {
        let text =
            r#"(parameters: { "a": Float(min: 0, max: 1, default: 0.5), "b": Float(min: 0, max: 1, default: 0.5) })"#;
        let space = Space::parse(text, Path::new("s.ron")).unwrap();
        let mut history = History::default();
        for index in 0..80 {
            let configuration = space.sample(&mut crate::numeric::stream::Stream::of(3, "test", index)).unwrap();
            let value = |index: usize| configuration.get(index).and_then(|value| value.number()).unwrap();
            // A wall in `a` on the left; near the best only `b` counts.
            let (a, b) = (value(0), value(1));
            let cost = 2.0 + (if a < 0.5 { 4.0 * (0.5 - a) } else { 0.0 }) + 0.4 * b;
            let proposal = history.proposal(configuration, Budget::new(1.0).unwrap());
            let trial = proposal.trial;
            history.ask(proposal);
            history.tell(trial, Outcome::of_costs(vec![cost, 1.0 + b]));
        }
        let objectives = ["error".to_owned(), "time".to_owned()];
        let found = Findings::of(&ReportInput { objectives: &objectives, baseline: None, ..input(&space, &history) });
        let local = found.locality.expect("a model that explains it");
        let of = |name: &str| local.near.iter().position(|each| each.hyperparameter == name).unwrap();
        let (a, b) = (&local.near[of("a")], &local.near[of("b")]);
        assert!(a.everywhere > Some(0.7) && b.best_quarter > a.best_quarter, "{a:?} {b:?}");
        let time = &local.objectives[0];
        assert!(time.worsening[of("b")].1 && !time.worsening[of("a")].1, "{time:?}");
    }
}
