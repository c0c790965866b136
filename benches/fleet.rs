//! A thousand simulated workers and a hundred thousand trials: utilisation, duplicates, replay, and the optimizer's time.
//!
//! `cargo bench --no-default-features --bench fleet [-- WORKERS TRIALS MODEL_TRIALS]`
#[path = "../tests/fleet/mod.rs"]
mod simulated;

use std::sync::Arc;
use std::time::Duration;

use galvani::intensifier::bracket::Schedule;
use galvani::intensifier::config::IntensifierConfig;
use galvani::optimizer::Optimizer;
use galvani::optimizer::settings::OptimizerSettings;
use galvani::trial::budget::Budget;
use simulated::Fleet;

fn main() {
    let numbers: Vec<usize> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    let number = |index: usize, default| numbers.get(index).copied().unwrap_or(default);
    let (workers, trials, model_trials) = (number(0, 1000), number(1, 100_000), number(2, 3000));
    println!("{workers} simulated workers; 10 % of the trials crash, 5 % of the attempts lose their worker\n");
    println!("random configurations, {trials} trials");
    for choice in simulated::choices(100) {
        course(choice, workers, trials, 1.0);
    }
    println!("\nthe model's configurations, {model_trials} trials");
    for choice in [IntensifierConfig::Asynchronous { brackets: None }, IntensifierConfig::Hyperband] {
        course(choice, workers, model_trials, OptimizerSettings::default().random_probability);
    }
}

fn course(choice: IntensifierConfig, workers: usize, trials: usize, random_probability: f64) {
    let optimizer = || {
        let budget = |amount| Budget::new(amount).expect("positive");
        let schedule = Schedule::new(budget(1.0), budget(81.0), 3).expect("a schedule");
        let settings = OptimizerSettings { random_probability, ..OptimizerSettings::default() };
        Optimizer::new(Arc::new(simulated::space()), schedule, choice.clone(), settings, 11).expect("legal settings")
    };
    let fleet = Fleet { workers, trials, crashes: 0.1, losses: 0.05, seed: 3 };
    let course = fleet.run(optimizer());
    let replayed = course.replay(optimizer());
    let mut asks = course.asks.clone();
    asks.sort();
    let mean = asks.iter().sum::<Duration>() / asks.len() as u32;
    let high = asks[(asks.len() - 1) * 99 / 100];
    // One optimizer serves all: while it thinks for one, the others that ended wait.
    let share = 100.0 * mean.as_secs_f64() * workers as f64 / course.mean_seconds;
    println!(
        "  {:<42} utilisation {:.3} %  duplicates {}  replayed {replayed}  attempts lost {}, trials given up {}\n  \
         {:<42} {:.1} simulated days; a trial takes {:.0} s, an ask {:.1} µs (99 %: {:.1} µs), together {share:.3} % of one core",
        choice.name(),
        100.0 * course.utilisation,
        course.duplicates(),
        course.lost.0,
        course.lost.1,
        "",
        course.seconds / 86_400.0,
        course.mean_seconds,
        mean.as_secs_f64() * 1e6,
        high.as_secs_f64() * 1e6,
    );
}
