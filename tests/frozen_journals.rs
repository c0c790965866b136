//! Runs that version 0.1.0 left in `tests/golden/journals/` are read as they were then, and go on to their end.
//!
//! `make.sh` there made the journals. `UPDATE=1 cargo test --test frozen_journals` writes what is expected of them anew, never
//! the journals themselves.
mod program;

use std::fs;
use std::path::{Path, PathBuf};

use program::{Session, compare, galvani, golden, is_update, lines, printed, processor};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

/// A frozen run in a folder where it can go on.
struct Frozen {
    name: &'static str,
    folder: TempDir,
    /// The journal as it was left.
    journal: String,
    /// The expected results.
    expected: PathBuf,
}

impl Frozen {
    fn of(name: &'static str) -> Self {
        let (source, folder) = (golden("journals").join(name), tempfile::tempdir().unwrap());
        for entry in fs::read_dir(&source).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
            }
        }
        let store = folder.path().join("runs").join(name).join("store");
        fs::create_dir_all(&store).unwrap();
        let journal = fs::read_to_string(source.join("store/journal.jsonl")).unwrap();
        fs::write(store.join("journal.jsonl"), &journal).unwrap();
        let expected = source.join("expected");
        if is_update() {
            fs::create_dir_all(&expected).unwrap();
        }
        Self { name, folder, journal, expected }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn file(&self) -> String {
        format!("{}.ron", self.name)
    }

    fn now(&self) -> String {
        fs::read_to_string(self.path().join("runs").join(self.name).join("store/journal.jsonl")).unwrap()
    }

    fn trials(&self) -> Vec<Json> {
        lines(&printed(self.path(), &["trials", self.name, "--format", "json"]))
    }

    /// The kind of processor that wrote what is expected; what follows from a Gaussian process holds on that kind alone.
    fn is_same_processor(&self) -> bool {
        let path = golden("journals").join("processor.txt");
        if is_update() {
            fs::write(&path, format!("{}\n", processor())).unwrap();
        }
        fs::read_to_string(path).unwrap().trim() == processor()
    }

    /// The run as readers see it, before anything is written: all of it is in the journal, clocks too.
    fn is_read(&self) {
        let path = self.path();
        let status = printed(path, &["status", self.name]);
        let certain = |text: &str| {
            let is_certain = |line: &&str| self.is_same_processor() || !line.starts_with("left to gain");
            text.lines().filter(is_certain).map(|line| format!("{line}\n")).collect::<String>()
        };
        let status_file = self.expected.join("status.txt");
        if is_update() {
            fs::write(&status_file, &status).unwrap();
        }
        program::same(&status_file, &certain(&fs::read_to_string(&status_file).unwrap()), &certain(&status));
        compare(&self.expected.join("trials.jsonl"), &printed(path, &["trials", self.name, "--format", "json"]));
        compare(&self.expected.join("best.jsonl"), &printed(path, &["best", self.name, "--format", "json"]));
        compare(&self.expected.join("exported.csv"), &printed(path, &["export", "csv", self.name]));
        // Only the index is missing, which the journal makes anew.
        let check: Json =
            serde_json::from_slice(&galvani(path, &["store", "check", self.name, "--format", "json"]).stdout).unwrap();
        compare(&self.expected.join("check.jsonl"), &format!("{check}\n"));
        assert_eq!((&check["damaged"], &check["contradictions"]), (&json!([]), &json!([])), "{check}");
        assert_eq!(check["lines"], self.journal.lines().count(), "{check}");
        printed(path, &["store", "rebuild", self.name]);
        self.is_sound();
        assert_eq!(self.now(), self.journal, "reading and making the index anew change nothing");
    }

    fn is_sound(&self) {
        let check = galvani(self.path(), &["store", "check", self.name]);
        assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stdout));
    }

    /// The run goes on to its end: nothing is lost, nothing that ended is done again; what came after it was left.
    fn goes_on(&self, planned: usize) -> Vec<Json> {
        let before = self.trials();
        let run = galvani(self.path(), &["run", &self.file()]);
        let said = String::from_utf8_lossy(&run.stderr).into_owned();
        assert!(run.status.success(), "{said}");
        // A run keeps the rule that it was begun with; nothing else is warned of.
        let former = said.starts_with("warning: this run was begun with ");
        let said = if former { said.split_once('\n').unwrap_or_default().1 } else { &said };
        assert!(said.starts_with("resumed: ") && !said.contains("warning"), "{said}");
        let journal = self.now();
        let new = journal.strip_prefix(&self.journal).expect("what was written stays as it is");
        let after = self.trials();
        assert_eq!(after.len(), planned);
        for (old, new) in before.iter().zip(&after) {
            if old["outcome"] != "interrupted" {
                assert_eq!(old, new);
            }
            for column in ["trial", "configuration_id", "config", "budget", "bracket", "rung", "seed", "origin"] {
                assert_eq!(old[column], new[column], "{column} of {old}");
            }
        }
        let is_over = |trial: &Json| trial["outcome"] != "interrupted";
        assert!(after.iter().all(is_over), "{after:?}");
        let records: Vec<Json> = new
            .lines()
            .map(|line| serde_json::from_str(&line[line.find('{').unwrap()..=line.rfind('}').unwrap()]).unwrap())
            .collect();
        for record in records.iter().filter(|record| record["trial"].is_u64()) {
            let number = record["trial"].as_u64().unwrap() as usize;
            let old = before.get(number - 1);
            assert!(old.is_none_or(|old| !is_over(old)), "{record} of a trial that had ended");
            assert!(record["kind"] != "asked" || old.is_none(), "{record} a second time");
        }
        self.is_sound();
        after
    }

    /// The results of the trials, without what depends on clocks; `everywhere` says whether it holds on every processor.
    fn ends_with(&self, trials: &[Json], everywhere: bool) {
        let text: String = trials
            .iter()
            .map(|trial| {
                let mut trial = trial.clone();
                let row = trial.as_object_mut().unwrap();
                ["started", "ended", "seconds", "device"].iter().for_each(|column| drop(row.shift_remove(*column)));
                format!("{trial}\n")
            })
            .collect();
        if everywhere || self.is_same_processor() {
            compare(&self.expected.join("after.jsonl"), &text);
        }
    }
}

fn outcomes(trials: &[Json], name: &str) -> usize {
    trials.iter().filter(|trial| trial["outcome"] == name).count()
}

#[test]
fn a_run_that_is_over() {
    let run = Frozen::of("finished");
    run.is_read();
    assert_eq!(outcomes(&run.trials(), "finished"), 24);
    assert_eq!(run.goes_on(24).len(), 24);
    assert_eq!(run.now(), run.journal, "a run that is over writes nothing");
}

#[test]
fn a_run_that_was_killed() {
    let run = Frozen::of("killed");
    run.is_read();
    let before = run.trials();
    assert!(before.len() < 30 && outcomes(&before, "interrupted") == 1 && before.len() > 8, "{}", before.len());
    let after = run.goes_on(30);
    run.ends_with(&after, true);
}

#[test]
fn a_run_that_failed_and_tried_again() {
    let run = Frozen::of("failing");
    run.is_read();
    let before = run.trials();
    assert!(before.len() < 30 && outcomes(&before, "interrupted") > 0);
    assert!(outcomes(&before, "crashed") > 0 && outcomes(&before, "diverged") > 0);
    assert!(run.journal.contains("\"attempt\":2") && run.journal.contains("out_of_device_memory"));
    // Two workers end their trials in any order, and what is asked for next depends on it.
    run.goes_on(30);
}

#[test]
fn a_run_of_two_objectives() {
    let run = Frozen::of("trade");
    run.is_read();
    assert!(run.trials().len() < 24);
    let after = run.goes_on(24);
    assert!(after.iter().all(|trial| trial["costs"]["latency"].is_f64()));
    run.ends_with(&after, false);
}

#[test]
fn a_run_with_curves_and_notes() {
    let run = Frozen::of("curves");
    run.is_read();
    for word in
        ["\"kind\":\"reported\"", "\"key\":\"evidence/000001\"", "\"key\":\"validation\"", "\"key\":\"experiment\""]
    {
        assert!(run.journal.contains(word), "{word}");
    }
    assert!(run.trials().len() < 24);
    let after = run.goes_on(24);
    assert!(after.iter().all(|trial| trial["curve"].as_array().unwrap().len() == 3), "{after:?}");
    run.ends_with(&after, false);
}

/// A forest: on every processor the same.
#[test]
fn a_run_that_somebody_else_ran() {
    let run = Frozen::of("lines");
    run.is_read();
    let before = run.trials();
    assert_eq!((before.len(), outcomes(&before, "interrupted")), (16, 2));
    assert!(["crashed", "diverged", "pruned"].iter().all(|name| outcomes(&before, name) == 1));
    let mut session = Session::begin(run.path(), "lines.ron");
    let mut answers = vec![session.say(&json!({ "best": {} })), session.ask(3)];
    let asked: Vec<Json> = answers[1]["trials"].as_array().unwrap().iter().map(|each| each["trial"].clone()).collect();
    assert_eq!(asked, [json!(15), json!(16), json!(17)], "those that are open come first");
    for (trial, cost) in asked.iter().zip([9.5, 0.125, 4.0]) {
        answers.push(session.say(&json!({ "report": { "trial": trial, "budget": 3, "cost": cost } })));
        answers.push(session.say(&json!({ "tell": { "trial": trial, "cost": cost, "seconds": 2 } })));
    }
    for _ in 17..40 {
        let answer = session.ask(1);
        let Some(trial) = answer["trials"].get(0).map(|each| each["trial"].clone()) else { break };
        let cost = 1.0 / (1.0 + trial.as_f64().unwrap());
        answers.push(answer);
        answers.push(session.say(&json!({ "tell": { "trial": trial, "cost": cost, "seconds": 1 } })));
    }
    answers.push(session.ask(1));
    assert!(answers.last().unwrap()["done"].is_string(), "{answers:?}");
    session.end();
    compare(&run.expected.join("next.jsonl"), &answers.iter().map(|answer| format!("{answer}\n")).collect::<String>());
    assert!(run.now().starts_with(&run.journal));
    assert_eq!(run.trials().len(), 40);
    run.is_sound();
}
