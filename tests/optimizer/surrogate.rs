//! The automatic surrogate, and the model's choice among prescreened configurations.
use galvani::trial::history::History;

use super::*;

#[test]
fn the_automatic_surrogate_follows_the_history_alone() {
    let new = |surrogate: &str| {
        let settings = format!("(design_size: Some(399), random_probability: 0, surrogate: {surrogate})");
        with_settings(full(), ron::from_str(&settings).unwrap(), 7)
    };
    let replayed = |history: &History, surrogate: &str| {
        let mut optimizer = new(surrogate);
        history.trials().iter().for_each(|trial| optimizer.adopt(trial.proposal.clone()));
        for trial in history.ended() {
            assert!(optimizer.tell(trial.proposal.trial, trial.outcome.clone().unwrap()));
        }
        ask(&mut optimizer)
    };
    let mut whole = new("Automatic");
    let running: Vec<Proposal> = (0..399).map(|_| ask(&mut whole)).collect();
    running[..8].iter().for_each(|ends| assert!(whole.tell(ends.trial, outcome(ends))));
    // Eight results and 391 running trials, 392, 393: the third is one too many for a process.
    for surrogate in ["GaussianProcess(())", "GaussianProcess(())", "Forest(())"] {
        let expected = replayed(whole.history(), surrogate);
        assert_eq!(ask(&mut whole), expected, "{} trials", whole.history().trials().len());
    }
    running[8..12].iter().for_each(|ends| assert!(whole.tell(ends.trial, Outcome::TimedOut)));
    let expected = replayed(whole.history(), "GaussianProcess(())");
    assert_eq!(ask(&mut whole), expected, "what failed made room");
}

#[test]
fn prescreened_configurations_differ_and_the_model_chooses_which_goes_on() {
    let schedule = Schedule::new(budget(1.0), budget(27.0), 3).unwrap();
    let settings = ron::from_str("(random_probability: 0)").unwrap();
    let mut optimizer = Optimizer::new(space(), schedule, IntensifierConfig::Screening, settings, 5).unwrap();
    let (mut chosen_by_cost, mut farthest) = (Vec::new(), Vec::new());
    for _ in 0..88 {
        let proposal = ask(&mut optimizer);
        // At the lowest budget the cost misleads.
        let cost = branin(&proposal.configuration);
        let cost = if proposal.budget.amount() < 27.0 { -cost } else { cost };
        assert!(optimizer.tell(proposal.trial, Outcome::of_cost(cost)));
        if proposal.bracket == 0 || proposal.rung == 0 {
            continue;
        }
        let history = optimizer.history();
        let prescreened: Vec<_> = history.rung(proposal.bracket, 0).unwrap().trials().to_vec();
        let prescreened: Vec<_> = prescreened.into_iter().map(|trial| history.trial(trial).unwrap()).collect();
        let cost = |index: usize| prescreened[index].outcome.as_ref().unwrap().cost().unwrap();
        let lowest = (0..3).min_by(|&a, &b| cost(a).total_cmp(&cost(b))).unwrap();
        chosen_by_cost.push(prescreened[lowest].proposal.configuration_id == proposal.configuration_id);
        let row = |index: usize| space().encode(&prescreened[index].proposal.configuration);
        let apart = |(a, b)| row(a).iter().zip(row(b)).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        farthest.push([(0, 1), (0, 2), (1, 2)].map(apart).into_iter().fold(0.0, f64::max));
    }
    assert_eq!(chosen_by_cost.len(), 12);
    assert!(chosen_by_cost.iter().filter(|by_cost| **by_cost).count() <= 6, "{chosen_by_cost:?}");
    // Without belief in those that wait, the same corner is prescreened three times.
    assert!(farthest.iter().filter(|apart| **apart > 0.05).count() >= 9, "{farthest:?}");
}
