//! Reports of experiments of any kind: every file is written, texts do not overlap, and the numbers are right.
use std::path::Path;
use std::sync::LazyLock;

use galvani::analysis::interaction::Tile;
use galvani::analysis::{Course, Findings, ReportInput, Source, TestCosts, Timing};
use galvani::numeric::stream::Stream;
use galvani::report::draw::canvas::Canvas;
use galvani::report::figure::{convergence, interactions, predictions};
use galvani::report::{ReportError, Written, write};
use galvani::space::Space;
use galvani::space::configuration::Configuration;
use galvani::space::hyperparameter::{Domain, Hyperparameter, Value};
use galvani::trial::budget::Budget;
use galvani::trial::direction::Direction;
use galvani::trial::history::History;
use galvani::trial::outcome::Outcome;
use galvani::trial::prediction::{FeatureSeries, SeriesPrediction};
use galvani::trial::{Origin, Proposal};

fn word(word: &str) -> Value {
    Value::Word(word.into())
}

fn words(words: &[&str]) -> Vec<Value> {
    words.iter().copied().map(word).collect()
}

fn integers(values: &[i64]) -> Vec<Value> {
    values.iter().copied().map(Value::Integer).collect()
}

fn space() -> Space {
    let parameter = |name: &str, domain: Domain, default: Value| Hyperparameter::new(name, domain, default);
    let hyperparameters = vec![
        parameter("pe_type", Domain::Categorical { choices: words(&["APE", "RoPE", "ALiBi"]) }, word("APE")),
        parameter("norm_type", Domain::Categorical { choices: words(&["LayerNorm", "RMSNorm"]) }, word("LayerNorm")),
        parameter("rope_theta", Domain::Float { min: 500.0, max: 200_000.0, log: true }, Value::Float(10_000.0)),
        parameter("dim_model", Domain::Ordinal { values: integers(&[32, 48, 64, 96, 128]) }, Value::Integer(64)),
        parameter("n_heads", Domain::Ordinal { values: integers(&[2, 3, 4, 8]) }, Value::Integer(4)),
        parameter("seq_len", Domain::Ordinal { values: integers(&[32, 64, 128, 256]) }, Value::Integer(64)),
        parameter("n_layer", Domain::Integer { min: 1, max: 4, log: false }, Value::Integer(2)),
        parameter("learning_rate", Domain::Float { min: 1e-4, max: 3e-2, log: true }, Value::Float(1e-3)),
    ];
    Space::new(
        "transformer-small".into(),
        hyperparameters,
        vec![("rope_theta".into(), "pe_type == 'RoPE'".into())],
        vec!["dim_model % n_heads != 0".into()],
    )
    .expect("a legal space")
}

/// The decimal logarithm of a cost with one strong interaction.
fn law(space: &Space, configuration: &Configuration, budget: f64) -> f64 {
    let value = |name: &str| configuration.get(space.index(name).expect("a name of the space"));
    let number = |name: &str| value(name).and_then(Value::number).unwrap_or(0.0);
    let rate = number("learning_rate").log10();
    let best_rate = -2.2 - 0.5 * (number("dim_model") / 64.0).log2();
    let rope = if value("pe_type") == Some(&Value::Word("RoPE".into())) { -0.2 } else { 0.0 };
    let norm = if value("norm_type") == Some(&Value::Word("RMSNorm".into())) { -0.1 } else { 0.0 };
    -1.3 + 0.55 * (rate - best_rate).powi(2) - 0.18 * (number("seq_len") / 32.0).log2() + rope + norm
        - 0.06 * number("n_layer")
        - 0.8 * (budget / 27.0).log(9.0)
}

/// A legal configuration that is independent of how the space samples.
fn drawn(space: &Space, index: u64) -> Configuration {
    let mut stream = Stream::of(9, "draw", index);
    let width = space.hyperparameters().len();
    let point = move || space.complete(&(0..width).map(|_| stream.uniform()).collect::<Vec<_>>());
    std::iter::repeat_with(point).flatten().next().expect("most points are legal")
}

/// A history like Hyperband's: rungs at three budgets, repeated; two trials diverge, one crashes.
fn sweep(space: &Space, trials: usize, noise: f64) -> History {
    let mut history = History::default();
    let mut stream = Stream::of(5, "sweep", 0);
    let default = space.default_configuration().expect("defaults are legal");
    let mut waiting: Vec<(f64, u32, Configuration)> = Vec::new();
    let mut results: Vec<(f64, Configuration, f64)> = Vec::new();
    while history.trials().len() < trials {
        if waiting.is_empty() {
            let n = history.trials().len();
            let draw = |index: usize| {
                if n + index == 0 { default.clone() } else { drawn(space, (n + index) as u64) }
            };
            waiting = (0..9).map(|index| (27.0, 0, draw(index))).collect();
            waiting.reverse();
        }
        let (budget, rung, configuration) = waiting.pop().expect("filled above");
        let next = history.proposal(configuration.clone(), Budget::new(budget).expect("positive"));
        let trial = next.trial;
        let origin = [Origin::Design, Origin::Model, Origin::Model, Origin::Random][trial.0 as usize % 4];
        let origin = if trial.0 == 1 { Origin::Default } else { origin };
        history.ask(Proposal { rung, seed: 1, origin, ..next });
        let cost = 10f64.powf(law(space, &configuration, budget) + noise * stream.normal());
        let outcome = match trial.0 {
            5 | 22 => Outcome::Diverged,
            17 => Outcome::Crashed { message: "out of ideas".into() },
            _ => Outcome::of_cost(cost),
        };
        if let Some(cost) = outcome.cost() {
            results.push((budget, configuration, cost));
        }
        history.tell(trial, outcome);
        if waiting.is_empty() && rung < 2 {
            let mut rung_results = std::mem::take(&mut results);
            rung_results.sort_by(|a, b| a.2.total_cmp(&b.2));
            let keep = if rung == 0 { 5 } else { 4 };
            waiting = rung_results.into_iter().take(keep).map(|(b, c, _)| (b * 3.0, rung + 1, c)).collect();
        } else if waiting.is_empty() {
            results.clear();
        }
    }
    history
}

/// Four series of five features, the first given.
fn predictions() -> Vec<SeriesPrediction> {
    let names = [("current", "A"), ("voltage", "V"), ("surface_temperature", "degC"), ("soc", "1"), ("ocv", "V")];
    let series = |series: u64| {
        let mut stream = Stream::of(3, "series", series);
        let feature = |(index, (name, unit)): (usize, &(&str, &str))| {
            let (mut level, mut truth) = (3.0 + index as f32, Vec::new());
            for _ in 0..600 {
                level += 0.02 * stream.normal() as f32;
                truth.push(level);
            }
            let off = |(row, value): (usize, &f32)| if index == 0 || row < 60 { *value } else { value + 0.1 };
            let predicted = truth.iter().enumerate().map(off).collect();
            FeatureSeries { name: (*name).into(), unit: (*unit).into(), truth, predicted }
        };
        let features = names.iter().enumerate().map(feature).collect();
        SeriesPrediction { title: format!("test series {series}"), interval_s: 10.0, context: 60, features }
    };
    (0..4).map(series).collect()
}

static SPACE: LazyLock<Space> = LazyLock::new(space);
static SWEEP: LazyLock<History> = LazyLock::new(|| sweep(&SPACE, 54, 0.05));
static PREDICTIONS: LazyLock<Vec<SeriesPrediction>> = LazyLock::new(predictions);
static FINDINGS: LazyLock<Findings> = LazyLock::new(|| Findings::of(&input(&SWEEP)));

fn input(history: &History) -> ReportInput<'_> {
    ReportInput {
        experiment: "quickstart",
        space: &SPACE,
        history,
        evaluations: &[],
        unit: "steps",
        measure: "mean square error",
        direction: Direction::Minimize,
        objectives: &[],
        timings: &[],
        course: Course::default(),
        baseline: Some(0.5),
        default: None,
        verdict: None,
        model: None,
        predictions: &[],
        metrics: &[],
        logs: &[],
        warnings: &[],
        sources: &[],
    }
}

fn written(history: &History, folder: &Path) -> (Findings, Result<Written, ReportError>) {
    let input = input(history);
    let findings = Findings::of(&input);
    let written = write(&findings, &input, folder);
    (findings, written)
}

fn dimension(findings: &Findings, name: &str) -> usize {
    findings.matrix.dimensions.iter().position(|each| each.name == name).expect("a drawn hyperparameter")
}

#[test]
fn few_trials_give_a_report_that_says_so() {
    for n in [0, 1, 2] {
        let folder = tempfile::tempdir().expect("a folder");
        let (findings, written) = written(&sweep(&SPACE, n, 0.1), folder.path());
        let written = written.expect("a writable folder");
        let page = std::fs::read_to_string(&written.page).expect("the page");
        assert!(page.contains("too few trials for a model"), "{n}");
        assert_eq!(findings.headline.best.is_some(), n > 0);
        assert!(!folder.path().join("predictions.png").exists());
        for name in ["report.json", "interactions.png", "interactions.svg", "convergence.png", "convergence.svg"] {
            assert!(written.files.contains(&folder.path().join(name)), "{name}");
            assert!(std::fs::metadata(folder.path().join(name)).expect("a file").len() > 1000, "{name}");
        }
    }
}

#[test]
fn an_experiment_in_which_all_failed_has_a_report() {
    let mut history = History::default();
    for trial in sweep(&SPACE, 12, 0.1).trials() {
        let mut proposal = trial.proposal.clone();
        proposal.configuration_id = history.number_of(&proposal.configuration);
        history.ask(proposal);
        history.tell(
            trial.proposal.trial,
            if trial.proposal.trial.0 % 2 == 0 { Outcome::Diverged } else { Outcome::TimedOut },
        );
    }
    let folder = tempfile::tempdir().expect("a folder");
    let (findings, written) = written(&history, folder.path());
    let page = std::fs::read_to_string(written.expect("a writable folder").page).expect("the page");
    assert!(page.contains("no trial has succeeded") && page.contains("6 diverged, 6 timed out"));
    assert!(findings.headline.best.is_none() && findings.matrix.quality.is_none());
}

#[test]
fn a_whole_report_stands_alone() {
    let timing = |trial: u32| Timing { trial, started_s: f64::from(trial), seconds: 2.5, slot: "cpu:0".into() };
    let timings: Vec<Timing> = (1..=54).map(timing).collect();
    let verdict = TestCosts {
        default_cost: None,
        incumbent_cost: 0.00179,
        baseline_cost: 0.5,
        persistence_cost: Some(0.04),
        on: "8 untouched test series".into(),
    };
    let sources = [Source { title: "quickstart.ron".into(), text: "(name: \"<quickstart>\")".into() }];
    let warnings = ["only 3 rungs".to_owned()];
    let input = ReportInput {
        timings: &timings,
        default: Some((243.0, 0.0123)),
        verdict: Some(&verdict),
        predictions: &PREDICTIONS,
        sources: &sources,
        warnings: &warnings,
        ..input(&SWEEP)
    };
    let findings = Findings::of(&input);
    let folder = tempfile::tempdir().expect("a folder");
    // GALVANI_REPORT_FOLDER names a folder in which the files are kept.
    let kept = std::env::var("GALVANI_REPORT_FOLDER").ok();
    let folder = kept.as_ref().map_or(folder.path(), Path::new);
    let written = write(&findings, &input, folder).expect("a writable folder");
    let page = std::fs::read_to_string(&written.page).expect("the page");
    assert!(page.len() < 2_000_000, "{}", page.len());
    let outside = page.replace("http://www.w3.org/2000/svg", "");
    assert!(!outside.contains("http") && !outside.contains("<link") && !outside.contains("<img"));
    let texts = ["8 untouched test series", "only 3 rungs", "&lt;quickstart&gt;", "0.00179", "prefers-color-scheme"];
    for text in texts.iter().chain(&["default at 243: 0.0123", "3 of 4 series", "no result"]) {
        assert!(page.contains(text), "{text}");
    }
    assert!(["interactions.svg", "predictions.png"].iter().all(|name| written.files.contains(&folder.join(name))));
    let svg = std::fs::read_to_string(folder.join("interactions.svg")).expect("the figure");
    assert!(svg.contains("R²") && svg.contains("RMSE") && svg.contains("nested"));
    let json = std::fs::read_to_string(folder.join("report.json")).expect("the numbers");
    let json: serde_json::Value = serde_json::from_str(&json).expect("json");
    assert_eq!(json["trials"].as_array().map(Vec::len), Some(54));
    let error = json["predictions"][0]["features"][1]["root_mean_square"].as_f64().expect("an error");
    assert!((error - 0.1).abs() < 1e-4, "{error}");
}

#[test]
fn the_model_is_asked_about_legal_configurations_only() {
    let matrix = &FINDINGS.matrix;
    assert!(matrix.quality.is_some());
    let (dim, heads) = (dimension(&FINDINGS, "dim_model"), dimension(&FINDINGS, "n_heads"));
    let (theta, pe) = (dimension(&FINDINGS, "rope_theta"), dimension(&FINDINGS, "pe_type"));
    let tile = |a: usize, b: usize, at: usize, other: usize| {
        let (row, column, r, c) = if a > b { (a, b, at, other) } else { (b, a, other, at) };
        let pair = matrix.pairs.iter().find(|pair| (pair.row, pair.column) == (row, column)).expect("a pair");
        pair.tiles[r][c]
    };
    let number = |dimension: usize, level: usize| {
        matrix.dimensions[dimension].levels[level].bin.value.number().expect("a number") as i64
    };
    for i in 0..matrix.dimensions[dim].levels.len() {
        for j in 0..matrix.dimensions[heads].levels.len() {
            let forbidden = number(dim, i) % number(heads, j) != 0;
            assert_eq!(tile(dim, heads, i, j) == Tile::Forbidden, forbidden, "{} {}", number(dim, i), number(heads, j));
        }
    }
    for (i, level) in matrix.dimensions[pe].levels.iter().enumerate() {
        for j in 0..matrix.dimensions[theta].levels.len() {
            let inactive = level.bin.value.to_string() != "RoPE";
            assert_eq!(tile(pe, theta, i, j) == Tile::Inactive, inactive);
        }
    }
}

#[test]
fn the_law_is_found_and_the_error_is_out_of_fold() {
    let quality = FINDINGS.matrix.quality.as_ref().expect("a model");
    let r2 = quality.r2.expect("costs differ");
    assert!((0.6..0.999).contains(&r2), "{r2}");
    assert_eq!(FINDINGS.matrix.distrust, None);
    let first = &FINDINGS.matrix.dimensions[0];
    assert!(["seq_len", "learning_rate", "pe_type", "dim_model"].contains(&first.name.as_str()), "{}", first.name);
}

#[test]
fn noise_gets_a_red_ribbon() {
    let folder = tempfile::tempdir().expect("a folder");
    let (findings, written) = written(&sweep(&SPACE, 40, 8.0), folder.path());
    let page = std::fs::read_to_string(written.expect("a writable folder").page).expect("the page");
    let reason = findings.matrix.distrust.as_deref().expect("nothing explains noise");
    let (first, rest) = reason.split_once("; ").expect("a reason and a remedy");
    assert!(rest.ends_with("longer smallest budget"), "{reason}");
    // Once in the figure and once in words.
    assert_eq!((page.matches(first).count(), page.matches(rest).count()), (2, 1));
    assert!(!page.contains("Share of variance"));
    let svg = std::fs::read_to_string(folder.path().join("interactions.svg")).expect("the figure");
    assert!(svg.contains(first) && svg.contains("#C22F2A"));
}

#[test]
fn the_same_input_gives_the_same_findings() {
    let again = Findings::of(&input(&SWEEP));
    let text = |findings: &Findings| serde_json::to_string(findings).expect("json");
    assert!(text(&again) == text(&FINDINGS));
}

/// Fails if a text leaves the figure or overlaps another.
fn check(name: &str, canvas: &Canvas) {
    assert_eq!(canvas.text_faults(), [""; 0], "{name}");
}

#[test]
fn no_text_overlaps_another_or_leaves_the_figure() {
    check("interactions", &interactions::figure(&FINDINGS));
    check("convergence", &convergence::figure(&FINDINGS));
    check("predictions", &predictions::figure("a model", &PREDICTIONS).expect("predictions"));
    for n in [0, 1, 2] {
        let history = sweep(&SPACE, n, 0.1);
        let findings = Findings::of(&self::input(&history));
        check("interactions", &interactions::figure(&findings));
        check("convergence", &convergence::figure(&findings));
    }
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("taken");
    std::fs::write(&file, "").expect("a file");
    let (_, written) = written(&History::default(), &file.join("reports"));
    let error = written.expect_err("a file is no folder").to_string();
    assert!(error.starts_with("cannot write `") && error.contains("taken/reports"), "{error}");
}

/// Trials at one budget, their cost a quadratic bowl.
fn bowl(space: &Space, trials: u64) -> History {
    let mut history = History::default();
    for index in 0..trials {
        let configuration = space.sample(&mut Stream::of(2, "bowl", index)).expect("legal");
        let positions = space.hyperparameters().iter().zip(configuration.values());
        let position = |(each, value): (&Hyperparameter, &Option<Value>)| each.position(value.as_ref()?);
        let bowl: f64 = positions.filter_map(position).take(2).map(|x| (x - 0.3).powi(2)).sum();
        let proposal = history.proposal(configuration, Budget::new(1.0).expect("positive"));
        let trial = proposal.trial;
        history.ask(proposal);
        history.tell(trial, Outcome::of_cost(bowl - 0.1));
    }
    history
}

#[test]
fn spaces_of_any_size_fit_into_the_figure() {
    let float =
        |name: &str| Hyperparameter::new(name, Domain::Float { min: -5.0, max: 10.0, log: false }, Value::Float(0.0));
    let long = |index: usize| {
        let choices =
            words(&["a rather long category", "another of them", "sinusoidal", "learned-from-scratch", "none"]);
        let name = format!("a_hyperparameter_with_a_long_name_{index}");
        Hyperparameter::new(name, Domain::Categorical { choices }, Value::Word("none".into()))
    };
    let many = (0..12).map(|index| if index % 3 == 0 { float(&format!("x_{index}")) } else { long(index) }).collect();
    for (name, hyperparameters) in [("one", vec![float("x")]), ("two", vec![float("x"), float("y")]), ("many", many)] {
        let space = Space::new(name.into(), hyperparameters, vec![], vec![]).expect("a legal space");
        let history = bowl(&space, 45);
        let input =
            ReportInput { space: &space, experiment: "a name that goes on and on", baseline: None, ..input(&history) };
        let findings = Findings::of(&input);
        assert!(!findings.matrix.sample.logarithmic && findings.matrix.dimensions.len() <= 8);
        let figure = interactions::figure(&findings);
        check(name, &figure);
        if let Ok(folder) = std::env::var("GALVANI_REPORT_FOLDER") {
            let path = Path::new(&folder).join(format!("{name}.png"));
            galvani::report::draw::backend::png(&figure, &path).expect("a writable folder");
        }
    }
}
