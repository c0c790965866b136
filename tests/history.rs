//! The indexes of a history agree with a scan of all trials.
use galvani::numeric::stream::Stream;
use galvani::space::Space;
use galvani::space::hyperparameter::{Domain, Hyperparameter, Value};
use galvani::trial::budget::Budget;
use galvani::trial::curve::CurvePoint;
use galvani::trial::history::History;
use galvani::trial::incumbent::incumbent;
use galvani::trial::outcome::Outcome;
use galvani::trial::recommendation::recommend;
use galvani::trial::{ConfigurationId, Proposal, Trial, TrialId};

fn budget(amount: u32) -> Budget {
    Budget::new(f64::from(amount)).unwrap()
}

fn outcome(stream: &mut Stream) -> Outcome {
    match stream.below(8) {
        0 => Outcome::Crashed { message: "no".into() },
        1 => Outcome::Lost,
        2 => Outcome::Pruned,
        // Few different costs, so that there are equals.
        _ => Outcome::of_cost(stream.below(5) as f64),
    }
}

/// A log at random: configurations at rungs of budgets 1, 3 and 9, or on several pairs of seed and instance.
fn random_log(seed: u64, racing: bool) -> History {
    let domain = Domain::Integer { min: 1, max: 1000, log: false };
    let space =
        Space::new("test".into(), vec![Hyperparameter::new("x", domain, Value::Integer(1))], vec![], vec![]).unwrap();
    let (mut history, mut stream) = (History::default(), Stream::of(seed, "history", 0));
    let mut running: Vec<TrialId> = Vec::new();
    for _ in 0..300 {
        if running.len() > 5 {
            let trial = running.swap_remove(stream.below(running.len()));
            assert!(history.tell(trial, outcome(&mut stream)));
            assert!(!history.tell(trial, Outcome::Diverged), "it has ended already");
            assert!(!history.report(trial, CurvePoint { budget: Budget::new(0.1).unwrap(), cost: 1.0 }));
            continue;
        }
        let number = 1 + stream.below((history.configurations().len() + 1).min(60)) as i64;
        let configuration = space.configuration(vec![Some(Value::Integer(number))]).unwrap();
        let configuration_id = history.number_of(&configuration);
        let tried = history.of(configuration_id).count() as u32;
        let (rung, pair) = if racing { (2, u64::from(tried)) } else { (tried.min(2), 0) };
        let bracket = configuration_id.0 % 3;
        let instance = (pair % 2 == 1).then(|| "other".into());
        let next = history.proposal(configuration, budget(3u32.pow(rung)));
        running.push(next.trial);
        history.ask(Proposal { bracket, rung, seed: pair, instance, ..next });
    }
    history
}

/// Budget of the trials that count, each from where the same configuration, seed and instance stood.
fn continued<'a>(trials: impl Iterator<Item = &'a Trial> + Clone) -> f64 {
    let key = |trial: &Trial| (trial.proposal.configuration_id, trial.proposal.seed, trial.proposal.instance.clone());
    let mut keys: Vec<_> = trials.clone().map(key).collect();
    keys.sort_by(|a, b| format!("{a:?}").cmp(&format!("{b:?}")));
    keys.dedup();
    let highest = |wanted: &(ConfigurationId, u64, _)| {
        trials
            .clone()
            .filter(|trial| key(trial) == *wanted)
            .map(|trial| trial.proposal.budget.amount())
            .fold(0.0, f64::max)
    };
    keys.iter().map(highest).sum()
}

#[test]
fn indexes_agree_with_the_log() {
    for seed in 0..20 {
        let history = random_log(seed, seed % 2 == 1);
        let trials = history.trials();
        let running: Vec<_> = trials.iter().filter(|trial| trial.outcome.is_none()).collect();
        assert_eq!(history.running().collect::<Vec<_>>(), running);
        assert_eq!(history.ended().len() + running.len(), trials.len());
        assert!((history.asked() - continued(trials.iter())).abs() < 1e-9);
        assert!((history.spent() - continued(history.ended().collect::<Vec<_>>().into_iter())).abs() < 1e-9);
        let mut anew = history.clone();
        anew.set_restarts(true);
        let whole = |trials: &[&Trial]| trials.iter().map(|trial| trial.proposal.budget.amount()).sum::<f64>();
        assert!((anew.asked() - whole(&trials.iter().collect::<Vec<_>>())).abs() < 1e-9);
        assert!((anew.spent() - whole(&history.ended().collect::<Vec<_>>())).abs() < 1e-9);
        assert!(trials.iter().all(|trial| anew.added_budget(&trial.proposal) == trial.proposal.budget.amount()));
        for number in 1..=history.configurations().len() as u32 {
            let number = ConfigurationId(number);
            let its = trials.iter().filter(|trial| trial.proposal.configuration_id == number);
            assert!(history.of(number).eq(its.clone()));
            for rung in 0..3 {
                let budget = budget(3u32.pow(rung));
                assert_eq!(history.at(number, budget), its.clone().find(|trial| trial.proposal.budget == budget));
            }
        }
        for (bracket, rung) in (0..3).flat_map(|bracket| (0..3).map(move |rung| (bracket, rung))) {
            let here = trials.iter().filter(|trial| (trial.proposal.bracket, trial.proposal.rung) == (bracket, rung));
            let here: Vec<_> = here.collect();
            let Some(found) = history.rung(bracket, rung) else {
                assert!(here.is_empty(), "no rung {rung} in bracket {bracket}");
                continue;
            };
            assert!(found.trials().iter().copied().eq(here.iter().map(|trial| trial.proposal.trial)));
            assert_eq!(found.running(), here.iter().filter(|trial| trial.outcome.is_none()).count());
        }
    }
}

impl Judged for Trial {
    fn cost(&self) -> Option<f64> {
        self.outcome.as_ref()?.cost()
    }
}

trait Judged {
    fn cost(&self) -> Option<f64>;
}

#[test]
fn the_incumbent_is_the_best_at_the_highest_budget() {
    for seed in (0..40).step_by(2) {
        let history = random_log(seed, false);
        let highest =
            history.trials().iter().filter(|trial| trial.cost().is_some()).map(|trial| trial.proposal.budget).max();
        // Repetitions at the highest budget make it a race, where more evaluations come first.
        let pairs = |trial: &Trial| {
            let here = history.of(trial.proposal.configuration_id).filter(|each| Some(each.proposal.budget) == highest);
            let judged: Vec<_> =
                here.filter(|each| each.outcome.as_ref().is_some_and(|outcome| outcome.is_judged())).collect();
            let costs: Vec<f64> = judged.iter().filter_map(|each| each.cost()).collect();
            (judged.len(), judged.len() - costs.len(), costs.iter().sum::<f64>() / costs.len() as f64)
        };
        let candidates =
            history.trials().iter().filter(|trial| Some(trial.proposal.budget) == highest && trial.cost().is_some());
        let best = candidates.min_by(|a, b| {
            let ((n, failed, cost), (others, others_failed, other_cost)) = (pairs(a), pairs(b));
            others.cmp(&n).then(failed.cmp(&others_failed)).then(cost.total_cmp(&other_cost))
        });
        let found = incumbent(&history).map(|trial| trial.proposal.configuration_id);
        let expected = best.map(pairs);
        assert_eq!(found.map(|found| pairs(history.of(found).next().unwrap())), expected);
    }
}

#[test]
fn a_cost_at_a_higher_budget_stands_above_every_lower_one() {
    let mut history = random_log(0, false);
    let running: Vec<_> = history.running().map(|trial| trial.proposal.trial).collect();
    running.into_iter().for_each(|trial| assert!(history.tell(trial, Outcome::Lost)));
    let best = incumbent(&history).unwrap();
    let (highest, cost) = (best.proposal.budget, best.cost().unwrap());
    let cheaper = history.trials().iter().filter(|trial| trial.cost().is_some_and(|other| other < cost));
    assert!(cheaper.clone().all(|trial| trial.proposal.budget <= highest));
    assert!(history.ranking().budgets().eq([budget(1), budget(3), budget(9)]));
}

#[test]
fn a_recommendation_is_a_number_and_one_of_those_that_succeeded() {
    for seed in 0..40 {
        let history = random_log(seed, seed % 2 == 1);
        let Some(best) = recommend(&history, &[]) else { continue };
        let numbers = [best.cost, best.expected, best.lowest.cost, best.deviation.unwrap_or(0.0)];
        assert!(numbers.iter().all(|number| number.is_finite()), "{best:?}");
        assert!(best.budget <= best.target && best.deviation.is_none_or(|deviation| deviation > 0.0), "{best:?}");
        let trial = history.trial(best.trial).unwrap();
        assert!(trial.proposal.configuration_id == best.configuration && trial.cost().is_some(), "{best:?}");
        assert_eq!(recommend(&history, &[]), Some(best));
    }
}
