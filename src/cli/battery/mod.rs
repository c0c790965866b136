//! The verb `battery`: the battery task's own steps, each usable alone.
mod simulate;

use clap::Subcommand;

use super::Failure;

#[derive(Subcommand)]
pub(super) enum Verb {
    /// Simulate a cell under a current from a CSV file
    Simulate(simulate::Arguments),
}

pub(super) fn execute(verb: &Verb) -> Result<(), Failure> {
    match verb {
        Verb::Simulate(arguments) => simulate::execute(arguments),
    }
}
