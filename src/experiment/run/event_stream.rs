//! The event stream: the events of a run as JSON lines in `events.jsonl`, for programs that follow the run.
//!
//! A line is an object with `at` (when the line was written), `event`, and what the event is about; `ARCHITECTURE.md`
//! lists them. The stream follows the journal: a result is in it when it survives a power cut, in the journal's order. It
//! is appended to by every session and never read back; where it ends in half a line, its writer was killed.
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use crate::executor::job::WorkerEvent;
use crate::experiment::run::event::{RunEvent, RunStatus};
use crate::trial::outcome::Outcome;

/// The growth of a share after which it is written again.
const STEP: f64 = 0.1;

/// The open stream of a run.
#[derive(Default)]
pub(crate) struct EventStream {
    file: Option<File>,
    share: f64,
}

impl EventStream {
    /// Opens the stream at its end.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        let mut last = [b'\n'];
        if file.seek(SeekFrom::End(-1)).is_ok() {
            file.read_exact(&mut last)?;
        }
        if last != *b"\n" {
            file.write_all(b"\n")?;
        }
        Ok(Self { file: Some(file), share: 0.0 })
    }

    /// Writes an event; after an error nothing more is written.
    pub fn write(&mut self, event: &RunEvent, status: &RunStatus) -> io::Result<()> {
        let (Some(file), Some(Json::Object(mut object))) = (&mut self.file, line(event, status, &mut self.share))
        else {
            return Ok(());
        };
        object.shift_insert(0, "at".into(), json!(Timestamp::now()));
        let result = file.write_all(format!("{}\n", Json::Object(object)).as_bytes());
        if result.is_err() {
            self.file = None;
        }
        result
    }
}

/// The object of an event; `None` for a share that has grown too little since the last one that was told.
fn line(event: &RunEvent, status: &RunStatus, told: &mut f64) -> Option<Json> {
    let mut grown = |share: f64| {
        let is_news = share >= *told + STEP || share >= 1.0;
        *told = if share >= 1.0 {
            0.0
        } else if is_news {
            share
        } else {
            *told
        };
        is_news
    };
    let experiment = status.experiment;
    Some(match event {
        RunEvent::Warning(message) => json!({ "event": "warning", "message": message }),
        RunEvent::Begun => json!({
            "event": "begun",
            "experiment": experiment.name,
            "workers": experiment.execution.workers,
            "trials": status.planned.map(|workload| workload.trials),
            "budget": status.planned.map(|workload| workload.budget),
        }),
        RunEvent::Resumed { ended, again } => json!({
            "event": "resumed",
            "experiment": experiment.name,
            "workers": experiment.execution.workers,
            "trials": status.planned.map(|workload| workload.trials),
            "budget": status.planned.map(|workload| workload.budget),
            "ended": ended,
            "again": again,
        }),
        RunEvent::Preparing { share } if grown(*share) => json!({ "event": "preparing", "share": share }),
        RunEvent::Validating { share } if grown(*share) => json!({ "event": "validating", "share": share }),
        RunEvent::Preparing { .. } | RunEvent::Validating { .. } => return None,
        RunEvent::Started { proposal, attempt, slot } => json!({
            "event": "started",
            "trial": proposal.trial,
            "attempt": attempt,
            "configuration_id": proposal.configuration_id,
            "budget": proposal.budget.amount(),
            "bracket": proposal.bracket,
            "rung": proposal.rung,
            "slot": slot,
        }),
        RunEvent::Ended { proposal, attempt, slot, outcome, seconds, is_incumbent, recommended } => json!({
            "event": "ended",
            "trial": proposal.trial,
            "attempt": attempt,
            "configuration_id": proposal.configuration_id,
            "budget": proposal.budget.amount(),
            "slot": slot,
            "outcome": outcome.kind().word(),
            "cost": outcome.cost().map(|cost| experiment.direction().turn(cost)),
            "message": message(outcome),
            "seconds": seconds,
            "is_incumbent": is_incumbent,
            "best_configuration_id": recommended.map(|best| best.configuration),
            "best_expected": recommended.map(|best| experiment.direction().turn(best.expected)),
            "seconds_left": status.seconds_left(),
            "money_spent": status.money().map(|money| money.spent),
        }),
        RunEvent::Retrying { trial, after, divisor, forfeit } => {
            let mut line =
                json!({ "event": "retrying", "trial": trial, "outcome": after, "micro_batch_divisor": divisor });
            if let Some(forfeit) = forfeit {
                line["forfeit"] = json!(forfeit);
            }
            line
        }
        RunEvent::Late { trial, attempt, outcome } => {
            json!({ "event": "late", "trial": trial, "attempt": attempt, "outcome": outcome })
        }
        RunEvent::Worker(WorkerEvent::Joined { name, host, slots }) => {
            json!({ "event": "worker_joined", "worker": name, "host": host, "slots": slots })
        }
        RunEvent::Worker(WorkerEvent::Left { name, reason, lost }) => {
            json!({ "event": "worker_left", "worker": name, "reason": reason, "lost": lost })
        }
        RunEvent::Notice(message) => json!({ "event": "notice", "message": message }),
        RunEvent::Stopping { running } => json!({ "event": "stopping", "running": running }),
        RunEvent::Over { is_complete } => {
            json!({ "event": "over", "is_complete": is_complete, "seconds": status.seconds })
        }
    })
}

fn message(outcome: &Outcome) -> Option<&str> {
    match outcome {
        Outcome::Crashed { message } => Some(message),
        _ => None,
    }
}
