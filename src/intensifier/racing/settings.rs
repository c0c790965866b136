//! Settings of a race.
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::document::diagnostic::Diagnostic;

/// The settings of a race.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename = "Racing")]
pub struct RacingSettings {
    /// The names of the instances that trials run on: datasets, folds, problems. Empty: only seeds differ.
    pub instances: Vec<String>,
    /// The number of seeds that each instance is run with. 3, as in SMAC; 1 where a trial does not depend on its seed.
    pub seeds: u32,
    /// The most pairs of seed and instance that a configuration is run on. 2,000, as in SMAC.
    pub most_pairs: u32,
}

impl Default for RacingSettings {
    fn default() -> Self {
        Self { instances: Vec::new(), seeds: 3, most_pairs: 2000 }
    }
}

impl RacingSettings {
    /// Fails where an instance is named twice, and where there is no seed or no pair to race on.
    pub(crate) fn validate(&self) -> Result<(), Diagnostic> {
        let mut seen = BTreeSet::new();
        if let Some(instance) = self.instances.iter().find(|instance| !seen.insert(*instance)) {
            let message = format!("`instances` must not name \"{instance}\" twice");
            return Err(Diagnostic::new(message).hint("every instance has a name of its own").field("instances"));
        }
        for (field, value) in [("seeds", self.seeds), ("most_pairs", self.most_pairs)] {
            if value == 0 {
                let message = format!("`{field}` of `Racing` must be at least 1");
                let hint = "for example Racing(instances: [\"a\", \"b\"], seeds: 1)";
                return Err(Diagnostic::new(message).hint(hint).field(field));
            }
        }
        Ok(())
    }
}
