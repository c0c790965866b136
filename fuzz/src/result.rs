//! Results of trials as other programs keep them, fitted to a fixed search space.
use std::sync::LazyLock;

use galvani::exchange::trials::fit::fit;
use galvani::exchange::trials::found::FoundResult;
use galvani::exchange::trials::optuna::StudyChoice;
use galvani::exchange::trials::{csv, jsonl, optuna, smac};
use galvani::space::Space;
use galvani::trial::budget::Budget;

use super::{path, text};

/// The space that results are fitted to.
static SPACE: LazyLock<Space> = LazyLock::new(|| {
    let text = r#"(
        name: "fixed",
        parameters: {
            "x": Float(min: -5, max: 10),
            "width": Integer(min: 1, max: 64, log: true),
            "kind": Categorical(choices: ["a", "b"]),
            "flag": Boolean(),
            "depth": Ordinal(values: [1, 2, 4]),
        },
        conditions: { "depth": "kind == 'a'" },
    )"#;
    Space::parse(text, path()).expect("a space")
});

/// A file with results, read as each of the formats: CSV, JSON lines, Optuna's journal, SMAC's run history.
pub fn results(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let names = ["loss".to_owned(), "latency".to_owned()];
    let negated = StudyChoice { name: None, maximized: Vec::new(), negate: true };
    let named = StudyChoice { name: Some("s".into()), maximized: vec![true, false], negate: false };
    let read = [
        csv::read(text, &SPACE, &[]),
        csv::read(text, &SPACE, &names),
        jsonl::read(text, &[]),
        jsonl::read(text, &names),
        optuna::read(text, &StudyChoice::default()),
        optuna::read(text, &negated),
        optuna::read(text, &named),
        smac::read(text),
    ];
    for found in read {
        match found {
            Ok(found) => {
                assert_eq!(found.faults > 0, found.first_fault.is_some());
                check_fit(&found.results, 1);
                check_fit(&found.results, 2);
            }
            Err(error) => assert!(!error.to_string().is_empty(), "{error:?}"),
        }
    }
}

/// Each result fits, failed, or has a reason; and those that fit are legal and within the budgets.
fn check_fit(found: &[FoundResult], objectives: usize) {
    let budget = |amount| Budget::new(amount).expect("positive");
    let fitted = fit(found, &SPACE, (budget(1.0), budget(9.0)), objectives);
    assert_eq!(fitted.results.len() + fitted.mismatches.len() + fitted.failed(), found.len());
    for each in &fitted.results {
        let values = each.configuration.values().to_vec();
        assert_eq!(SPACE.configuration(values), Ok(each.configuration.clone()));
        assert!((1.0..=9.0).contains(&each.budget.amount()), "{:?}", each.budget);
        assert!(each.costs.len() == objectives && each.costs.iter().all(|cost| cost.is_finite()), "{:?}", each.costs);
    }
    for (place, reason) in &fitted.mismatches {
        assert!((1..=found.len()).contains(place) && !reason.to_string().is_empty());
    }
}
