//! The verb `new`: an example experiment with comments.
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use clap::{Args, ValueEnum};

use super::failure::Failure;
use super::message::{narrate, say};
use crate::document::diagnostic::Diagnostic;

#[derive(Args)]
pub(super) struct Arguments {
    /// The experiment's name; the file is NAME.ron in this folder
    name: String,
    /// The kind of task
    #[arg(long, value_enum, default_value_t = Template::Branin)]
    template: Template,
}

#[derive(Clone, Copy, ValueEnum)]
enum Template {
    /// A textbook function
    Branin,
    /// A program of your own
    Command,
    /// The battery task: models of a lithium-ion cell
    Battery,
}

pub(super) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    let name = &arguments.name;
    let is_plain = name.chars().all(|letter| letter.is_alphanumeric() || "_-".contains(letter));
    if name.is_empty() || !is_plain {
        return Err(Diagnostic::new(format!("`{name}` is not a name for an experiment"))
            .hint("use letters, digits, `-` and `_`; the files are written to this folder")
            .into());
    }
    let text = match arguments.template {
        Template::Branin => include_str!("templates/branin.ron"),
        Template::Command => include_str!("templates/command.ron"),
        Template::Battery => include_str!("templates/battery.ron"),
    };
    let file = format!("{name}.ron");
    write_new(Path::new(&file), &text.replace("{name}", name))?;
    if matches!(arguments.template, Template::Command) {
        let program = format!("{name}.sh");
        write_new(Path::new(&program), include_str!("templates/command.sh"))?;
        make_executable(Path::new(&program))
            .map_err(|error| Diagnostic::new(format!("cannot make `{program}` executable: {error}")))?;
    }
    narrate(&format!("hint: try `galvani check {file}`, then `galvani run {file}`"));
    Ok(())
}

/// Writes a file that must not exist yet, and prints its path.
fn write_new(path: &Path, text: &str) -> Result<(), Failure> {
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| {
        let hint = match error.kind() {
            io::ErrorKind::AlreadyExists => "choose another name, or remove the file",
            _ => "check that this folder is writable",
        };
        Diagnostic::new(format!("cannot write `{}`: {error}", path.display())).hint(hint)
    })?;
    say(&path.display().to_string());
    Ok(())
}

#[cfg(unix)]
fn make_executable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}
