//! The verb `export`: what is ours, as another program reads it.
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Failure;
use super::import::write;
use super::message::narrate;
use super::space::search_space;
use crate::exchange::{Exported, Inexpressible, configspace, pcs};
use crate::space::Space;

#[derive(Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    format: Format,
}

#[derive(Subcommand)]
enum Format {
    /// A search space as ConfigSpace's JSON, format 0.4
    Configspace(File),
    /// A search space as pcs-new
    #[command(alias = "pcs")]
    PcsNew(File),
}

#[derive(Args)]
struct File {
    /// A search space, or an experiment whose space it is
    file: PathBuf,
    /// The file to write; stdout where it is left out
    #[arg(long)]
    out: Option<PathBuf>,
}

pub(super) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    match &arguments.format {
        Format::Configspace(file) => space(file, configspace::write),
        Format::PcsNew(file) => space(file, pcs::write),
    }
}

fn space(file: &File, writer: fn(&Space) -> Result<Exported, Inexpressible>) -> Result<(), Failure> {
    let space = search_space(&file.file)?;
    let Exported { text, notes } = writer(&space).map_err(Failure::input)?;
    notes.iter().for_each(|note| narrate(&format!("note: {note}")));
    write(&text, file.out.as_deref())
}
