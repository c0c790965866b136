//! The verbs of `battery` that need models: `train`, `evaluate` and `predict`.
mod evaluate;
mod pictures;
mod predict;
mod subject;
mod train;

use clap::Subcommand;

use crate::cli::failure::Failure;

/// The verbs that need models; each is described where its arguments are.
#[derive(Subcommand)]
pub(in crate::cli) enum ModelVerb {
    Train(train::Arguments),
    Evaluate(evaluate::Arguments),
    Predict(predict::Arguments),
}

pub(super) fn execute(verb: &ModelVerb) -> Result<(), Failure> {
    match verb {
        ModelVerb::Train(arguments) => train::execute(arguments),
        ModelVerb::Evaluate(arguments) => evaluate::execute(arguments),
        ModelVerb::Predict(arguments) => predict::execute(arguments),
    }
}
