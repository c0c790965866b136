//! Import of a search space.
use std::path::Path;

use crate::cli::failure::Failure;
use crate::cli::import::arguments::File;
use crate::cli::message::narrate;
use crate::cli::output::write;
use crate::document::source::{SourceError, read};
use crate::exchange::Imported;

/// Reads a search space and writes it as RON, with notes on what had to be changed for it.
pub(super) fn import(file: &File, reader: fn(&str, &Path) -> Result<Imported, SourceError>) -> Result<(), Failure> {
    let text = read(&file.file).map_err(Failure::input)?;
    let Imported { space, notes } = reader(&text, &file.file).map_err(Failure::input)?;
    notes.iter().for_each(|note| narrate(&format!("note: {note}")));
    write(&space.to_text(), file.out.as_deref())?;
    if let Some(out) = &file.out {
        narrate(&format!("hint: try `galvani check {}`", out.display()));
    }
    Ok(())
}
