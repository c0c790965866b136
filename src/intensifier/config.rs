//! The configuration of an intensifier, as an experiment file names it.
use serde::{Deserialize, Serialize};

use super::Intensifier;
use super::asynchronous::Asynchronous;
use super::bracket::{Bracket, Plan, Schedule};
use super::full_fidelity::FullFidelity;
use super::hyperband::Hyperband;
use super::progressive::Progressive;
use super::racing::{Racing, RacingSettings};
use crate::document::diagnostic::Diagnostic;

/// An intensifier with its settings, as an experiment file names them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum IntensifierConfig {
    /// One bracket with all rungs, then trials at the full budget, each of the most promising of `eta` configurations
    /// that were first evaluated at the lowest budget (a prescreen): suitable where a model learns more from one full
    /// trial than from many cheap ones, as on a smooth function of few parameters.
    Screening,
    /// Whole rungs are promoted, and brackets of all kinds follow in turn: suitable where low budgets order
    /// configurations well and few full trials are possible.
    Hyperband,
    /// Whole rungs are promoted, every bracket is of one kind: 0 has the most rungs.
    SuccessiveHalving {
        /// The kind of bracket, from 0.
        #[serde(default)]
        bracket: u32,
    },
    /// Each configuration is promoted as soon as it is among the best of its rung. The default for every number of
    /// workers: no worker waits, and one worker alone finds more by it than by `Screening` on most tasks.
    Asynchronous {
        /// The number of kinds of bracket. Absent: all, which is asynchronous Hyperband; 1: asynchronous successive halving.
        #[serde(default)]
        brackets: Option<u32>,
    },
    /// Asynchronous successive halving that opens a higher rung only while the rungs disagree.
    Pasha,
    /// Every trial gets the full budget.
    FullFidelity,
    /// Configurations are compared on more and more seeds and instances, at the full budget.
    Racing(RacingSettings),
}

impl Default for IntensifierConfig {
    /// The intensifier of experiments that name none.
    fn default() -> Self {
        Self::Asynchronous { brackets: None }
    }
}

impl IntensifierConfig {
    /// The default of builds whose journals did not name their intensifier.
    pub(crate) fn former_default(workers: usize) -> Self {
        if workers > 1 { Self::Asynchronous { brackets: None } } else { Self::Screening }
    }

    /// Fails where the intensifier does not fit the schedule, or its settings contradict each other.
    pub fn validate(&self, schedule: &Schedule) -> Result<(), Diagnostic> {
        let (rungs, most) = (schedule.rungs(), schedule.rungs() - 1);
        match self {
            Self::SuccessiveHalving { bracket } if *bracket > most => {
                let message = format!("`bracket` of `SuccessiveHalving` must be at most {most}, not {bracket}");
                let hint = format!("the budget has {rungs} rungs: brackets are numbered from 0, which has all of them");
                Err(Diagnostic::new(message).hint(hint).field("bracket"))
            }
            Self::Asynchronous { brackets: Some(brackets) } if *brackets == 0 || *brackets > rungs => {
                let message = format!("`brackets` of `Asynchronous` must be between 1 and {rungs}, not {brackets}");
                let hint = "there are as many kinds of bracket as rungs; leave it out for all of them";
                Err(Diagnostic::new(message).hint(hint).field("brackets"))
            }
            Self::Racing(settings) => settings.validate(),
            _ => Ok(()),
        }
    }

    /// Builds the intensifier for a schedule; `seed` is the experiment's.
    pub fn build(&self, schedule: &Schedule, seed: u64) -> Box<dyn Intensifier> {
        match self {
            Self::Racing(settings) => Box::new(Racing::new(schedule.max(), settings, seed)),
            _ if schedule.rungs() == 1 => Box::new(FullFidelity::new(schedule.max())),
            Self::FullFidelity => Box::new(FullFidelity::new(schedule.max())),
            Self::Screening => Box::new(Hyperband::once(schedule.clone())),
            Self::Hyperband => Box::new(Hyperband::new(schedule.clone())),
            Self::SuccessiveHalving { bracket } => Box::new(Hyperband::of_kind(schedule.clone(), *bracket)),
            Self::Asynchronous { brackets } => {
                Box::new(Asynchronous::new(schedule, brackets.unwrap_or(schedule.rungs())))
            }
            Self::Pasha => Box::new(Progressive::new(schedule)),
        }
    }

    /// The brackets of one iteration. With asynchronous promotion no bracket closes, and they give the shares of its
    /// rungs.
    pub fn plan(&self, schedule: &Schedule) -> Plan {
        let kinds = match self {
            Self::Hyperband => 0..schedule.rungs(),
            Self::Screening if schedule.rungs() > 1 => return schedule.screening(),
            Self::SuccessiveHalving { bracket } => *bracket..bracket + 1,
            Self::Asynchronous { brackets } => 0..brackets.unwrap_or(schedule.rungs()),
            Self::Pasha => 0..1,
            Self::Screening | Self::FullFidelity | Self::Racing(_) => return Schedule::full(schedule.max()).plan(),
        };
        schedule.plan_of(kinds)
    }

    /// The bracket with the number that a trial has.
    pub fn bracket(&self, schedule: &Schedule, number: u32) -> Bracket {
        let mut brackets = self.plan(schedule).brackets;
        let kind = match self {
            Self::Screening => brackets.len().min(number as usize + 1) - 1,
            _ => number as usize % brackets.len(),
        };
        brackets.swap_remove(kind)
    }

    /// True where it supports trials with several costs; PASHA and racing compare one cost.
    pub fn supports_several_objectives(&self) -> bool {
        !matches!(self, Self::Pasha | Self::Racing(_))
    }

    /// True where a configuration begins anew on every pair of seed and instance, so that no trial continues an earlier one.
    pub fn starts_anew_on_each_pair(&self) -> bool {
        matches!(self, Self::Racing(_))
    }

    /// True where its first bracket runs only once, to explore the space.
    pub fn screens_once(&self) -> bool {
        matches!(self, Self::Screening)
    }

    /// True where its brackets have an end.
    pub fn closes(&self, schedule: &Schedule) -> bool {
        schedule.rungs() > 1 && matches!(self, Self::Screening | Self::Hyperband | Self::SuccessiveHalving { .. })
    }

    /// The name for listings and reports.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Screening => "one bracket, then full fidelity after a prescreen",
            Self::Hyperband => "Hyperband",
            Self::SuccessiveHalving { .. } => "successive halving",
            Self::Asynchronous { brackets: Some(1) } => "asynchronous successive halving",
            Self::Asynchronous { .. } => "asynchronous Hyperband",
            Self::Pasha => "progressive asynchronous successive halving",
            Self::FullFidelity => "full fidelity",
            Self::Racing(_) => "racing",
        }
    }
}
