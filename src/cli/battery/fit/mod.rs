//! `battery fit`: fits parameters of a cell to measured voltages, and says how well these determine each.
mod arguments;
mod outcome;
mod pictures;
mod series;

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

pub(crate) use arguments::Arguments;

use super::subject_cell;
use crate::battery::cell::Cell;
use crate::battery::fit::fitted_file::{fitted_text, ron_text};
use crate::battery::fit::parameter::Parameter;
use crate::battery::fit::problem::FitProblem;
use crate::battery::fit::search::{CellFit, fit_cell};
use crate::battery::simulation::thermal::Thermal;
use crate::cli::failure::Failure;
use crate::cli::interrupt;
use crate::cli::live::Live;
use crate::cli::message::{amount, duration, narrate, number, say};
use crate::cli::output::{Existing, Output};
use crate::cli::table::Format;
use crate::document::diagnostic::Diagnostic;
use crate::document::source;

/// Evaluations after which a search is done, for the bar.
const EXPECTED: f64 = 120.0;

pub(crate) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    let cell = subject_cell::cell(&arguments.cell)?;
    let thermal = match arguments.thermal {
        Some(_) => subject_cell::thermal(&cell, arguments.thermal)?,
        None => Thermal::Isothermal,
    };
    let inputs: Vec<&Path> = arguments.data.iter().map(PathBuf::as_path).chain([arguments.cell.as_ref()]).collect();
    let output = Output::to(&arguments.out, Existing::Refuse, &inputs)?;
    let interrupts = interrupt::count().map_err(Failure::input)?;
    let is_over = || interrupts.load(Ordering::Relaxed) > 0;
    let series = series::series(arguments, &cell, &is_over)?;
    let names = arguments.parameters.0.clone();
    let problem = FitProblem::new(cell.clone(), thermal, names, series).ok_or_else(|| {
        let wrong = Diagnostic::new("fewer rows count than parameters are fitted");
        Failure::from(wrong.hint("give a smaller `--skip`, or more data"))
    })?;

    let (begun, evaluations) = (Instant::now(), AtomicUsize::new(0));
    let view = Mutex::new(Live::new(false));
    let whole = EXPECTED * arguments.parameters.0.len() as f64;
    let watch = || {
        let count = evaluations.fetch_add(1, Ordering::Relaxed) as f64;
        // Nobody knows how many it takes: a bar that slows down.
        let share = 1.0 - (-count / whole * 1.5).exp();
        view.lock().expect("no thread panics while it draws").share("fit", share.min(0.99));
        is_over()
    };
    let fitted = fit_cell(&problem, &watch)?;
    drop(view);
    let Some(fitted) = fitted else {
        narrate("interrupted; nothing was written");
        return Err(Failure::Interrupted);
    };
    outcome::report(&fitted, arguments.format);
    outcome::notes(&fitted);
    narrate(&format!(
        "voltage off by {} mV before and {} mV after (root mean square of {} rows); {} simulations in {}",
        number(1e3 * fitted.before),
        number(1e3 * fitted.after),
        amount(fitted.rows as f64),
        evaluations.load(Ordering::Relaxed),
        duration(begun.elapsed().as_secs_f64())
    ));
    write(arguments, &cell, &fitted, &output)?;
    if let Some(folder) = &arguments.pictures {
        for path in pictures::pictures(&problem, &fitted, folder)? {
            tell(&path.display().to_string(), arguments.format);
        }
    }
    Ok(())
}

/// Writes the fitted cell's file.
fn write(arguments: &Arguments, cell: &Cell, fitted: &CellFit, output: &Output) -> Result<(), Failure> {
    let path = Path::new(&arguments.cell);
    let own = match Cell::text(&arguments.cell) {
        Some(text) => text.to_owned(),
        None => source::read(path).map_err(Failure::input)?,
    };
    let own = ron_text(path, &own).map_err(Failure::input)?;
    let data: Vec<String> = arguments.data.iter().map(|path| path.display().to_string()).collect();
    let mut comment = vec![format!(
        "Fitted by `galvani battery fit` from `{}` to {}: voltage off by {} mV (root mean square), {} mV before.",
        arguments.cell,
        data.join(", "),
        number(1e3 * fitted.after),
        number(1e3 * fitted.before)
    )];
    comment.extend(fitted.parameters.iter().map(|parameter| {
        let name = parameter.parameter.name();
        let (value, unit) = (number_in(parameter.value), parameter.parameter.unit());
        let (low, high) = (number_in(parameter.interval.0), number_in(parameter.interval.1));
        format!("{name}: {value} {unit}, 95 % within {low} and {high}; identifiable: {}", outcome::verdict(parameter))
    }));
    let stem = arguments.out.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let stem = if output.is_stdout() || stem.is_empty() { "fitted".to_owned() } else { stem };
    let values: Vec<(Parameter, f64)> = fitted.parameters.iter().map(|each| (each.parameter, each.value)).collect();
    let text = fitted_text(&own, cell, &stem, &values, &comment)?;
    output.write(|out| out.write_all(text.as_bytes()))?;
    if !output.is_stdout() {
        tell(&output.shown(), arguments.format);
    }
    Ok(())
}

/// Prints the name of a file, beside data that a program reads on stderr.
fn tell(name: &str, format: Format) {
    if format == Format::Table { say(name) } else { narrate(name) }
}

/// A number with four significant digits.
fn number_in(value: f64) -> String {
    let rounded: f64 = format!("{value:.3e}").parse().unwrap_or(value);
    if (1e-3..1e6).contains(&rounded.abs()) { format!("{rounded}") } else { format!("{rounded:e}") }
}
