//! The verb `import`: what another program wrote, as ours.
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::Failure;
use super::message::{narrate, say};
use crate::exchange::{Imported, configspace, pcs};
use crate::space::source::{SourceError, read};

#[derive(Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    format: Format,
}

#[derive(Subcommand)]
enum Format {
    /// A search space of ConfigSpace, as JSON: format 0.4 and the older ones
    Configspace(File),
    /// A search space in pcs-new, or in the pcs format before it
    #[command(alias = "pcs")]
    PcsNew(File),
}

#[derive(Args)]
struct File {
    /// The file to read
    file: PathBuf,
    /// The search space to write; stdout where it is left out
    #[arg(long)]
    out: Option<PathBuf>,
}

pub(super) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    match &arguments.format {
        Format::Configspace(file) => space(file, configspace::read),
        Format::PcsNew(file) => space(file, pcs::read),
    }
}

fn space(file: &File, reader: fn(&str, &Path) -> Result<Imported, SourceError>) -> Result<(), Failure> {
    let text = read(&file.file).map_err(Failure::input)?;
    let Imported { space, notes } = reader(&text, &file.file).map_err(Failure::input)?;
    notes.iter().for_each(|note| narrate(&format!("note: {note}")));
    write(&space.to_text(), file.out.as_deref())?;
    if let Some(out) = &file.out {
        narrate(&format!("hint: try `galvani check {}`", out.display()));
    }
    Ok(())
}

/// Writes a text to a new file and says so, or to stdout.
pub(super) fn write(text: &str, out: Option<&Path>) -> Result<(), Failure> {
    let Some(out) = out else {
        say(text.trim_end());
        return Ok(());
    };
    let file = OpenOptions::new().write(true).create_new(true).open(out);
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| {
        let hint = match error.kind() {
            io::ErrorKind::AlreadyExists => "choose another name, or remove the file",
            io::ErrorKind::NotFound => "is there such a folder?",
            _ => "is the folder writable?",
        };
        Failure::Input(format!("{}: {error}\n\nhint: {hint}", out.display()))
    })?;
    say(&out.display().to_string());
    Ok(())
}
