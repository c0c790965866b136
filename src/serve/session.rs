//! The session of a run that goes on or was the last, as its event stream tells.
use std::collections::VecDeque;
use std::io;
use std::ops::ControlFlow;
use std::path::PathBuf;

use jiff::Timestamp;
use serde_json::Value as Json;

use crate::executor::excerpt::quoted;
use crate::serve::follow::{Change, Follower};

/// The end of an event stream that is read: what came before is of earlier sessions, or known from the journal.
const TAIL: u64 = 1 << 20;
/// The warnings that are kept.
const WARNINGS: usize = 20;

/// The part of a session that it is in.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Phase {
    /// Nothing is known, as of a run without an event stream.
    #[default]
    Unknown,
    Trials,
    /// The shared data are being made; with the share.
    Preparing(f64),
    /// The best and the default are evaluated; with the share.
    Validating(f64),
    Stopping,
    Over {
        is_complete: bool,
    },
}

/// The session, folded from the stream.
#[derive(Debug)]
pub(crate) struct SessionEvents {
    follower: Follower,
    pub phase: Phase,
    /// The number of trials at a time.
    pub workers: Option<u64>,
    /// The trials that are planned.
    pub planned: Option<u64>,
    /// The seconds that were left, and when they were.
    pub left: Option<(Timestamp, f64)>,
    pub money: Option<f64>,
    /// The last warnings, with the time of each.
    pub warnings: VecDeque<(String, String)>,
}

impl SessionEvents {
    /// The session of the stream at a path, of which nothing was read yet.
    pub(crate) fn of(path: PathBuf) -> Self {
        Self {
            follower: Follower::of(path),
            phase: Phase::Unknown,
            workers: None,
            planned: None,
            left: None,
            money: None,
            warnings: VecDeque::new(),
        }
    }

    /// Reads what is new; returns true where anything was. A stream that is missing or unreadable says nothing.
    pub(crate) fn refresh(&mut self) -> bool {
        self.try_refresh().unwrap_or(false)
    }

    fn try_refresh(&mut self) -> io::Result<bool> {
        match self.follower.look()? {
            Change::None => return Ok(false),
            Change::Grown => {}
            Change::Replaced => {
                let follower = std::mem::replace(&mut self.follower, Follower::of(PathBuf::new()));
                *self = Self { follower, ..Self::of(PathBuf::new()) };
                self.follower.skip_to_last(TAIL)?;
            }
        }
        let mut follower = std::mem::replace(&mut self.follower, Follower::of(PathBuf::new()));
        let mut is_new = false;
        let result = follower.read(u64::MAX, &mut |line| {
            if let Ok(event) = serde_json::from_slice(line.bytes) {
                self.take(&event);
                is_new = true;
            }
            ControlFlow::Continue(())
        });
        self.follower = follower;
        result.map(|()| is_new)
    }

    /// Takes an event.
    fn take(&mut self, line: &Json) {
        let number = |key: &str| line.get(key).and_then(Json::as_f64);
        match line["event"].as_str().unwrap_or_default() {
            "begun" | "resumed" => {
                self.workers = line["workers"].as_u64();
                self.planned = line["trials"].as_u64();
                (self.phase, self.left) = (Phase::Trials, None);
            }
            "started" | "retrying" if !matches!(self.phase, Phase::Stopping) => self.phase = Phase::Trials,
            "ended" => {
                let at = line["at"].as_str().and_then(|at| at.parse().ok());
                self.left = at.zip(number("seconds_left"));
                self.money = number("money_spent").or(self.money);
            }
            "preparing" => self.phase = Phase::Preparing(number("share").unwrap_or(0.0)),
            "validating" => self.phase = Phase::Validating(number("share").unwrap_or(0.0)),
            "stopping" => self.phase = Phase::Stopping,
            "over" => self.phase = Phase::Over { is_complete: line["is_complete"] == true },
            "warning" => {
                let text = |key: &str| quoted(line[key].as_str().unwrap_or_default());
                self.warnings.push_back((text("at"), text("message")));
                if self.warnings.len() > WARNINGS {
                    self.warnings.pop_front();
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;

    use super::*;

    #[test]
    fn a_session_is_what_its_events_say() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        let mut session = SessionEvents::of(path.clone());
        assert!(!session.refresh(), "there is no stream yet");
        let mut write = |text: &str| {
            fs::OpenOptions::new().append(true).create(true).open(&path).unwrap().write_all(text.as_bytes()).unwrap();
            session.refresh();
            (session.phase, session.left.map(|left| left.1), session.warnings.len())
        };
        let warning = "{\"event\":\"warning\",\"at\":\"2026-01-01T00:00:00Z\",\"message\":\"a\\u001b[2J\"}\n";
        assert_eq!(write(warning), (Phase::Unknown, None, 1));
        assert_eq!(write("{\"event\":\"begun\",\"workers\":4,\"trials\":9}\n"), (Phase::Trials, None, 1));
        let ended = "{\"event\":\"ended\",\"at\":\"2026-01-01T00:00:00Z\",\"seconds_left\":7.5}\n";
        assert_eq!(write(ended), (Phase::Trials, Some(7.5), 1));
        assert_eq!(write("half a li"), (Phase::Trials, Some(7.5), 1));
        assert_eq!(write("ne\n{\"event\":\"validating\",\"share\":0.5}\n"), (Phase::Validating(0.5), Some(7.5), 1));
        assert_eq!(write("{\"event\":\"over\",\"is_complete\":true}\n").0, Phase::Over { is_complete: true });
        assert_eq!(write(&warning.repeat(50)).2, WARNINGS);
        assert_eq!((session.workers, session.planned), (Some(4), Some(9)));
    }
}
