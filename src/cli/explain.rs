//! The verb `explain`: the fields of an experiment file with kind, default and reason.
use clap::Args;
use serde_json::{Value as Json, json};

use super::failure::Failure;
use super::message::say;
use super::table;
use super::table::Format;
use crate::document::diagnostic::Diagnostic;
use crate::document::spelling::nearest;
use crate::experiment::definition::field::entry::{CHOICE, Field};
use crate::experiment::definition::field::{default_of, fields};

/// The width of the lines, in letters.
const WIDTH: usize = 100;

#[derive(Args)]
pub(super) struct Arguments {
    /// A field, such as `optimizer.acquisition`, or the last name of some [default: all fields]
    field: Option<String>,
    /// The format of the output
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

pub(super) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    let found = match &arguments.field {
        Some(wanted) => matching(wanted)?,
        None => fields().collect(),
    };
    if arguments.format == Format::Table {
        let texts: Vec<String> = found.into_iter().map(text).collect();
        say(&texts.join("\n"));
        return Ok(());
    }
    let row = |field: &&Field| {
        let row = json!({
            "field": field.path,
            "kind": field.kind,
            "default": default_of(field),
            "about": field.about,
        });
        let Json::Object(row) = row else { unreachable!("a row is an object") };
        row
    };
    table::print(arguments.format, &[], &found.iter().map(row).collect::<Vec<_>>());
    Ok(())
}

/// The field of a path with all below it, or else every field with this name.
fn matching(wanted: &str) -> Result<Vec<&'static Field>, Diagnostic> {
    let within: Vec<&Field> = fields().filter(|field| field.is_within(wanted)).collect();
    if !within.is_empty() {
        return Ok(within);
    }
    let named: Vec<&Field> = fields().filter(|field| field.name() == wanted).collect();
    if !named.is_empty() {
        return Ok(named);
    }
    let names = fields().flat_map(|field| [field.path, field.name()]);
    Err(Diagnostic::new(format!("there is no field `{wanted}`")).hint(match nearest(wanted, names) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`galvani explain` lists all fields".to_owned(),
    }))
}

fn text(field: &Field) -> String {
    let head = match default_of(field) {
        Some(default) => format!("{}: {}, default: {default}", field.path, field.kind),
        None => format!("{}: {CHOICE}", field.path),
    };
    let mut lines = vec![head];
    let mut line = String::new();
    for word in field.about.split_whitespace() {
        if line.chars().count() + word.chars().count() + 5 > WIDTH && !line.is_empty() {
            lines.push(format!("    {line}"));
            line.clear();
        }
        line += if line.is_empty() { "" } else { " " };
        line += word;
    }
    lines.push(format!("    {line}"));
    lines.join("\n")
}
