//! The series that `battery fit` works on: those of files of cyclers, or of a dataset.
use std::fs::File;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::Path;

use super::arguments::Arguments;
use crate::battery::cell::Cell;
use crate::battery::dataset::{Dataset, Split};
use crate::battery::fit::problem::{FittedSeries, RowCurrent};
use crate::battery::measurement::charge::first_charge;
use crate::battery::measurement::reading::{MeasurementError, read};
use crate::cli::battery::measured_files::{failed, told};
use crate::cli::failure::Failure;
use crate::cli::message::{narrate, number};
use crate::document::diagnostic::Diagnostic;

/// Rows that are fitted at most.
const MOST: usize = 2_000_000;
/// Seconds at the beginning of a dataset's series that do not count: they begin within a test, and not at rest.
const UNRESTED: f64 = 1200.0;

/// The series that are fitted: those of a dataset, or of files.
pub(super) fn series(
    arguments: &Arguments,
    cell: &Cell,
    is_over: &dyn Fn() -> bool,
) -> Result<Vec<FittedSeries>, Failure> {
    if arguments.skip.is_some_and(|seconds| seconds < 0.0) {
        return Err(Failure::Input("`--skip` must be 0 or more".into()));
    }
    if let [only] = &arguments.data[..]
        && is_dataset(only)
    {
        return of_dataset(arguments, cell, only);
    }
    let interval = f64::from(arguments.interval);
    let settings = arguments.reading.settings(interval)?;
    let mut all = Vec::new();
    for path in &arguments.data {
        if is_dataset(path) {
            return Err(Failure::Input(format!(
                "`{}` is a dataset\nhint: fit to one dataset, or to files",
                path.display()
            )));
        }
        let mut rows = Vec::new();
        let mut sink = |row| {
            rows.push(row);
            match rows.len() > MOST {
                true => Err(MeasurementError::from(
                    Diagnostic::new(format!("`{}` has more than {MOST} rows at even times", path.display()))
                        .hint("give a longer `--interval`, or cut the file"),
                )),
                false => Ok(()),
            }
        };
        let mut watch = |_| if is_over() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
        let file = read(path, cell, &settings, &mut sink, &mut watch).map_err(failed)?;
        narrate(&told(&file));
        let charge = first_charge(arguments.initial_charge, cell, cell.capacity(), &rows, interval)
            .map_err(|wrong| Diagnostic { message: format!("{}: {}", path.display(), wrong.message), ..wrong })?;
        narrate(&format!("  state of charge {:.4} at the first row (counted from: {})", charge.first, charge.from));
        if let Some(doubt) = &charge.doubt {
            narrate(&format!("note: {}: {doubt}", path.display()));
        }
        if file.resistance.is_some_and(|ohm| ohm < 0.0) {
            narrate(&format!(
                "note: {}: the voltage rises where the cell is discharged harder: is the sign right?",
                path.display()
            ));
        }
        let mut first = 0;
        for run in &file.runs {
            let own = &rows[first..first + run.rows];
            first += run.rows;
            let name = match file.runs.len() {
                1 => path.display().to_string(),
                _ => format!("{} from {} s on", path.display(), number(run.start)),
            };
            all.push(FittedSeries {
                name,
                interval,
                course: RowCurrent::Instant,
                current: own.iter().map(|row| row.instant).collect(),
                voltage: own.iter().map(|row| row.voltage).collect(),
                temperature: own.iter().map(|row| row.temperature).sum::<f64>() / own.len() as f64,
                soc: charge.first - own[0].charge / cell.capacity(),
                skipped: (arguments.skip.unwrap_or(0.0) / interval) as usize,
            });
        }
    }
    Ok(all)
}

/// True where a file begins as a dataset does.
fn is_dataset(path: &Path) -> bool {
    let mut start = [0; 64];
    let read = File::open(path).and_then(|mut file| file.read(&mut start));
    read.is_ok_and(|count| start[..count].windows(23).any(|part| part == b"galvani battery dataset"))
}

fn of_dataset(arguments: &Arguments, cell: &Cell, path: &Path) -> Result<Vec<FittedSeries>, Failure> {
    let dataset = Dataset::open(path).map_err(Failure::input)?;
    let split = Split::from(arguments.split);
    let interval = f64::from(dataset.specification().interval_s);
    let count = arguments.series.min(dataset.series(split));
    if count == 0 {
        return Err(Failure::Input(format!(
            "no series of the split `{}` is fitted\nhint: `--split` and `--series` choose them",
            split.name()
        )));
    }
    if dataset.steps() * count > MOST {
        return Err(Failure::Input(format!("{count} series are more than {MOST} rows\nhint: give fewer `--series`")));
    }
    if dataset.specification().cell != arguments.cell {
        narrate(&format!("note: the dataset is of the cell `{}`", dataset.specification().cell));
    }
    let (low, high) = cell.possible_charge();
    let of_series = |series| {
        let rows = dataset.rows(split, series, 0, dataset.steps());
        let column = |feature: usize| rows.iter().map(|row| row[feature]).collect::<Vec<f64>>();
        FittedSeries {
            name: format!("{} {series}", split.name()),
            interval,
            course: if interval == 1.0 { RowCurrent::Instant } else { RowCurrent::Mean },
            current: column(0),
            voltage: column(1),
            temperature: column(2).iter().sum::<f64>() / rows.len() as f64,
            soc: rows[0][3].clamp(low, high),
            skipped: (arguments.skip.unwrap_or(UNRESTED) / interval) as usize,
        }
    };
    Ok((0..count).map(of_series).collect())
}
