//! Lines of the report's table of trials.
use std::collections::HashMap;
use std::sync::Arc;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::input::{ReportInput, Timing};
use crate::space::configuration::Configuration;
use crate::space::hyperparameter::Value;
use crate::trial::Trial;

/// A trial as a line of the report's table.
#[derive(Clone, Debug, Serialize)]
pub struct TrialLine {
    pub trial: u32,
    pub configuration_id: u32,
    pub config: NamedConfiguration,
    pub budget: f64,
    pub bracket: u32,
    pub rung: u32,
    pub outcome: String,
    pub cost: Option<f64>,
    pub origin: String,
    pub seconds: Option<f64>,
    pub slot: Option<String>,
}

/// A configuration whose names all lines share: of 10,000 trials with 200 hyperparameters, names of their own would be most of
/// the report's memory.
#[derive(Clone, Debug)]
pub struct NamedConfiguration {
    names: Arc<[String]>,
    configuration: Configuration,
}

impl NamedConfiguration {
    /// The value of the hyperparameter with this index in the space; `None` where it is inactive.
    pub fn get(&self, index: usize) -> Option<&Value> {
        self.configuration.get(index)
    }
}

/// A map from the names of the active hyperparameters to their values.
impl Serialize for NamedConfiguration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in self.names.iter().zip(self.configuration.values()) {
            if let Some(value) = value {
                map.serialize_entry(name, value)?;
            }
        }
        map.end()
    }
}

/// Every trial, in the order in which they were proposed.
pub(super) fn lines(input: &ReportInput) -> Vec<TrialLine> {
    let mut timings: HashMap<u32, &Timing> = HashMap::new();
    for timing in input.timings {
        timings.entry(timing.trial).or_insert(timing);
    }
    let names: Arc<[String]> = input.space.hyperparameters().iter().map(|each| each.name.clone()).collect();
    let line = |trial: &Trial| {
        let proposal = &trial.proposal;
        let timing = timings.get(&proposal.trial.0);
        TrialLine {
            trial: proposal.trial.0,
            configuration_id: proposal.configuration_id.0,
            config: NamedConfiguration { names: names.clone(), configuration: proposal.configuration.clone() },
            budget: proposal.budget.amount(),
            bracket: proposal.bracket,
            rung: proposal.rung,
            outcome: trial.word().to_owned(),
            cost: trial.outcome.as_ref().and_then(|outcome| outcome.cost()),
            origin: proposal.origin.name().to_owned(),
            seconds: timing.map(|timing| timing.seconds),
            slot: timing.map(|timing| timing.slot.clone()),
        }
    };
    input.history.trials().iter().map(line).collect()
}
