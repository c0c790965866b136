//! Tables: rows printed for people, as JSON lines, or as CSV.
use clap::ValueEnum;
use serde_json::{Map, Value};

use super::message::{number, one_line, say};

/// The format of printed rows.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Table,
    Json,
    Csv,
}

/// The format of an answer that is no list of rows.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum PlainFormat {
    Table,
    Json,
}

/// Prints rows that all have the same keys.
///
/// JSON and CSV have every key, and CSV holds nested values as JSON; the table has `columns` only.
pub(super) fn print(format: Format, columns: &[&str], rows: &[Map<String, Value>]) {
    match format {
        Format::Json => rows.iter().for_each(|row| say(&Value::Object(row.clone()).to_string())),
        Format::Csv => say(csv(rows).trim_end()),
        Format::Table => say(&table(columns, rows)),
    }
}

fn csv(rows: &[Map<String, Value>]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let Some(first) = rows.first() else { return String::new() };
    let expectation = "memory is always writable";
    writer.write_record(first.keys()).expect(expectation);
    for row in rows {
        writer.write_record(row.values().map(exact)).expect(expectation);
    }
    String::from_utf8(writer.into_inner().expect(expectation)).expect("csv keeps text as it is")
}

fn table(columns: &[&str], rows: &[Map<String, Value>]) -> String {
    let mut lines = vec![columns.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()];
    lines.extend(rows.iter().map(|row| columns.iter().map(|name| short(&row[*name])).collect()));
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<_> = (0..columns.len()).map(width).collect();
    let is_number =
        |column: usize| rows.iter().all(|row| row[columns[column]].is_number() || row[columns[column]].is_null());
    let right: Vec<_> = (0..columns.len()).map(|column| !rows.is_empty() && is_number(column)).collect();
    let print = |line: &Vec<String>| {
        let cells = line.iter().enumerate().map(|(column, cell)| match right[column] {
            true => format!("{cell:>0$}", widths[column]),
            false => format!("{cell:<0$}", widths[column]),
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    lines.iter().map(print).collect::<Vec<_>>().join("\n")
}

/// The text of a cell in a table: numbers with three digits, a configuration as `name=value`.
fn short(value: &Value) -> String {
    match value {
        Value::Null => "-".into(),
        Value::Number(float) if float.is_f64() => float.as_f64().map_or_else(String::new, number),
        Value::Object(map) => {
            let pair = |(name, value): (&String, &Value)| format!("{}={}", one_line(name), short(value));
            map.iter().map(pair).collect::<Vec<_>>().join(" ")
        }
        other => one_line(&exact(other)).into_owned(),
    }
}

/// The text of a cell in CSV.
fn exact(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_stays_in_its_line_whatever_it_holds() {
        let row = |text: &str| match json!({ "trial": 1, "config": { "kind": text }, "message": text }) {
            Value::Object(row) => row,
            _ => unreachable!("an object was written"),
        };
        let rows = [row("a\nb\tc\u{1b}[2J"), row("plain")];
        let printed = table(&["trial", "config", "message"], &rows);
        assert_eq!(printed.lines().count(), 3, "{printed}");
        assert!(printed.contains("kind=a\\nb\\tc\\u{1b}[2J"), "{printed}");
        let csv = csv(&rows);
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        let messages: Vec<String> = reader.records().map(|record| record.unwrap()[2].to_owned()).collect();
        assert_eq!(messages, ["a\nb\tc\u{1b}[2J", "plain"]);
    }
}
