//! The optimizer takes an acquisition function and a surrogate of the user's own, through public traits alone.
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use galvani::extend::{
    AcquisitionFunction, Column, Criterion, OptimizerBuilder, Origin, Prediction, Rows, SearchState, Stream, Surrogate,
    Targets, Utility,
};
use galvani::{Ask, Budget, IntensifierConfig, Optimizer, OptimizerSettings, Outcome, Schedule, Space, Stop};

const SPACE: &str = r#"(name: "own", parameters: {
    "x": Float(min: 0, max: 1), "y": Float(min: 0, max: 1), "kind": Categorical(choices: ["plain", "rough"]),
})"#;

/// An acquisition function: the gain at so many deviations below the mean.
#[derive(Debug)]
struct Optimism {
    deviations: f64,
    calls: Arc<AtomicUsize>,
}

struct OptimisticGain {
    best: f64,
    deviations: f64,
}

impl AcquisitionFunction for Optimism {
    fn name(&self) -> &str {
        "Optimism"
    }

    fn criterion(&self, state: &SearchState, _stream: &mut Stream) -> Criterion {
        self.calls.fetch_add(1, Ordering::Relaxed);
        assert!(state.results >= 4 && state.columns == 3 && state.objectives() == 1);
        Criterion::OneObjective(Box::new(OptimisticGain { best: state.best(), deviations: self.deviations }))
    }
}

impl Utility for OptimisticGain {
    fn log_value(&self, Prediction { mean, variance }: Prediction) -> f64 {
        // The softly positive gain, so that points without any still differ.
        (self.best - mean + self.deviations * variance.sqrt()).exp().ln_1p().ln()
    }
}

/// A surrogate: the mean of the nearest rows by their distance, with a variance that grows with the distance.
struct NearestNeighbours {
    neighbours: usize,
    seen: Vec<(Vec<f64>, f64)>,
    calls: Arc<AtomicUsize>,
}

impl NearestNeighbours {
    fn new(calls: &Arc<AtomicUsize>) -> Self {
        Self { neighbours: 3, seen: Vec::new(), calls: calls.clone() }
    }

    fn at(&self, row: &[f64]) -> Prediction {
        let distance = |other: &[f64]| row.iter().zip(other).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
        let mut near: Vec<(f64, f64)> = self.seen.iter().map(|(other, target)| (distance(other), *target)).collect();
        near.sort_by(|a, b| a.0.total_cmp(&b.0));
        near.truncate(self.neighbours);
        let weights: f64 = near.iter().map(|(distance, _)| 1.0 / (distance + 1e-3)).sum();
        let mean = near.iter().map(|(distance, target)| target / (distance + 1e-3)).sum::<f64>() / weights;
        Prediction { mean, variance: near[0].0.powi(2) }
    }
}

impl Surrogate for NearestNeighbours {
    fn update(&mut self, rows: &Rows, targets: &Targets, _results: usize, _earlier: &dyn Fn(usize) -> Targets) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.seen = targets.iter().map(|&(row, target)| (rows.row(row).to_vec(), target)).collect();
    }

    fn predict(&self, rows: &Rows) -> Vec<Prediction> {
        (0..rows.len()).map(|index| self.at(rows.row(index))).collect()
    }

    fn condition_on(&mut self, rows: &Rows, target: Option<f64>) {
        for index in 0..rows.len() {
            let row = rows.row(index).to_vec();
            let target = target.unwrap_or_else(|| self.at(&row).mean);
            self.seen.push((row, target));
        }
    }

    fn sample_posterior(&self, rows: &Rows, stream: &mut Stream) -> Vec<f64> {
        let draw = |prediction: Prediction| prediction.mean + prediction.variance.sqrt() * stream.normal();
        self.predict(rows).into_iter().map(draw).collect()
    }
}

fn builder(seed: u64) -> OptimizerBuilder {
    let space = Arc::new(Space::parse(SPACE, Path::new("own")).unwrap());
    let schedule = Schedule::full(Budget::new(1.0).unwrap());
    Optimizer::builder(space, schedule, IntensifierConfig::default()).seed(seed)
}

/// The lowest cost of a bowl after 40 trials, and how many were proposed by the model.
fn lowest(mut optimizer: Optimizer) -> (f64, usize) {
    let (mut lowest, mut proposed) = (f64::INFINITY, 0);
    for _ in 0..40 {
        let Ask::Trial(proposal) = optimizer.ask() else { panic!("one worker never waits") };
        let row = optimizer.space().encode(&proposal.configuration);
        let cost = (row[0] - 0.3).powi(2) + (row[1] - 0.8).powi(2) + 0.2 * row[2];
        lowest = lowest.min(cost);
        proposed += usize::from(proposal.origin == Origin::Model);
        assert!(optimizer.tell(proposal.trial, Outcome::of_cost(cost)));
    }
    (lowest, proposed)
}

/// The mean over seeds of the logarithm of the lowest cost, where `complete` adds what is to be tried.
fn mean_of_lowest(complete: &dyn Fn(OptimizerBuilder) -> OptimizerBuilder) -> f64 {
    let lowest_of = |seed| lowest(complete(builder(seed)).build().unwrap()).0.ln();
    (0..4).map(lowest_of).sum::<f64>() / 4.0
}

fn by_chance() -> f64 {
    mean_of_lowest(&|builder| {
        builder.settings(OptimizerSettings { random_probability: 1.0, ..OptimizerSettings::default() })
    })
}

#[test]
fn an_own_acquisition_function_drives_the_proposals() {
    let calls = Arc::new(AtomicUsize::new(0));
    let own = || Arc::new(Optimism { deviations: 1.0, calls: calls.clone() });
    let optimizer = builder(1).with_acquisition(own()).build().unwrap();
    assert_eq!(optimizer.describe(), "Gaussian process, then random forest, Optimism");
    let (_, proposed) = lowest(optimizer);
    assert!(proposed >= 20 && calls.load(Ordering::Relaxed) == proposed, "{calls:?} of {proposed} proposals");
    let (own, chance) = (mean_of_lowest(&|builder| builder.with_acquisition(own())), by_chance());
    assert!(own < chance - 1.0, "the mean logarithm is {own}, by chance {chance}");
}

#[test]
fn an_own_surrogate_drives_the_proposals() {
    let calls = Arc::new(AtomicUsize::new(0));
    let own = || {
        let calls = calls.clone();
        Arc::new(move |columns: &[Column], _seed: u64| -> Box<dyn Surrogate> {
            assert_eq!(columns.len(), 3);
            Box::new(NearestNeighbours::new(&calls))
        })
    };
    let optimizer = builder(1).with_surrogate(own()).build().unwrap();
    assert_eq!(optimizer.describe(), "own surrogate, expected improvement");
    let (_, proposed) = lowest(optimizer);
    assert!(proposed >= 20 && calls.load(Ordering::Relaxed) == proposed, "{calls:?} of {proposed} proposals");
    let (own, chance) = (mean_of_lowest(&|builder| builder.with_surrogate(own())), by_chance());
    assert!(own < chance - 1.0, "the mean logarithm is {own}, by chance {chance}");
}

#[test]
fn the_same_seed_gives_the_same_proposals() {
    let calls = Arc::new(AtomicUsize::new(0));
    let run = || {
        let calls = calls.clone();
        let surrogate =
            Arc::new(move |_: &[Column], _: u64| -> Box<dyn Surrogate> { Box::new(NearestNeighbours::new(&calls)) });
        let acquisition = Arc::new(Optimism { deviations: 0.5, calls: Arc::default() });
        lowest(builder(7).with_surrogate(surrogate).with_acquisition(acquisition).build().unwrap())
    };
    assert_eq!(run(), run());
}

#[test]
fn a_part_without_use_is_refused() {
    let own = || Arc::new(Optimism { deviations: 1.0, calls: Arc::default() });
    let refused = |settings: OptimizerSettings| {
        let built = builder(1).settings(settings).with_acquisition(own()).build();
        built.err().map(|wrong| wrong.message).unwrap_or_default()
    };
    let named = ron::from_str("(acquisition: ThompsonSampling)").unwrap();
    let message = refused(named);
    assert!(
        message.starts_with("`acquisition` names `") && message.ends_with("`, but `with_acquisition` gives another")
    );
    let objectives = vec!["loss".to_owned(), "latency".to_owned()];
    let two = OptimizerSettings { objectives, ..OptimizerSettings::default() };
    assert_eq!(refused(two), "`acquisition` cannot be `Optimism` with 2 objectives");
    let search = ron::from_str("(search: Random)").unwrap();
    assert_eq!(refused(search), "`search` must be `Model` for a surrogate or acquisition function of one's own");
}

#[test]
fn settings_out_of_their_range_are_refused() {
    for (text, message) in [
        ("(design_share: 7.0)", "`design_share` must be between 0 and 1, not 7"),
        ("(acquisition: ExpectedImprovement(margin: Some(-1)))", "`acquisition.margin` must be 0 or above, not -1"),
        ("(maximizer: (candidates: 0))", "`maximizer.candidates` must be at least 1, not 0"),
    ] {
        let refused = builder(1).settings(ron::from_str(text).unwrap()).build().err().map(|wrong| wrong.message);
        assert_eq!(refused.as_deref(), Some(message), "{text}");
    }
    for (stop, message) in [
        (Stop { trials: Some(0), ..Stop::default() }, "`stop.trials` must be at least 1"),
        (Stop { full_evaluations: Some(f64::NAN), ..Stop::default() }, "`stop.full_evaluations` must be positive"),
        (Stop { budget: Some(-1.0), ..Stop::default() }, "`stop.budget` must be positive"),
    ] {
        assert_eq!(builder(1).stop(stop).build().err().map(|wrong| wrong.message).as_deref(), Some(message));
    }
    let first = r#"(first_configurations: [{"x": 2.0}])"#;
    let refused = builder(1).settings(ron::from_str(first).unwrap()).build().err().map(|wrong| wrong.message);
    assert!(refused.is_some_and(|message| message.starts_with("number 1 of `first_configurations` is not legal")));
    let space = Arc::new(Space::parse(SPACE, Path::new("own")).unwrap());
    let schedule = Schedule::full(Budget::new(1.0).unwrap());
    let bracket = IntensifierConfig::SuccessiveHalving { bracket: 7 };
    let refused = Optimizer::builder(space, schedule, bracket).build().err().map(|wrong| wrong.message);
    assert_eq!(refused.as_deref(), Some("`bracket` of `SuccessiveHalving` must be at most 0, not 7"));
}
