//! Validations as a run's journal keeps them: the recommended configuration beside the default.
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::trial::TrialId;
use crate::trial::outcome::OutcomeKind;

/// The recommended configuration beside the default, both at the full budget.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Validation {
    /// A trial of the configuration that was validated.
    pub trial: TrialId,
    pub incumbent: Evaluated,
    /// Absent where the run never tried it, or it failed.
    pub default: Option<Evaluated>,
    /// The way the default failed.
    pub default_failure: Option<OutcomeKind>,
}

/// One configuration at the full budget.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Evaluated {
    /// As a trial measures it.
    pub cost: f64,
    /// The `info` that the worker reported; its `test` holds the measurements on untouched data, where the task has any.
    pub info: Map<String, Json>,
}

impl Evaluated {
    /// A number of the test on untouched data, such as `cost`.
    pub(crate) fn test(&self, key: &str) -> Option<f64> {
        self.info.get("test")?.get(key)?.as_f64()
    }
}

/// Evaluations of the best configurations and of the default on the same new seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SeedComparison {
    /// A trial of the configuration that was recommended before.
    pub trial: TrialId,
    pub budget: f64,
    pub seeds: Vec<u64>,
    pub incumbent: Vec<SeedEvaluation>,
    /// Empty where the incumbent is the default, or the run never tried it.
    pub default: Vec<SeedEvaluation>,
    /// The configurations that came next.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<OtherConfiguration>,
}

/// One of the next best configurations on new seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct OtherConfiguration {
    /// A trial of the configuration.
    pub trial: TrialId,
    pub evaluations: Vec<SeedEvaluation>,
}

impl SeedEvaluation {
    /// The costs, one an objective; none where it failed.
    pub(crate) fn costs(&self) -> Vec<f64> {
        self.cost.into_iter().chain(self.others.iter().copied()).collect()
    }
}

/// One evaluation, in the order of the seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SeedEvaluation {
    pub outcome: OutcomeKind,
    /// The cost of the first objective.
    pub cost: Option<f64>,
    /// The costs of the objectives after the first; none with one objective, and in journals of earlier versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<f64>,
    /// Absent where the result was known from an earlier validation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
}
