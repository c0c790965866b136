//! A study of one's own function: a space, a budget, a journal, and the best that was found.
//!
//! `cargo run --no-default-features --example study`; run again, it goes on from the journal.
use galvani::{Categorical, Float, Space, Study};

/// A made-up validation error after so many epochs; too high a learning rate diverges.
fn train(rate: f64, optimizer: &str, epochs: f64) -> Result<f64, Box<dyn std::error::Error>> {
    if rate > 0.06 {
        return Ok(f64::NAN);
    }
    let best: f64 = match optimizer {
        "sgd" => 0.02,
        "adam" => 0.001,
        other => return Err(format!("there is no optimizer `{other}`").into()),
    };
    Ok(0.05 + 0.03 * (rate / best).log10().powi(2) + 0.5 / epochs)
}

fn main() -> Result<(), galvani::Error> {
    let space = Space::builder("net")
        .add("rate", Float::log(1e-5, 1e-1))
        .add("optimizer", Categorical::new(["sgd", "adam"]))
        .add_if("momentum", Float::new(0.0, 0.99), "optimizer == 'sgd'")
        .build()?;
    let mut study = Study::builder(space).budget(1.0, 27.0, 3).stop_after(60).seed(1).journal("runs/net").build()?;
    study.optimize(|trial| train(trial.float("rate")?, trial.word("optimizer")?, trial.budget()))?;
    println!("{}", study.best()?);
    Ok(())
}
