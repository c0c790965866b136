//! Launches: the folder, the request and the program of a job.
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::executor::job::{JobId, Launch};
use crate::executor::limits::Limits;
use crate::experiment::definition::experiment::Experiment;
use crate::experiment::definition::objective::Objective;
use crate::experiment::folder::RunFolder;
use crate::space::hyperparameter::Value;
use crate::task::command::{Invocation, Mode};
use crate::task::{Report, Request, TaskError};
use crate::trial::Proposal;

/// The request of a worker process: the objective, and what it is asked about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct WorkerRequest {
    pub objective: Objective,
    pub request: Request,
    pub purpose: Purpose,
}

/// The purpose of a worker: a trial, or a test on data that no trial has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Purpose {
    Trial,
    Test,
}

impl WorkerRequest {
    /// Evaluates it in this process; `progress` gets shares from 0 to 1.
    pub(crate) fn evaluate(&self, progress: &mut dyn FnMut(f64)) -> Result<Report, TaskError> {
        match (&self.objective, self.purpose) {
            #[cfg(feature = "battery")]
            (Objective::Battery(battery), Purpose::Test) => battery.test(&self.request, progress),
            (objective, _) => {
                let task = objective.task().ok_or_else(|| TaskError::new("a program is started, not evaluated"))?;
                task.evaluate(&self.request, progress)
            }
        }
    }
}

/// The request for a trial of this experiment.
pub(crate) fn request(
    experiment: &Experiment,
    folder: &RunFolder,
    proposal: &Proposal,
    trial_dir: PathBuf,
    micro_batch_divisor: u32,
) -> Request {
    let named = experiment.space.named(&proposal.configuration);
    // A program may change its working directory.
    let absolute = |path: PathBuf| std::path::absolute(&path).unwrap_or(path);
    Request {
        config: named.map(|(name, value)| (name.to_owned(), value.clone())).collect(),
        budget: proposal.budget.amount(),
        full_budget: experiment.schedule.max().amount(),
        seed: proposal.seed,
        instance: proposal.instance.as_deref().map(str::to_owned),
        checkpoint: absolute(if experiment.intensifier.starts_anew_on_each_pair() {
            trial_dir.join("checkpoint")
        } else {
            folder.checkpoint(proposal.configuration_id)
        }),
        trial_dir: absolute(trial_dir),
        data: absolute(folder.data()),
        micro_batch_divisor,
    }
}

/// The launch of the process that answers a request; its folder is made and the request written there, unless the
/// process is asked by a line.
pub(crate) fn launch(
    experiment: &Experiment,
    folder: &RunFolder,
    objective: &Objective,
    request: Request,
    purpose: Purpose,
    job: JobId,
) -> io::Result<Launch> {
    let (checkpoint, budget) = (request.checkpoint.clone(), Some(request.budget));
    let limits = match purpose {
        Purpose::Trial => experiment.execution.limits,
        Purpose::Test => Limits { wall: None, cpu: None, ..experiment.execution.limits },
    };
    let (folder, line, invocation) = match objective {
        Objective::Command(command) if command.mode == Mode::Persistent => {
            let line = serde_json::to_string(&RequestLine::of(&job, &request))?;
            (folder.workers(), Some(line), command.persistent_invocation(&base(experiment)?))
        }
        _ => (request.trial_dir.clone(), None, disposable(experiment, objective, request, purpose)?),
    };
    Ok(Launch {
        job,
        program: invocation.program,
        arguments: invocation.arguments.into_iter().map(OsString::from).collect(),
        environment: invocation.environment.into_iter().map(|(name, value)| (name.into(), value.into())).collect(),
        folder,
        checkpoint,
        continues_from: None,
        request: line,
        objectives: experiment.objectives().to_vec(),
        budget,
        limits,
    })
}

/// The line that asks a persistent program for a job. The program makes the folders that it wants.
#[derive(Serialize)]
struct RequestLine<'a> {
    trial: u32,
    attempt: u32,
    config: &'a IndexMap<String, Value>,
    budget: f64,
    seed: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<&'a str>,
    checkpoint: &'a Path,
    trial_dir: &'a Path,
    micro_batch_divisor: u32,
}

impl<'a> RequestLine<'a> {
    fn of(job: &JobId, request: &'a Request) -> Self {
        Self {
            trial: job.number(),
            attempt: job.attempt(),
            config: &request.config,
            budget: request.budget,
            seed: request.seed,
            instance: request.instance.as_deref(),
            checkpoint: &request.checkpoint,
            trial_dir: &request.trial_dir,
            micro_batch_divisor: request.micro_batch_divisor,
        }
    }
}

fn disposable(
    experiment: &Experiment,
    objective: &Objective,
    request: Request,
    purpose: Purpose,
) -> io::Result<Invocation> {
    let folder = request.trial_dir.clone();
    fs::create_dir_all(&folder)?;
    fs::create_dir_all(&request.checkpoint)?;
    let config = folder.join("config.json");
    fs::write(&config, serde_json::to_vec(&request.config)?)?;
    if let Objective::Command(command) = objective {
        return command.invocation(&request, &experiment.space, &base(experiment)?, &config).map_err(io::Error::other);
    }
    let path = folder.join("request.json");
    fs::write(&path, serde_json::to_vec(&WorkerRequest { objective: objective.clone(), request, purpose })?)?;
    Ok(Invocation {
        program: std::env::current_exe()?,
        arguments: vec!["worker".into(), path.display().to_string()],
        environment: Vec::new(),
    })
}

/// The folder of the experiment file, where its programs are looked up.
fn base(experiment: &Experiment) -> io::Result<PathBuf> {
    let base = experiment.path.parent().unwrap_or(Path::new("."));
    if base.as_os_str().is_empty() { Path::new(".").canonicalize() } else { base.canonicalize() }
}
