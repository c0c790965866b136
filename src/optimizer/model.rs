//! What the optimizer believes of the untried: its cost, and whether it works.
use std::collections::{BTreeMap, BTreeSet};

use crate::acquisition::{self, Acquisition, integrated, integrated_slope};
use crate::intensifier::bracket::Schedule;
use crate::numeric::stream::Stream;
use crate::space::encoding::Column;
use crate::surrogate::fidelity_regression::Observation;
use crate::surrogate::forest::Forest;
use crate::surrogate::gaussian_process::{self, GaussianProcess};
use crate::surrogate::multi_fidelity::{self, MultiFidelity};
use crate::surrogate::residual_models::ResidualModels;
use crate::surrogate::{self, Prediction, Rows, Targets};
use crate::trial::history::History;
use crate::trial::prior_result::PriorResult;
use crate::trial::{ConfigurationId, Trial};

use super::duration::Duration;
use super::settings::{Pending, Settings, Surrogate};

/// Results and running trials up to which the automatic surrogate is a Gaussian process: a tenth of a second an ask, at
/// most but for fits.
const FEW: usize = 400;

/// Failures that a Gaussian process takes for a target at most, the latest.
const FAILURES: usize = 200;

/// Surrogates that follow the trials that end. Whatever they followed before, they depend on the history alone.
pub(super) struct Model {
    /// Which objective, from 0.
    objective: usize,
    columns: Vec<Column>,
    seed: u64,
    /// What is known from elsewhere; the rows of its configurations come first.
    evidence: Vec<Observation>,
    cost: Box<dyn surrogate::Surrogate>,
    /// What lower rungs say of the highest, where a configuration counts once.
    corrections: ResidualModels,
    /// Whether that is a Gaussian process.
    is_process: bool,
    /// The lowest and the highest budget, where there are several.
    budgets: Option<(f64, f64)>,
    /// The probability of a cost at all.
    success: Forest,
    /// Whether anything failed yet; until then, `success` knows nothing.
    fails: bool,
    /// What a trial takes, where an improvement counts by the second.
    duration: Option<Duration>,
    /// What was learnt of the first so many trials that ended.
    learnt: Option<(usize, Targets)>,
    /// How promising; `None` where a drawn function takes its place.
    acquisition: Option<Box<dyn Acquisition>>,
    /// Whether a function is drawn.
    is_drawn: bool,
    expected: Vec<Expected>,
    /// The number of the trial that is asked for.
    trial: u32,
}

/// What is expected of a configuration with a result.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected {
    /// Its index among the rows.
    pub configuration: usize,
    /// At the highest budget, on the scale of the targets.
    pub cost: f64,
    /// Whether it is to be improved upon: it was tried at the highest budget, or nothing was.
    pub is_reached: bool,
}

impl Model {
    pub fn new(objective: usize, columns: Vec<Column>, settings: &Settings, schedule: &Schedule, seed: u64) -> Self {
        let is_many = schedule.rungs() > 1;
        Self {
            objective,
            cost: match &settings.surrogate {
                Surrogate::Automatic => {
                    process(&columns, is_many, &gaussian_process::GaussianProcessSettings::default(), seed)
                }
                Surrogate::Forest(forest) => Box::new(Forest::new(&columns, forest, seed, "forest")),
                Surrogate::GaussianProcess(settings) => process(&columns, is_many, settings, seed),
            },
            corrections: ResidualModels::new(&columns, &settings.forest(), seed),
            is_process: !matches!(settings.surrogate, Surrogate::Forest(_)),
            budgets: is_many.then(|| (schedule.min().amount(), schedule.max().amount())),
            success: Forest::new(&columns, &settings.forest(), seed, "feasibility"),
            fails: false,
            duration: settings.acquisition.is_per_second().then(|| Duration::new(&columns, settings, seed)),
            learnt: None,
            acquisition: None,
            is_drawn: settings.acquisition == acquisition::settings::Settings::ThompsonSampling,
            expected: Vec::new(),
            trial: 0,
            evidence: Vec::new(),
            columns,
            seed,
        }
    }

    /// Has the automatic surrogate be a Gaussian process, or a forest.
    fn choose(&mut self, is_process: bool, settings: &Settings) {
        if self.is_process == is_process {
            return;
        }
        self.cost = if is_process {
            let settings = gaussian_process::GaussianProcessSettings::default();
            process(&self.columns, self.budgets.is_some(), &settings, self.seed)
        } else {
            Box::new(Forest::new(&self.columns, &settings.forest(), self.seed, "forest"))
        };
        (self.is_process, self.learnt) = (is_process, None);
    }

    /// Learns from elsewhere, before anything else.
    pub fn learn_from(&mut self, evidence: &[PriorResult]) {
        let each = |(configuration, each): (usize, &PriorResult)| Observation {
            configuration,
            budget: each.budget.amount(),
            cost: each.costs[self.objective],
        };
        self.evidence = evidence.iter().enumerate().map(each).collect();
    }

    /// The index of a trial's configuration among the rows.
    fn configuration(&self, trial: &Trial) -> usize {
        self.row(trial.proposal.configuration_id)
    }

    fn row(&self, configuration: ConfigurationId) -> usize {
        self.evidence.len() + configuration.index()
    }

    /// The evidence, then what trials found, in the order of ending.
    fn found(&self, history: &History) -> Vec<Observation> {
        let observation = |trial: &Trial| {
            let cost = *trial.outcome.as_ref()?.costs().get(self.objective)?;
            Some(Observation { configuration: self.configuration(trial), budget: trial.proposal.budget.amount(), cost })
        };
        self.evidence.iter().copied().chain(history.ended().filter_map(observation)).collect()
    }

    /// Learns what has ended, and takes what runs or is `waiting` to go on to turn out as the settings say, `rows` being all
    /// configurations; false where too few have a cost.
    pub fn learn(&mut self, history: &History, rows: &Rows, settings: &Settings, waiting: &[ConfigurationId]) -> bool {
        let found = self.found(history);
        let results = found.len();
        if settings.surrogate == Surrogate::Automatic {
            // Trials that run are believed to turn out somehow: a process takes them for results. One that fails makes room.
            self.choose(results + history.running().count() <= FEW, settings);
        }
        let learnt = match self.budgets.filter(|_| self.is_process) {
            Some(budgets) => self.learn_rungs(&found, history, rows, settings, budgets),
            None => self.learn_configurations(&found, history, rows, settings),
        };
        let Some(expected) = learnt else { return false };
        self.expected = expected;
        // The lowest expectation, not the lowest cost, which may have been luck.
        let best =
            self.expected.iter().filter(|each| each.is_reached).map(|each| each.cost).fold(f64::INFINITY, f64::min);
        let over_rungs = self.is_process && self.budgets.is_some();
        self.acquisition = settings.acquisition.function(best, results, self.columns.len(), over_rungs);
        self.trial = history.next_trial().0;
        self.fails = settings.feasibility && history.ended().any(failed);
        if self.fails {
            let results = history.ended().filter(|trial| judged(trial)).count();
            let before = self.evidence.len();
            let earlier = |results: usize| successes(history, before, results);
            surrogate::Surrogate::update(&mut self.success, rows, &earlier(results), results, &earlier);
        }
        if let Some(duration) = &mut self.duration {
            duration.learn(history, self.evidence.len(), rows);
        }
        if self.fails && self.is_process {
            self.penalize_failures(history, rows, settings.pessimism);
        }
        self.believe(history, rows, waiting, settings.pending);
        true
    }

    /// Follows one target a configuration; what each is expected to cost.
    fn learn_configurations(
        &mut self,
        found: &[Observation],
        history: &History,
        rows: &Rows,
        settings: &Settings,
    ) -> Option<Vec<Expected>> {
        let ended = history.ended().len();
        let (corrections, scale) = (&self.corrections, settings.scale(self.is_process));
        let targets = |results: usize| corrections.targets(&found[..results], rows, scale);
        if self.learnt.as_ref().is_none_or(|(before, _)| *before != ended) {
            self.learnt = Some((ended, targets(found.len())));
        }
        let (_, known) = self.learnt.as_ref().expect("targets were just computed");
        if known.len() < settings.minimum_results.max(1) as usize {
            return None;
        }
        self.cost.update(rows, known, found.len(), &targets);
        let means = self.cost.means(rows, known);
        let each =
            |(&(configuration, _), cost): (&(usize, f64), f64)| Expected { configuration, cost, is_reached: true };
        Some(known.iter().zip(means).map(each).collect())
    }

    /// Follows every trial at its own budget; what each configuration is expected to cost at the highest.
    fn learn_rungs(
        &mut self,
        found: &[Observation],
        history: &History,
        rows: &Rows,
        settings: &Settings,
        (min, max): (f64, f64),
    ) -> Option<Vec<Expected>> {
        let mut configurations: Vec<usize> = found.iter().map(|each| each.configuration).collect();
        configurations.sort_unstable();
        configurations.dedup();
        if configurations.len() < settings.minimum_results.max(1) as usize {
            return None;
        }
        let scale = settings.scale(true);
        let targets = |results: usize| multi_fidelity::targets(&found[..results], scale);
        let joint = multi_fidelity::rows(found, rows, min, max);
        self.cost.update(&joint, &targets(found.len()), found.len(), &targets);
        let predictions = self.cost.predict(&rows.select(configurations.iter().copied()));
        let mut is_full = vec![false; rows.len()];
        found.iter().filter(|each| each.budget >= max).for_each(|each| is_full[each.configuration] = true);
        let is_any_full = is_full.contains(&true);
        let each = |(configuration, prediction): (usize, Prediction)| Expected {
            configuration,
            cost: prediction.mean,
            is_reached: is_full[configuration] || !is_any_full,
        };
        let expected: Vec<Expected> = configurations.into_iter().zip(predictions).map(each).collect();
        self.learnt =
            Some((history.ended().len(), expected.iter().map(|each| (each.configuration, each.cost)).collect()));
        Some(expected)
    }

    /// Takes what failed for bad, until the next result: otherwise nothing is ever learnt where everything fails, and a
    /// process, which expects most of where it knows least, wants to go there again. Its hyperparameters are those of
    /// costs alone.
    fn penalize_failures(&mut self, history: &History, rows: &Rows, pessimism: f64) {
        let (_, known) = self.learnt.as_ref().expect("targets come first");
        let targets = || known.iter().map(|(_, target)| *target);
        let (best, worst) = (targets().fold(f64::INFINITY, f64::min), targets().fold(f64::NEG_INFINITY, f64::max));
        let outcomes = successes(history, self.evidence.len(), usize::MAX);
        let failed: Vec<usize> =
            outcomes.into_iter().filter(|(_, success)| *success == 0.0).map(|(row, _)| row).collect();
        let latest = failed[failed.len().saturating_sub(FAILURES)..].iter().copied();
        self.cost.condition_on(&rows.select(latest), Some(worst + pessimism * (worst - best)));
    }

    fn believe(&mut self, history: &History, rows: &Rows, waiting: &[ConfigurationId], pending: Pending) {
        let (_, known) = self.learnt.as_ref().expect("targets come first");
        let targets = known.iter().map(|(_, target)| *target);
        let lie = match pending {
            Pending::Believed => None,
            Pending::Lowest => targets.reduce(f64::min),
            Pending::Mean => Some(targets.sum::<f64>() / known.len() as f64),
            Pending::Highest => targets.reduce(f64::max),
        };
        let mut is_known = vec![false; rows.len()];
        if self.budgets.is_none() || !self.is_process {
            known.iter().for_each(|&(index, _)| is_known[index] = true);
        }
        // Of what a process over rungs knows at a lower budget, the highest is still to come.
        let running = history.running().map(|trial| self.configuration(trial));
        let open: BTreeSet<usize> = running.chain(waiting.iter().map(|each| self.row(*each))).collect();
        self.cost.condition_on(&rows.select(open.into_iter().filter(|&index| !is_known[index])), lie);
    }

    /// What is expected of the configurations with a result, in the order of their indices.
    pub fn expected(&self) -> &[Expected] {
        &self.expected
    }

    /// What is expected of the cost, on the scale of the targets.
    pub fn predict(&self, rows: &Rows) -> Vec<Prediction> {
        self.cost.predict(rows)
    }

    /// Whether the score is a function, and not drawn at the points that are asked for.
    pub fn is_deterministic(&self) -> bool {
        !self.is_drawn
    }

    /// The log_value of how promising each row is, times the probability of success and by the second where that is wanted; where a function is drawn, how low it
    /// is, and nothing where a draw says that the configuration fails.
    pub fn score(&self, rows: &Rows) -> Vec<f64> {
        let mut stream = Stream::of(self.seed, "thompson", self.trial.into());
        let mut scores = match &self.acquisition {
            Some(function) => integrated(function.as_ref(), &self.cost.predict_each(rows)),
            None => self.cost.sample_posterior(rows, &mut stream).into_iter().map(|cost| -cost).collect(),
        };
        self.weigh(rows, &mut scores);
        scores
    }

    /// Weighs how promising rows are by what they take, where that counts, and by whether they succeed.
    pub fn weigh(&self, rows: &Rows, scores: &mut [f64]) {
        if let Some(duration) = &self.duration {
            scores.iter_mut().zip(duration.logarithms(rows)).for_each(|(score, seconds)| *score -= seconds);
        }
        if self.fails {
            let mut stream = Stream::of(self.seed, "feasible", self.trial.into());
            for (score, prediction) in scores.iter_mut().zip(surrogate::Surrogate::predict(&self.success, rows)) {
                // No forest is sure: as if of a hundred trials one more had succeeded half.
                let success = (100.0 * prediction.mean + 0.5) / 101.0;
                if !self.is_drawn {
                    *score += success.ln();
                } else if stream.uniform() > success {
                    *score = f64::NEG_INFINITY;
                }
            }
        }
    }

    /// The log_value of how promising a row is, with its slopes; `None` of a surrogate with steps.
    pub fn slope(&self, row: &[f64]) -> Option<(f64, Vec<f64>)> {
        integrated_slope(self.acquisition.as_ref()?.as_ref(), &self.cost.slopes(row)?)
    }
}

/// A Gaussian process over configurations, or over configurations and their budgets where there are many.
fn process(
    columns: &[Column],
    is_many: bool,
    settings: &gaussian_process::GaussianProcessSettings,
    seed: u64,
) -> Box<dyn surrogate::Surrogate> {
    if is_many {
        let inner = GaussianProcess::new(&multi_fidelity::columns(columns), settings, seed);
        Box::new(MultiFidelity::new(Box::new(inner)))
    } else {
        Box::new(GaussianProcess::new(columns, settings, seed))
    }
}

/// Whether a trial says whether its configuration works: one that was lost or pruned does not.
fn judged(trial: &Trial) -> bool {
    trial.outcome.as_ref().is_some_and(|outcome| outcome.is_judged())
}

fn failed(trial: &Trial) -> bool {
    trial.outcome.as_ref().is_some_and(|outcome| outcome.is_failure())
}

/// Success (1) or failure (0) by each configuration's last trial, after the first so many that say which; so many rows
/// come before the history's.
fn successes(history: &History, before: usize, results: usize) -> Targets {
    let mut trials: Vec<&Trial> = history.ended().filter(|trial| judged(trial)).take(results).collect();
    trials.sort_unstable_by_key(|trial| trial.proposal.trial);
    let outcome = |trial: &Trial| (before + trial.proposal.configuration_id.index(), f64::from(!failed(trial)));
    trials.into_iter().map(outcome).collect::<BTreeMap<_, _>>().into_iter().collect()
}
