//! `battery simulate`: simulates one cell under a current from a file, and writes a table of its observables.
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::{fs, process};

use clap::{Args, ValueEnum};

use crate::battery::cell::{Cell, ZERO_CELSIUS};
use crate::battery::current::file::CurrentFile;
use crate::battery::simulation::thermal::Thermal;
use crate::battery::simulation::trace::{Start, Trace, simulate_in_steps, simulate_within_limits};
use crate::cli::failure::Failure;
use crate::cli::message::narrate;

const HEADER: &str = "time_s,current_a,voltage_v,surface_temperature_c,core_temperature_c,soc,ocv_v";

/// Simulate a cell under a current from a CSV file
///
/// IN.csv holds the columns `time_s,current_a`: seconds, and amperes of discharge, linear between the rows.
///
/// OUT.csv gets a row a second (or a step, where the times of IN.csv are finer): `time_s`, `current_a`, `voltage_v`,
/// `surface_temperature_c`, `core_temperature_c`, `soc` (true state of charge, 1 is full) and `ocv_v` (open-circuit
/// voltage of the relaxed cell). With a single temperature both columns hold it. `--limits flag` adds the column
/// `limit`: -1 below the voltage window, 1 above it, 0 within.
#[derive(Args)]
pub(crate) struct Arguments {
    /// A built-in cell, or a file (`battery cell` lists and prints them)
    #[arg(long, value_name = "NAME|FILE.ron")]
    cell: String,
    /// The current, a CSV file with the columns `time_s,current_a`; discharge is positive
    #[arg(long, value_name = "IN.csv")]
    current: PathBuf,
    /// The thermal model of the cell
    ///
    /// [default: two-temperature, or isothermal where the cell has no thermal parameters]
    #[arg(long, value_enum)]
    thermal: Option<ThermalArgument>,
    /// The treatment of voltages outside of the cell's window
    #[arg(long, value_enum, default_value_t = LimitArgument::Ignore)]
    limits: LimitArgument,
    /// State of charge at the start, 1 is full
    #[arg(long, default_value_t = 1.0, value_name = "SHARE")]
    initial_soc: f64,
    /// Temperature of the surroundings and of the cell at the start, °C
    #[arg(long, default_value_t = 25.0, value_name = "CELSIUS", allow_negative_numbers = true)]
    ambient: f64,
    /// The file for the table
    #[arg(long, value_name = "OUT.csv")]
    out: PathBuf,
}

#[derive(Clone, Copy, ValueEnum)]
enum ThermalArgument {
    /// The ambient temperature everywhere
    Isothermal,
    /// One temperature
    Lumped,
    /// Surface and core, as in Cell-Li-Gent; energy is not conserved
    TwoTemperature,
    /// Surface and core; energy is conserved
    TwoNode,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LimitArgument {
    /// Only a note is printed
    Ignore,
    /// The column `limit` marks the rows
    Flag,
    /// The current tapers off to hold the voltage at the limit, as a charger does
    Taper,
}

impl From<ThermalArgument> for Thermal {
    fn from(choice: ThermalArgument) -> Self {
        match choice {
            ThermalArgument::Isothermal => Self::Isothermal,
            ThermalArgument::Lumped => Self::Lumped,
            ThermalArgument::TwoTemperature => Self::TwoTemperature,
            ThermalArgument::TwoNode => Self::TwoNode,
        }
    }
}

pub(crate) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    let cell = cell(&arguments.cell)?;
    let thermal = thermal(&cell, arguments.thermal)?;
    let (soc, ambient) = (arguments.initial_soc, arguments.ambient);
    let (low, high) = cell.temperature;
    for (flag, value, (least, largest)) in
        [("--initial-soc", soc, (0.0, 1.0)), ("--ambient", ambient, (low - ZERO_CELSIUS, high - ZERO_CELSIUS))]
    {
        if !(least..=largest).contains(&value) {
            return Err(Failure::Input(format!(
                "`{flag}` must be {least:.2} to {largest:.2} for this cell, not {value}"
            )));
        }
    }
    let file = CurrentFile::read(&arguments.current).map_err(Failure::input)?;
    let run = if arguments.limits == LimitArgument::Taper { simulate_within_limits } else { simulate_in_steps };
    let trace = run(&cell, thermal, &file.current, file.step, Start { soc, ambient });
    remark(&cell, &file, &trace);
    let window = (arguments.limits == LimitArgument::Flag).then_some(cell.limits.voltage);
    write(&arguments.out, &file, &trace, window).map_err(|error| {
        let path = arguments.out.display();
        Failure::Input(format!("cannot write `{path}`: {error}\nhint: its folder must exist and be writable"))
    })?;
    narrate(&format!("{} rows in {}", trace.voltage.len(), arguments.out.display()));
    Ok(())
}

/// A built-in cell, or that of a file.
fn cell(name: &str) -> Result<Cell, Failure> {
    if let Some(cell) = Cell::named(name) {
        return Ok(cell);
    }
    let path = Path::new(name);
    if path.extension().is_some_and(|extension| extension == "ron") || path.exists() {
        return Cell::load(path).map_err(Failure::input);
    }
    Err(super::cell::unknown(name))
}

fn thermal(cell: &Cell, choice: Option<ThermalArgument>) -> Result<Thermal, Failure> {
    match (choice.map(Thermal::from), &cell.thermal) {
        (None, None) => {
            narrate("note: the cell has no thermal parameters, so it is simulated at the ambient temperature");
            Ok(Thermal::Isothermal)
        }
        (None, Some(_)) => Ok(Thermal::default()),
        (Some(thermal), None) if thermal != Thermal::Isothermal => Err(Failure::Input(format!(
            "the cell `{}` has no thermal parameters\nhint: use `--thermal isothermal`, or add `thermal: (...)` to a copy of its file",
            cell.name
        ))),
        (Some(thermal), _) => Ok(thermal),
    }
}

/// Narrates where the result should not be trusted.
fn remark(cell: &Cell, file: &CurrentFile, trace: &Trace) {
    let time = |row: usize| file.start + file.step * row as f64;
    let (low, high) = cell.limits.voltage;
    let outside = |voltage: &f64| *voltage < low - 1e-6 || *voltage > high + 1e-6;
    if let Some(row) = trace.voltage.iter().position(outside) {
        let voltage = trace.voltage[row];
        narrate(&format!("note: {voltage:.3} V at {} s is outside of the cell's window, {low} to {high} V", time(row)));
    }
    if let Some(row) = trace.soc.iter().position(|soc| !(-1e-9..=1.0 + 1e-9).contains(soc)) {
        let soc = trace.soc[row];
        narrate(&format!(
            "note: the state of charge is {soc:.4} at {} s; the simulation is not valid beyond 0 and 1",
            time(row)
        ));
    }
    let (cold, hot) = cell.temperature;
    let within = cold - ZERO_CELSIUS..=hot - ZERO_CELSIUS;
    if let Some(row) = trace.core_temperature.iter().position(|celsius| !within.contains(celsius)) {
        let celsius = trace.core_temperature[row];
        narrate(&format!(
            "note: {celsius:.1} °C at {} s is outside of the cell's `temperature`, {:.1} to {:.1} °C",
            time(row),
            within.start(),
            within.end()
        ));
    }
}

/// Writes the table under another name first, so that a file is whole or absent.
fn write(path: &Path, file: &CurrentFile, trace: &Trace, window: Option<(f64, f64)>) -> io::Result<()> {
    let partial = path.with_extension(format!("partial-{}", process::id()));
    let written = rows(&partial, file, trace, window).and_then(|()| fs::rename(&partial, path));
    if written.is_err() {
        let _ = fs::remove_file(&partial);
    }
    written
}

fn rows(path: &Path, file: &CurrentFile, trace: &Trace, window: Option<(f64, f64)>) -> io::Result<()> {
    let mut out = BufWriter::new(fs::File::create(path)?);
    writeln!(out, "{HEADER}{}", if window.is_some() { ",limit" } else { "" })?;
    for (step, current) in trace.current.iter().enumerate() {
        let time = file.start + file.step * step as f64;
        let (voltage, ocv, soc) = (trace.voltage[step], trace.ocv[step], trace.soc[step]);
        let (surface, core) = (trace.surface_temperature[step], trace.core_temperature[step]);
        // Millionths of a volt and of a degree; the time as short as it can be told apart from its neighbours.
        let time = (time * 1e6).round() * 1e-6;
        let time = format!("{time:.6}");
        let time = time.trim_end_matches('0').trim_end_matches('.');
        write!(out, "{time},{current},{voltage:.7},{surface:.6},{core:.6},{soc:.9},{ocv:.7}")?;
        if let Some((low, high)) = window {
            write!(out, ",{}", i32::from(voltage > high) - i32::from(voltage < low))?;
        }
        writeln!(out)?;
    }
    out.into_inner().map_err(|error| error.into_error())?.sync_all()
}
