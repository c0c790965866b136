//! `battery cell`: the file of a cell, to be copied and edited; from and to the exchange format BPX, and from PyBaMM's parameters.
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::subject_cell;
use crate::battery::cell::Cell;
use crate::battery::cell::bpx::export::{ExportedCell, export};
use crate::battery::cell::imported::ImportedCell;
use crate::battery::cell::json_import::import;
use crate::cli::failure::Failure;
use crate::cli::message::{narrate, say};
use crate::cli::output::{Existing, Output};
use crate::document::source::read;

/// Print the file of a built-in cell, to copy and edit; read and write BPX, read PyBaMM's parameters
///
/// Prints the file of a built-in cell, or the names of all. Copy it, edit it, and use it: `battery cell chen2020 >
/// mine.ron`, then `battery simulate --cell mine.ron ...`. The file of `chen2020` explains its fields.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Option<Action>,
    /// A built-in cell; without it, all names are listed
    name: Option<String>,
}

#[derive(Subcommand)]
enum Action {
    /// Turn a BPX file (Battery Parameter eXchange), or PyBaMM's parameters as JSON, into the file of a cell
    ///
    /// BPX: versions 0.1 to 1.x. PyBaMM: what `ParameterValues.to_json` writes, or a dictionary whose values are numbers,
    /// tables ({"x": [...], "y": [...]} or [[x, y], ...]), or expressions in quotes of `sto`, `c_e`, `c_s_surf`, `c_s_max` and
    /// `T`. Cells with one active material in each electrode. States of charge 0 and 1 are those of the voltage limits. Says
    /// what could not be kept. `--cell FILE.json` takes the same file directly.
    Import {
        /// The file, BPX or PyBaMM's
        #[arg(value_name = "FILE.json")]
        file: PathBuf,
        /// The file to write [default: stdout]
        #[arg(long, value_name = "CELL.ron")]
        out: Option<PathBuf>,
    },
    /// Write a cell as BPX (version 0.5), and say what could not be kept
    Export {
        /// A built-in cell, or a file
        #[arg(value_name = "NAME|FILE")]
        cell: String,
        /// The file to write [default: stdout]
        #[arg(long, value_name = "FILE.json")]
        out: Option<PathBuf>,
    },
}

pub(crate) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    match &arguments.action {
        Some(Action::Import { file, out }) => {
            let text = read(file).map_err(Failure::input)?;
            let ImportedCell { text, notes, .. } = import(file, &text).map_err(Failure::input)?;
            return write(&text, &notes, file, out.as_ref());
        }
        Some(Action::Export { cell, out }) => {
            let ExportedCell { json, notes } = export(&subject_cell::cell(cell)?)?;
            return write(&format!("{json:#}\n"), &notes, cell.as_ref(), out.as_ref());
        }
        None => {}
    }
    let Some(name) = &arguments.name else {
        say(&Cell::names().join("\n"));
        return Ok(());
    };
    match Cell::text(name) {
        Some(text) => say(text.trim_end()),
        None => return Err(subject_cell::unknown(name)),
    }
    Ok(())
}

/// Writes what was made of an input, after the notes about it.
fn write(text: &str, notes: &[String], input: &Path, out: Option<&PathBuf>) -> Result<(), Failure> {
    let dash = PathBuf::from("-");
    let output = Output::to(out.unwrap_or(&dash), Existing::Refuse, &[input])?;
    notes.iter().for_each(|note| narrate(&format!("note: {note}")));
    output.write(|out| out.write_all(text.as_bytes()))?;
    if !output.is_stdout() {
        say(&output.shown());
    }
    Ok(())
}
