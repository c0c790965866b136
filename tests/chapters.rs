//! Chapters of the report: their figures of one small run are as they were, and their numbers are those of the run.
use std::fs;
use std::path::Path;

use galvani::analysis::{Course, Findings, ModelKind, ReportInput, Timing};
use galvani::numeric::stream::Stream;
use galvani::report::write;
use galvani::space::Space;
use galvani::trial::budget::Budget;
use galvani::trial::curve::CurvePoint;
use galvani::trial::direction::Direction;
use galvani::trial::history::History;
use galvani::trial::outcome::Outcome;
use galvani::trial::{Origin, Proposal};
use serde_json::Value as Json;

mod program;

/// The figures that are compared with those of an earlier build.
const FIGURES: [&str; 8] =
    ["ablation", "footprint", "learning", "locality", "outlook", "parallel", "spending", "timetable"];

/// Units of a figure, an eighth of those of its canvas, by which a number may differ: the last bits of a model depend on
/// the processor.
const SLACK: f64 = 40.0;

fn space() -> Space {
    let text = r#"(name: "small", parameters: {
        "kind": Categorical(choices: ["plain", "deep"], default: "plain"),
        "rate": Float(min: 1e-4, max: 1, log: true, default: 0.1),
        "width": Float(min: 0, max: 1, default: 0.9),
        "depth": Integer(min: 1, max: 9, default: 5),
    }, conditions: { "depth": "kind == 'deep'" })"#;
    Space::parse(text, Path::new("small.ron")).expect("a legal space")
}

/// A run of two workers in two sessions: 24 configurations for 3 steps, of which 8 go on to 9 and 3 to 27.
struct Run {
    space: Space,
    history: History,
    timings: Vec<Timing>,
    repeated: Vec<Timing>,
}

fn run() -> Run {
    let (space, mut history, mut timings) = (space(), History::default(), Vec::new());
    let mut free = [0.0, 0.5];
    let configurations: Vec<_> = (0..24)
        .map(|index| match index {
            0 => space.default_configuration().expect("a legal default"),
            _ => space.sample(&mut Stream::of(4, "chapters", index)).expect("a legal space"),
        })
        .collect();
    let law = |values: &[f64]| -> f64 {
        let depth = if values[3].is_nan() { 0.3 } else { (values[3] - 0.4).powi(2) };
        0.05 + (values[1] - 0.55).powi(2) * 3.0 + 0.2 * values[2] + depth
    };
    let full: Vec<f64> = configurations.iter().map(|each| law(&space.encode(each))).collect();
    let mut order: Vec<usize> = (0..24).collect();
    order.sort_by(|&a, &b| full[a].total_cmp(&full[b]));
    let default = order.iter().position(|&index| index == 0).expect("the default");
    for (rung, (kept, budget)) in [(24, 3.0), (8, 9.0), (3, 27.0)].into_iter().enumerate() {
        let budget = Budget::new(budget).expect("positive");
        for (rank, &index) in order.iter().enumerate() {
            // The default goes on too, so that it has a cost at every budget.
            if rank >= kept && !(rank == default && rung > 0) {
                continue;
            }
            let next = history.proposal(configurations[index].clone(), budget);
            let trial = next.trial;
            let origin = if index == 0 { Origin::Default } else { Origin::Model };
            history.ask(Proposal { rung: rung as u32, origin, ..next });
            let cost = |steps: f64| full[index] * (1.0 + 4.0 / steps);
            let from = if rung == 0 { 0.0 } else { budget.amount() / 3.0 };
            for step in 1..4 {
                let at = from + (budget.amount() - from) * f64::from(step) / 4.0;
                history.report(trial, CurvePoint { budget: Budget::new(at).expect("positive"), cost: cost(at) });
            }
            let outcome = match index {
                5 => Outcome::Diverged,
                11 => Outcome::Crashed { message: "out of ideas".into() },
                _ => Outcome::of_cost(cost(budget.amount())),
            };
            let seconds = 0.4 * (budget.amount() - from) * (1.0 + (index % 3) as f64 / 4.0);
            let slot = usize::from(free[1] < free[0]);
            timings.push(Timing { trial: trial.0, started_s: free[slot], seconds, slot: format!("cpu:{slot}") });
            free[slot] += seconds + 0.1;
            history.tell_after(trial, outcome, seconds);
        }
        if rung == 0 {
            // A session ends here, and the next begins a while later.
            let end = free[0].max(free[1]);
            free = [end + 500.0; 2];
        }
    }
    let repeated = vec![Timing { trial: 4, started_s: free[0], seconds: 2.0, slot: "cpu:0".into() }];
    Run { space, history, timings, repeated }
}

fn findings_of<R>(run: &Run, then: impl FnOnce(&Findings, &ReportInput) -> R) -> R {
    let ends = |from: usize, to: usize| {
        let of = run.timings[from..to].iter();
        (
            of.clone().map(|t| t.started_s).fold(f64::INFINITY, f64::min),
            of.map(|t| t.started_s + t.seconds).fold(0.0, f64::max),
        )
    };
    let (first, (from, to)) = (ends(0, 24), ends(24, run.timings.len()));
    let sessions = [first, (from, to.max(run.repeated[0].started_s + 2.0))];
    let input = ReportInput {
        experiment: "small",
        space: &run.space,
        history: &run.history,
        evaluations: &[],
        unit: "steps",
        measure: "error",
        direction: Direction::Minimize,
        objectives: &[],
        timings: &run.timings,
        course: Course {
            repeated: &run.repeated,
            sessions: &sessions,
            workers: 2,
            price_per_hour: Some(1.8),
            full_budget: Some(27.0),
        },
        baseline: None,
        default: None,
        verdict: None,
        model: Some(ModelKind::Process),
        predictions: &[],
        metrics: &[],
        logs: &[],
        warnings: &[],
        sources: &[],
    };
    then(&Findings::of(&input), &input)
}

/// The drawing of an SVG file without the typeface.
fn drawing(text: &str) -> String {
    let (from, to) = (text.find("<style>").expect("a typeface"), text.find("</style>").expect("its end"));
    text[..from].to_owned() + &text[to + "</style>".len()..]
}

/// The words and the numbers of a text.
fn parts(text: &str) -> (String, Vec<f64>) {
    let is_number = |sign: char| sign.is_ascii_digit() || sign == '.';
    let words: String = text.chars().filter(|sign| !is_number(*sign)).collect();
    let numbers = text.split(|sign| !is_number(sign)).filter_map(|part| part.parse().ok()).collect();
    (words, numbers)
}

#[test]
fn figures_of_a_small_run_are_as_they_were() {
    let folder = tempfile::tempdir().expect("a folder");
    let written = findings_of(&run(), |findings, input| write(findings, input, folder.path()));
    let page = fs::read_to_string(written.expect("a writable folder").page).expect("the page");
    for name in FIGURES {
        assert!(page.contains(&format!("data-name=\"{name}\"")), "{name}");
        let text = drawing(&fs::read_to_string(folder.path().join(format!("{name}.svg"))).expect("the figure"));
        let path = program::golden("report/figures").join(format!("{name}.svg"));
        if program::is_update() {
            fs::write(path, text).expect("a writable folder");
            continue;
        }
        let expected = fs::read_to_string(path).expect("the golden figure");
        let (own, golden) = (parts(&text), parts(&expected));
        assert!(own.0 == golden.0, "{name}: other words");
        assert_eq!(own.1.len(), golden.1.len(), "{name}");
        let far = own.1.iter().zip(&golden.1).find(|(a, b)| (*a - *b).abs() > SLACK);
        assert_eq!(far, None, "{name}");
    }
}

#[test]
fn the_numbers_of_the_chapters_are_those_of_the_run() {
    let run = run();
    let json: Json = findings_of(&run, |findings, _| serde_json::to_value(findings)).expect("plain data");
    let number = |value: &Json| value.as_f64().expect("a number");
    let spending = &json["spending"];
    let seconds: f64 = run.timings.iter().chain(&run.repeated).map(|timing| timing.seconds).sum();
    assert!((number(&spending["seconds"]) - seconds).abs() < 1e-9);
    assert!((number(&spending["money"]) - 1.8 * seconds / 3600.0).abs() < 1e-9);
    assert_eq!(spending["otherwise"][0]["budget"], 24.0 * 3.0 + 9.0 * 6.0 + 4.0 * 18.0);
    let timetable = &json["timetable"];
    assert_eq!((&timetable["workers"], timetable["breaks_s"].as_array().map(Vec::len)), (&Json::from(2), Some(1)));
    assert!(number(&timetable["length_s"]) < 200.0, "the time between sessions is left out");
    let waits = ["before_s", "between_s", "after_s"].map(|name| number(&timetable[name])).iter().sum::<f64>();
    let all = 2.0 * number(&timetable["length_s"]);
    assert!((number(&timetable["busy_s"]) + waits - all).abs() < 1e-6, "what is not busy waits");
    let learning = &json["learning"];
    assert_eq!((&learning["all"], &learning["failed"]), (&Json::from(24), &Json::from(2)));
    let steps = json["ablation"]["steps"].as_array().expect("a path");
    assert!(steps[0]["measured"].is_f64() && steps.last().is_some_and(|last| last["measured"].is_f64()));
    assert_eq!(json["shortlist"]["candidates"][0]["configuration_id"], json["headline"]["best"]["configuration_id"]);
}
