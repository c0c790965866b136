//! Revalidation: evaluates the best configurations and the default with new seeds, because the best cost may be luck.
use std::fs;
use std::io::ErrorKind;
use std::sync::atomic::AtomicUsize;

use jiff::Timestamp;
use serde_json::Value as Json;

use crate::executor::job::JobId;
use crate::experiment::definition::difference::Difference;
use crate::experiment::definition::experiment::Experiment;
use crate::experiment::error::RunError;
use crate::experiment::folder::RunFolder;
use crate::experiment::replay::evaluation_note;
use crate::experiment::replay::log::Log;
use crate::experiment::replay::note::{NEW_SEEDS, SESSION};
use crate::experiment::replay::validation::{OtherConfiguration, SeedComparison, SeedEvaluation};
use crate::experiment::run::evaluations;
use crate::experiment::run::launch::{Purpose, launch, request};
use crate::experiment::run::local;
use crate::numeric::stream::Stream;
use crate::store::Store;
use crate::store::record::{AttemptEnd, Noted, Record};
use crate::trial::evaluation::Evaluation;
use crate::trial::front::best_of_front;
use crate::trial::outcome::OutcomeKind;
use crate::trial::recommendation::best_first;
use crate::trial::{Origin, Proposal, Trial};

/// The configurations and seeds to evaluate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    /// The number of best configurations.
    pub top: usize,
    pub seeds: u32,
}

/// The end of a revalidation.
#[derive(Clone, Debug)]
pub(crate) enum Revalidated {
    Whole(SeedComparison),
    /// It was interrupted; so many of its evaluations are kept, and the next one goes on from them.
    Interrupted {
        kept: usize,
        all: usize,
    },
    /// No trial has succeeded, so that there is nothing to evaluate.
    NoSuccess,
}

/// Evaluates the best configurations and the default on new seeds and writes the results to the store, where the
/// recommendation finds them; those that are there already are not made again. `progress` gets shares from 0 to 1.
///
/// # Errors
/// There is no run, or the experiment is another than the run was begun with.
pub(crate) fn evaluate(
    experiment: &Experiment,
    folder: &RunFolder,
    extent: Extent,
    progress: &mut dyn FnMut(f64),
    interrupts: &AtomicUsize,
) -> Result<Revalidated, RunError> {
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
    let best = match experiment.objectives() {
        [] => best_first(&log.history, &log.evaluations, extent.top),
        _ => best_of_front(&log.history, &log.evaluations, extent.top),
    };
    let best: Vec<&Trial> = best.iter().filter_map(|each| log.history.trial(each.trial)).collect();
    let Some(first) = best.first() else { return Ok(Revalidated::NoSuccess) };
    let default = log.history.trials().iter().find(|trial| trial.proposal.origin == Origin::Default);
    let is_best =
        |other: &Trial| best.iter().any(|each| each.proposal.configuration_id == other.proposal.configuration_id);
    let is_first = default.is_some_and(|each| each.proposal.configuration_id == first.proposal.configuration_id);
    let added = default.filter(|default| !is_best(default));
    let seed = |index: u32| Stream::of(experiment.seed, "fresh seeds", u64::from(index)).bits() >> 33;
    let seeds: Vec<u64> = (0..extent.seeds).map(seed).collect();
    let budget = experiment.schedule.max();
    let all: Vec<&Proposal> = best.iter().copied().chain(added).map(|trial| &trial.proposal).collect();
    let pairs =
        all.iter().flat_map(|proposal| seeds.iter().map(move |&seed| Proposal { budget, seed, ..(*proposal).clone() }));
    let pairs: Vec<Proposal> = pairs.collect();
    // Journals of earlier versions keep the first cost of an evaluation alone.
    let is_whole = |costs: &Vec<f64>| costs.len() == experiment.costs();
    let costs_of = |proposal: &Proposal| {
        let is_it = |each: &&Evaluation| {
            (each.configuration, each.budget, each.seed) == (proposal.configuration_id, budget, proposal.seed)
                && each.instance == proposal.instance
        };
        log.evaluations.iter().find(is_it).map(Evaluation::costs).filter(is_whole)
    };
    let jobs: Vec<&Proposal> = pairs.iter().filter(|proposal| costs_of(proposal).is_none()).collect();

    let (mut executor, experiment) = local::executor(experiment)?;
    let mut launch_of = |index: usize| {
        let proposal = jobs[index];
        let name = format!("{}-{}", proposal.configuration_id, proposal.seed);
        let path = folder.validation().join(&name);
        let unusable = |source| RunError::Folder { path: path.clone(), source };
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(unusable(error)),
            _ => {}
        }
        let mut request = request(&experiment, folder, proposal, path.clone(), 1);
        // Nothing is continued that was trained with another seed, or before.
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
    let (count, directions) = (jobs.len(), &experiment.directions);
    let begun = Timestamp::now();
    let ends =
        evaluations::evaluate(&mut *executor, directions, count, &mut launch_of, &mut tell, &|| false, interrupts)?;
    let session = log.notes.get(SESSION).and_then(Json::as_u64).unwrap_or(0).saturating_add(1);
    let mut note =
        |key: &str, value: Json, at: Timestamp| store.append(&Record::Noted(Noted { key: key.to_owned(), value, at }));
    note(SESSION, session.into(), begun)?;
    let ended = jobs.iter().zip(&ends.ends).filter_map(|(proposal, end)| Some((proposal, end.as_ref()?)));
    let mut kept = pairs.len() - jobs.len();
    for (proposal, end) in ended.filter(|(_, end)| end.outcome.is_judged()) {
        kept += 1;
        let Proposal { configuration_id: configuration, budget, seed, instance, .. } = (*proposal).clone();
        let (cost, others) = (end.outcome.cost(), end.outcome.costs().iter().skip(1).copied().collect());
        let (key, value) = evaluation_note::note(&Evaluation { configuration, budget, seed, instance, cost, others });
        note(&key, value, Timestamp::now())?;
    }
    if ends.is_interrupted {
        return Ok(Revalidated::Interrupted { kept, all: pairs.len() });
    }
    let mut ends = ends.ends.into_iter().flatten();
    let mut of = |proposal: &Proposal| match costs_of(proposal) {
        Some(costs) => seed_evaluation(OutcomeKind::Finished, &costs, None),
        None => {
            let end: AttemptEnd = ends.next().expect("every evaluation that was not known has an end");
            seed_evaluation(end.outcome.kind(), end.outcome.costs(), Some(end.seconds))
        }
    };
    let mut columns: Vec<Vec<SeedEvaluation>> =
        pairs.chunks(seeds.len().max(1)).map(|row| row.iter().map(&mut of).collect()).collect();
    let known_default = best.iter().position(|trial| default.is_some_and(|default| is_same(trial, default)));
    let default = match (added, known_default) {
        (Some(_), _) => columns.pop().unwrap_or_default(),
        (None, Some(place)) if !is_first => columns[place].clone(),
        _ => Vec::new(),
    };
    let mut columns = columns.into_iter();
    let incumbent = columns.next().unwrap_or_default();
    let others = best.iter().skip(1).zip(columns);
    let others = others.map(|(trial, evaluations)| OtherConfiguration { trial: trial.proposal.trial, evaluations });
    let (trial, budget) = (first.proposal.trial, budget.amount());
    let comparison = SeedComparison { trial, budget, seeds, incumbent, default, others: others.collect() };
    let value = serde_json::to_value(&comparison).expect("plain data becomes JSON");
    note(NEW_SEEDS, value, Timestamp::now())?;
    Ok(Revalidated::Whole(comparison))
}

fn is_same(a: &Trial, b: &Trial) -> bool {
    a.proposal.configuration_id == b.proposal.configuration_id
}

fn seed_evaluation(outcome: OutcomeKind, costs: &[f64], seconds: Option<f64>) -> SeedEvaluation {
    SeedEvaluation { outcome, cost: costs.first().copied(), others: costs.iter().skip(1).copied().collect(), seconds }
}
