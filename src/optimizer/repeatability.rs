//! Repeatability of failures: whether a configuration would fail again, judged by the trials near it.
use std::cmp::Ordering;

use super::training_data::TrainingData;
use crate::surrogate::{Rows, Targets};

/// The length of the neighbourhood in all dimensions, in widths of the space; it grows with the root of the dimensions.
const LENGTH: f64 = 0.1;

/// Half of the length of the neighbourhood in one dimension, in widths of the space.
const REACH: f64 = 0.06;

/// The latest trials that are compared with each other; earlier failures count as repeatable.
const JUDGED: usize = 400;

/// The evidence, in nats beyond the choice among the neighbourhoods, from which on failures are taken for a region's.
const EVIDENCE: f64 = 3.0;

/// The probability that each configuration succeeds when it is tried again, from the first `results` judged trials: 1
/// after a success. After a failure it is the share of successes around it, without itself, in the neighbourhood that
/// predicts best which trials fail: in all dimensions, or along one. Where none predicts that better than the share of
/// all trials does, failures are strewn at random, as a cable that is pulled would make them, and the share is that of all.
pub(crate) fn success_again(data: &TrainingData, results: usize) -> Targets {
    let mut targets = data.successes(results);
    let latest = targets.len().saturating_sub(JUDGED);
    let judged = &targets[latest..];
    if judged.iter().all(|(_, success)| *success == 1.0) {
        return targets;
    }
    let strewn = with_all(judged);
    let random = log_likelihood(judged, &strewn);
    let neighbourhoods = || (0..data.rows.width()).map(Some).chain([None]);
    let choice = (neighbourhoods().count() as f64).ln();
    let mut best = (random + choice + EVIDENCE, strewn);
    for dimension in neighbourhoods() {
        let near = match dimension {
            Some(dimension) => along(data.rows, judged, dimension),
            None => around(data.rows, judged),
        };
        let likelihood = log_likelihood(judged, &near);
        if likelihood > best.0 {
            best = (likelihood, near);
        }
    }
    for ((_, success), again) in targets[latest..].iter_mut().zip(best.1) {
        if *success == 0.0 {
            *success = again;
        }
    }
    targets
}

/// The logarithm of the likelihood of what happened under probabilities of success.
fn log_likelihood(judged: &[(usize, f64)], probabilities: &[f64]) -> f64 {
    let happened = judged.iter().zip(probabilities);
    happened.map(|((_, success), p)| if *success == 1.0 { p.ln() } else { (1.0 - p).ln() }).sum()
}

/// The share of successes among a trial's neighbours, as if there were one more neighbour that is like all trials.
fn share(successes: f64, failures: f64, all: f64) -> f64 {
    (successes + all) / (successes + failures + 1.0)
}

/// For each trial, the share of successes among all others, as if one more had succeeded and one had failed.
fn with_all(judged: &[(usize, f64)]) -> Vec<f64> {
    let successes: f64 = judged.iter().map(|(_, success)| success).sum();
    let others = judged.len() as f64 - 1.0;
    judged.iter().map(|(_, success)| (successes - success + 1.0) / (others + 2.0)).collect()
}

/// For each trial, the share of successes among the others within reach along one dimension.
fn along(rows: &Rows, judged: &[(usize, f64)], dimension: usize) -> Vec<f64> {
    let value = |place: &usize| rows.row(judged[*place].0)[dimension];
    // Values that are inactive stand together at the end.
    let mut order: Vec<usize> = (0..judged.len()).collect();
    order.sort_by(|a, b| match (value(a).is_nan(), value(b).is_nan()) {
        (false, false) => value(a).total_cmp(&value(b)),
        (true, true) => Ordering::Equal,
        (is_inactive, _) => {
            if is_inactive {
                Ordering::Greater
            } else {
                Ordering::Less
            }
        }
    });
    let is_near = |a: f64, b: f64| (a.is_nan() && b.is_nan()) || (a - b).abs() <= REACH;
    let all = with_all(judged);
    let mut shares = vec![0.0; judged.len()];
    let (mut start, mut end, mut successes) = (0, 0, 0.0);
    for &place in &order {
        let here = value(&place);
        while end < order.len() && is_near(value(&order[end]), here) {
            successes += judged[order[end]].1;
            end += 1;
        }
        while !is_near(value(&order[start]), here) {
            successes -= judged[order[start]].1;
            start += 1;
        }
        let own = judged[place].1;
        let others = (end - start) as f64 - 1.0;
        shares[place] = share(successes - own, others - (successes - own), all[place]);
    }
    shares
}

/// For each trial, the share of successes among the others, weighted by their likeness.
fn around(rows: &Rows, judged: &[(usize, f64)]) -> Vec<f64> {
    let all = with_all(judged);
    let (mut successes, mut failures) = (vec![0.0; judged.len()], vec![0.0; judged.len()]);
    for (one, (row, success)) in judged.iter().enumerate() {
        for (other, (other_row, other_success)) in judged.iter().enumerate().take(one) {
            let likeness = likeness(rows, *row, *other_row);
            *(if *other_success == 1.0 { &mut successes[one] } else { &mut failures[one] }) += likeness;
            *(if *success == 1.0 { &mut successes[other] } else { &mut failures[other] }) += likeness;
        }
    }
    (0..judged.len()).map(|place| share(successes[place], failures[place], all[place])).collect()
}

/// The likeness of two rows, from 0 to 1: a normal law of their distance.
fn likeness(rows: &Rows, one: usize, other: usize) -> f64 {
    // Categories differ by 1 or more, and so does an inactive value from an active one.
    let gap = |(a, b): (&f64, &f64)| match (a.is_nan(), b.is_nan()) {
        (false, false) => (a - b).abs().min(1.0),
        (true, true) => 0.0,
        _ => 1.0,
    };
    let square: f64 = rows.row(one).iter().zip(rows.row(other)).map(|pair| gap(pair).powi(2)).sum();
    (-0.5 * square / (LENGTH.powi(2) * rows.width() as f64)).exp()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::space::Space;
    use crate::space::value::Value;
    use crate::trial::budget::Budget;
    use crate::trial::history::History;
    use crate::trial::outcome::Outcome;

    /// The probabilities after trials at these places, each with its success.
    fn probabilities(trials: &[(f64, bool)]) -> Vec<f64> {
        let text = r#"(name: "test", parameters: { "x": Float(min: 0, max: 1) })"#;
        let space = Space::parse(text, Path::new("test.ron")).unwrap();
        let (mut history, mut rows) = (History::default(), Rows::new(1));
        for &(x, is_success) in trials {
            let configuration = space.configuration(vec![Some(Value::Float(x))]).unwrap();
            rows.push(&space.encode(&configuration));
            let proposal = history.proposal(configuration, Budget::new(1.0).unwrap());
            history.ask(proposal.clone());
            let crashed = Outcome::Crashed { message: String::new() };
            history.tell(proposal.trial, if is_success { Outcome::of_cost(x) } else { crashed });
        }
        let data = TrainingData { history: &history, prior_results: &[], rows: &rows, waiting: &[] };
        success_again(&data, usize::MAX).into_iter().map(|(_, success)| success).collect()
    }

    #[test]
    fn a_failure_among_successes_is_doubted_and_one_among_failures_is_believed() {
        let places = |from: f64, is_success| (0..8).map(move |index| (from + 0.01 * f64::from(index), is_success));
        let alone: Vec<_> = places(0.5, true).chain([(0.545, false)]).collect();
        let among: Vec<_> = places(0.1, false).chain(places(0.8, true)).collect();
        assert!(probabilities(&alone)[8] > 0.75, "{:?}", probabilities(&alone));
        assert!(probabilities(&among)[..8].iter().all(|each| *each < 0.2), "{:?}", probabilities(&among));
        assert!(probabilities(&among)[8..].iter().all(|each| *each == 1.0));
        assert_eq!(probabilities(&[(0.5, false)]), [0.5]);
    }
}
