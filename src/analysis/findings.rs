//! Findings: the numbers of every chapter of the report.
use serde::Serialize;

use super::input::ReportInput;
use super::watcher::{Cancelled, Unwatched, Watcher};
use super::{
    ablation, convergence, failure, fidelity, footprint, front, headline, learning, locality, matrix, metric, outlook,
    prediction, shortlist, spending, timetable, trial_line,
};
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
    /// Absent without a model or a recommendation, or if the recommended configuration is the default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ablation: Option<ablation::Ablation>,
    /// Absent without a model that is trusted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locality: Option<locality::Locality>,
    /// Absent if no trial reported a cost on its way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub learning: Option<learning::Learning>,
    /// Absent before the first success.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shortlist: Option<shortlist::Shortlist>,
    /// Absent if fewer than three configurations were tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub footprint: Option<footprint::Footprint>,
    /// Absent if no time is known, as is the spending.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timetable: Option<timetable::Timetable>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spending: Option<spending::Spending>,
    /// Absent before the first success.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outlook: Option<outlook::Outlook>,
    pub predictions: Vec<prediction::Accuracy>,
    /// Empty where no trial reported a number beside its cost.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<metric::MetricSummary>,
    pub trials: Vec<trial_line::TrialLine>,
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
        let (matrix, learnt) = matrix::Matrix::of(input, watcher)?;
        let learnt = learnt.as_ref();
        let next = || if watcher.is_cancelled() { Err(Cancelled) } else { Ok(()) };
        let trusted = learnt.filter(|_| matrix.distrust.is_none());
        let ablation = trusted.and_then(|learnt| ablation::Ablation::of(input, &matrix.sample, learnt));
        next()?;
        let locality = locality::Locality::of(input, &matrix, learnt, watcher)?;
        let shortlist = shortlist::Shortlist::of(input);
        next()?;
        let outlook = outlook::Outlook::of(input, &matrix, learnt, shortlist.as_ref());
        next()?;
        let footprint = footprint::Footprint::of(input);
        next()?;
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
            matrix,
            ablation,
            locality,
            learning: learning::Learning::of(input),
            shortlist,
            footprint,
            timetable: timetable::Timetable::of(input),
            spending: spending::Spending::of(input),
            outlook,
            predictions: input.predictions.iter().map(prediction::Accuracy::of).collect(),
            metrics: metric::summaries(input.metrics, input.history, input.recommendation().map(|best| best.trial)),
            trials: trial_line::lines(input),
        })
    }
}

fn is_minimized(direction: &Direction) -> bool {
    *direction == Direction::Minimize
}
