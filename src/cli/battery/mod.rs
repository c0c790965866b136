//! The verb `battery`: the battery task's own steps, each usable alone.
mod baseline;
mod cell;
#[cfg(feature = "battery")]
mod evaluate;
mod export;
mod generate;
mod inspect;
#[cfg(feature = "battery")]
mod pictures;
mod plot;
#[cfg(feature = "battery")]
mod predict;
mod simulate;
#[cfg(feature = "battery")]
mod subject;

#[cfg(feature = "battery")]
mod train;

use clap::Subcommand;

use super::failure::Failure;

/// What each does is said where its arguments are.
#[derive(Subcommand)]
pub(super) enum Verb {
    Cell(cell::Arguments),
    Simulate(simulate::Arguments),
    Generate(generate::Arguments),
    Inspect(inspect::Arguments),
    Plot(plot::Arguments),
    Export(export::Arguments),
    Baseline(baseline::Arguments),
    #[cfg(feature = "battery")]
    Train(train::Arguments),
    #[cfg(feature = "battery")]
    Evaluate(evaluate::Arguments),
    #[cfg(feature = "battery")]
    Predict(predict::Arguments),
}

pub(super) fn execute(verb: &Verb) -> Result<(), Failure> {
    match verb {
        Verb::Cell(arguments) => cell::execute(arguments),
        Verb::Simulate(arguments) => simulate::execute(arguments),
        Verb::Generate(arguments) => generate::execute(arguments),
        Verb::Inspect(arguments) => inspect::execute(arguments),
        Verb::Plot(arguments) => plot::execute(arguments),
        Verb::Export(arguments) => export::execute(arguments),
        Verb::Baseline(arguments) => baseline::execute(arguments),
        #[cfg(feature = "battery")]
        Verb::Train(arguments) => train::execute(arguments),
        #[cfg(feature = "battery")]
        Verb::Evaluate(arguments) => evaluate::execute(arguments),
        #[cfg(feature = "battery")]
        Verb::Predict(arguments) => predict::execute(arguments),
    }
}
