//! Revalidation: evaluates incumbent and default at the full budget with new seeds, because the best cost may be luck.
use std::fs;
use std::io::ErrorKind;
use std::sync::atomic::AtomicUsize;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::executor::job::JobId;
use crate::experiment::definition::difference::Difference;
use crate::experiment::definition::experiment::Experiment;
use crate::experiment::error::RunError;
use crate::experiment::folder::RunFolder;
use crate::experiment::replay::log::Log;
use crate::experiment::replay::note::NEW_SEEDS;
use crate::experiment::run::evaluations;
use crate::experiment::run::launch::{Purpose, launch, request};
use crate::experiment::run::local;
use crate::numeric::stream::Stream;
use crate::store::Store;
use crate::store::record::{Noted, Record};
use crate::trial::incumbent::incumbent;
use crate::trial::outcome::OutcomeKind;
use crate::trial::{Origin, Proposal, TrialId};

/// The evaluations of incumbent and default on the same seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SeedComparison {
    /// The incumbent's trial.
    pub trial: TrialId,
    pub budget: f64,
    pub seeds: Vec<u64>,
    pub incumbent: Vec<SeedEvaluation>,
    /// Empty where the incumbent is the default, or the space has none that is legal.
    pub default: Vec<SeedEvaluation>,
}

/// One evaluation, in the order of the seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SeedEvaluation {
    pub outcome: OutcomeKind,
    pub cost: Option<f64>,
    pub seconds: f64,
}

/// Evaluates incumbent and default on `count` new seeds and writes the result to the store; `None` where no trial has
/// succeeded, or it was interrupted. `progress` gets shares from 0 to 1.
///
/// # Errors
/// There is no run, or the experiment is another than the run was begun with.
pub(crate) fn evaluate(
    experiment: &Experiment,
    folder: &RunFolder,
    count: u32,
    progress: &mut dyn FnMut(f64),
    interrupts: &AtomicUsize,
) -> Result<Option<SeedComparison>, RunError> {
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
    let jobs: Vec<(&str, u64, &Proposal)> =
        present.flat_map(|(name, proposal)| seeds.iter().map(move |seed| (name, *seed, proposal))).collect();

    let (mut executor, experiment) = local::executor(experiment)?;
    let budget = experiment.schedule.max();
    let mut launch_of = |index: usize| {
        let (name, seed, proposal) = jobs[index];
        let name = format!("{name}-{seed}");
        let path = folder.validation().join(&name);
        let unusable = |source| RunError::Folder { path: path.clone(), source };
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(unusable(error)),
            _ => {}
        }
        let proposal = Proposal { budget, seed, ..proposal.clone() };
        let mut request = request(&experiment, folder, &proposal, path.clone(), 1);
        // Nothing is continued that was trained with another seed.
        request.checkpoint = request.trial_dir.join("checkpoint");
        let job = JobId::Evaluation { name, number: index as u32 };
        launch(&experiment, folder, objective, request, Purpose::Trial, job).map_err(unusable)
    };
    let mut told = 0;
    let mut tell = |now: evaluations::EvaluationProgress| {
        if now.ended > told {
            told = now.ended;
            progress(told as f64 / jobs.len() as f64);
        }
    };
    let directions = &experiment.directions;
    let ends = evaluations::evaluate(&mut *executor, directions, jobs.len(), &mut launch_of, &mut tell, interrupts)?;
    let Some(ends) = ends else { return Ok(None) };
    let mut results = ends.into_iter().map(|end| SeedEvaluation {
        outcome: end.outcome.kind(),
        cost: end.outcome.cost(),
        seconds: end.seconds,
    });
    let comparison = SeedComparison {
        trial: best.proposal.trial,
        budget: budget.amount(),
        incumbent: results.by_ref().take(seeds.len()).collect(),
        default: results.collect(),
        seeds,
    };
    let value = serde_json::to_value(&comparison).expect("plain data becomes JSON");
    store.append(&Record::Noted(Noted { key: NEW_SEEDS.into(), value, at: Timestamp::now() }))?;
    Ok(Some(comparison))
}
