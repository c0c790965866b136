//! Optimizing a function of one's own with the library: ask, evaluate, tell.
//!
//! `cargo run --release --no-default-features --example ask_tell`
use std::path::Path;
use std::sync::Arc;

use galvani::intensifier::bracket::Schedule;
use galvani::optimizer::settings::Settings;
use galvani::optimizer::stop::Stop;
use galvani::optimizer::{Ask, Optimizer};
use galvani::space::Space;
use galvani::trial::Proposal;
use galvani::trial::budget::Budget;
use galvani::trial::incumbent::incumbent;
use galvani::trial::outcome::Outcome;

const SPACE: &str = r#"(
    name: "network",
    parameters: {
        "learning_rate": Float(min: 1e-5, max: 1e-1, log: true),
        "width": Ordinal(values: [32, 64, 128, 256]),
        "optimizer": Categorical(choices: ["sgd", "adam"]),
        "momentum": Float(min: 0.0, max: 0.99),
    },
    conditions: { "momentum": "optimizer == 'sgd'" },
    forbidden: ["width == 256 and learning_rate > 0.05"],
)"#;

/// A made-up validation error after so many epochs; too high a learning rate diverges.
fn evaluate(space: &Space, proposal: &Proposal) -> Outcome {
    let value =
        |name: &str| space.named(&proposal.configuration).find(|(each, _)| *each == name).map(|(_, value)| value);
    let number = |name: &str| value(name).and_then(|value| value.number());
    let rate = number("learning_rate").expect("always active").log10();
    let width = number("width").expect("always active");
    if rate > -1.2 {
        return Outcome::Diverged;
    }
    let momentum = number("momentum").map_or(0.02, |momentum| 0.1 * (momentum - 0.9).powi(2));
    let unfinished = 0.5 / proposal.budget.amount();
    Outcome::of_cost(0.05 + 0.03 * (rate + 3.0).powi(2) + 1.0 / width + momentum + unfinished)
}

fn main() {
    let space = Arc::new(Space::parse(SPACE, Path::new("network.ron")).expect("a space"));
    let epochs = |amount| Budget::new(amount).expect("positive");
    let schedule = Schedule::new(epochs(1.0), epochs(27.0), 3).expect("a schedule");
    let stop = Stop { full_evaluations: Some(20.0), ..Stop::default() };
    let mut optimizer = Optimizer::new(space.clone(), schedule, Settings::default(), 1).with_stop(stop);
    while let Ask::Trial(proposal) = optimizer.ask() {
        let outcome = evaluate(&space, &proposal);
        optimizer.tell(proposal.trial, outcome);
    }
    let history = optimizer.history();
    let best = incumbent(history).expect("a trial that finished");
    let cost = best.outcome.as_ref().and_then(Outcome::cost).expect("the incumbent has a cost");
    println!("{} trials, {:.1} full evaluations", history.trials().len(), history.asked() / 27.0);
    println!("{} costs {cost:.4}", space.to_ron(&best.proposal.configuration));
    assert!(cost < 0.09, "the minimum is 0.0724 at 27 epochs");
}
