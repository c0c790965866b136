//! The verb `battery`: the battery task's own steps, each usable alone.
mod baseline;
mod cell;
mod export;
mod export_file;
mod fit;
mod generate;
mod import;
mod inspect;
mod measured_files;
#[cfg(feature = "battery")]
mod model;
mod plot;
mod protocol;
mod simulate;
mod simulation_notes;
mod split;
mod subject_cell;
mod trace_columns;
mod trace_output;

use clap::Subcommand;

use super::failure::Failure;

/// The verbs of `battery`; each is described where its arguments are.
#[derive(Subcommand)]
pub(super) enum Verb {
    Cell(cell::Arguments),
    Simulate(simulate::Arguments),
    Generate(generate::Arguments),
    Import(import::Arguments),
    Fit(fit::Arguments),
    Inspect(inspect::Arguments),
    Plot(plot::Arguments),
    Export(export::Arguments),
    Baseline(baseline::Arguments),
    #[cfg(feature = "battery")]
    #[command(flatten)]
    Model(model::ModelVerb),
}

pub(super) fn execute(verb: &Verb) -> Result<(), Failure> {
    match verb {
        Verb::Cell(arguments) => cell::execute(arguments),
        Verb::Simulate(arguments) => simulate::execute(arguments),
        Verb::Generate(arguments) => generate::execute(arguments),
        Verb::Import(arguments) => import::execute(arguments),
        Verb::Fit(arguments) => fit::execute(arguments),
        Verb::Inspect(arguments) => inspect::execute(arguments),
        Verb::Plot(arguments) => plot::execute(arguments),
        Verb::Export(arguments) => export::execute(arguments),
        Verb::Baseline(arguments) => baseline::execute(arguments),
        #[cfg(feature = "battery")]
        Verb::Model(verb) => model::execute(verb),
    }
}
