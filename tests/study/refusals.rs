//! Wrong input of a study: an error with a hint, and never a panic.
use std::time::Duration;

use galvani::{
    Boolean, Categorical, Constant, Error, Float, Integer, IntensifierConfig, OptimizerSettings, Ordinal, Outcome,
    Prior, Space, SpaceBuilder, Stop, Study, StudyBuilder, TrialId,
};
use proptest::prelude::*;

use super::parabola;

/// The error of a space that cannot be.
fn refused(space: SpaceBuilder) -> String {
    Error::from(space.build().unwrap_err()).to_string()
}

#[test]
fn spaces_that_cannot_be_are_refused_with_a_hint() {
    let space = || Space::builder("net");
    let x = || space().add("x", Float::new(0.0, 1.0));
    let mut wrong = Vec::new();
    for (space, message) in [
        (space(), "a space needs at least one parameter"),
        (space().add("x", Float::new(1.0, 0.0)), "the min of `x` (1) is not below its max (0)"),
        (space().add("x", Float::new(f64::NAN, 1.0)), "the min of `x` is NaN"),
        (space().add("x", Float::new(0.0, f64::INFINITY)), "the max of `x` is inf"),
        (space().add("x", Float::log(0.0, 1.0)), "`x` is on a logarithmic scale, but its min is 0"),
        (space().add("x", Float::log(0.1, 1.0).step(0.1)), "`x` has both a step and a logarithmic scale"),
        (space().add("x", Float::new(0.0, 1.0).step(0.3)), "the range of `x` is not a whole number of steps"),
        (space().add("x", Float::new(0.0, 1.0).step(f64::NAN)), "the step of `x` is NaN"),
        (space().add("x", Float::new(0.0, 1.0).default(2.0)), "the default of `x` cannot be 2.0"),
        (space().add("x", Float::new(0.0, 1.0).default("a")), "the default of `x` cannot be \"a\""),
        (
            space().add("x", Float::new(1.0, 0.0).prior(Prior::Normal { mean: 0.5, deviation: 1.0 })),
            "the min of `x` (1) is not below its max (0)",
        ),
        (space().add("x", Float::new(0.0, 1.0).prior(Prior::Weights(vec![1.0]))), "`x` is a range and has no weights"),
        (space().add("n", Integer::new(i64::MIN, i64::MAX)), "the min of `n` is too large"),
        (space().add("n", Integer::new(3, 3)), "the min of `n` (3) is not below its max (3)"),
        (space().add("n", Ordinal::new([1, 3, 2])), "the values of `n` are numbers, but not in order"),
        (space().add("n", Ordinal::new([0.0; 0])), "`n` needs at least one value"),
        (space().add("c", Categorical::new(["a", "a"])), "`c` lists \"a\" twice"),
        (space().add("c", Categorical::new(["a", "b"]).weights([1.0])), "`c` has 2 choices, but 1 weight"),
        (space().add("c", Constant::new(f64::NAN)), "`c` has the value NaN"),
        (x().add("x", Boolean::new()), "there are two parameters named `x`"),
        (x().add("", Boolean::new()), "a parameter needs a name"),
        (x().add_if("y", Boolean::new(), "z > 0"), "in the condition `z > 0` of `y`: "),
        (x().add_if("y", Boolean::new(), ""), "in the condition `` of `y`: "),
        (x().add_if("y", Boolean::new(), "y"), "in the condition `y` of `y`: "),
        (x().forbid("x >"), "in the forbidden combination `x >`: "),
        (x().forbid("x >= 0"), "no configuration is legal: `x >= 0` forbids"),
    ] {
        let error = refused(space);
        if !error.starts_with(message) || !error.contains("\nhint: ") {
            wrong.push(format!("{error}\nand not\n{message}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn studies_that_cannot_be_are_refused_with_a_hint() {
    let study = || Study::builder(parabola());
    let settings = |settings: OptimizerSettings| study().settings(settings);
    let default = OptimizerSettings::default;
    let mut wrong = Vec::new();
    for (study, message) in [
        (study().budget(9.0, 1.0, 3), "min"),
        (study().budget(0.0, 1.0, 3), "budget"),
        (study().budget(-1.0, 1.0, 3), "budget"),
        (study().budget(f64::NAN, 1.0, 3), "`min`: `NaN` is not a finite number"),
        (study().budget(1.0, f64::NAN, 3), "`max`: `NaN` is not a finite number"),
        (study().budget(1.0, f64::INFINITY, 3), "inf"),
        (study().budget(1.0, 9.0, 1), "eta"),
        (study().budget(1.0, 9.0, 0), "eta"),
        (study().stop_after(0), "trials"),
        (study().stop_after_full_evaluations(0.0), "full_evaluations"),
        (study().stop_after_full_evaluations(f64::NAN), "NaN"),
        (study().stop_at_cost(f64::NEG_INFINITY), "inf"),
        (study().stop_at_cost(f64::NAN), "`cost`: `NaN` is not a finite number"),
        (study().stop_after_time(Duration::ZERO), "wall_clock"),
        (study().stop_after_time(Duration::MAX), "the time limit is too long"),
        (study().stop(Stop { budget: Some(-1.0), ..Stop::default() }), "budget"),
        (study().workers(0), "worker"),
        (study().objectives(["one"]), "objectives"),
        (study().objectives(["one", "one"]), "objectives"),
        (study().name("a/b"), "cannot be `a/b`"),
        (study().name(""), "cannot be ``"),
        (study().intensifier(IntensifierConfig::SuccessiveHalving { bracket: 9 }), "bracket"),
        (settings(OptimizerSettings { random_probability: 1.5, ..default() }), "random_probability"),
        (settings(OptimizerSettings { random_probability: f64::NAN, ..default() }), "NaN"),
        (settings(OptimizerSettings { design_share: 7.0, ..default() }), "design_share"),
        (settings(OptimizerSettings { warm_start: vec!["nowhere/runs".into()], ..default() }), "nowhere/runs"),
    ] {
        let error = study.build().unwrap_err().to_string();
        if !error.split_once("\nhint: ").is_some_and(|(said, _)| said.contains(message)) {
            wrong.push(format!("{error}\nand not about\n{message}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn tells_that_cannot_be_change_nothing() {
    let mut study = Study::builder(parabola()).stop_after(3).build().unwrap();
    let trial = study.ask().unwrap().unwrap();
    let refused = |result: galvani::Result<()>, message: &str| {
        let error = result.unwrap_err();
        assert!(matches!(error, Error::Trial(_)) && error.to_string().starts_with(message), "{error}");
    };
    refused(study.tell(TrialId(0), 1.0), "there is no trial 0");
    refused(study.tell(TrialId(9), 1.0), "there is no trial 9");
    refused(study.tell(trial.id(), [1.0, 2.0]), "trial 1 has 2 costs, but the study has 1 objective");
    refused(study.tell(trial.id(), Vec::<f64>::new()), "trial 1 is told no cost");
    refused(study.tell(trial.id(), Ok::<[f64; 0], String>([])), "trial 1 is told no cost");
    refused(study.report(trial.id(), 0.0, 1.0).map(drop), "the budget that was spent must be positive, not 0");
    refused(study.report(TrialId(2), 1.0, 1.0).map(drop), "there is no trial 2");
    assert!(study.trials()[0].outcome().is_none());
    study.tell(trial.id(), 1.0).unwrap();
    refused(study.tell(trial.id(), 1.0), "trial 1 was told already");
    refused(trial.report(0.5, 1.0).map(drop), "trial 1 was told already");
    assert!(study.optimize_parallel(0, |_| 1.0).unwrap_err().to_string().starts_with("`workers` must be at least 1"));
    // A trial that was lost is given away again, and then it counts.
    let lost = study.ask().unwrap().unwrap();
    study.tell(lost.id(), Outcome::Lost).unwrap();
    assert_eq!(study.ask().unwrap().unwrap().id(), lost.id());
}

/// Numbers that break what is careless.
fn number() -> impl Strategy<Value = f64> {
    let extremes = [0.0, -0.0, 1.0, -1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MIN_POSITIVE, 5e-324, 1e308];
    prop_oneof![proptest::sample::select(extremes.to_vec()), -10.0..10.0, any::<f64>()]
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,3}",
        ".{0,6}",
        proptest::sample::select(vec!["x", "y", "x > 0", "x == 'a'", "not y", "in", "\"", "\\", "\u{0}", "x or y"])
            .prop_map(str::to_owned)
    ]
}

fn whole() -> impl Strategy<Value = i64> {
    prop_oneof![-4_i64..12, any::<i64>(), proptest::sample::select(vec![i64::MIN, i64::MAX, 1 << 53, (1 << 53) + 1])]
}

fn prior() -> impl Strategy<Value = Prior> {
    (0..4, number(), number()).prop_map(|(kind, a, b)| match kind {
        0 => Prior::Normal { mean: a, deviation: b },
        1 => Prior::LogNormal { median: a, deviation: b },
        2 => Prior::Beta { alpha: a, beta: b },
        _ => Prior::Weights(vec![a, b]),
    })
}

fn any_space() -> impl Strategy<Value = SpaceBuilder> {
    let part = (0..7, word(), word(), number(), number(), whole(), whole(), prior(), any::<[bool; 4]>());
    (word(), proptest::collection::vec(part, 0..4)).prop_map(|(name, parts)| {
        let mut space = Space::builder(name);
        for (kind, name, text, a, b, m, n, prior, [one, two, three, conditional]) in parts {
            let float = if one { Float::log(a, b) } else { Float::new(a, b) };
            let float = if two { float.prior(prior) } else { float };
            let integer = if one { Integer::log(m, n) } else { Integer::new(m, n) };
            let integer = if two { integer.step(n) } else { integer };
            let declaration: galvani::space::declaration::Declaration = match kind {
                0 if three => float.default(b).into(),
                0 => float.into(),
                1 => float.step(b).into(),
                2 => integer.into(),
                3 => Ordinal::new([a, b]).into(),
                4 => Categorical::new([text.clone(), name.clone()]).weights([a, b]).into(),
                5 => Boolean::new().into(),
                _ => Constant::new(text.clone()).unit(text.clone()).description(name.clone()).into(),
            };
            space = match conditional {
                true => space.add_if(name, declaration, text.clone()),
                false => space.add(name, declaration),
            };
            if three {
                space = space.forbid(text);
            }
        }
        space
    })
}

fn any_study(space: Space) -> impl Strategy<Value = StudyBuilder> {
    let limits = (0..3_u32, number(), number(), any::<u64>());
    (number(), number(), 0..5_u32, limits, word(), 0..4_usize, any::<[bool; 5]>()).prop_map(
        move |(min, max, eta, (trials, full, cost, seed), text, workers, [one, two, three, four, five])| {
            let mut study = Study::builder(space.clone()).seed(seed).stop_after(trials);
            if one {
                study = study.budget(min, max, eta);
            }
            if two {
                study = study.stop_after_full_evaluations(full);
            }
            if three {
                study = study.stop_at_cost(cost).unit(text.clone());
            }
            if four {
                study = study.workers(workers).name(text.clone());
            }
            if five {
                study = study.objectives([text, "other".into()]);
            }
            study
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_space_panics(builder in any_space()) {
        if let Ok(space) = builder.build() {
            let text = space.to_text();
            let again = Space::parse(&text, "again.ron".as_ref()).unwrap();
            prop_assert!(again.changes_since(&space).is_empty(), "{}", text);
        }
    }

    #[test]
    fn no_study_panics(builder in any_study(parabola())) {
        if let Ok(mut study) = builder.build() {
            while let Some(trial) = study.ask().unwrap() {
                let cost = trial.float("x").unwrap();
                let _ = study.tell(trial.id(), cost).or_else(|_| study.tell(trial.id(), [cost, -cost]));
            }
        }
    }
}
