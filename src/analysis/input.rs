//! Input of the analysis: a run's space, history and timings, and evaluations that are not trials.
use serde::{Deserialize, Serialize};

use super::metric::Metric;
use super::model::ModelKind;
use crate::space::Space;
use crate::trial::direction::Direction;
use crate::trial::evaluation::Evaluation;
use crate::trial::front::best_of_front;
use crate::trial::history::History;
use crate::trial::prediction::SeriesPrediction;
use crate::trial::recommendation::{Recommendation, recommend};

/// The run that a report is about: its space, its history, and the words for its units.
#[derive(Clone, Copy, Debug)]
pub struct ReportInput<'a> {
    /// The experiment's name.
    pub experiment: &'a str,
    pub space: &'a Space,
    pub history: &'a History,
    /// Results of configurations outside of the search.
    pub evaluations: &'a [Evaluation],
    /// The unit of the budget in the plural, such as `steps`.
    pub unit: &'a str,
    /// The name of the cost, such as `mean square error`.
    pub measure: &'a str,
    /// The direction of the first objective, whose values are costs here.
    pub direction: Direction,
    /// The names of the objectives if there are several, else empty; the measure is then the first of them.
    pub objectives: &'a [String],
    pub timings: &'a [Timing],
    pub course: Course<'a>,
    /// The cost of the constant predictor: a trial that costs more has not learned.
    pub baseline: Option<f64>,
    /// The budget and the cost of the default configuration, if it was evaluated outside of the history.
    pub default: Option<(f64, f64)>,
    pub verdict: Option<&'a TestCosts>,
    /// The kind of model that is drawn; the best in cross-validation if absent.
    pub model: Option<ModelKind>,
    pub predictions: &'a [SeriesPrediction],
    /// The numbers that trials reported beside their cost.
    pub metrics: &'a [Metric],
    /// Ends of the logs of trials that failed.
    pub logs: &'a [LogTail],
    /// Sentences that the page shows at the top.
    pub warnings: &'a [String],
    /// Files that reproduce the experiment, verbatim.
    pub sources: &'a [Source],
}

impl ReportInput<'_> {
    /// The configuration that the run recommends, in costs; of several objectives, a member of the front. `None` without a
    /// success.
    pub(crate) fn recommendation(&self) -> Option<Recommendation> {
        if !self.objectives.is_empty() {
            return best_of_front(self.history, self.evaluations, 1).into_iter().next();
        }
        recommend(self.history, self.evaluations)
    }
}

/// The course of a run beside the timings of its trials, as far as it is known.
#[derive(Clone, Copy, Debug, Default)]
pub struct Course<'a> {
    /// Attempts that do not count, because their trials were attempted again.
    pub repeated: &'a [Timing],
    /// The beginning and the end of each session of the program, in seconds like those of the timings.
    pub sessions: &'a [(f64, f64)],
    /// The number of trials at a time; 0 if it is not known.
    pub workers: usize,
    /// The price of an hour of a worker, in any currency.
    pub price_per_hour: Option<f64>,
    /// The full budget of the schedule.
    pub full_budget: Option<f64>,
}

/// The time and the place of a trial's execution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    /// The trial's number.
    pub trial: u32,
    /// Seconds from the start of the experiment.
    pub started_s: f64,
    pub seconds: f64,
    /// The slot: a worker or a device.
    pub slot: String,
}

/// Costs of the default and the incumbent on data that no trial has seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestCosts {
    /// Absent if the default failed or was not evaluated.
    pub default_cost: Option<f64>,
    pub incumbent_cost: f64,
    /// The cost of the constant predictor.
    pub baseline_cost: f64,
    /// The cost of the predictor that repeats the last true value.
    pub persistence_cost: Option<f64>,
    /// The name of the data, such as `8 untouched test series`.
    pub on: String,
}

/// The end of a trial's log.
#[derive(Clone, Debug, PartialEq)]
pub struct LogTail {
    pub trial: u32,
    pub text: String,
}

/// A file of the experiment, verbatim.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// Its name, such as `experiments/quickstart.ron`.
    pub title: String,
    pub text: String,
}
