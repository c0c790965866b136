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

use super::Failure;

#[derive(Subcommand)]
pub(super) enum Verb {
    /// Print the file of a built-in cell, to copy and edit
    Cell(cell::Arguments),
    /// Simulate a cell under a current from a CSV file
    Simulate(simulate::Arguments),
    /// Simulate a dataset of many series into one file
    Generate(generate::Arguments),
    /// Verify a dataset: checksums, limits of the datasheet, what it spans
    Inspect(inspect::Arguments),
    /// Draw a series and what all of them cover, as PNG and SVG
    Plot(plot::Arguments),
    /// Write series as NumPy arrays
    Export(export::Arguments),
    /// Judge the classic method: an equivalent circuit and a coulomb counter
    Baseline(baseline::Arguments),
    /// Train a model of an experiment's task
    #[cfg(feature = "battery")]
    Train(train::Arguments),
    /// Judge models by free-running prediction, beside the classic method
    #[cfg(feature = "battery")]
    Evaluate(evaluate::Arguments),
    /// Predict the next rows of NumPy arrays
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
