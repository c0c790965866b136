//! Columns as comma-separated values.
use std::borrow::Borrow;
use std::io::{self, Write};

use super::column::{Column, ColumnValues, Columns, Digits};

/// Writes tables with the same columns one below the other.
pub(crate) fn write_csv<T: Borrow<Columns>>(
    out: &mut dyn Write,
    tables: &mut dyn Iterator<Item = T>,
) -> io::Result<()> {
    let mut is_first = true;
    for table in tables {
        let table: &Columns = table.borrow();
        if is_first {
            let names: Vec<String> = table.columns.iter().map(|column| quoted(&column.name)).collect();
            writeln!(out, "{}", names.join(","))?;
            is_first = false;
        }
        write_rows(out, table)?;
    }
    Ok(())
}

fn write_rows(out: &mut dyn Write, table: &Columns) -> io::Result<()> {
    for row in 0..table.rows() {
        for (place, column) in table.columns.iter().enumerate() {
            if place > 0 {
                out.write_all(b",")?;
            }
            cell(out, column, row)?;
        }
        out.write_all(b"\n")?;
    }
    Ok(())
}

fn cell(out: &mut dyn Write, column: &Column, row: usize) -> io::Result<()> {
    if column.missing.get(row) == Some(&true) {
        return Ok(());
    }
    match &column.values {
        ColumnValues::Real(values, Digits::Fixed(digits)) => {
            let text = format!("{:.digits$}", values[row]);
            let is_zero = text.bytes().all(|byte| b"-0.".contains(&byte));
            out.write_all(if is_zero { text.trim_start_matches('-') } else { &text }.as_bytes())
        }
        ColumnValues::Real(values, Digits::Shortest) => write!(out, "{}", values[row]),
        ColumnValues::Real(values, Digits::AtMost(digits)) => {
            let scale = 10f64.powi(*digits as i32);
            let text = format!("{:.digits$}", (values[row] * scale).round() / scale);
            let short = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
            out.write_all(short.as_bytes())
        }
        ColumnValues::Whole(values) => write!(out, "{}", values[row]),
        ColumnValues::Flag(values) => write!(out, "{}", u8::from(values[row])),
        ColumnValues::Text(values) => out.write_all(quoted(&values[row]).as_bytes()),
    }
}

/// A text as one field.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}
