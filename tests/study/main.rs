//! Studies of a function of one's own, by every call of the library.
mod journal;
mod refusals;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use galvani::intensifier::pruning::Pruning;
use galvani::{
    Boolean, Categorical, Constant, Direction, Error, Float, Integer, IntensifierConfig, OptimizerSettings, Ordinal,
    Outcome, Prior, Space, Stop, Study, Trial, Value,
};

fn parabola() -> Space {
    Space::builder("parabola").add("x", Float::new(-1.0, 1.0)).build().unwrap()
}

fn squared(trial: &Trial) -> galvani::Result<f64> {
    Ok((trial.float("x")? - 0.3).powi(2))
}

fn every_kind() -> Space {
    Space::builder("kinds")
        .add("rate", Float::log(1e-5, 1e-1).default(1e-3).description("of learning").unit("1/step"))
        .add("dropout", Float::new(0.0, 0.5).step(0.05))
        .add("warm_up", Float::new(0.0, 100.0).prior(Prior::Normal { mean: 20.0, deviation: 10.0 }))
        .add("layers", Integer::new(1, 8))
        .add("width", Integer::log(16, 1024).default(128))
        .add("heads", Integer::new(2, 16).step(2))
        .add("batch", Ordinal::new([32, 64, 128]).default(64))
        .add("optimizer", Categorical::new(["sgd", "adam"]).weights([1.0, 3.0]))
        .add("is_tied", Boolean::new().default(true))
        .add("seed", Constant::new(7))
        .add_if("momentum", Float::new(0.0, 0.99), "optimizer == 'sgd' and layers > 1")
        .forbid("width > 512 and layers == 8")
        .build()
        .unwrap()
}

#[test]
fn a_function_is_optimized() {
    let mut study = Study::builder(parabola()).stop_after(25).seed(1).build().unwrap();
    study.optimize(squared).unwrap();
    let best = study.best().unwrap();
    assert!(best.cost().unwrap() < 1e-3, "{best}");
    assert_eq!(study.trials().len(), 25);
    assert_eq!(study.ended(), Some("the limit of trials is reached"));
    assert!(best.to_string().starts_with("{\"x\": ") && best.to_string().contains("} costs "), "{best}");
    assert!(study.ask().unwrap().is_none());
}

#[test]
fn kinds_of_hyperparameters_are_found_by_name() {
    let space = every_kind();
    let text = space.to_text();
    let again = Space::parse(&text, "again.ron".as_ref()).unwrap();
    assert!(again.changes_since(&space).is_empty(), "a space that is written and read is the same: {text}");
    let mut study = Study::builder(space).stop_after(30).build().unwrap();
    let mut inactive = 0;
    while let Some(trial) = study.ask().unwrap() {
        let numbers = ["rate", "dropout", "warm_up", "layers", "width", "heads", "batch", "seed"];
        assert!(numbers.iter().all(|name| trial.float(name).unwrap().is_finite()));
        assert!((1..=8).contains(&trial.integer("layers").unwrap()) && trial.integer("heads").unwrap() % 2 == 0);
        assert!(["sgd", "adam"].contains(&trial.word("optimizer").unwrap()));
        trial.truth("is_tied").unwrap();
        assert_eq!(trial.value("seed").unwrap(), &Value::Integer(7));
        let is_active = trial.word("optimizer").unwrap() == "sgd" && trial.integer("layers").unwrap() > 1;
        assert_eq!(trial.get("momentum").unwrap().is_some(), is_active);
        assert_eq!(trial.values().count(), if is_active { 11 } else { 10 });
        if !is_active {
            inactive += 1;
            let error = trial.float("momentum").unwrap_err().to_string();
            assert!(error.starts_with("`momentum` is inactive in this configuration, as `"), "{error}");
        }
        for (error, expected) in [
            (trial.float("widht").unwrap_err(), "there is no hyperparameter `widht`\nhint: did you mean `width`?"),
            (trial.integer("rate").unwrap_err(), "hint: read it with `float(\"rate\")`"),
            (trial.float("optimizer").unwrap_err(), ", not a number\nhint: read it with `word(\"optimizer\")`"),
            (trial.word("is_tied").unwrap_err(), ", not a word\nhint: read it with `truth(\"is_tied\")`"),
            (trial.truth("layers").unwrap_err(), ", not `true` or `false`\nhint: read it with `integer(\"layers\")`"),
            (trial.get("nothing").unwrap_err(), "there is no hyperparameter `nothing`\nhint: there are `rate`, "),
        ] {
            assert!(matches!(error, Error::Value(_)));
            assert!(error.to_string().contains(expected), "{error}");
        }
        study.tell(trial.id(), trial.float("dropout").unwrap()).unwrap();
    }
    assert!(inactive > 0);
}

#[test]
fn trials_that_fail_end_no_study() {
    let mut study = Study::builder(parabola()).stop_after(12).build().unwrap();
    let mut count = 0;
    study
        .optimize(|trial| -> Result<Outcome, String> {
            count += 1;
            match count % 6 {
                0 => Err("no data".to_owned()),
                1 => Ok(Outcome::of_cost(f64::NAN)),
                2 => panic!("a bug in trial {}", trial.id()),
                3 => Ok(Outcome::TimedOut),
                4 => Err(trial.float("y").unwrap_err())?,
                _ => Ok(Outcome::of_cost(squared(trial)?)),
            }
        })
        .unwrap();
    let outcomes: Vec<Outcome> = study.trials().iter().map(|trial| trial.outcome().unwrap().clone()).collect();
    let crashed = |message: &str| Outcome::Crashed { message: message.into() };
    assert_eq!(outcomes[0], Outcome::Diverged);
    assert_eq!(outcomes[1], crashed("panicked: a bug in trial 2"));
    assert_eq!(outcomes[2], Outcome::TimedOut);
    assert_eq!(outcomes[3], crashed("there is no hyperparameter `y`\nhint: did you mean `x`?"));
    assert_eq!(outcomes[5], crashed("no data"));
    assert!(study.best().unwrap().cost().is_some());

    let mut study = Study::builder(parabola()).stop_after(7).build().unwrap();
    study.optimize(|_| Err::<f64, _>("no licence")).unwrap();
    let error = study.best().unwrap_err();
    assert_eq!(error.to_string(), "no trial has succeeded\nhint: the last trial crashed: no licence");
    assert!(matches!(error, Error::NoSuccess(_)));
}

#[test]
fn threads_share_a_study() {
    for (workers, intensifier) in [(4, None), (3, Some(IntensifierConfig::Hyperband))] {
        let running = AtomicUsize::new(0);
        let most = AtomicUsize::new(0);
        let mut builder = Study::builder(parabola()).budget(1.0, 9.0, 3).workers(workers).stop_after(40);
        if let Some(intensifier) = intensifier {
            builder = builder.intensifier(intensifier);
        }
        let mut study = builder.build().unwrap();
        study
            .optimize_parallel(workers, |trial| {
                most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(5));
                running.fetch_sub(1, Ordering::SeqCst);
                squared(trial).map(|cost| cost + 1.0 / trial.budget())
            })
            .unwrap();
        assert_eq!(study.trials().len(), 40);
        assert!(study.trials().iter().all(|trial| trial.cost().is_some()));
        assert!((2..=workers).contains(&most.load(Ordering::SeqCst)));
        assert_eq!(study.ended(), Some("the limit of trials is reached"));
    }
}

#[test]
fn several_objectives_have_a_front() {
    let mut study = Study::builder(parabola()).objectives(["low", "high"]).stop_after(20).build().unwrap();
    study
        .optimize(|trial| -> galvani::Result<[f64; 2]> {
            let x = trial.float("x")?;
            Ok([(x + 0.5).powi(2), (x - 0.5).powi(2)])
        })
        .unwrap();
    let front = study.front();
    assert!(front.len() > 3 && front.iter().all(|trial| trial.costs().len() == 2));
    assert!(front[0].costs()[0] <= front[1].costs()[0] && front[0].costs()[1] >= front[1].costs()[1]);
    assert!(front[0].to_string().contains(" and "), "{}", front[0]);
}

#[test]
fn what_falls_behind_is_pruned() {
    let settings = OptimizerSettings { pruning: Some(Pruning::default()), ..OptimizerSettings::default() };
    let full = IntensifierConfig::FullFidelity;
    let builder = Study::builder(parabola()).budget(1.0, 10.0, 3).intensifier(full).settings(settings).stop_after(30);
    let mut study = builder.build().unwrap();
    study
        .optimize(|trial| -> galvani::Result<Outcome> {
            for spent in 1..10 {
                if trial.report(f64::from(spent), squared(trial)? + 1.0 / f64::from(spent))? {
                    return Ok(Outcome::Pruned);
                }
            }
            Ok(Outcome::of_cost(squared(trial)? + 0.1))
        })
        .unwrap();
    let pruned = study.trials().iter().filter(|trial| trial.outcome() == Some(&Outcome::Pruned)).count();
    assert!((3..25).contains(&pruned), "{pruned}");
    let trial = study.trials()[0].clone();
    drop(study);
    assert!(trial.report(1.0, 1.0).is_err(), "its study is gone");
}

#[test]
fn limits_end_a_study() {
    let study = || Study::builder(parabola()).budget(1.0, 9.0, 3);
    let end = |mut study: Study| {
        study.optimize(squared).unwrap();
        (study.trials().len(), study.ended().unwrap().to_owned())
    };
    let (trials, reason) = end(study().stop_after_full_evaluations(2.0).build().unwrap());
    assert!(trials > 5 && reason.contains("full evaluations"), "{trials} {reason}");
    let (trials, reason) = end(study().stop_at_cost(0.05).stop_after(200).build().unwrap());
    assert!(trials < 200 && reason == "the cost limit is reached", "{trials} {reason}");
    let stop = Stop { budget: Some(20.0), ..Stop::default() };
    assert!(end(study().stop(stop).build().unwrap()).1.contains("budget"));
    let mut timed = study().stop_after_time(Duration::from_millis(300)).build().unwrap();
    timed
        .optimize(|trial| {
            std::thread::sleep(Duration::from_millis(20));
            squared(trial)
        })
        .unwrap();
    assert_eq!(timed.ended(), Some("the time limit is reached"));
    assert!(timed.trials().len() <= 15);
    let few = Space::builder("few").add("x", Categorical::new(["a", "b", "c"])).build().unwrap();
    let mut few = Study::builder(few).build().unwrap();
    few.optimize(|_| 1.0).unwrap();
    assert_eq!((few.trials().len(), few.ended()), (3, Some("every configuration was tried")));
}

#[test]
fn the_same_seed_gives_the_same_trials_however_they_are_run() {
    let study = || Study::builder(every_kind()).budget(1.0, 9.0, 3).stop_after(30).seed(5).build().unwrap();
    let cost = |trial: &Trial| trial.float("rate").map(|rate| rate.log10().powi(2) + 1.0 / trial.budget());
    let (mut one, mut other) = (study(), study());
    one.optimize(cost).unwrap();
    while let Some(trial) = other.ask().unwrap() {
        other.tell(trial.id(), cost(&trial)).unwrap();
    }
    let told = |study: &Study| study.trials().iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(told(&one), told(&other));
}

#[test]
fn threads_do_not_wait_for_a_trial_that_the_caller_holds() {
    let space = Space::builder("pairs").add("a", Boolean::new()).add("b", Boolean::new()).build().unwrap();
    let mut study = Study::builder(space).build().unwrap();
    let held = study.ask().unwrap().unwrap();
    study.optimize_parallel(2, |_| 1.0).unwrap();
    assert!(study.trials().len() == 4 && study.ended().is_none());
    study.tell(held.id(), 0.5).unwrap();
    study.optimize_parallel(2, |_| 1.0).unwrap();
    assert!(study.best().unwrap().cost() == Some(0.5) && study.ended().is_some());
}

#[test]
fn a_maximized_value_is_told_and_shown_as_it_is() {
    let mut study = Study::builder(parabola()).maximize().stop_after(20).seed(1).build().unwrap();
    study.optimize(|trial| 0.9 - (trial.float("x").unwrap() - 0.3).powi(2)).unwrap();
    let best = study.best().unwrap().cost().unwrap();
    let told: Vec<f64> = study.trials().iter().filter_map(galvani::Trial::cost).collect();
    assert!(told.len() == 20 && told.iter().all(|value| *value <= best) && best > 0.85, "{best}");
    let names = [("loss", Direction::Minimize), ("accuracy", Direction::Maximize)];
    let mut study = Study::builder(parabola()).directed_objectives(names).stop_after(2).build().unwrap();
    for costs in [[0.5, 0.5], [0.4, 0.9]] {
        let trial = study.ask().unwrap().unwrap();
        study.tell(trial.id(), costs).unwrap();
    }
    assert_eq!(study.front().iter().map(|trial| trial.costs().to_vec()).collect::<Vec<_>>(), [vec![0.4, 0.9]]);
}
