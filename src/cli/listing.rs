//! Arguments of the verbs that print what a run has found.
use clap::Args;

use super::table::Format;
use super::target::Target;

/// A run and the format in which to print it.
#[derive(Args)]
pub(super) struct Listing {
    #[command(flatten)]
    pub(super) target: Target,
    /// The format of the output
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(super) format: Format,
}
