//! Findings: the numbers of every chapter of the report.
use serde::Serialize;

use super::input::ReportInput;
use super::watcher::{Cancelled, Unwatched, Watcher};
use super::{convergence, failure, fidelity, front, headline, matrix, metric, prediction};
use crate::trial::direction::Direction;

/// The numbers of every chapter, as `report.json` holds them and the figures draw them.
#[derive(Clone, Debug, Serialize)]
pub struct Findings {
    pub experiment: String,
    pub unit: String,
    pub measure: String,
    /// The direction of the first objective: whether greater numbers are better, where they are those of the user.
    #[serde(skip_serializing_if = "is_minimized")]
    pub direction: Direction,
    pub warnings: Vec<String>,
    pub headline: headline::Headline,
    pub convergence: convergence::Convergence,
    /// Absent if there is one objective only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub front: Option<front::Front>,
    pub fidelity: Vec<fidelity::Fidelity>,
    pub failures: Vec<failure::FailureRate>,
    pub failure_groups: Vec<failure::FailureGroup>,
    pub matrix: matrix::Matrix,
    pub predictions: Vec<prediction::Accuracy>,
    /// Empty where no trial reported a number beside its cost.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<metric::MetricSummary>,
    pub trials: Vec<headline::TrialLine>,
}

impl Findings {
    /// Computes every chapter; the same input gives the same findings, bit for bit.
    pub fn of(input: &ReportInput) -> Self {
        Self::watched(input, &Unwatched).expect("nobody ends an analysis that nobody watches")
    }

    /// Computes every chapter, and tells a watcher how far it is.
    ///
    /// # Errors
    /// If the watcher ends the analysis.
    pub fn watched(input: &ReportInput, watcher: &dyn Watcher) -> Result<Self, Cancelled> {
        let convergence = convergence::Convergence::of(input);
        Ok(Self {
            experiment: input.experiment.to_owned(),
            unit: input.unit.to_owned(),
            measure: input.measure.to_owned(),
            direction: Direction::Minimize,
            warnings: input.warnings.to_vec(),
            headline: headline::Headline::of(input),
            front: front::Front::of(input, &convergence),
            convergence,
            fidelity: fidelity::fidelities(input.history),
            failures: failure::failures(input),
            failure_groups: failure::with_logs(input.history, input.logs),
            matrix: matrix::Matrix::of(input, watcher)?,
            predictions: input.predictions.iter().map(prediction::Accuracy::of).collect(),
            metrics: metric::summaries(input.metrics, input.history, input.recommendation().map(|best| best.trial)),
            trials: headline::lines(input),
        })
    }
}

fn is_minimized(direction: &Direction) -> bool {
    *direction == Direction::Minimize
}
