//! Limits of an experiment.
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::document::diagnostic::Diagnostic;
use crate::trial::budget::Budget;
use crate::trial::history::History;

/// The limits of an experiment; the first one that is reached ends it. Without a limit it goes on until the space has
/// no new configuration.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Stop {
    /// The number of trials that were asked for, promotions included.
    pub trials: Option<u32>,
    /// The budget of the trials that were asked for, in trials at the maximum budget, each continuing from where its
    /// configuration stood.
    pub full_evaluations: Option<f64>,
    /// The budget of the trials that were asked for, in its own unit, each continuing from where its configuration stood.
    pub budget: Option<f64>,
    /// The elapsed time, as in `"2h 30m"`, by the clock of the program that runs the trials, over all sessions of a run. The
    /// evaluations at the end of a run are a part of it: they begin only where they fit.
    pub wall_clock: Option<SignedDuration>,
    /// The time beyond `wall_clock` after which trials and evaluations that still run are ended, and have no outcome; `"0s"`
    /// ends them at the limit. Absent: they go on to their end.
    pub overtime: Option<SignedDuration>,
    /// The hours for which the trials that this program runs have kept their slots busy, added over the slots.
    pub device_hours: Option<f64>,
    /// The cost at the maximum budget at or below which the experiment ends.
    pub cost: Option<f64>,
    /// The bound on the regret, in units of the cost, at or below which the experiment ends.
    pub regret: Option<f64>,
}

/// The reason why there is nothing more to ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// [`Stop::trials`] was reached.
    Trials,
    /// [`Stop::full_evaluations`] was reached.
    FullEvaluations,
    /// [`Stop::budget`] was reached.
    Budget,
    /// [`Stop::cost`] was reached.
    Cost,
    /// [`Stop::regret`] was reached.
    Regret,
    /// Every configuration of the space was tried.
    Exhausted,
    /// The space has no legal configuration.
    Impossible,
}

impl std::fmt::Display for Reason {
    fn fmt(&self, out: &mut std::fmt::Formatter) -> std::fmt::Result {
        out.write_str(match self {
            Self::Trials => "the limit of trials is reached",
            Self::FullEvaluations => "the limit of full evaluations is reached",
            Self::Budget => "the budget limit is reached",
            Self::Cost => "the cost limit is reached",
            Self::Regret => "the regret limit is reached",
            Self::Exhausted => "every configuration was tried",
            Self::Impossible => "no configuration is legal",
        })
    }
}

impl Stop {
    /// Fails where a limit is not positive; the diagnostic's field is that of this structure.
    pub fn validate(&self) -> Result<(), Diagnostic> {
        let example = |field: &str, value: &str| format!("for example stop: ({field}: {value})");
        if self.trials == Some(0) {
            return Err(Diagnostic::new("`stop.trials` must be at least 1")
                .hint(example("trials", "60"))
                .field("trials"));
        }
        if self.overtime.is_some_and(|overtime| overtime < SignedDuration::ZERO) {
            return Err(Diagnostic::new("`stop.overtime` must be 0 or above")
                .hint("for example stop: (wall_clock: \"2h\", overtime: \"10m\"); \"0s\" ends what runs at the limit")
                .field("overtime"));
        }
        if self.overtime.is_some() && self.wall_clock.is_none() {
            return Err(Diagnostic::new("`stop.overtime` needs `stop.wall_clock`, which it counts from")
                .hint("for example stop: (wall_clock: \"2h\", overtime: \"10m\")")
                .field("overtime"));
        }
        let is_positive = |limit: Option<f64>| limit.is_none_or(|limit| limit > 0.0);
        for (field, value, is_positive) in [
            ("full_evaluations", "20", is_positive(self.full_evaluations)),
            ("budget", "540", is_positive(self.budget)),
            ("device_hours", "8", is_positive(self.device_hours)),
            ("wall_clock", "\"2h\"", self.wall_clock.is_none_or(|limit| limit > SignedDuration::ZERO)),
        ] {
            if !is_positive {
                return Err(Diagnostic::new(format!("`stop.{field}` must be positive"))
                    .hint(example(field, value))
                    .field(field));
            }
        }
        for (field, value) in [("cost", self.cost), ("regret", self.regret)] {
            if value.is_some_and(f64::is_nan) {
                return Err(Diagnostic::new(format!("`stop.{field}` must be a number, not NaN"))
                    .hint(example(field, "0.01"))
                    .field(field));
            }
        }
        Ok(())
    }

    /// The limit that a history has reached, where trials at `max` are the full ones.
    pub fn reached(&self, history: &History, max: Budget) -> Option<Reason> {
        let asked = history.trials().len();
        let cheap = |limit: f64| history.ranking().at(max).next().is_some_and(|best| best.cost <= limit);
        if self.trials.is_some_and(|limit| asked >= limit as usize) {
            Some(Reason::Trials)
        } else if self.cost.is_some_and(cheap) {
            Some(Reason::Cost)
        } else if self.full_evaluations.is_some_and(|limit| history.asked() >= limit * max.amount() * (1.0 - 1e-9)) {
            Some(Reason::FullEvaluations)
        } else if self.budget.is_some_and(|limit| history.asked() >= limit * (1.0 - 1e-9)) {
            Some(Reason::Budget)
        } else {
            None
        }
    }
}
