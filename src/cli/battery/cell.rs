//! `battery cell`: the file of a built-in cell, to be copied and edited.
use clap::Args;

use crate::battery::cell::Cell;
use crate::cli::failure::Failure;
use crate::cli::message::say;

/// Print the file of a built-in cell, to copy and edit
///
/// Prints the file of a built-in cell, or the names of all. Copy it, edit it, and use it: `battery cell chen2020 >
/// mine.ron`, then `battery simulate --cell mine.ron ...`. The file of `chen2020` explains its fields.
#[derive(Args)]
pub(crate) struct Arguments {
    /// A built-in cell; without it, all names are listed
    name: Option<String>,
}

pub(crate) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    let Some(name) = &arguments.name else {
        say(&Cell::names().join("\n"));
        return Ok(());
    };
    match Cell::text(name) {
        Some(text) => say(text.trim_end()),
        None => return Err(unknown(name)),
    }
    Ok(())
}

/// The failure of a name that is neither a built-in cell nor a file.
pub(crate) fn unknown(name: &str) -> Failure {
    let known = Cell::names().join("`, `");
    Failure::Input(format!("there is no cell `{name}`\nhint: the built-in cells are `{known}`; a file ends in `.ron`"))
}
