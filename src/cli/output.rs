//! Output of a verb: a new file, or stdout.
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

use super::failure::Failure;
use super::message::say;
use crate::document::diagnostic::Diagnostic;

/// Writes a text to a new file and prints its path, or prints the text.
pub(super) fn write(text: &str, out: Option<&Path>) -> Result<(), Failure> {
    let Some(out) = out else {
        say(text.trim_end());
        return Ok(());
    };
    let file = OpenOptions::new().write(true).create_new(true).open(out);
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| {
        let hint = match error.kind() {
            io::ErrorKind::AlreadyExists => "choose another name, or remove the file",
            io::ErrorKind::NotFound => "check that the folder exists",
            _ => "check that the folder is writable",
        };
        Diagnostic::new(format!("cannot write `{}`: {error}", out.display())).hint(hint)
    })?;
    say(&out.display().to_string());
    Ok(())
}
