//! The verb `battery`: the battery task's own steps, each usable alone.
mod generate;
mod inspect;
mod simulate;

use clap::Subcommand;

use super::Failure;

#[derive(Subcommand)]
pub(super) enum Verb {
    /// Simulate a cell under a current from a CSV file
    Simulate(simulate::Arguments),
    /// Simulate a dataset of many series into one file
    Generate(generate::Arguments),
    /// Verify a dataset: checksums, limits of the datasheet, what it spans
    Inspect(inspect::Arguments),
}

pub(super) fn execute(verb: &Verb) -> Result<(), Failure> {
    match verb {
        Verb::Simulate(arguments) => simulate::execute(arguments),
        Verb::Generate(arguments) => generate::execute(arguments),
        Verb::Inspect(arguments) => inspect::execute(arguments),
    }
}
