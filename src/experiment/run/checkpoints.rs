//! Checkpoints on the disk: keeps those that a trial may continue from, and the best of the others.
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::{Duration, Instant};

use crate::executor::limits::disk;
use crate::experiment::folder::RunFolder;
use crate::experiment::ledger::Ledger;
use crate::trial::{ConfigurationId, Origin, Trial};

/// The time between two tidyings of the folder while a run goes on.
const PAUSE: Duration = Duration::from_secs(2);

/// The checkpoints that may be on the disk.
pub(crate) struct Checkpoints {
    /// Checkpoints that a trial may continue from, as of the last tidying.
    open: BTreeSet<ConfigurationId>,
    /// Checkpoints of configurations that had the full budget, which no trial will continue from, and their bytes.
    complete: BTreeMap<ConfigurationId, u64>,
    /// The greatest number of bytes of the complete checkpoints together.
    budget: Option<u64>,
    next: Instant,
}

impl Checkpoints {
    /// Those that earlier sessions have left in a run's folder.
    pub(crate) fn of(folder: &RunFolder, budget: Option<u64>) -> Self {
        let entries = fs::read_dir(folder.checkpoints()).into_iter().flatten().flatten();
        let open = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).map(ConfigurationId).collect();
        Self { open, complete: BTreeMap::new(), budget, next: Instant::now() }
    }

    /// A trial of this configuration has started.
    pub(crate) fn used(&mut self, configuration: ConfigurationId) {
        self.complete.remove(&configuration);
        self.open.insert(configuration);
    }

    /// Removes unneeded checkpoints, unless that was done a moment ago.
    pub(crate) fn tidy_now_and_then(&mut self, ledger: &Ledger, folder: &RunFolder) {
        if Instant::now() >= self.next {
            self.tidy(ledger, folder);
            self.next = Instant::now() + PAUSE;
        }
    }

    /// Removes unneeded checkpoints. It keeps those that a running, restarted or promotable trial continues from, and
    /// those of the recommended configuration and the default, which are compared.
    pub(crate) fn tidy(&mut self, ledger: &Ledger, folder: &RunFolder) {
        let (optimizer, recommended) = (ledger.optimizer(), ledger.recommendation().map(|best| best.configuration));
        let history = optimizer.history();
        let full = optimizer.schedule().max();
        let is_default = |trial: &Trial| trial.proposal.origin == Origin::Default;
        let is_compared = |configuration: ConfigurationId| {
            recommended == Some(configuration) || history.of(configuration).any(is_default)
        };
        for configuration in std::mem::take(&mut self.open) {
            let is_complete = |trial: &Trial| trial.proposal.budget >= full && cost(trial).is_some();
            if history.of(configuration).any(|trial| trial.outcome.is_none()) {
                self.open.insert(configuration);
            } else if history.of(configuration).any(is_complete) {
                self.complete.insert(configuration, disk(&folder.checkpoint(configuration)));
            } else if optimizer.may_go_on(configuration) || is_compared(configuration) {
                self.open.insert(configuration);
            } else {
                remove(folder, configuration);
            }
        }
        let Some(budget) = self.budget else { return };
        let mut taken: u64 = self.complete.values().sum();
        if taken <= budget {
            return;
        }
        let best_cost = |configuration: ConfigurationId| history.at(configuration, full).and_then(cost);
        let mut worst_first: Vec<_> = self.complete.keys().map(|&each| (best_cost(each), each)).collect();
        worst_first.sort_by(|(a, _), (b, _)| b.unwrap_or(f64::INFINITY).total_cmp(&a.unwrap_or(f64::INFINITY)));
        for (_, configuration) in worst_first {
            if taken <= budget {
                break;
            }
            if !is_compared(configuration) {
                taken -= self.complete.remove(&configuration).unwrap_or(0);
                remove(folder, configuration);
            }
        }
    }
}

fn cost(trial: &Trial) -> Option<f64> {
    trial.outcome.as_ref()?.cost()
}

fn remove(folder: &RunFolder, configuration: ConfigurationId) {
    let path = folder.checkpoint(configuration);
    match fs::remove_dir_all(&path) {
        Ok(()) => tracing::debug!(%configuration, "checkpoint removed"),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        // It takes room and harms nobody; the next session tries again.
        Err(error) => tracing::warn!(%configuration, %error, "checkpoint not removed"),
    }
}
