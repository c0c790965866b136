//! Incumbent and default at the full budget on fresh seeds: whether the best was luck.
use std::fs;
use std::io::ErrorKind;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::executor::{Event as News, Executor};
use crate::experiment::definition::difference::Difference;
use crate::experiment::error::RunError;
use crate::experiment::folder::RunFolder;
use crate::experiment::replay::log::Log;
use crate::experiment::run::executor;
use crate::experiment::run::launch::{Purpose, launch, request};
use crate::experiment::{Experiment, TICK};
use crate::numeric::stream::Stream;
use crate::store::Store;
use crate::store::record::{Noted, Record};
use crate::trial::incumbent::incumbent;
use crate::trial::outcome::OutcomeKind;
use crate::trial::{Origin, Proposal, TrialId};

/// The key of the note that keeps it.
pub const NOTE: &str = "fresh_seeds";

/// The evaluations of both on the same seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FreshSeeds {
    /// The incumbent's trial.
    pub trial: TrialId,
    pub budget: f64,
    pub seeds: Vec<u64>,
    pub incumbent: Vec<Fresh>,
    /// Empty where the incumbent is the default, or the space has none that is legal.
    pub default: Vec<Fresh>,
}

/// One evaluation, in the order of the seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fresh {
    pub outcome: OutcomeKind,
    pub cost: Option<f64>,
    pub seconds: f64,
}

/// Evaluates both and keeps the result in the store; `None` where no trial has succeeded, or it was interrupted.
///
/// `progress` gets shares from 0 to 1.
pub fn evaluate(
    experiment: &Experiment,
    folder: &RunFolder,
    count: u32,
    progress: &mut dyn FnMut(f64),
    interrupts: &AtomicUsize,
) -> Result<Option<FreshSeeds>, RunError> {
    let objective = experiment.objective.as_ref().ok_or(RunError::NoTask)?;
    let log = Log::read(folder.clone())?;
    let difference = Difference::between(&log.experiment, experiment);
    if !difference.parts.is_empty() {
        return Err(RunError::Edited { folder: folder.root().into(), difference });
    }
    if !experiment.space.changes_since(&log.experiment.space).is_empty() {
        let message = "the search space has changed since\nhint: `galvani run` takes that over first".to_owned();
        return Err(RunError::Log { folder: folder.root().into(), message });
    }
    let (mut store, _) = Store::open(&folder.store())?;
    let Some(best) = incumbent(&log.history) else { return Ok(None) };
    let default = log.history.trials().iter().find(|trial| trial.proposal.origin == Origin::Default);
    let default = default.filter(|default| default.proposal.configuration_id != best.proposal.configuration_id);
    let seed = |index: u32| Stream::of(experiment.seed, "fresh seeds", u64::from(index)).bits() >> 33;
    let seeds: Vec<u64> = (0..count).map(seed).collect();
    let candidates = [("incumbent", Some(best)), ("default", default)];
    let present = candidates.into_iter().filter_map(|(name, trial)| Some((name, &trial?.proposal)));
    let jobs: Vec<(&str, usize, &Proposal)> =
        present.flat_map(|(name, proposal)| (0..seeds.len()).map(move |index| (name, index, proposal))).collect();

    let (mut executor, experiment) = executor(experiment)?;
    let mut results: Vec<Option<Fresh>> = vec![None; jobs.len()];
    let (mut started, mut ended) = (0, 0);
    while ended < jobs.len() {
        if interrupts.load(Ordering::Relaxed) > 0 {
            executor.stop();
            return Ok(None);
        }
        while started < jobs.len() && executor.idle() > 0 {
            let (name, index, proposal) = jobs[started];
            let place = folder.validation().join(format!("{name}-{}", seeds[index]));
            let unusable = |source| RunError::Folder { path: place.clone(), source };
            match fs::remove_dir_all(&place) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(unusable(error)),
                _ => {}
            }
            let budget = experiment.schedule.max();
            let proposal = Proposal { budget, seed: seeds[index], ..proposal.clone() };
            let mut request = request(&experiment, folder, &proposal, place.clone(), 1);
            // Nothing is continued that was trained with another seed.
            request.checkpoint = request.trial_dir.join("checkpoint");
            let id = (TrialId(started as u32), 1);
            let launch = launch(&experiment, folder, objective, request, Purpose::Trial, id).map_err(unusable)?;
            executor.start(launch)?;
            started += 1;
        }
        if let Some(News::Ended(end)) = executor.wait(TICK) {
            ended += 1;
            let outcome = end.outcome.kind();
            let fresh = Fresh { outcome, cost: end.outcome.cost(), seconds: end.seconds };
            results[end.trial.0 as usize] = Some(fresh);
            progress(ended as f64 / jobs.len() as f64);
        }
    }
    let mut results = results.into_iter().flatten();
    let fresh = FreshSeeds {
        trial: best.proposal.trial,
        budget: experiment.schedule.max().amount(),
        incumbent: results.by_ref().take(seeds.len()).collect(),
        default: results.collect(),
        seeds,
    };
    let value = serde_json::to_value(&fresh).expect("plain data becomes JSON");
    store.append(&Record::Noted(Noted { key: NOTE.into(), value, at: Timestamp::now() }))?;
    Ok(Some(fresh))
}
