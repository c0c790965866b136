//! Replies of `ask-tell` to its requests.
use serde_json::{Value as Json, json};
use thiserror::Error;

use super::request::{ClientRequest, TellRequest};
use crate::cli::incumbent;
use crate::cli::trial_row;
use crate::cli::trial_row::by_objective;
use crate::document::diagnostic::Diagnostic;
use crate::experiment::Experiment;
use crate::experiment::ask_tell::{Answer, AskTellSession, TellError};
use crate::experiment::error::RunError;
use crate::trial::budget::Budget;
use crate::trial::curve::CurvePoint;
use crate::trial::front::{Point, front};
use crate::trial::incumbent::default_at;
use crate::trial::{Proposal, TrialId};

/// The most trials that one ask is answered with.
const MOST: u64 = 10_000;

/// A reason why a request has no other reply.
#[derive(Debug, Error)]
pub(super) enum ReplyError {
    /// The request is wrong, and nothing has changed.
    #[error(transparent)]
    Refused(#[from] Diagnostic),
    /// The run cannot go on.
    #[error(transparent)]
    Broken(#[from] RunError),
}

impl From<TellError> for ReplyError {
    fn from(error: TellError) -> Self {
        match error {
            TellError::Broken(broken) => Self::Broken(broken),
            refused => Self::Refused(Diagnostic::new(refused.to_string())),
        }
    }
}

/// Does what a request asks for, and replies.
///
/// # Errors
/// The request is refused, or the run cannot go on.
pub(super) fn reply(
    experiment: &Experiment,
    session: &mut AskTellSession,
    request: ClientRequest,
) -> Result<Json, ReplyError> {
    match request {
        ClientRequest::Ask { count } => ask(experiment, session, count),
        ClientRequest::Tell(tell) => tell_outcome(experiment, session, *tell),
        ClientRequest::Report { trial, budget, cost } => {
            let spent = Budget::new(budget).ok_or_else(|| {
                Diagnostic::new(format!(
                    "`budget` must be above 0, not {budget}: it is what the trial has spent so far"
                ))
            })?;
            let is_behind = session.report(number(trial)?, CurvePoint { budget: spent, cost })?;
            Ok(json!({ "ok": true, "prune": is_behind }))
        }
        ClientRequest::Best => best(experiment, session),
    }
}

fn ask(experiment: &Experiment, session: &mut AskTellSession, count: u64) -> Result<Json, ReplyError> {
    if !(1..=MOST).contains(&count) {
        return Err(Diagnostic::new(format!("`count` must be from 1 to {MOST}, not {count}")).into());
    }
    Ok(match session.ask(usize::try_from(count).unwrap_or(usize::MAX))? {
        Answer::Trials(trials) => {
            let trials: Vec<_> = trials.iter().map(|proposal| asked(experiment, session, proposal)).collect();
            json!({ "trials": trials })
        }
        Answer::Done(reason) => json!({ "done": reason.to_string() }),
    })
}

fn tell_outcome(experiment: &Experiment, session: &mut AskTellSession, tell: TellRequest) -> Result<Json, ReplyError> {
    let outcome = tell.outcome(experiment.objectives())?;
    if let Some(seconds) = tell.seconds.filter(|seconds| !(*seconds >= 0.0 && seconds.is_finite())) {
        return Err(Diagnostic::new(format!("`seconds` must be 0 or above, and finite, not {seconds}")).into());
    }
    session.tell(number(tell.trial)?, outcome, tell.seconds, tell.info)?;
    Ok(json!({ "ok": true }))
}

/// The trial with a number.
fn number(trial: u64) -> Result<TrialId, Diagnostic> {
    u32::try_from(trial).map(TrialId).map_err(|_| Diagnostic::new(format!("there is no trial {trial}")))
}

fn best(experiment: &Experiment, session: &AskTellSession) -> Result<Json, ReplyError> {
    let history = session.history();
    let best = session.recommendation().ok_or_else(|| Diagnostic::new("no trial has succeeded yet"))?;
    if !experiment.objectives().is_empty() {
        let member = |point: Point| {
            json!({
                "config": config(experiment, &point.trial.proposal),
                "costs": by_objective(experiment, &point.costs),
                "budget": point.budget.amount(),
                "trial": point.trial.proposal.trial,
            })
        };
        return Ok(
            json!({ "front": front(history, session.evaluations()).into_iter().map(member).collect::<Vec<_>>() }),
        );
    }
    let default = default_at(history, best.budget).and_then(|trial| trial_row::cost(experiment, trial));
    let recommended = &history.trial(best.trial).expect("what is recommended was tried").proposal;
    let best = best.turned(experiment.direction());
    let mut reply = json!({
        "config": config(experiment, recommended),
        "cost": best.cost,
        "budget": best.budget.amount(),
        "trial": best.trial,
        "default_cost": default,
    });
    incumbent::insert_expectation(&best, &mut reply);
    Ok(reply)
}

fn asked(experiment: &Experiment, session: &AskTellSession, proposal: &Proposal) -> Json {
    let mut asked = json!({
        "trial": proposal.trial,
        "configuration_id": proposal.configuration_id,
        "config": config(experiment, proposal),
        "budget": proposal.budget.amount(),
        "seed": proposal.seed,
    });
    if let Some(instance) = &proposal.instance {
        asked["instance"] = json!(**instance);
    }
    // An earlier trial of this configuration found no room on its device.
    if let divisor @ 2.. = session.divisor(proposal.configuration_id) {
        asked["micro_batch_divisor"] = json!(divisor);
    }
    asked
}

/// The active values of a proposal by name.
pub(super) fn config(experiment: &Experiment, proposal: &Proposal) -> Json {
    let named = experiment.space.named(&proposal.configuration);
    Json::Object(named.map(|(name, value)| (name.to_owned(), json!(value))).collect())
}
