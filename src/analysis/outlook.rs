//! The outlook: untried configurations that the model finds promising, and ranges that are worth widening.
use indexmap::IndexMap;
use serde::Serialize;

use super::footprint::{row, squared};
use super::input::ReportInput;
use super::learnt::Learnt;
use super::matrix::Matrix;
use super::row::varies;
use super::sample::Sample;
use super::shortlist::Shortlist;
use crate::numeric::normal::{distribution, excess};
use crate::numeric::quantile::{order, quantile};
use crate::numeric::stream::Stream;
use crate::space::configuration::Configuration;
use crate::space::hyperparameter::{Domain, Hyperparameter, Value};
use crate::trial::direction::Direction;

/// Configurations that are drawn, at most; the effort of one is that of a row of the model.
const DRAWN: usize = 2000;
/// Numbers of rows times columns that are predicted at most.
const EFFORT: usize = 100_000_000;
/// Proposals at most.
const PROPOSED: usize = 5;
/// Points of the figure at most.
const POINTS: usize = 300;
/// The share of the mean distance of two random configurations within which two proposals are the same region.
const REGION: f64 = 0.35;
/// The least probability of an improvement with which a configuration is proposed.
const LEAST: f64 = 0.02;
/// The part of a range at its ends that counts as the end.
const END: f64 = 0.1;
/// The part of the range by which a wider one is longer.
const WIDER: f64 = 0.25;
const SEED: u64 = 0;

/// The regions and ranges that are worth a next run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outlook {
    /// The budget of the predictions.
    pub budget: f64,
    /// The predicted cost of the recommended configuration, with which others are compared.
    pub best: f64,
    /// Promising untried configurations, a region each, the most promising first.
    pub proposals: Vec<Promising>,
    /// Some of all that were drawn: the distance to the nearest one tried, and the predicted cost.
    pub drawn: Vec<(f64, f64)>,
    /// Ranges at whose end the best configurations are.
    pub wider: Vec<WiderRange>,
    /// True if the model is trusted, else there are no proposals.
    pub is_trusted: bool,
}

/// An untried configuration that the model finds promising.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Promising {
    pub config: IndexMap<String, Value>,
    pub ron: String,
    /// The predicted cost.
    pub predicted: f64,
    /// The ends of the 80 % interval of the predicted cost.
    pub interval: (f64, f64),
    /// The probability that it is better than the recommended configuration.
    pub chance: f64,
    /// The distance to the nearest configuration tried, as a share of the mean distance of two random ones.
    pub distance: f64,
}

/// A range that may be too narrow.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WiderRange {
    pub hyperparameter: String,
    /// True for the upper end.
    pub upper: bool,
    /// The present end.
    pub end: f64,
    /// An end that makes the range longer by a quarter of it, on its scale.
    pub wider: f64,
    /// The number of the best configurations with a value in the last tenth of the range, and the number of the best
    /// configurations in which it is active.
    pub at_end: (usize, usize),
    /// The positions of the best configurations in the range, the recommended one first.
    pub places: Vec<f64>,
}

impl Outlook {
    /// The outlook of a run; `None` without a success.
    pub(super) fn of(
        input: &ReportInput,
        matrix: &Matrix,
        learnt: Option<&Learnt>,
        shortlist: Option<&Shortlist>,
    ) -> Option<Self> {
        let shortlist = shortlist?;
        let sample = &matrix.sample;
        let wider = wider(input, matrix, shortlist);
        let trusted = learnt.filter(|_| matrix.distrust.is_none());
        let budget = sample.budget?;
        let Some(learnt) = trusted else {
            let best = shortlist.candidates.first()?.expected;
            return Some(Self { budget, best, proposals: vec![], drawn: vec![], wider, is_trusted: false });
        };
        let (best, proposals, drawn) = promising(input, sample, learnt)?;
        Some(Self { budget, best, proposals, drawn, wider, is_trusted: true })
    }

    pub(super) fn turn(&mut self, direction: Direction) {
        self.best = direction.turn(self.best);
        self.drawn.iter_mut().for_each(|(_, cost)| *cost = direction.turn(*cost));
        for each in &mut self.proposals {
            each.predicted = direction.turn(each.predicted);
            let (low, high) = (direction.turn(each.interval.0), direction.turn(each.interval.1));
            each.interval = (low.min(high), low.max(high));
        }
    }
}

/// A predicted cost, proposals, and places with their predicted costs.
type Prospect = (f64, Vec<Promising>, Vec<(f64, f64)>);

/// The predicted cost of the recommended configuration, the proposals, and some of what was drawn.
fn promising(input: &ReportInput, sample: &Sample, learnt: &Learnt) -> Option<Prospect> {
    let space = input.space;
    let recommended = input.history.configuration(input.recommendation()?.configuration);
    let best = *learnt.predict(&learnt.rows(space, [recommended])).first()?;
    let columns: Vec<usize> =
        (0..space.hyperparameters().len()).filter(|&index| varies(&space.hyperparameters()[index])).collect();
    let is_category: Vec<bool> = columns.iter().map(|&each| space.hyperparameters()[each].is_categorical()).collect();
    let effort = sample.trials.max(1) * (columns.len() + sample.trials);
    let count = (EFFORT / effort).clamp(200, DRAWN) as u64;
    let drawn: Vec<Configuration> = (0..count)
        .filter_map(|index| space.sample(&mut Stream::of(SEED, "outlook", index)).ok())
        .filter(|each| !input.history.contains(each) && !space.is_excluded(each))
        .collect();
    if drawn.is_empty() {
        return Some((sample.cost(best), vec![], vec![]));
    }
    let rows = learnt.rows(space, &drawn);
    let (means, deviations) = (learnt.predict(&rows), learnt.deviations(&rows));
    let improvement = |index: usize| {
        let deviation = deviations[index].max(1e-12);
        deviation * excess((best - means[index]) / deviation)
    };
    let improvements: Vec<f64> = (0..drawn.len()).map(|index| -improvement(index)).collect();
    let tried: Vec<Vec<f64>> =
        thinned(input.history.configurations(), 400).map(|each| row(space, &columns, each)).collect();
    let places: Vec<Vec<f64>> = drawn.iter().map(|each| row(space, &columns, each)).collect();
    let distance = |a: &[f64], b: &[f64]| squared(&is_category, a, b).sqrt();
    let neighbours: Vec<f64> = places.windows(2).map(|pair| distance(&pair[0], &pair[1])).collect();
    let typical = (neighbours.iter().sum::<f64>() / neighbours.len().max(1) as f64).max(1e-12);
    let nearest =
        |place: &[f64]| tried.iter().map(|other| distance(place, other)).fold(f64::INFINITY, f64::min) / typical;
    let mut chosen: Vec<usize> = Vec::new();
    for index in order(&improvements) {
        let chance = distribution((best - means[index]) / deviations[index].max(1e-12));
        if chosen.len() == PROPOSED || chance < LEAST {
            break;
        }
        if chosen.iter().all(|&other| distance(&places[index], &places[other]) > REGION * typical) {
            chosen.push(index);
        }
    }
    let proposal = |&index: &usize| {
        // The normal quantile of a two-sided 80 % interval.
        let spread = 1.2816 * deviations[index];
        Promising {
            config: space.named(&drawn[index]).map(|(name, value)| (name.to_owned(), value.clone())).collect(),
            ron: space.to_ron(&drawn[index]),
            predicted: sample.cost(means[index]),
            interval: (sample.cost(means[index] - spread), sample.cost(means[index] + spread)),
            chance: distribution((best - means[index]) / deviations[index].max(1e-12)),
            distance: nearest(&places[index]),
        }
    };
    let proposals = chosen.iter().map(proposal).collect();
    let step = drawn.len().div_ceil(POINTS).max(1);
    let shown = (0..drawn.len()).step_by(step).map(|index| (nearest(&places[index]), sample.cost(means[index])));
    Some((sample.cost(best), proposals, shown.collect()))
}

/// An even share of items.
fn thinned<T>(all: &[T], most: usize) -> impl Iterator<Item = &T> {
    all.iter().step_by(all.len().div_ceil(most).max(1))
}

/// The ranges of hyperparameters that matter at whose end at least half of the best configurations are, the recommended one
/// among them.
fn wider(input: &ReportInput, matrix: &Matrix, shortlist: &Shortlist) -> Vec<WiderRange> {
    let real = |name: &str| {
        let drawn = matrix.dimensions.iter().map(|each| (&each.name, &each.importance));
        let mut all = drawn.chain(matrix.others.iter().map(|(name, importance)| (name, importance)));
        all.any(|(own, importance)| own == name && importance.real)
    };
    let known = matrix.quality.is_some() && matrix.distrust.is_none();
    let range = |hyperparameter: &Hyperparameter| {
        let (low, high) = match &hyperparameter.domain {
            Domain::Float { .. } | Domain::Integer { .. } => {
                (hyperparameter.at(0.0).number()?, hyperparameter.at(1.0).number()?)
            }
            _ => return None,
        };
        if hyperparameter.size().is_some_and(|size| size < 4) || !known || !real(&hyperparameter.name) {
            return None;
        }
        let logarithmic =
            matches!(hyperparameter.domain, Domain::Float { log: true, .. } | Domain::Integer { log: true, .. });
        let place = |config: &IndexMap<String, Value>| Some(hyperparameter.code(config.get(&hyperparameter.name)?));
        let first = place(&shortlist.candidates.first()?.config)?;
        let places: Vec<f64> = shortlist.candidates.iter().filter_map(|each| place(&each.config)).collect();
        let upper = first > 0.5;
        let is_at_end = |place: f64| if upper { place >= 1.0 - END } else { place <= END };
        let at_end = places.iter().filter(|place| is_at_end(**place)).count();
        if !is_at_end(first)
            || 2 * at_end < places.len()
            || quantile(&places, 0.5).is_none_or(|middle| !is_at_end(middle))
        {
            return None;
        }
        let beyond = if upper { 1.0 + WIDER } else { -WIDER };
        let wider = if logarithmic { low * (high / low).powf(beyond) } else { low + beyond * (high - low) };
        let is_whole = matches!(hyperparameter.domain, Domain::Integer { .. });
        Some(WiderRange {
            hyperparameter: hyperparameter.name.clone(),
            upper,
            end: if upper { high } else { low },
            wider: if is_whole && !logarithmic {
                wider.round()
            } else if is_whole {
                wider.round().max(1.0)
            } else {
                wider
            },
            at_end: (at_end, places.len()),
            places,
        })
    };
    let all = input.space.hyperparameters().iter().filter_map(range);
    all.filter(|range| range.wider != range.end).collect()
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{finished, history, input, line};
    use super::super::{Findings, Unwatched};

    #[test]
    fn a_range_whose_end_is_best_is_worth_widening_and_a_gap_is_worth_trying() {
        let space = line();
        let trials = |law: fn(f64) -> f64| {
            // Denser toward the upper end, as a search that goes there.
            let places = (0..30).map(|index| 1.0 - (1.0 - f64::from(index) / 29.0).powi(2));
            history(&space, places.map(move |x| (x, 1.0, finished(law(x)))))
        };
        // Costs that are worse than the constant predictor are not told apart.
        let falling = trials(|x| 0.9 - 0.5 * x);
        let findings = Findings::watched(&input(&space, &falling), &Unwatched).unwrap();
        let found = findings.outlook.unwrap();
        assert!(found.is_trusted, "{:?}", findings.matrix.distrust);
        let [range] = &found.wider[..] else { panic!("{:?}", found.wider) };
        assert_eq!((range.upper, range.end, range.wider), (true, 1.0, 1.25));
        let bowl = trials(|x| (x - 0.5).powi(2) + 0.1);
        assert_eq!(Findings::of(&input(&space, &bowl)).outlook.unwrap().wider, []);
    }

    #[test]
    fn without_a_success_or_a_model_nothing_is_proposed() {
        let space = line();
        let history = history(&space, [(0.1, 1.0, finished(3.0))]);
        let found = Findings::of(&input(&space, &history)).outlook.unwrap();
        assert!(!found.is_trusted && found.proposals.is_empty() && found.wider.is_empty());
        assert!(Findings::of(&input(&space, &Default::default())).outlook.is_none());
    }
}
