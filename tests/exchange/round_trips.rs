//! Spaces and results of every kind go through every format and come back, or what does not is said and counted.
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use galvani::exchange::trials::exported::{ExportedRun, ExportedTrial};
use galvani::exchange::trials::fit::{FittedResults, fit};
use galvani::exchange::trials::found::{FoundResults, UnreadableResults};
use galvani::exchange::trials::optuna::StudyChoice;
use galvani::exchange::trials::{csv, jsonl, optuna, smac};
use galvani::exchange::{configspace, pcs};
use galvani::numeric::stream::Stream;
use galvani::space::Space;
use galvani::space::hyperparameter::{Domain, Hyperparameter, Value};
use galvani::space::steps::Steps;
use galvani::trial::TrialId;
use galvani::trial::budget::Budget;
use galvani::trial::curve::CurvePoint;
use galvani::trial::direction::{Direction, Directions};
use galvani::trial::history::History;
use galvani::trial::outcome::{Outcome, OutcomeKind};
use galvani::trial::prior_result::PriorResult;
use proptest::prelude::*;

use super::names;

const OBJECTIVES: [&str; 3] = ["loss", "latency", "size"];

/// Domains of every kind and scale.
fn domain() -> impl Strategy<Value = Domain> {
    let words = |words: &[&str]| words.iter().map(|word| Value::from(*word)).collect::<Vec<_>>();
    let numbers = vec![Value::Float(0.1), Value::Float(0.5), Value::Integer(2), Value::Float(1e9)];
    let mixed = vec![Value::Null, Value::Boolean(true), Value::Integer(7), Value::from("None of them")];
    let hard = ["a b", "é,;", "x=\"y\"", "{z}", "'", "#", "1e3 "];
    prop_oneof![
        (-9_i32..9, 1..99).prop_map(|(min, width)| Domain::Float {
            min: f64::from(min) / 3.0,
            max: f64::from(min + width) / 3.0,
            log: false
        }),
        (-9_i32..9, 1..9).prop_map(|(low, width)| Domain::Float {
            min: 10_f64.powi(low),
            max: 10_f64.powi(low + width),
            log: true
        }),
        (-99_i64..99, 1_i64..999).prop_map(|(min, width)| Domain::Integer { min, max: min + width, log: false }),
        (1_i64..99, 1_i64..999).prop_map(|(min, width)| Domain::Integer { min, max: min + width, log: true }),
        (-9..9, 1..40).prop_map(|(min, count)| {
            let (min, step) = (f64::from(min) / 10.0, 0.1);
            let max = f64::from((min * 10.0).round() as i32 + count) / 10.0;
            Domain::Steps(Steps::new(min, max, step, false).unwrap())
        }),
        (-9..9, 1..40).prop_map(|(min, count)| {
            Domain::Steps(Steps::new(f64::from(min), f64::from(min + 16 * count), 16.0, true).unwrap())
        }),
        Just(Domain::Ordinal { values: numbers.clone() }),
        Just(Domain::Ordinal { values: words(&["low", "middle", "high"]) }),
        Just(Domain::Categorical { choices: words(&["a", "b", "1", "true", "nan"]) }),
        Just(Domain::Categorical { choices: words(&hard) }),
        Just(Domain::Categorical { choices: mixed }),
        Just(Domain::Categorical { choices: vec![Value::Boolean(false), Value::Boolean(true)] }),
        Just(Domain::Constant { value: Value::Float(0.25) }),
        Just(Domain::Constant { value: Value::from("only") }),
    ]
}

/// A space whose first hyperparameter decides whether the last one is active.
fn spaces() -> impl Strategy<Value = Space> {
    (names(), proptest::collection::vec(domain(), 2)).prop_map(|(names, domains)| {
        let switch = Domain::Categorical { choices: vec![Value::from("on"), Value::from("off")] };
        let domains = std::iter::once(switch).chain(domains);
        let hyperparameter = |(name, domain): (&String, Domain)| {
            let default = domain.natural_default();
            Hyperparameter::new(name.clone(), domain, default)
        };
        let hyperparameters = names.iter().zip(domains).map(hyperparameter).collect();
        let condition = format!("`{}` == 'on'", names[0].replace('`', "``"));
        Space::new("s".into(), hyperparameters, vec![(names[2].clone(), condition)], Vec::new()).unwrap()
    })
}

/// The end of a trial by a number: half of them finish.
fn outcome(end: u8, objectives: usize, cost: f64) -> Option<Outcome> {
    let finished = || Outcome::of_costs((0..objectives).map(|index| cost / (index + 1) as f64).collect());
    Some(match end {
        0 => return None,
        1 => Outcome::Diverged,
        2 => Outcome::Crashed { message: "a \"line\",\nand; another\t\u{1b}[1m".into() },
        3 => Outcome::TimedOut,
        4 => Outcome::OutOfMemory,
        5 => Outcome::OutOfDeviceMemory,
        6 => Outcome::Lost,
        7 => Outcome::Transient,
        8 => Outcome::Pruned,
        9 => Outcome::Forgotten,
        _ => finished(),
    })
}

/// Trials of a few configurations at three budgets, with learning curves, instances and ends of every kind.
fn history(space: &Space, ends: &[(u8, u8, f64)], objectives: usize) -> History {
    let mut stream = Stream::of(5, "test", 0);
    let drawn: Vec<_> = (0..8).map(|_| space.sample(&mut stream).unwrap()).collect();
    let mut history = History::default();
    for (index, (place, end, cost)) in ends.iter().enumerate() {
        let budget = Budget::new([1.0, 3.0, 9.0][usize::from(place / 8) % 3]).unwrap();
        let mut proposal = history.proposal(drawn[usize::from(place % 8)].clone(), budget);
        proposal.seed = index as u64;
        proposal.instance = (index % 5 == 0).then(|| Arc::from("fold; 1"));
        history.ask(proposal);
        let trial = TrialId::of_index(index);
        if place % 2 == 0 {
            history.report(trial, CurvePoint { budget: Budget::new(0.5).unwrap(), cost: cost + 1.0 });
        }
        if let Some(outcome) = outcome(*end, objectives, *cost) {
            history.tell_after(trial, outcome, 1.5);
        }
    }
    history
}

/// The kinds of failures with their counts; trials that run have none.
fn failures(history: &History, is_kept: impl Fn(&Outcome) -> bool) -> BTreeMap<Option<OutcomeKind>, usize> {
    let mut counts = BTreeMap::new();
    for outcome in history.trials().iter().map(|trial| trial.outcome.as_ref()) {
        if outcome.is_none_or(|outcome| outcome.cost().is_none() && is_kept(outcome)) {
            *counts.entry(outcome.map(|outcome| outcome.kind())).or_default() += 1;
        }
    }
    counts
}

fn results(history: &History) -> Vec<PriorResult> {
    let result = |trial: &galvani::trial::Trial| PriorResult {
        configuration: trial.proposal.configuration.clone(),
        budget: trial.proposal.budget,
        costs: trial.outcome.as_ref().unwrap().costs().to_vec(),
    };
    let finished =
        history.trials().iter().filter(|trial| trial.outcome.as_ref().is_some_and(|end| end.cost().is_some()));
    finished.map(result).collect()
}

/// The number in the first note with a word; 0 where no note has it.
fn noted(notes: &[String], word: &str) -> usize {
    let note = notes.iter().find(|note| note.contains(word));
    note.map_or(0, |note| note.split(' ').next().unwrap().parse().unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn results_come_back_from_every_format_or_are_counted(
        space in spaces(),
        ends in proptest::collection::vec((0_u8..24, 0_u8..20, -1e9..1e9), 0..24),
        objectives in 1_usize..=3,
        maximize in any::<bool>(),
    ) {
        let ends: Vec<(u8, u8, f64)> = ends;
        let history = history(&space, &ends, objectives);
        let names: Vec<String> = OBJECTIVES[..objectives].iter().map(|name| (*name).to_owned()).collect();
        let names = if objectives == 1 { Vec::new() } else { names };
        let directions = Directions::of(vec![if maximize { Direction::Maximize } else { Direction::Minimize }]);
        let at = Some(jiff::Timestamp::from_second(1_700_000_000).unwrap());
        let trials = history.trials().iter().map(|trial| ExportedTrial {
            trial, started: at, ended: at.filter(|_| trial.outcome.is_some()), seconds: trial.seconds, cpu_seconds: None, info: None,
        });
        let run = ExportedRun { name: "s", measure: "cost", space: &space, objectives: &names, directions: &directions, trials: trials.collect() };
        let budgets = (Budget::new(1.0).unwrap(), Budget::new(9.0).unwrap());
        let maximized = (0..objectives).map(|objective| directions.of_objective(objective) == Direction::Maximize).collect();
        let choice = StudyChoice { name: None, maximized, negate: false };
        type Found = Result<FoundResults, UnreadableResults>;
        let files: [(&str, Vec<String>, Found); 4] = [
            ("csv", csv::write(&run).notes, csv::read(&csv::write(&run).text, &space, &names)),
            ("jsonl", jsonl::write(&run).notes, jsonl::read(&jsonl::write(&run).text, &names)),
            ("smac", smac::write(&run).notes, smac::read(&smac::write(&run).text)),
            ("optuna", optuna::write(&run).notes, optuna::read(&optuna::write(&run).text, &choice)),
        ];
        let points: usize = history.trials().iter().map(|trial| trial.curve.points().len()).sum();
        for (format, notes, found) in files {
            let found = found.unwrap();
            prop_assert_eq!(found.faults, 0, "{}", format);
            let FittedResults { results: back, mismatches, failures: failed } = fit(&found.results, &space, budgets, objectives);
            prop_assert_eq!(mismatches, Vec::new(), "{}", format);
            prop_assert_eq!(&back, &results(&history), "{}", format);
            let is_smac = format == "smac";
            let mut expected = failures(&history, |outcome| !is_smac || outcome.is_judged());
            if is_smac {
                let running = expected.remove(&None).unwrap_or(0);
                let left_out: usize = ["`running`", "`lost`", "`transient`", "`pruned`", "`forgotten`"].map(|word| noted(&notes, word)).iter().sum();
                let unjudged = history.ended().filter(|trial| !trial.outcome.as_ref().unwrap().is_judged()).count();
                prop_assert_eq!(left_out, running + unjudged);
            }
            prop_assert_eq!(failed, expected, "{}", format);
            match format {
                "csv" => prop_assert_eq!(noted(&notes, "learning curves"), points),
                "jsonl" => prop_assert_eq!(noted(&found.notes, "on the way"), points),
                _ => {}
            }
        }
    }

    #[test]
    fn spaces_come_back_from_every_format_or_are_refused(space in spaces()) {
        let path = Path::new("s.x");
        let mut others = vec![configspace::read(&configspace::write(&space).unwrap().text, path).unwrap().space];
        match pcs::write(&space) {
            Ok(exported) => others.push(pcs::read(&exported.text, path).unwrap().space),
            Err(refused) => prop_assert!(refused.message.contains("cannot be written in pcs-new"), "{}", refused),
        }
        let mut stream = Stream::of(3, "test", 0);
        for other in others {
            prop_assert_eq!(other.count(), space.count());
            for _ in 0..20 {
                let drawn = space.sample(&mut stream).unwrap();
                let named: Vec<_> = space.named(&drawn).map(|(name, value)| (name.to_owned(), value.clone())).collect();
                let matched = named.iter().map(|(name, value)| {
                    let index = other.index(name).expect("a name is carried");
                    (name.as_str(), other.hyperparameters()[index].matching(value).expect("a value is carried"))
                });
                prop_assert!(other.configuration_of(matched).is_ok());
            }
        }
    }
}
