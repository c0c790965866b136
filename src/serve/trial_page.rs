//! The page of one trial: its records read back from the journal, the ends of its logs, and its files.
use std::io;
use std::ops::ControlFlow;

use serde_json::{Value as Json, json};

use crate::executor::excerpt::legible;
use crate::serve::files::{FoundFiles, list, tail};
use crate::serve::follow::Follower;
use crate::serve::run_view::{Run, RunView};
use crate::serve::trial_table::row;
use crate::store::journal::decode_line;
use crate::store::record::{Asked, Ended, Record};
use crate::trial::Trial;
use crate::trial::curve::Curve;
use crate::trial::metrics::metrics;
use crate::trial::outcome::Outcome;

/// The end of a log that is shown, in bytes; the whole is among the files.
const LOG: u64 = 64 << 10;
/// The part of the journal that is searched for the records of a trial: many others may stand between them.
const SEARCHED: u64 = 64 << 20;
/// The attempts that are shown, the last.
const ATTEMPTS: usize = 20;

/// The records of a trial.
#[derive(Default)]
struct TrialRecords {
    asked: Option<Asked>,
    started: Vec<(u32, String, jiff::Timestamp)>,
    ended: Vec<Ended>,
    curve: Curve,
}

/// The page of a trial; `None` where there is none with this number.
///
/// # Errors
/// The journal cannot be read.
pub(crate) fn trial_page(view: &RunView, run: &Run, trial: &Trial) -> io::Result<Json> {
    let number = trial.proposal.trial;
    let records = records(view, run, trial)?;
    let directions = &run.experiment.directions;
    let mut page = row(run, trial);
    let last = records.ended.last();
    if let Some(asked) = &records.asked {
        // All digits: the table has large whole numbers rounded.
        page["values"] = asked.config.iter().map(|(name, value)| json!([name, value])).collect();
        page["asked"] = asked.at.as_millisecond().into();
    }
    let running = run.running.get(&number);
    page["seed"] = trial.proposal.seed.to_string().into();
    page["running"] = json!(running.map(|attempt| json!({
        "slot": attempt.slot,
        "since": attempt.since.as_millisecond(),
        "share": attempt.reached.map(|(budget, _)| (budget / trial.proposal.budget.amount()).clamp(0.0, 1.0)),
    })));
    page["attempts"] = attempts(&records).into();
    page["curve"] = directions.points(&records.curve).map(|point| json!([point.budget.amount(), point.cost])).collect();
    page["metrics"] =
        last.map_or(json!([]), |ended| metrics(&ended.end.info).map(|(name, value)| json!([name, value])).collect());
    page["info"] = last.map_or(json!([]), |ended| {
        ended
            .end
            .info
            .iter()
            .filter(|(_, value)| !value.is_number())
            .map(|(name, value)| json!([name, value]))
            .collect()
    });
    page["message"] = match last.map(|ended| &ended.end.outcome) {
        Some(Outcome::Crashed { message }) => legible(message.as_bytes()).into(),
        _ => Json::Null,
    };
    page["others"] = others(run, trial);
    let (root, folder) = (view.folder.root(), format!("trials/{:06}", number.0));
    let slot = running.map(|attempt| &attempt.slot).or(last.map(|ended| &ended.end.slot));
    page["logs"] = ["stdout.log", "stderr.log"]
        .iter()
        .filter_map(|name| {
            let own = log(root, &format!("{folder}/{name}"), name);
            // A program that answers one trial after another has one log for all.
            own.or_else(|| log(root, &format!("workers/{}/{name}", slot?), &format!("{name} of slot {}", slot?)))
        })
        .collect();
    page["files"] = files(&list(root, &folder));
    page["checkpoint"] = files(&list(root, &format!("checkpoints/{:06}", trial.proposal.configuration_id.0)));
    Ok(page)
}

/// The records of a trial, from its first to its last in the journal.
fn records(view: &RunView, run: &Run, trial: &Trial) -> io::Result<TrialRecords> {
    let number = trial.proposal.trial;
    let mut found = TrialRecords::default();
    let Some((first, behind)) = run.places.get(number.index()).copied() else { return Ok(found) };
    let mut journal = Follower::of(view.folder.store().join("journal.jsonl"));
    journal.go_to(first);
    let needle = format!("\"trial\":{},", number.0);
    journal.read(behind.min(first + SEARCHED), &mut |line| {
        let is_named = line.bytes.windows(needle.len()).take(128).any(|window| window == needle.as_bytes());
        if let Some(record) =
            is_named.then(|| decode_line(line.bytes).ok()).flatten().filter(|it| it.trial() == Some(number))
        {
            match record {
                Record::Asked(asked) => found.asked = Some(asked),
                Record::Started(started) => found.started.push((started.attempt, started.slot, started.at)),
                Record::Reported(reported) => {
                    reported.point().map(|point| found.curve.push(point, trial.proposal.budget));
                }
                Record::Ended(ended) => found.ended.push(ended),
                _ => {}
            }
        }
        ControlFlow::Continue(())
    })?;
    Ok(found)
}

fn attempts(records: &TrialRecords) -> Vec<Json> {
    let surplus = records.started.len().saturating_sub(ATTEMPTS);
    let started = records.started.iter().skip(surplus);
    let attempt = |(number, slot, at): &(u32, String, jiff::Timestamp)| {
        let end = records.ended.iter().rfind(|ended| ended.attempt == *number).map(|ended| &ended.end);
        json!({
            "attempt": number,
            "slot": slot,
            "started": at.as_millisecond(),
            "ended": end.map(|end| end.at.as_millisecond()),
            "outcome": end.map(|end| end.outcome.kind().word()),
            "seconds": end.map(|end| end.seconds),
            "cpu_seconds": end.map(|end| end.cpu_seconds),
            "peak_memory": end.map(|end| end.peak_memory),
            "exit": end.map(|end| end.exit.clone()),
        })
    };
    started.map(attempt).collect()
}

/// The other trials of the same configuration.
fn others(run: &Run, trial: &Trial) -> Json {
    let all = run.replay.history.of(trial.proposal.configuration_id);
    let others = all.filter(|other| other.proposal.trial != trial.proposal.trial);
    let costs = |other: &Trial| other.outcome.as_ref().map(|outcome| run.experiment.directions.turn(outcome.costs()));
    others
        .take(100)
        .map(|other| json!([other.proposal.trial, other.proposal.budget.amount(), other.word(), costs(other)]))
        .collect()
}

fn log(root: &std::path::Path, path: &str, title: &str) -> Option<Json> {
    let (end, length) = tail(root, path, LOG).ok()?;
    let text = legible(&end);
    (!text.is_empty()).then(|| json!({ "title": title, "text": text, "shown": end.len(), "bytes": length }))
}

fn files(found: &FoundFiles) -> Json {
    let files: Vec<_> = found.files.iter().map(|file| json!([file.path, file.bytes])).collect();
    json!({ "files": files, "has_more": found.has_more })
}
