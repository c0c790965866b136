//! Numbers that answer questions about an experiment, without ink.
pub mod comparison;
pub mod convergence;
mod correlation;
pub mod dependence;

pub mod failure;
pub mod fidelity;

pub mod front;
pub mod headline;

pub mod importance;
pub mod interaction;

pub mod matrix;
pub mod prediction;

pub mod probe;
pub mod regression;
mod row;
pub mod sample;
#[cfg(test)]
mod specimen;
mod validation;

use serde::{Deserialize, Serialize};

use crate::space::Space;
use crate::trial::history::History;
use crate::trial::prediction::SeriesPrediction;

/// Everything that an analysis looks at.
#[derive(Clone, Copy, Debug)]
pub struct ReportInput<'a> {
    /// The experiment's name.
    pub experiment: &'a str,
    pub space: &'a Space,
    pub history: &'a History,
    /// Of the budget, in the plural, such as `steps`.
    pub unit: &'a str,
    /// What the cost is, such as `mean square error`.
    pub measure: &'a str,
    /// The names of the objectives, where there are several; the measure is then the first of them.
    pub objectives: &'a [String],
    pub timings: &'a [Timing],
    /// Cost of the constant predictor: what costs more has not learned.
    pub baseline: Option<f64>,
    /// The default configuration measured outside of the history: the budget, and the cost there.
    pub default: Option<(f64, f64)>,
    pub verdict: Option<&'a Verdict>,
    pub predictions: &'a [SeriesPrediction],
    /// Sentences that the reader must not miss.
    pub warnings: &'a [String],
    /// Files that reproduce the experiment, verbatim.
    pub sources: &'a [Source],
}

/// When a trial ran, and where.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    /// The trial's number.
    pub trial: u32,
    /// Seconds from the start of the experiment.
    pub started_s: f64,
    pub seconds: f64,
    /// The worker or device.
    pub slot: String,
}

/// Costs of default and incumbent on data that the sweep never saw.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// Absent where the default failed or was not measured.
    pub default_cost: Option<f64>,
    pub incumbent_cost: f64,
    /// Cost of the constant predictor.
    pub baseline_cost: f64,
    /// Cost of the predictor that holds the last true value.
    pub persistence_cost: Option<f64>,
    /// On what, such as `8 untouched test series`.
    pub on: String,
}

/// A file, verbatim.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// Its name, such as `experiments/quickstart.ron`.
    pub title: String,
    pub text: String,
}

/// Every chapter's numbers: what `report.json` holds and the figures draw.
#[derive(Clone, Debug, Serialize)]
pub struct Findings {
    pub experiment: String,
    pub unit: String,
    pub measure: String,
    pub warnings: Vec<String>,
    pub headline: headline::Headline,
    pub convergence: convergence::Convergence,
    /// Absent of one objective.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub front: Option<front::Front>,
    pub fidelity: Vec<fidelity::Fidelity>,
    pub failures: Vec<failure::Failure>,
    pub matrix: matrix::Matrix,
    pub predictions: Vec<prediction::Accuracy>,
    pub trials: Vec<headline::Line>,
}

impl Findings {
    /// Computes every chapter; the same evidence gives the same findings, bit for bit.
    pub fn of(evidence: &ReportInput) -> Self {
        Self {
            experiment: evidence.experiment.to_owned(),
            unit: evidence.unit.to_owned(),
            measure: evidence.measure.to_owned(),
            warnings: evidence.warnings.to_vec(),
            headline: headline::Headline::of(evidence),
            convergence: convergence::Convergence::of(evidence),
            front: front::Front::of(evidence),
            fidelity: fidelity::fidelities(evidence.history),
            failures: failure::failures(evidence),
            matrix: matrix::Matrix::of(evidence),
            predictions: evidence.predictions.iter().map(prediction::Accuracy::of).collect(),
            trials: headline::lines(evidence),
        }
    }
}
