//! Repeatability of failures: whether a configuration would fail again, judged by the trials near it.
use std::collections::BTreeMap;

use super::training_data::TrainingData;
use crate::surrogate::{Rows, Targets};

/// The length of the neighbourhood in one dimension, in widths of the space; it grows with the root of the dimensions.
const LENGTH: f64 = 0.1;

/// The greatest number of failures that are judged, and of configurations that they are compared with, the latest ones;
/// earlier failures count as repeatable.
const FAILURES: usize = 200;
const NEIGHBOURS: usize = 1000;

/// The probability that each configuration succeeds when it is tried again, from the first `results` judged trials: 1
/// after a success, and after a failure the share of successes in its neighbourhood, as if one more trial had succeeded
/// there and one had failed.
///
/// A failure alone among successes may be a cable that was pulled; where all neighbours fail, too, it is the configuration.
pub(crate) fn success_again(data: &TrainingData, results: usize) -> Targets {
    let mut targets = data.successes(results);
    let failed: Vec<usize> = (0..targets.len()).filter(|&index| targets[index].1 == 0.0).collect();
    let known: BTreeMap<usize, f64> = targets.iter().rev().take(NEIGHBOURS).copied().collect();
    for &index in failed.iter().rev().take(FAILURES) {
        let (row, _) = targets[index];
        let (mut successes, mut failures) = (0.0, 0.0);
        for (&other, &success) in &known {
            let likeness = likeness(data.rows, row, other);
            *(if success == 1.0 { &mut successes } else { &mut failures }) += likeness;
        }
        // The failure itself is among them.
        targets[index].1 = (successes + 1.0) / (successes + failures + 1.0);
    }
    targets
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
