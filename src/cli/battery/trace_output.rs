//! The table of a simulation as a file.
use super::trace_columns::{ColumnGroup, trace_columns};
use crate::battery::cell::Cell;
use crate::battery::simulation::trace::Trace;
use crate::cli::columns::{Column, ColumnFormat, ColumnValues, Columns, about, write};
use crate::cli::failure::Failure;
use crate::cli::output::Output;

/// Writes a trace with the columns of groups, and with `limit` where there is a window of voltages.
pub(super) fn write_trace(
    cell: &Cell,
    trace: &Trace,
    (groups, window): (&[ColumnGroup], Option<(f64, f64)>),
    (format, output): (ColumnFormat, &Output),
) -> Result<(), Failure> {
    let mut columns = trace_columns(cell, trace, groups);
    columns.extend(window.map(|window| limit(trace, window)));
    let about = [("cell".to_owned(), cell.name.clone())].into_iter().chain(about()).collect();
    write(&Columns { columns, about }, format, output)
}

/// The side on which the voltage is outside of the cell's window.
fn limit(trace: &Trace, (low, high): (f64, f64)) -> Column {
    let side = |voltage: &f64| i64::from(*voltage > high) - i64::from(*voltage < low);
    Column::new("limit", ColumnValues::Whole(trace.voltage.iter().map(side).collect()))
}
