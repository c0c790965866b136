//! Tests of the ledger without processes.
use std::path::Path;

use jiff::Timestamp;

use super::Ledger;
use super::answer::{EndVerdict, NextAttempt, Over};
use crate::experiment::definition::experiment::Experiment;
use crate::experiment::folder::RunFolder;
use crate::optimizer::stop::Reason;
use crate::store::record::AttemptEnd;
use crate::trial::Proposal;
use crate::trial::outcome::Outcome;

fn experiment(trials: u32) -> Experiment {
    let space = r#"(parameters: { "x": Float(min: 0, max: 1) })"#;
    let text = format!("(name: \"n\", search_space: {space}, stop: (trials: {trials}))");
    Experiment::with_space(&text, Path::new("n.ron"), space).unwrap()
}

fn end(outcome: Outcome) -> AttemptEnd {
    AttemptEnd {
        outcome,
        info: Default::default(),
        slot: "here".into(),
        started: Timestamp::UNIX_EPOCH,
        at: Timestamp::UNIX_EPOCH,
        seconds: 1.0,
        cpu_seconds: 0.0,
        peak_memory: 0,
        exit: String::new(),
        forfeit: None,
    }
}

fn ask(ledger: &mut Ledger) -> (Proposal, u32) {
    match ledger.ask(Timestamp::now()).unwrap() {
        NextAttempt::Attempt(attempt) => (attempt.proposal, attempt.number),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_lost_attempt_is_asked_for_again_and_its_late_end_counts_for_nothing() {
    let mut ledger = Ledger::in_memory(&experiment(2)).unwrap();
    let (first, attempt) = ask(&mut ledger);
    assert_eq!(attempt, 1);
    let taken = ledger.ended(first.trial, 1, end(Outcome::Lost)).unwrap();
    assert!(matches!(taken.verdict, EndVerdict::Again { divisor: None, .. }));
    let taken = ledger.ended(first.trial, 1, end(Outcome::of_cost(-9.0))).unwrap();
    assert!(matches!(taken.verdict, EndVerdict::Late));
    assert_eq!(ask(&mut ledger), (first.clone(), 2));
    let taken = ledger.ended(first.trial, 2, end(Outcome::of_cost(1.0))).unwrap();
    assert!(matches!(taken.verdict, EndVerdict::Final { .. }));
    assert_eq!(ledger.history().trial(first.trial).unwrap().outcome, Some(Outcome::of_cost(1.0)));
    let (second, _) = ask(&mut ledger);
    ledger.ended(second.trial, 1, end(Outcome::of_cost(2.0))).unwrap();
    let over = ledger.ask(Timestamp::now()).unwrap();
    assert!(matches!(over, NextAttempt::Over(Over::Asked(Reason::Trials))), "{over:?}");
}

#[test]
fn threads_share_a_ledger_and_another_session_goes_on_with_its_journal() {
    let runs = tempfile::tempdir().unwrap();
    let folder = RunFolder::of(runs.path(), "n");
    let whole = experiment(12);
    let ledger = std::sync::Mutex::new(Ledger::open(&experiment(8), &folder).unwrap().ledger);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                loop {
                    let next = ledger.lock().unwrap().ask(Timestamp::now()).unwrap();
                    let NextAttempt::Attempt(attempt) = next else { break };
                    let trial = attempt.proposal.trial;
                    let end = end(Outcome::of_cost(f64::from(trial.0)));
                    let mut ledger = ledger.lock().unwrap();
                    ledger.ended(trial, attempt.number, end).unwrap();
                    ledger.settle().unwrap();
                }
            });
        }
    });
    drop(ledger);
    let mut opened = Ledger::open(&whole, &folder).unwrap();
    assert!(opened.is_continued && opened.ledger.history().ended().count() == 8);
    let (ninth, attempt) = ask(&mut opened.ledger);
    assert_eq!((ninth.trial.0, attempt), (9, 1));
    opened.ledger.started(ninth.trial, "here", Timestamp::now()).unwrap();
    drop(opened);
    let mut ledger = Ledger::open(&whole, &folder).unwrap().ledger;
    assert_eq!(ask(&mut ledger), (ninth, 2));
}
