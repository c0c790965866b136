//! Tests of views of runs: read bit by bit or at once, they say what a log of the same journal says.
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::{Map, json};

use super::*;
use crate::experiment::replay::log::Log;
use crate::numeric::stream::Stream;
use crate::serve::snapshot::snapshot;
use crate::serve::trial_page::trial_page;
use crate::store::journal::encode;
use crate::store::record::{Asked, AttemptEnd, Begun, Ended, FORMAT, Noted, Reported, Revised, Started};
use crate::trial::ConfigurationId;
use crate::trial::Origin;
use crate::trial::outcome::Outcome;

const SPACE: &str = r#"(parameters: { "x": Float(min: 0, max: 1), "kind": Categorical(choices: ["a", "b"]) })"#;
const EXPERIMENT: &str =
    r#"(name: "e", search_space: (parameters: {}), budget: (min: 1, max: 9, eta: 3), stop: (trials: 40))"#;

fn at(second: i64) -> Timestamp {
    Timestamp::new(1_800_000_000 + second, 0).unwrap()
}

fn begun() -> Record {
    let text = EXPERIMENT.replace("(parameters: {})", SPACE);
    Record::Begun(Begun {
        format: FORMAT,
        galvani: "test".into(),
        name: "e".into(),
        seed: 1,
        experiment: text,
        space: SPACE.into(),
        intensifier: None,
        at: at(0),
    })
}

fn asked(number: u32, configuration: u32, budget: f64) -> Record {
    let x = Stream::of(1, "records", configuration.into()).uniform();
    let kind = if configuration.is_multiple_of(2) { "a" } else { "b" };
    Record::Asked(Asked {
        trial: TrialId(number),
        configuration_id: ConfigurationId(configuration),
        config: IndexMap::from([("x".to_owned(), x.into()), ("kind".to_owned(), kind.into())]),
        budget,
        bracket: 0,
        rung: u32::from(budget > 1.0),
        seed: u64::MAX - u64::from(configuration),
        instance: None,
        origin: if number == 1 { Origin::Default } else { Origin::Model },
        at: at(number.into()),
    })
}

fn started(number: u32, attempt: u32) -> Record {
    Record::Started(Started { trial: TrialId(number), attempt, slot: "cpu:0".into(), at: at(number.into()) })
}

fn ended(number: u32, attempt: u32, outcome: Outcome) -> Record {
    Record::Ended(Ended {
        trial: TrialId(number),
        attempt,
        end: AttemptEnd {
            outcome,
            info: Map::from_iter([("accuracy".to_owned(), json!(0.5)), ("note".to_owned(), json!("<b>"))]),
            slot: "cpu:0".into(),
            started: at(number.into()),
            at: at(i64::from(number) + 1),
            seconds: 1.0,
            cpu_seconds: 0.5,
            peak_memory: 1 << 20,
            exit: "exit code 0".into(),
            forfeit: None,
        },
        late: false,
    })
}

/// A journal with all that a run's may have.
fn records() -> Vec<Record> {
    let revised = |number: u32, revision| {
        Record::Revised(Revised { trial: TrialId(number), revision, at: at(100 + i64::from(number)) })
    };
    let noted = |key: &str, value| Record::Noted(Noted { key: key.into(), value, at: at(0) });
    let mut all = vec![begun(), noted("session", json!(1))];
    for number in 1..=12 {
        all.extend([asked(number, number, 1.0), started(number, 1)]);
        all.push(ended(
            number,
            1,
            match number {
                3 => Outcome::Crashed { message: format!("{}\nValueError: <script>\nhint: none", "x\n".repeat(500)) },
                4 => Outcome::TimedOut,
                5 => Outcome::Lost,
                _ => Outcome::of_cost(1.0 / f64::from(number)),
            },
        ));
    }
    let report =
        |budget| Record::Reported(Reported { trial: TrialId(13), attempt: 1, budget, cost: 0.5 / budget, at: at(50) });
    all.extend([started(5, 2), ended(5, 2, Outcome::of_cost(0.7))]);
    all.extend([asked(13, 12, 9.0), started(13, 1), report(3.0), report(6.0), ended(13, 1, Outcome::of_cost(0.03))]);
    all.extend([revised(12, Revision::Forgotten), revised(4, Revision::Retried), revised(2, Revision::Retried)]);
    all.extend([noted("session", json!(2)), started(4, 2), ended(4, 2, Outcome::of_cost(0.01)), started(2, 2)]);
    all.push(noted("evidence/000001", json!({"source": "a", "results": [{}, {}, {}]})));
    all.extend([asked(14, 13, 1.0), started(14, 1)]);
    all
}

fn append(folder: &Path, bytes: &[u8]) {
    fs::create_dir_all(folder.join("store")).unwrap();
    let path = folder.join("store/journal.jsonl");
    OpenOptions::new().append(true).create(true).open(path).unwrap().write_all(bytes).unwrap();
}

fn refreshed(view: &mut RunView) {
    (view.looked, view.sought) = (None, None);
    if let Some(run) = &mut view.run {
        run.best = Best::default();
    }
    view.refresh();
}

/// All that a view and a log of the same run have in common.
fn assert_same(view: &RunView, folder: &Path) {
    let log = Log::read(RunFolder::at(folder.to_owned())).unwrap();
    let run = view.run.as_ref().unwrap();
    let (own, other) = (&run.replay.history, &log.history);
    let words =
        |trial: &crate::trial::Trial| (trial.word(), trial.outcome.as_ref().and_then(|it| it.cost()), trial.seconds);
    assert_eq!(
        own.trials().iter().map(words).collect::<Vec<_>>(),
        other.trials().iter().map(words).collect::<Vec<_>>()
    );
    assert_eq!(own.spent(), other.spent());
    assert_eq!(run.best.recommended, log.recommendation());
    for trial in other.trials() {
        let number = trial.proposal.configuration_id;
        let values: Vec<_> = run.configurations.row(&run.experiment.space, number.index()).collect();
        let known = log.experiment.space.named(&trial.proposal.configuration);
        assert_eq!(values, known.map(|(name, value)| (name, value.clone())).collect::<Vec<_>>());
    }
}

#[test]
fn a_view_that_reads_along_says_what_a_log_says() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let mut view = RunView::of(RunFolder::at(root.to_owned()));
    view.refresh();
    assert!(view.fault.is_none() && view.run.is_none());
    for record in records() {
        let line = encode(&record);
        // A line is seen when it is whole.
        append(root, &line[..line.len() / 2]);
        refreshed(&mut view);
        append(root, &line[line.len() / 2..]);
        refreshed(&mut view);
        assert!(view.fault.is_none(), "{record:?}: {:?}", view.fault);
        assert_same(&view, root);
    }
    let mut at_once = RunView::of(RunFolder::at(root.to_owned()));
    at_once.refresh();
    assert_same(&at_once, root);
    let (mut along, mut once) = (snapshot(&view, "e"), snapshot(&at_once, "e"));
    // Three times the user took something back, and the journal was read again.
    assert_eq!((along["epoch"].take(), once["epoch"].take()), (json!(4), json!(1)));
    (along["now"], once["now"]) = (json!(0), json!(0));
    assert_eq!(along, once);
    assert_eq!((&once["imported"], &once["ended"], &once["asked"]), (&json!(3), &json!(12), &json!(14)));
    assert_eq!(once["outcomes"], json!([["finished", 10], ["crashed", 1], ["forgotten", 1]]));
    let run = at_once.run.as_ref().unwrap();
    assert_eq!(run.running.keys().map(|trial| trial.0).collect::<Vec<_>>(), [2, 14]);
}

#[test]
fn a_trial_is_read_back_from_the_journal() {
    let folder = tempfile::tempdir().unwrap();
    records().iter().for_each(|record| append(folder.path(), &encode(record)));
    let log = "x".repeat(100_000) + "\n\u{1b}[31m<script>alert(1)</script>\n";
    fs::create_dir_all(folder.path().join("trials/000013")).unwrap();
    fs::write(folder.path().join("trials/000013/stdout.log"), log).unwrap();
    let mut view = RunView::of(RunFolder::at(folder.path().to_owned()));
    view.refresh();
    let run = view.run.as_ref().unwrap();
    let page = |number: u32| trial_page(&view, run, run.replay.history.trial(TrialId(number)).unwrap()).unwrap();
    let trial = page(13);
    assert_eq!(trial["curve"], json!([[3.0, 0.5 / 3.0], [6.0, 0.5 / 6.0]]));
    assert_eq!((&trial["costs"], &trial["others"]), (&json!([0.03]), &json!([[12, 1.0, "forgotten", []]])));
    assert_eq!(trial["seed"], json!((u64::MAX - 12).to_string()), "not rounded by a browser");
    assert_eq!((&trial["metrics"], &trial["info"]), (&json!([["accuracy", 0.5]]), &json!([["note", "<b>"]])));
    assert_eq!(trial["logs"][0]["shown"], json!(64 << 10));
    assert!(trial["logs"][0]["text"].as_str().unwrap().ends_with("[31m<script>alert(1)</script>"));
    assert_eq!(trial["files"]["files"], json!([["stdout.log", 100_032]]));
    let retried = page(5);
    let outcomes: Vec<_> = retried["attempts"].as_array().unwrap().iter().map(|it| it["outcome"].clone()).collect();
    assert_eq!(outcomes, [json!("lost"), json!("finished")]);
    assert!(page(3)["message"].as_str().unwrap().contains("ValueError: <script>"));
}

#[test]
fn a_faulty_line_ends_the_view_with_its_number_and_a_repair_begins_it_anew() {
    let folder = tempfile::tempdir().unwrap();
    append(folder.path(), &encode(&begun()));
    append(folder.path(), &encode(&asked(1, 1, 1.0)));
    append(folder.path(), b"00000000 {\"v\":1}\n");
    let mut view = RunView::of(RunFolder::at(folder.path().to_owned()));
    view.refresh();
    assert!(view.fault.as_ref().unwrap().message.contains("line 3: it is damaged"), "{:?}", view.fault);
    assert_eq!(view.run.as_ref().unwrap().replay.history.trials().len(), 1);
    append(folder.path(), &encode(&started(1, 1)));
    refreshed(&mut view);
    assert!(view.fault.is_some(), "what stands behind a faulty line is not read");
    let repaired = folder.path().join("store/repaired");
    fs::write(&repaired, [begun(), asked(1, 1, 1.0), started(1, 1)].iter().flat_map(encode).collect::<Vec<_>>())
        .unwrap();
    fs::rename(repaired, folder.path().join("store/journal.jsonl")).unwrap();
    refreshed(&mut view);
    assert!(view.fault.is_none() && view.run.as_ref().unwrap().running.len() == 1);
}

#[test]
fn a_long_journal_is_read_in_several_looks_and_says_how_far_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let mut view = RunView::of(RunFolder::at(root.to_owned()));
    view.slice = Duration::ZERO;
    let all = records();
    all.iter().for_each(|record| append(root, &encode(record)));
    // What is being written right now is no reason to read on.
    append(root, b"0123");
    let (mut looks, mut before) = (0, 0.0);
    loop {
        refreshed(&mut view);
        looks += 1;
        let said = snapshot(&view, "e");
        let Some(share) = view.reading else { break };
        assert!(share > before && share <= 1.0, "{share} after {before}");
        assert_eq!((&said["state"], &said["reading"]), (&json!("reading"), &json!(share)));
        before = share;
    }
    assert!(looks > all.len(), "one record a look, and one that finds no more: {looks}");
    assert_same(&view, root);
    let version = view.version;
    view.looked = None;
    view.refresh();
    assert!(snapshot(&view, "e")["reading"].is_null() && view.version == version);
}
