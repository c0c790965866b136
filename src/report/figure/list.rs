//! The list of figures of a report by name, each with the numbers behind it and a caption for a paper.
use crate::analysis::{Findings, ReportInput};
use crate::report::draw::canvas::Canvas;
use crate::report::draw::room::Room;
use crate::report::draw::words::count;
use crate::report::figure::{
    ablation, convergence, footprint, front, interactions, learning, locality, metrics, outlook, paper_caption,
    parallel, predictions, spending, timetable,
};

/// One figure of a report.
pub struct FigureEntry {
    /// The name of its files, and of the argument that asks for it.
    pub name: &'static str,
    draw: fn(&Findings, &ReportInput, Room) -> Option<Canvas>,
    /// The fields of `report.json` that it shows.
    pub fields: &'static [&'static str],
    caption: fn(&Findings) -> String,
}

/// The figures in the order of the page.
pub static FIGURES: [FigureEntry; 13] = [
    FigureEntry {
        name: "front",
        draw: |findings, _, room| front::laid_out(findings, room),
        fields: &["front"],
        caption: paper_caption::front,
    },
    FigureEntry {
        name: "convergence",
        draw: |findings, _, room| Some(convergence::laid_out(findings, room)),
        fields: &["convergence", "fidelity", "front/progress"],
        caption: paper_caption::convergence,
    },
    FigureEntry {
        name: "learning",
        draw: |findings, _, room| learning::laid_out(findings, room),
        fields: &["learning"],
        caption: |findings| of_trials(findings, "Learning curves: the costs that trials reported on their way."),
    },
    FigureEntry {
        name: "interactions",
        draw: |findings, _, room| Some(interactions::laid_out(findings, room)),
        fields: &["matrix"],
        caption: paper_caption::interactions,
    },
    FigureEntry {
        name: "locality",
        draw: |findings, _, room| locality::laid_out(findings, room),
        fields: &["locality"],
        caption: |findings| {
            of_trials(
                findings,
                "Importance of the hyperparameters everywhere, among the best quarter of predictions, and around the best.",
            )
        },
    },
    FigureEntry {
        name: "ablation",
        draw: |findings, _, room| ablation::laid_out(findings, room),
        fields: &["ablation"],
        caption: |findings| {
            of_trials(
                findings,
                "Path from the default to the recommended configuration, one change at a time; filled bars are measured, hollow ones predicted.",
            )
        },
    },
    FigureEntry {
        name: "parallel",
        draw: |findings, _, _| parallel::figure(findings),
        fields: &["matrix/spots", "shortlist"],
        caption: |findings| {
            of_trials(
                findings,
                "Parallel coordinates of the trials at the highest budget, in the colour of their costs.",
            )
        },
    },
    FigureEntry {
        name: "footprint",
        draw: |findings, _, room| footprint::laid_out(findings, room),
        fields: &["footprint"],
        caption: |findings| {
            of_trials(
                findings,
                "Configurations that were tried, on a plane that keeps their distances, beside random ones.",
            )
        },
    },
    FigureEntry {
        name: "predictions",
        draw: |findings, input, room| {
            let title = format!("{} · predictions of the best model", findings.experiment);
            predictions::laid_out(&title, input.predictions, room)
        },
        fields: &["predictions"],
        caption: paper_caption::predictions,
    },
    FigureEntry {
        name: "metrics",
        draw: |findings, _, room| metrics::laid_out(findings, room),
        fields: &["metrics"],
        caption: paper_caption::metrics,
    },
    FigureEntry {
        name: "outlook",
        draw: |findings, _, room| outlook::laid_out(findings, room),
        fields: &["outlook", "shortlist"],
        caption: |findings| {
            of_trials(
                findings,
                "Promising untried configurations, the best with their intervals, and ranges at whose end they are.",
            )
        },
    },
    FigureEntry {
        name: "timetable",
        draw: |findings, _, room| timetable::laid_out(findings, room),
        fields: &["timetable"],
        caption: |findings| of_trials(findings, "Timetable: a bar for each attempt, on the line of its slot."),
    },
    FigureEntry {
        name: "spending",
        draw: |findings, _, room| spending::laid_out(findings, room),
        fields: &["spending"],
        caption: |findings| of_trials(findings, "Time and money by budget and configuration, and under other rules."),
    },
];

impl FigureEntry {
    /// The figure of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        FIGURES.iter().find(|figure| figure.name == name)
    }

    /// The drawing; `None` where the run has nothing to draw.
    pub(crate) fn draw(&self, findings: &Findings, input: &ReportInput, room: Room) -> Option<Canvas> {
        (self.draw)(findings, input, room)
    }

    /// A caption that says what is drawn, of how many trials and by which model.
    pub fn caption(&self, findings: &Findings) -> String {
        (self.caption)(findings)
    }
}

/// A caption with the number of trials.
fn of_trials(findings: &Findings, text: &str) -> String {
    format!("{text} {} ({}).", findings.experiment, count(findings.trials.len(), "trial"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;
    use crate::analysis::fixtures::input;
    use crate::analysis::{Course, ModelKind, Timing};
    use crate::numeric::stream::Stream;
    use crate::report::page;
    use crate::report::part::part;
    use crate::space::Space;
    use crate::space::configuration::Configuration;
    use crate::trial::budget::Budget;
    use crate::trial::curve::CurvePoint;
    use crate::trial::direction::{Direction, Directions};
    use crate::trial::history::History;
    use crate::trial::outcome::Outcome;
    use crate::trial::{Origin, Proposal};

    #[test]
    fn each_figure_has_a_name_of_its_own() {
        let names: BTreeSet<&str> = FIGURES.iter().map(|figure| figure.name).collect();
        assert_eq!(names.len(), FIGURES.len());
        let is_plain = |name: &str| name.chars().all(|sign| sign.is_ascii_lowercase() || sign == '-');
        assert!(names.iter().all(|name| is_plain(name)), "{names:?}");
    }

    /// A law: the outcome of the configuration with this number, given the sum of its encoded values.
    type Law = fn(u64, f64) -> Outcome;

    fn space(text: &str) -> Space {
        Space::parse(text, Path::new("space.ron")).expect("a legal space")
    }

    fn floats(n: usize) -> Space {
        let all: Vec<String> = (0..n).map(|index| format!("\"a_parameter_{index}\": Float(min: 0, max: 1)")).collect();
        space(&format!("(parameters: {{ {} }})", all.join(", ")))
    }

    /// Successive halving over three budgets, with reports on the way, and the time of each trial.
    fn run(space: &Space, configurations: u64, law: Law) -> (History, Vec<Timing>) {
        let (mut history, mut timings, mut now) = (History::default(), Vec::new(), 0.0);
        let all: Vec<Configuration> = (0..configurations)
            .map(|index| match index {
                0 => space.default_configuration().expect("a legal default"),
                _ => space.sample(&mut Stream::of(7, "list", index)).expect("legal"),
            })
            .collect();
        for (rung, share) in [1, 3, 9].into_iter().enumerate() {
            for (index, configuration) in (0..).zip(&all).step_by(share) {
                let budget = Budget::new(3_f64.powi(rung as i32)).expect("positive");
                let next = history.proposal(configuration.clone(), budget);
                let trial = next.trial;
                let origin = if index == 0 { Origin::Default } else { Origin::Model };
                history.ask(Proposal { rung: rung as u32, origin, ..next });
                let sum: f64 = space.encode(configuration).into_iter().filter(|x| !x.is_nan()).sum();
                let outcome = law(index, sum);
                if let Some(cost) = outcome.cost() {
                    let half = Budget::new(budget.amount() * 0.9).expect("positive");
                    history.report(trial, CurvePoint { budget: half, cost: cost * 1.1 });
                }
                history.tell_after(trial, outcome, budget.amount());
                let slot = if index % 2 == 0 { "cpu:0" } else { "cpu:1" };
                timings.push(Timing { trial: trial.0, started_s: now, seconds: budget.amount(), slot: slot.into() });
                now += budget.amount() / 2.0;
            }
        }
        (history, timings)
    }

    /// Fails if a figure of a run has a text over another, or the page a number that is none.
    fn check(name: &str, space: &Space, run: &(History, Vec<Timing>), objectives: &[&str], direction: Direction) {
        let objectives: Vec<String> = objectives.iter().map(|&name| name.to_owned()).collect();
        let course = Course { workers: 2, price_per_hour: Some(2.5), ..Course::default() };
        let input = ReportInput {
            timings: &run.1,
            course,
            baseline: None,
            model: Some(ModelKind::Process),
            direction,
            objectives: &objectives,
            ..input(space, &run.0)
        };
        let directions = Directions::of(vec![direction; objectives.len().max(1)]);
        let findings = Findings::of(&input).turned(&directions);
        for figure in &FIGURES {
            for room in [Room::PAGE, Room::of(page::NARROW)] {
                let canvas = figure.draw(&findings, &input, room);
                let faults = canvas.map(|canvas| canvas.text_faults()).unwrap_or_default();
                assert_eq!(faults, [""; 0], "{name}: {} in {room:?}", figure.name);
            }
        }
        let all = serde_json::to_value(&findings).expect("findings are plain data");
        for path in FIGURES.iter().flat_map(|figure| figure.fields) {
            let own = all.pointer(&format!("/{path}")).filter(|own| !own.is_null()).cloned();
            // A list without elements is no field of the file, and no table.
            let found = part(&findings, path).filter(|found| own.is_some() || found != &serde_json::json!([]));
            assert_eq!(found, own, "{name}: {path}");
        }
        let page = page::page(&findings, &input, &|_| None);
        let body = &page[page.find("<main>").expect("a body")..page.find("</main>").expect("its end")];
        for wrong in ["NaN", ">inf", " inf ", "-inf", "e308"] {
            let before = body.split_once(wrong).map(|(before, _)| &before[before.rfind("<section").unwrap_or(0)..]);
            assert_eq!(before, None, "{name}: {wrong}");
        }
    }

    fn smooth(_: u64, sum: f64) -> Outcome {
        Outcome::of_cost(0.5 + (sum - 0.7).powi(2))
    }

    #[test]
    fn odd_runs_have_legible_figures_and_true_sentences() {
        let two = floats(2);
        let one_of = |law: Law, configurations: u64| run(&two, configurations, law);
        let failed: Law = |_, _| Outcome::Diverged;
        let constant: Law = |_, _| Outcome::of_cost(1.0);
        let decades: Law = |index, _| Outcome::of_cost(10_f64.powi((index % 25) as i32 - 12));
        let negative: Law = |_, sum| Outcome::of_cost(sum - 5.0);
        let mixed: Law = |index, sum| if index % 4 == 1 { Outcome::TimedOut } else { smooth(index, sum) };
        let pruned: Law = |index, sum| if index % 3 == 1 { Outcome::Pruned } else { smooth(index, sum) };
        let huge: Law = |index, _| Outcome::of_cost(if index % 2 == 0 { 1e300 } else { -1e300 });
        for (name, law, configurations) in [
            ("nothing", smooth as Law, 0),
            ("one", smooth, 1),
            ("two", smooth, 2),
            ("five", smooth, 5),
            ("all failed", failed, 12),
            ("constant", constant, 12),
            ("decades", decades, 25),
            ("negative", negative, 20),
            ("mixed", mixed, 25),
            ("pruned", pruned, 20),
            ("huge", huge, 12),
        ] {
            let run = one_of(law, configurations);
            check(name, &two, &run, &[], Direction::Minimize);
        }
        check("maximized", &two, &one_of(negative, 20), &[], Direction::Maximize);
    }

    #[test]
    fn spaces_of_one_hyperparameter_with_conditions_and_several_objectives_are_no_trouble() {
        let line = floats(1);
        check("line", &line, &run(&line, 20, smooth), &[], Direction::Minimize);
        let tree = space(
            r#"(parameters: {
                "a kind with a rather long name": Categorical(choices: ["tree", "net", "a choice with a long name"]),
                "depth": Integer(min: 1, max: 9), "rate": Float(min: 1e-6, max: 1, log: true),
                "width": Ordinal(values: [16, 32, 64]), "only": Constant(value: 3),
            }, conditions: { "depth": "width == 16" })"#,
        );
        check("tree", &tree, &run(&tree, 25, smooth), &[], Direction::Minimize);
        let two: Law = |_, sum| Outcome::of_costs(vec![1.0 + sum, 9.0 - sum]);
        let three: Law = |index, sum| Outcome::of_costs(vec![1.0 + sum, 9.0 - sum, (index % 5) as f64]);
        check("two objectives", &tree, &run(&tree, 20, two), &["error", "time"], Direction::Minimize);
        check("three objectives", &tree, &run(&tree, 20, three), &["error", "time", "memory"], Direction::Minimize);
    }

    #[test]
    fn two_hundred_hyperparameters_are_no_trouble() {
        let many = floats(200);
        check("many", &many, &run(&many, 16, smooth), &[], Direction::Minimize);
    }
}
