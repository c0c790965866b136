//! The builder of a study.
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::SignedDuration;

use super::Study;
use super::error::Result;
use super::session::StudySession;
use super::text::{Budgets, Parts};
use crate::document::diagnostic::Diagnostic;
use crate::experiment::Experiment;
use crate::experiment::folder::RunFolder;
use crate::intensifier::config::IntensifierConfig;
use crate::optimizer::settings::OptimizerSettings;
use crate::optimizer::stop::Stop;
use crate::space::Space;
use crate::trial::direction::Direction;

/// A builder of a study. Budgets, limits, settings and journal all have defaults.
///
/// ```
/// use galvani::{Float, IntensifierConfig, OptimizerSettings, Space, Study};
///
/// let space = Space::builder("parabola").add("x", Float::new(-1.0, 1.0)).build()?;
/// let study = Study::builder(space)
///     .budget(1.0, 27.0, 3)
///     .unit("epochs")
///     .seed(7)
///     .stop_after(60)
///     .stop_at_cost(0.01)
///     .intensifier(IntensifierConfig::Hyperband)
///     .settings(OptimizerSettings { random_probability: 0.1, ..OptimizerSettings::default() })
///     .build()?;
///
/// let space = Space::builder("parabola").add("x", Float::new(-1.0, 1.0)).build()?;
/// let error = Study::builder(space).budget(27.0, 1.0, 3).build().unwrap_err();
/// assert!(error.to_string().contains("\nhint: "));
/// # Ok::<(), galvani::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build`"]
pub struct StudyBuilder {
    space: Arc<Space>,
    name: Option<String>,
    journal: Option<PathBuf>,
    intensifier: Option<IntensifierConfig>,
    objectives: Vec<(String, Direction)>,
    /// The first mistake in a value that cannot be written as text.
    mistake: Option<Diagnostic>,
    parts: Parts,
}

impl Study {
    /// A builder of a study of this space.
    pub fn builder(space: impl Into<Arc<Space>>) -> StudyBuilder {
        StudyBuilder::new(space.into())
    }
}

impl StudyBuilder {
    fn new(space: Arc<Space>) -> Self {
        let parts = Parts {
            name: String::new(),
            budgets: None,
            unit: None,
            restarts: false,
            objectives: Vec::new(),
            direction: Direction::Minimize,
            settings: OptimizerSettings::default(),
            workers: 1,
            stop: Stop::default(),
            seed: 0,
        };
        Self { space, name: None, journal: None, intensifier: None, objectives: Vec::new(), mistake: None, parts }
    }

    /// Gives trials budgets from `min` to `max`, each `eta` times the one below: most configurations are tried at `min`, the
    /// most promising at more. Without it every trial gets the same.
    pub fn budget(mut self, min: f64, max: f64, eta: u32) -> Self {
        self.parts.budgets = Some(Budgets { min, max, eta });
        self
    }

    /// Says that trials cannot continue a configuration: a promoted trial begins anew, and all of its budget is counted. It
    /// means nothing without a [`budget`](Self::budget).
    pub fn restarts(mut self) -> Self {
        self.parts.restarts = true;
        self
    }

    /// Names the unit of the budget, for reports; it means nothing without a [`budget`](Self::budget).
    pub fn unit(mut self, unit: impl Into<String>) -> Self {
        self.parts.unit = Some(unit.into());
        self
    }

    /// The number of trials that run at a time; 1 where this is left out.
    pub fn workers(mut self, workers: usize) -> Self {
        self.parts.workers = workers;
        self
    }

    /// Sets the seed of all random numbers: the same seed and the same results give the same proposals.
    pub fn seed(mut self, seed: u64) -> Self {
        self.parts.seed = seed;
        self
    }

    /// Ends the study after this number of trials, promotions included.
    pub fn stop_after(mut self, trials: u32) -> Self {
        self.parts.stop.trials = Some(trials);
        self
    }

    /// Ends the study when its trials together have taken the budget of this number of trials at the largest budget.
    pub fn stop_after_full_evaluations(mut self, evaluations: f64) -> Self {
        self.parts.stop.full_evaluations = Some(evaluations);
        self
    }

    /// Ends the study after this time: no trial begins later. Of a study that resumes from its journal, the time that
    /// its trials took before counts.
    pub fn stop_after_time(mut self, time: Duration) -> Self {
        match SignedDuration::try_from(time) {
            Ok(time) => self.parts.stop.wall_clock = Some(time),
            Err(_) => self.mistake = Some(Diagnostic::new("the time limit is too long").hint("leave it out")),
        }
        self
    }

    /// Ends the study when a configuration costs no more than this at the largest budget.
    pub fn stop_at_cost(mut self, cost: f64) -> Self {
        self.parts.stop.cost = Some(cost);
        self
    }

    /// Sets all limits at once, in place of those that were given before.
    pub fn stop(mut self, stop: Stop) -> Self {
        self.parts.stop = stop;
        self
    }

    /// Names several objectives; a trial then returns a cost for each of them, in this order.
    pub fn objectives<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.objectives = names.into_iter().map(|name| (name.into(), Direction::Minimize)).collect();
        self
    }

    /// Maximizes the value that trials report, which is shown as it was reported; by default it is minimized.
    pub fn maximize(mut self) -> Self {
        self.parts.direction = Direction::Maximize;
        self
    }

    /// Names several objectives, each with its direction, as [`objectives`](Self::objectives) does for those that are
    /// all minimized.
    pub fn directed_objectives<N: Into<String>>(
        mut self,
        objectives: impl IntoIterator<Item = (N, Direction)>,
    ) -> Self {
        self.objectives = objectives.into_iter().map(|(name, direction)| (name.into(), direction)).collect();
        self
    }

    /// Sets the rule by which configurations get more budget. The default is that of `galvani run`,
    /// `Asynchronous`.
    pub fn intensifier(mut self, intensifier: IntensifierConfig) -> Self {
        self.intensifier = Some(intensifier);
        self
    }

    /// Sets all other settings of the optimizer.
    pub fn settings(mut self, settings: OptimizerSettings) -> Self {
        self.parts.settings = settings;
        self
    }

    /// Keeps every trial in a run folder such as `runs/net`, before it is evaluated and when it has ended, and goes on with
    /// what the folder holds. `galvani status`, `trials`, `best` and `report` read it. Without a journal the study is in
    /// memory only.
    pub fn journal(mut self, folder: impl Into<PathBuf>) -> Self {
        self.journal = Some(folder.into());
        self
    }

    /// Names the study in listings and reports: letters, digits, `-`, `_` and `.`. Absent: that of the journal's
    /// folder, or of the space.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The study, which goes on where its journal ended.
    ///
    /// # Errors
    /// A budget, a limit or a setting makes no sense, or the journal cannot be read, is in use, or is of a study with another
    /// space or other settings. Limits and workers may differ.
    pub fn build(self) -> Result<Study> {
        let Self { space, name, journal, intensifier, objectives, mistake, mut parts } = self;
        if let Some(mistake) = mistake {
            return Err(mistake.into());
        }
        parts.name = name.unwrap_or_else(|| default_name(journal.as_deref(), &space));
        parts.settings.intensifier = intensifier.or(parts.settings.intensifier);
        parts.objectives = match objectives.is_empty() {
            true => {
                let names = std::mem::take(&mut parts.settings.objectives).into_iter();
                names.map(|name| (name, Direction::Minimize)).collect()
            }
            false => objectives,
        };
        let space = space.to_text();
        let experiment = Experiment::with_space(&parts.text(&space), Path::new("study"), &space)?;
        let (session, warnings) = StudySession::open(experiment, journal.map(RunFolder::at))?;
        Ok(Study::of(Arc::new(Mutex::new(session)), warnings))
    }
}

/// The name of the journal's folder or of the space, with `-` for what a name may not have.
fn default_name(journal: Option<&Path>, space: &Space) -> String {
    let folder = journal.and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    let name = folder.unwrap_or_else(|| space.name().to_owned());
    let plain = |letter: char| if letter.is_alphanumeric() || "_-.".contains(letter) { letter } else { '-' };
    let name: String = name.chars().map(plain).collect();
    match name.as_str() {
        "" | "datasets" => "study".into(),
        hidden if hidden.starts_with('.') => format!("study{hidden}"),
        _ => name,
    }
}
