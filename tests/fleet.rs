//! A thousand workers: nobody waits, nothing comes twice, and the log replays bit for bit.
#[path = "fleet/mod.rs"]
mod simulated;

use std::sync::Arc;

use galvani::intensifier::bracket::Schedule;
use galvani::intensifier::config::IntensifierConfig;
use galvani::optimizer::Optimizer;
use galvani::optimizer::settings::OptimizerSettings;
use galvani::trial::budget::Budget;
use galvani::trial::incumbent::incumbent;
use galvani::trial::outcome::Outcome;
use simulated::Fleet;

fn optimizer(choice: IntensifierConfig, random_probability: f64) -> Optimizer {
    let budget = |amount| Budget::new(amount).unwrap();
    let schedule = Schedule::new(budget(1.0), budget(27.0), 3).unwrap();
    let settings = OptimizerSettings { random_probability, ..OptimizerSettings::default() };
    Optimizer::new(Arc::new(simulated::space()), schedule, choice, settings, 11).unwrap()
}

#[test]
fn a_thousand_workers_never_wait() {
    for choice in simulated::choices(20) {
        let name = choice.name();
        let fleet = Fleet { workers: 1000, trials: 6000, crashes: 0.1, losses: 0.05, seed: 3 };
        let course = fleet.run(optimizer(choice.clone(), 1.0));
        assert!(course.utilisation > 0.99, "{name}: {}", course.utilisation);
        assert_eq!(course.duplicates(), 0, "{name}");
        assert!(course.asks.len() >= 6000 && course.seconds > course.mean_seconds, "{name}");
        assert!(course.lost.0 > 100, "{name}: {:?}", course.lost);
        let history = course.optimizer.history();
        assert_eq!((history.trials().len(), history.running().len()), (6000, 0), "{name}");
        assert_eq!(course.replay(optimizer(choice, 1.0)), 6000, "{name}");
        assert!(incumbent(history).is_some(), "{name}");
    }
}

#[test]
fn failures_are_promoted_by_nobody() {
    for choice in simulated::choices(20).into_iter().filter(|choice| !matches!(choice, IntensifierConfig::Racing(_))) {
        let fleet = Fleet { workers: 100, trials: 3000, crashes: 0.4, losses: 0.3, seed: 5 };
        let course = fleet.run(optimizer(choice.clone(), 1.0));
        assert!(course.lost.1 > 20, "{} trials were given up", course.lost.1);
        let history = course.optimizer.history();
        for trial in history.trials().iter().filter(|trial| trial.proposal.rung > 0) {
            let below = history
                .of(trial.proposal.configuration_id)
                .take_while(|each| each.proposal.trial < trial.proposal.trial);
            let below = below.last().unwrap();
            assert!(matches!(below.outcome, Some(Outcome::Finished(_))), "{}: {trial:?}", choice.name());
        }
        let top = history.ranking().budgets().next_back().map(Budget::amount);
        let expected = if choice == IntensifierConfig::Pasha { 3.0 } else { 27.0 };
        assert!(top >= Some(expected), "{}: no rung is frozen by what was lost: {top:?}", choice.name());
    }
}

#[test]
fn an_asynchronous_log_of_many_workers_replays_bit_for_bit() {
    for choice in [IntensifierConfig::Asynchronous { brackets: None }, IntensifierConfig::Hyperband] {
        let fleet = Fleet { workers: 24, trials: 150, crashes: 0.1, losses: 0.05, seed: 4 };
        let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let course = pool(3).install(|| fleet.run(optimizer(choice.clone(), 0.2)));
        assert_eq!(course.duplicates(), 0);
        for threads in [1, 4] {
            let asked = pool(threads).install(|| course.replay(optimizer(choice.clone(), 0.2)));
            assert_eq!(asked, 150, "{} on {threads} threads", choice.name());
        }
    }
}
