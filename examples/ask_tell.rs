//! A loop of one's own around a study: ask, evaluate, report on the way, tell.
//!
//! `cargo run --release --no-default-features --example ask_tell`
use galvani::{Categorical, Error, Float, Ordinal, Outcome, Space, Study, Trial};

/// A made-up validation error after so many epochs; too high a learning rate diverges.
fn validation_error(trial: &Trial, epochs: f64) -> Result<f64, Error> {
    let rate = trial.float("learning_rate")?.log10();
    if rate > -1.2 {
        return Ok(f64::NAN);
    }
    // Inactive under Adam, which counts as 0.02.
    let momentum = match trial.get("momentum")? {
        Some(_) => 0.1 * (trial.float("momentum")? - 0.9).powi(2),
        None => 0.02,
    };
    Ok(0.05 + 0.03 * (rate + 3.0).powi(2) + 1.0 / trial.float("width")? + momentum + 0.5 / epochs)
}

/// Spends the budget of a trial, unless it falls behind on its way.
fn evaluate(study: &mut Study, trial: &Trial) -> Result<Outcome, Error> {
    let mut epoch = 1.0;
    while epoch < trial.budget() {
        if study.report(trial.id(), epoch, validation_error(trial, epoch)?)? {
            return Ok(Outcome::Pruned);
        }
        epoch += 1.0;
    }
    Ok(Outcome::of_cost(validation_error(trial, trial.budget())?))
}

fn main() -> Result<(), Error> {
    let space = Space::builder("network")
        .add("learning_rate", Float::log(1e-5, 1e-1))
        .add("width", Ordinal::new([32, 64, 128, 256]))
        .add("optimizer", Categorical::new(["sgd", "adam"]))
        .add_if("momentum", Float::new(0.0, 0.99), "optimizer == 'sgd'")
        .forbid("width == 256 and learning_rate > 0.05")
        .build()?;
    let mut study =
        Study::builder(space).budget(1.0, 27.0, 3).unit("epochs").stop_after_full_evaluations(20.0).seed(1).build()?;
    while let Some(trial) = study.ask()? {
        let outcome = evaluate(&mut study, &trial)?;
        study.tell(trial.id(), outcome)?;
    }
    let best = study.best()?;
    println!("{} trials; {}", study.trials().len(), study.ended().unwrap_or_default());
    println!("{best}");
    assert!(best.cost() < Some(0.09), "the minimum is 0.0724 at 27 epochs");
    Ok(())
}
