//! A study that several programs ask and tell: requests by name, with deadlines for what was given away.
use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use serde_json::{Map, Value as Json, json};

use super::reply::{ReplyError, reply};
use super::request::ClientRequest;
use crate::cli::enqueue;
use crate::document::diagnostic::Diagnostic;
use crate::document::json::kind;
use crate::document::spelling::suggestion;
use crate::experiment::Experiment;
use crate::experiment::ask_tell::AskTellSession;
use crate::experiment::ledger::queue::Queue;
use crate::trial::TrialId;

/// The names of the requests, each a path.
pub(super) const NAMES: [&str; 7] = ["ask", "tell", "report", "best", "keep", "pending", "enqueue"];
/// The longest that a trial may be given away for, in seconds.
const LONGEST: f64 = 1e9;

/// The study.
pub(super) struct Hub {
    experiment: Experiment,
    session: AskTellSession,
    queue: Queue,
    lease: Duration,
    /// The time by which each trial that was given away must be heard of, and by how much that moves it.
    deadlines: BTreeMap<TrialId, (Instant, Duration)>,
    /// The tells that were taken, by attempt, for those that come again because their answer was lost.
    told: HashMap<(TrialId, u32), Json>,
}

impl Hub {
    /// A study that gives trials away for so long.
    pub(super) fn new(experiment: Experiment, session: AskTellSession, queue: Queue, lease: Duration) -> Self {
        Self { experiment, session, queue, lease, deadlines: BTreeMap::new(), told: HashMap::new() }
    }

    /// Answers a request.
    pub(super) fn answer(&mut self, name: &str, body: Json) -> Result<Json, ReplyError> {
        self.expire()?;
        let Json::Object(mut body) = body else {
            let message = format!("the body must be an object in braces, not {}", kind(&body));
            return Err(Diagnostic::new(message).into());
        };
        match name {
            "ask" => self.ask(body),
            "tell" => self.tell(body),
            "report" | "keep" => {
                let (trial, attempt) = (trial(&body)?, attempt(&mut body)?);
                self.check_attempt(trial, attempt)?;
                self.renew(trial);
                match name {
                    "keep" => Ok(json!({ "ok": true })),
                    _ => self.plain(name, body),
                }
            }
            "pending" => Ok(self.pending()),
            "enqueue" => self.enqueue(&body),
            _ => self.plain(name, body),
        }
    }

    /// Sentences for the user since the last call.
    pub(super) fn take_warnings(&mut self) -> Vec<String> {
        self.session.take_warnings()
    }

    /// A request that means the same as on the pipe.
    fn plain(&mut self, name: &str, body: Map<String, Json>) -> Result<Json, ReplyError> {
        let request = ClientRequest::of(name.to_owned(), Json::Object(body))?;
        reply(&self.experiment, &mut self.session, request)
    }

    fn ask(&mut self, mut body: Map<String, Json>) -> Result<Json, ReplyError> {
        let lease = match body.shift_remove("lease") {
            None => self.lease,
            Some(seconds) => {
                let legal = seconds.as_f64().filter(|seconds| *seconds > 0.0 && *seconds <= LONGEST);
                let wrong = || Diagnostic::new(format!("`ask.lease` must be seconds above 0, not {seconds}"));
                Duration::from_secs_f64(legal.ok_or_else(wrong)?)
            }
        };
        let mut answer = self.plain("ask", body)?;
        let deadline = Instant::now() + lease;
        for asked in answer.get_mut("trials").and_then(Json::as_array_mut).into_iter().flatten() {
            let Some(trial) = asked["trial"].as_u64().and_then(|trial| u32::try_from(trial).ok()).map(TrialId) else {
                continue;
            };
            self.deadlines.insert(trial, (deadline, lease));
            asked["attempt"] = json!(self.session.attempt(trial));
            asked["lease"] = json!(lease.as_secs_f64());
        }
        Ok(answer)
    }

    fn tell(&mut self, mut body: Map<String, Json>) -> Result<Json, ReplyError> {
        let trial = trial(&body)?;
        let known = self.session.attempt(trial);
        let attempt = attempt(&mut body)?;
        let number = attempt.or(known).unwrap_or(1);
        let content = Json::Object(body.clone());
        if self.told.get(&(trial, number)) == Some(&content) {
            return Ok(json!({ "ok": true }));
        }
        let is_late = match (attempt, known) {
            (Some(told), Some(running)) => told != running,
            // Nobody has it: the last attempt was given up, and its result is welcome.
            (Some(_), None) => self.session.history().trial(trial).is_some_and(|trial| trial.outcome.is_some()),
            (None, _) => false,
        };
        if is_late {
            let ClientRequest::Tell(told) = ClientRequest::of("tell".to_owned(), Json::Object(body))? else {
                return Err(Diagnostic::new("it is no tell").into());
            };
            let outcome = told.outcome(self.experiment.objectives())?;
            self.session.tell_late(trial, number, outcome)?;
            self.told.insert((trial, number), content);
            return Ok(json!({ "ok": true, "late": true }));
        }
        let answer = self.plain("tell", body)?;
        self.deadlines.remove(&trial);
        self.told.insert((trial, number), content);
        Ok(answer)
    }

    fn pending(&self) -> Json {
        let running = self.session.running().map(|(proposal, attempt, seconds)| {
            let deadline = self.deadlines.get(&proposal.trial).map(|(deadline, _)| *deadline);
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()).as_secs_f64());
            json!({
                "trial": proposal.trial,
                "attempt": attempt,
                "configuration_id": proposal.configuration_id,
                "config": super::reply::config(&self.experiment, proposal),
                "budget": proposal.budget.amount(),
                "seconds": seconds,
                "seconds_left": left,
            })
        });
        json!({ "trials": running.collect::<Vec<_>>(), "waiting": self.session.waiting() })
    }

    fn enqueue(&mut self, body: &Map<String, Json>) -> Result<Json, ReplyError> {
        let Some(config) = body.get("config").filter(|_| body.len() == 1) else {
            let hint = "for example {\"config\": {\"rate\": 0.01}}";
            return Err(Diagnostic::new("`enqueue` has one field, `config`").hint(hint).into());
        };
        let space = &self.experiment.space;
        let completed = space
            .with_defaults(enqueue::object(space, &config.to_string())?)
            .map_err(|illegal| Diagnostic::new(illegal.to_string()))?;
        let named = space.named(&completed.configuration);
        let values = named.map(|(name, value)| (name.to_owned(), value.clone())).collect();
        self.queue.put(&[values])?;
        Ok(json!({ "ok": true }))
    }

    /// Refuses what comes for another attempt than the one that runs.
    fn check_attempt(&self, trial: TrialId, attempt: Option<u32>) -> Result<(), Diagnostic> {
        let running = self.session.attempt(trial);
        if attempt.is_none_or(|attempt| Some(attempt) == running) {
            return Ok(());
        }
        Err(Diagnostic::new(format!("attempt {} at trial {trial} was given up", attempt.unwrap_or_default()))
            .hint("end it: the trial was given to another program, or it is told already"))
    }

    fn renew(&mut self, trial: TrialId) {
        if let Some((deadline, lease)) = self.deadlines.get_mut(&trial) {
            *deadline = Instant::now() + *lease;
        }
    }

    /// Gives trials up that nobody was heard of in time.
    fn expire(&mut self) -> Result<(), ReplyError> {
        let now = Instant::now();
        let late = self.deadlines.iter().filter(|(_, (deadline, _))| *deadline <= now).map(|(trial, _)| *trial);
        for trial in late.collect::<Vec<_>>() {
            self.deadlines.remove(&trial);
            self.session.expire(trial)?;
        }
        Ok(())
    }
}

/// The trial that a body names.
fn trial(body: &Map<String, Json>) -> Result<TrialId, Diagnostic> {
    let number = body.get("trial").and_then(Json::as_u64).and_then(|trial| u32::try_from(trial).ok());
    number.map(TrialId).ok_or_else(|| Diagnostic::new("the body needs the field `trial`, the number of a trial"))
}

/// The attempt that a body names.
fn attempt(body: &mut Map<String, Json>) -> Result<Option<u32>, Diagnostic> {
    match body.shift_remove("attempt") {
        None | Some(Json::Null) => Ok(None),
        Some(given) => match given.as_u64().and_then(|attempt| u32::try_from(attempt).ok()) {
            Some(attempt) => Ok(Some(attempt)),
            None => Err(Diagnostic::new(format!("`attempt` must be a whole number, not {given}"))),
        },
    }
}

/// The refusal of a path that is no request's.
pub(super) fn unknown(name: &str) -> Diagnostic {
    Diagnostic::new(format!("there is no request `{name}`")).hint(suggestion(name, NAMES))
}
