//! `battery simulate`: one cell under a current from a file, as a table of what is seen of it.
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::{fs, process};

use clap::{Args, ValueEnum};

use crate::battery::cell::Cell;
use crate::battery::current_file::CurrentFile;
use crate::battery::thermal::Thermal;
use crate::battery::trace::{Start, Trace, simulate_in_steps};
use crate::cli::Failure;
use crate::cli::message::narrate;

const HEADER: &str = "time_s,current_a,voltage_v,surface_temperature_c,core_temperature_c,soc,ocv_v";

/// IN.csv holds the columns `time_s,current_a`: seconds, and amperes of discharge, linear between the rows.
///
/// OUT.csv gets a row a second (or a step, where the times of IN.csv are finer): `time_s`, `current_a`, `voltage_v`,
/// `surface_temperature_c`, `core_temperature_c`, `soc` (true state of charge, 1 is full) and `ocv_v` (open-circuit
/// voltage of the relaxed cell). With a single temperature both columns hold it.
#[derive(Args)]
pub struct Arguments {
    /// A built-in cell
    #[arg(long, value_name = "NAME")]
    cell: String,
    /// The current, a CSV file with the columns `time_s,current_a`; discharge is positive
    #[arg(long, value_name = "IN.csv")]
    current: PathBuf,
    /// How the cell warms up and cools down
    #[arg(long, value_enum, default_value_t = Choice::TwoTemperature)]
    thermal: Choice,
    /// State of charge at the start, 1 is full
    #[arg(long, default_value_t = 1.0, value_name = "SHARE")]
    initial_soc: f64,
    /// Temperature of the surroundings and of the cell at the start, °C
    #[arg(long, default_value_t = 25.0, value_name = "CELSIUS", allow_negative_numbers = true)]
    ambient: f64,
    /// Where the table goes
    #[arg(long, value_name = "OUT.csv")]
    out: PathBuf,
}

#[derive(Clone, Copy, ValueEnum)]
enum Choice {
    /// The ambient temperature everywhere
    Isothermal,
    /// One temperature
    Lumped,
    /// Surface and core, as in Cell-Li-Gent
    TwoTemperature,
}

impl From<Choice> for Thermal {
    fn from(choice: Choice) -> Self {
        match choice {
            Choice::Isothermal => Self::Isothermal,
            Choice::Lumped => Self::Lumped,
            Choice::TwoTemperature => Self::TwoTemperature,
        }
    }
}

pub fn execute(arguments: &Arguments) -> Result<(), Failure> {
    let cell = Cell::named(&arguments.cell).ok_or_else(|| {
        let known = Cell::names().join("`, `");
        Failure::Input(format!("there is no cell `{}`\n\nhint: the built-in cells are `{known}`", arguments.cell))
    })?;
    let (soc, ambient) = (arguments.initial_soc, arguments.ambient);
    for (flag, value, (least, largest)) in [("--initial-soc", soc, (0.0, 1.0)), ("--ambient", ambient, (-60.0, 100.0))]
    {
        if !(least..=largest).contains(&value) {
            return Err(Failure::Input(format!("{flag} {value}\n\nhint: it is between {least} and {largest}")));
        }
    }
    let file = CurrentFile::read(&arguments.current).map_err(Failure::input)?;
    let trace = simulate_in_steps(&cell, arguments.thermal.into(), &file.current, file.step, Start { soc, ambient });
    write(&arguments.out, &file, &trace).map_err(|error| {
        let path = arguments.out.display();
        Failure::Input(format!("cannot write `{path}`: {error}\n\nhint: its folder must exist and be writable"))
    })?;
    narrate(&format!("{} rows in {}", trace.voltage.len(), arguments.out.display()));
    Ok(())
}

/// Writes the table under another name first, so that a file is whole or absent.
fn write(path: &Path, file: &CurrentFile, trace: &Trace) -> io::Result<()> {
    let partial = path.with_extension(format!("partial-{}", process::id()));
    let written = rows(&partial, file, trace).and_then(|()| fs::rename(&partial, path));
    if written.is_err() {
        let _ = fs::remove_file(&partial);
    }
    written
}

fn rows(path: &Path, file: &CurrentFile, trace: &Trace) -> io::Result<()> {
    let mut out = BufWriter::new(fs::File::create(path)?);
    writeln!(out, "{HEADER}")?;
    for (step, current) in file.current.iter().enumerate() {
        let time = file.start + file.step * step as f64;
        let (voltage, ocv, soc) = (trace.voltage[step], trace.ocv[step], trace.soc[step]);
        let (surface, core) = (trace.surface_temperature[step], trace.core_temperature[step]);
        // Millionths of a volt and of a degree; the time as short as it can be told apart from its neighbours.
        let time = (time * 1e6).round() * 1e-6;
        let time = format!("{time:.6}");
        let time = time.trim_end_matches('0').trim_end_matches('.');
        writeln!(out, "{time},{current},{voltage:.7},{surface:.6},{core:.6},{soc:.9},{ocv:.7}")?;
    }
    out.into_inner().map_err(|error| error.into_error())?.sync_all()
}
