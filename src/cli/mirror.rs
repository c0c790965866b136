//! Mirrors of a run: files of other programs that are kept up to date while it goes on.
//!
//! The journal comes first: a mirror is told of what survives a power cut, and its failure is a warning. It is written anew
//! from the journal at the start of each session.
use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::ValueEnum;
use jiff::Timestamp;

use super::export::exported_trial;
use super::message::narrate;
use crate::exchange::trials::exported::ExportedTrial;
use crate::exchange::trials::mirror::{MirroredPart, TrialMirror};
use crate::exchange::trials::optuna::StudyWriter;
use crate::exchange::trials::run_head::RunHead;
use crate::exchange::trials::state::{ConfigurationState, steps_a_unit};
use crate::exchange::trials::tensorboard::BoardWriter;
use crate::experiment::Experiment;
use crate::experiment::folder::RunFolder;
use crate::experiment::replay::log::Log;
use crate::experiment::run::event::{RunEvent, RunStatus, Watcher};
use crate::trial::budget::Budget;
use crate::trial::curve::Curve;
use crate::trial::direction::{Direction, Directions};
use crate::trial::history::History;
use crate::trial::{ConfigurationId, Trial, TrialId};

/// The time between two looks at the learning curves of running trials.
const PAUSE: Duration = Duration::from_millis(500);

/// A program that a run is mirrored for, by its word on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum MirrorKind {
    /// A journal of Optuna in the run's folder, for optuna-dashboard
    Optuna,
    /// Event files in the run's folder, for TensorBoard
    Tensorboard,
}

impl MirrorKind {
    /// The file or the folder.
    pub(super) fn place(self, folder: &RunFolder) -> PathBuf {
        folder.root().join(match self {
            Self::Optuna => "optuna.journal",
            Self::Tensorboard => "tensorboard",
        })
    }

    /// The command that shows it.
    pub(super) fn command(self, folder: &RunFolder) -> String {
        let place = self.place(folder);
        match self {
            Self::Optuna => format!("optuna-dashboard {}", place.display()),
            Self::Tensorboard => format!("tensorboard --logdir {}", place.display()),
        }
    }
}

/// The files of one program.
struct OpenMirror {
    kind: MirrorKind,
    place: PathBuf,
    writer: Box<dyn TrialMirror>,
    /// True once it cannot be written: the run goes on without it.
    is_broken: bool,
}

/// The times of a trial that the history does not know.
#[derive(Clone, Copy, Debug, Default)]
struct TrialTimes {
    started: Option<Timestamp>,
    ended: Option<Timestamp>,
    /// The duration, s.
    seconds: Option<f64>,
}

/// A watcher that tells another one first, and keeps mirrors.
pub(super) struct Mirrored<W> {
    inner: W,
    experiment: Experiment,
    folder: RunFolder,
    mirrors: Vec<OpenMirror>,
    maximized: Vec<bool>,
    steps_a_unit: f64,
    /// The start and the end of trials, of which the history knows nothing.
    times: HashMap<TrialId, TrialTimes>,
    /// The number of points of the curves that were told.
    points: HashMap<TrialId, usize>,
    looked: Instant,
}

impl<W: Watcher> Mirrored<W> {
    /// Mirrors of these kinds for a run that begins or goes on.
    pub(super) fn new(inner: W, kinds: &[MirrorKind], experiment: &Experiment, folder: &RunFolder) -> Self {
        let mirror = |kind: &MirrorKind| OpenMirror {
            kind: *kind,
            place: kind.place(folder),
            writer: writer(*kind),
            is_broken: false,
        };
        let maximized = (0..experiment.costs()).map(|each| experiment.directions.of_objective(each));
        let wanted = MirrorKind::value_variants().iter().filter(|kind| kinds.contains(kind));
        Self {
            inner,
            experiment: experiment.clone(),
            folder: folder.clone(),
            mirrors: wanted.map(mirror).collect(),
            maximized: maximized.map(|direction| direction == Direction::Maximize).collect(),
            steps_a_unit: 1.0,
            times: HashMap::new(),
            points: HashMap::new(),
            looked: Instant::now(),
        }
    }

    /// Writes all mirrors anew from the journal.
    fn rebuild(&mut self, status: &RunStatus) {
        let budgets: Vec<Budget> = status.schedule.budgets().collect();
        self.steps_a_unit = steps_a_unit(budgets.iter());
        let log = match Log::read(self.folder.clone()) {
            Ok(log) => log,
            Err(error) => return self.broken(None, &error.to_string(), status),
        };
        for (trial, details) in log.history.trials().iter().zip(&log.details) {
            let each = exported_trial(trial, details);
            self.times.insert(
                trial.proposal.trial,
                TrialTimes { started: each.started, ended: each.ended, seconds: each.seconds },
            );
        }
        for index in 0..self.mirrors.len() {
            let mut parts = {
                let head = head(&self.experiment, &self.maximized, self.steps_a_unit);
                self.mirrors[index].writer = writer(self.mirrors[index].kind);
                self.mirrors[index].writer.begin(&head)
            };
            let infos: Vec<_> = log.details.iter().map(|details| details.ended.as_ref().map(|end| &end.info)).collect();
            for number in 0..log.history.configurations().len() {
                let trials = self.turned(&log.history, ConfigurationId::of_index(number));
                let exported: Vec<ExportedTrial> = (trials.iter())
                    .map(|trial| ExportedTrial {
                        info: infos.get(trial.proposal.trial.index()).copied().flatten(),
                        ..self.exported(trial)
                    })
                    .collect();
                let state = ConfigurationState::so_far(&exported, self.full(), self.experiment.costs());
                let head = head(&self.experiment, &self.maximized, self.steps_a_unit);
                parts.extend(self.mirrors[index].writer.tell(&head, &exported, &state));
            }
            if let Err(error) = self.mirrors[index].renew(&parts) {
                self.broken(Some(index), &error.to_string(), status);
            }
        }
    }

    /// The budget at which a configuration is complete; none where it is tried again and again there.
    fn full(&self) -> Budget {
        match self.experiment.intensifier.starts_anew_on_each_pair() {
            true => Budget::new(f64::MAX).expect("positive"),
            false => self.experiment.schedule.max(),
        }
    }

    /// The trials of a configuration with the user's signs.
    fn turned(&self, history: &History, configuration: ConfigurationId) -> Vec<Trial> {
        history.of(configuration).map(|trial| turned(trial, &self.experiment.directions)).collect()
    }

    fn exported<'a>(&self, trial: &'a Trial) -> ExportedTrial<'a> {
        let TrialTimes { started, ended, seconds } = self.times.get(&trial.proposal.trial).copied().unwrap_or_default();
        ExportedTrial { trial, started, ended, seconds, cpu_seconds: None, info: None }
    }

    /// Tells the mirrors of a configuration.
    fn tell(&mut self, configuration: ConfigurationId, status: &RunStatus, is_over: bool) {
        let trials = self.turned(status.history, configuration);
        for trial in &trials {
            self.points.insert(trial.proposal.trial, trial.curve.points().len());
        }
        let exported: Vec<ExportedTrial> = trials.iter().map(|trial| self.exported(trial)).collect();
        let costs = self.experiment.costs();
        let state = match is_over {
            true => {
                let ended = status
                    .history
                    .ended()
                    .filter(|trial| trial.outcome.as_ref().is_some_and(|end| !end.costs().is_empty()));
                ConfigurationState::at_end(&exported, ended.map(|trial| trial.proposal.budget).max(), costs)
            }
            false => ConfigurationState::so_far(&exported, self.full(), costs),
        };
        for index in 0..self.mirrors.len() {
            if self.mirrors[index].is_broken {
                continue;
            }
            let head = head(&self.experiment, &self.maximized, self.steps_a_unit);
            let parts = self.mirrors[index].writer.tell(&head, &exported, &state);
            if let Err(error) = self.mirrors[index].append(&parts) {
                self.broken(Some(index), &error.to_string(), status);
            }
        }
    }

    /// Goes on without a mirror, or without all of them, and says so.
    fn broken(&mut self, index: Option<usize>, reason: &str, status: &RunStatus) {
        for (each, mirror) in self.mirrors.iter_mut().enumerate() {
            if index.is_none_or(|index| index == each) && !mirror.is_broken {
                mirror.is_broken = true;
                let place = mirror.place.display();
                let warning =
                    format!("the mirror `{place}` cannot be written any more: {reason}; the run goes on without it");
                self.inner.notice(&RunEvent::Warning(&warning), status);
            }
        }
    }
}

impl<W: Watcher> Watcher for Mirrored<W> {
    fn notice(&mut self, event: &RunEvent, status: &RunStatus) {
        self.inner.notice(event, status);
        match event {
            RunEvent::Begun | RunEvent::Resumed { .. } => {
                self.rebuild(status);
                for mirror in self.mirrors.iter().filter(|mirror| !mirror.is_broken) {
                    narrate(&format!("mirror: {}", mirror.kind.command(&self.folder)));
                }
            }
            RunEvent::Started { proposal, .. } => {
                self.times.entry(proposal.trial).or_default().started = Some(Timestamp::now());
                self.tell(proposal.configuration_id, status, false);
            }
            RunEvent::Ended { proposal, seconds, .. } => {
                let times = self.times.entry(proposal.trial).or_default();
                (times.ended, times.seconds) = (Some(Timestamp::now()), Some(*seconds));
                self.tell(proposal.configuration_id, status, false);
            }
            RunEvent::Over { .. } => {
                for number in 0..status.history.configurations().len() {
                    self.tell(ConfigurationId::of_index(number), status, true);
                }
            }
            _ => {}
        }
    }

    fn tick(&mut self, status: &RunStatus) {
        self.inner.tick(status);
        if self.looked.elapsed() < PAUSE {
            return;
        }
        self.looked = Instant::now();
        let known = |trial: &Trial| self.points.get(&trial.proposal.trial).copied().unwrap_or(0);
        let grown = status.history.running().filter(|trial| trial.curve.points().len() != known(trial));
        let grown: Vec<ConfigurationId> = grown.map(|trial| trial.proposal.configuration_id).collect();
        grown.into_iter().for_each(|configuration| self.tell(configuration, status, false));
    }
}

impl OpenMirror {
    /// Replaces the files by new ones.
    fn renew(&self, parts: &[MirroredPart]) -> io::Result<()> {
        match self.kind {
            MirrorKind::Optuna => {
                // A reader sees the old file or the whole new one.
                let beside = self.place.with_extension("journal.new");
                let bytes: Vec<u8> = parts.iter().flat_map(|part| part.bytes.iter().copied()).collect();
                fs::write(&beside, bytes)?;
                fs::rename(&beside, &self.place)
            }
            MirrorKind::Tensorboard => {
                match fs::remove_dir_all(&self.place) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
                self.append(parts)
            }
        }
    }

    /// Appends to the files, each part at once.
    fn append(&self, parts: &[MirroredPart]) -> io::Result<()> {
        for part in parts {
            let path = if part.file.as_os_str().is_empty() { self.place.clone() } else { self.place.join(&part.file) };
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            let mut file: File = OpenOptions::new().append(true).create(true).open(&path)?;
            file.write_all(&part.bytes)?;
        }
        Ok(())
    }
}

fn writer(kind: MirrorKind) -> Box<dyn TrialMirror> {
    match kind {
        MirrorKind::Optuna => Box::new(StudyWriter::default()),
        MirrorKind::Tensorboard => Box::new(BoardWriter::default()),
    }
}

fn head<'a>(experiment: &'a Experiment, maximized: &'a [bool], steps_a_unit: f64) -> RunHead<'a> {
    RunHead {
        name: &experiment.name,
        space: &experiment.space,
        objectives: experiment.objectives(),
        maximized,
        measure: experiment.measure(),
        steps_a_unit,
    }
}

/// A trial with the values of objectives that are maximized in place of costs.
fn turned(trial: &Trial, directions: &Directions) -> Trial {
    let mut curve = Curve::default();
    directions.points(&trial.curve).for_each(|point| {
        curve.push(point, trial.proposal.budget);
    });
    Trial {
        proposal: trial.proposal.clone(),
        outcome: trial.outcome.as_ref().map(|outcome| directions.turned(outcome)),
        is_interrupted: trial.is_interrupted,
        curve,
        seconds: trial.seconds,
    }
}
