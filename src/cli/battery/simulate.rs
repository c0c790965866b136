//! `battery simulate`: simulates one cell under a current from a file or a protocol, and writes a table of its observables.
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::protocol::{self, AmbientArgument, ProtocolArguments};
use super::simulation_notes;
use super::subject_cell::{ThermalArgument, cell, thermal};
use super::trace_columns::ColumnGroup;
use super::trace_output::write_trace;
use crate::battery::cell::{Cell, ZERO_CELSIUS};
use crate::battery::current::file::CurrentFile;
use crate::battery::current::knot::{Course, RowTimes};
use crate::battery::simulation::trace::{Start, Trace, simulate_knots, simulate_knots_within_limits};
use crate::cli::columns::ColumnFormat;
use crate::cli::failure::Failure;
use crate::cli::message::narrate;
use crate::cli::number_argument::real;
use crate::cli::output::{Existing, Output};
use crate::document::diagnostic::Diagnostic;

/// The rows of a table with even times beyond which they are announced: about a day of seconds.
const MANY: usize = 100_000;
/// The largest amount of a number in the table.
const PLAUSIBLE: f64 = 1e4;

/// Simulate a cell under a current from a CSV file, or an experiment in steps
///
/// The ending of OUT chooses its format: `.csv`, `.npz` (NumPy's archive), `.parquet`, `.h5` (HDF5). The last three hold the
/// cell's name, the version and the command too, and all digits.
///
/// IN.csv holds a time and a current in each row, in columns of any order that name their units: `time_s` (or `_min`, `_h`,
/// `_ms`, `_us`) and `current_a` (or `_ma`, `_ua`). Other columns are ignored, lines that begin with `#` are comments. The
/// current is linear between the rows; two rows at one time are a step.
///
/// OUT gets a row a second (or a step, where the times of IN.csv are finer), or with `--at input` a row for each of
/// IN.csv: `time_s`, `current_a`, `voltage_v`, `surface_temperature_c`, `core_temperature_c`, `soc` (state of charge; 1 and 0
/// are what the cell's file says), `ocv_v` (open-circuit voltage of the relaxed cell) and `valid` (0 where the electrolyte is
/// empty, a particle's surface full or empty, or a function used beyond its range). With a single temperature both columns
/// hold it. `--limits flag` adds the column `limit`: -1 below the voltage window, 1 above it, 0 within.
///
/// `--experiment` takes sentences instead: "Discharge at C/10 for 10 hours or until 3.3 V; Rest for 1 hour; Charge at 1 A
/// until 4.1 V; Hold at 4.1 V until 50 mA". Values are in A, mA, C (multiples of the current that moves the capacity in an
/// hour), W, V and Ohm; `until` takes a voltage, a current, a charge (2 Ah, 10 %) or a temperature (45 oC). "(...) * 3"
/// repeats steps, "Run drive.csv (A)" follows a file, "gitt(until: 2.5 V)" and "hppc(until: 2.5 V)" are templates. A table
/// of the steps is printed, and written to `--steps-out`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// A built-in cell, or a file (`battery cell` lists and prints them)
    #[arg(long, value_name = "NAME|FILE")]
    cell: String,
    /// The current, a CSV file with the columns `time_s,current_a`; discharge is positive
    #[arg(long, value_name = "IN.csv", required_unless_present_any = ["experiment", "experiment_file"])]
    current: Option<PathBuf>,
    #[command(flatten)]
    protocol: ProtocolArguments,
    /// Take positive currents for charging
    #[arg(long)]
    charge_positive: bool,
    /// Hold each current until the next row, instead of a linear course between both
    #[arg(long)]
    hold: bool,
    /// The times of the rows of OUT
    #[arg(long, value_enum, default_value_t = AtArgument::Even)]
    at: AtArgument,
    /// The thermal model of the cell
    ///
    /// [default: two-node, or isothermal where the cell has no thermal parameters]
    #[arg(long, value_enum)]
    thermal: Option<ThermalArgument>,
    /// The treatment of voltages outside of the cell's window
    #[arg(long, value_enum, default_value_t = LimitArgument::Ignore)]
    limits: LimitArgument,
    /// State of charge at the start [default: 1]
    #[arg(long, value_name = "SHARE", value_parser = real, allow_negative_numbers = true)]
    initial_soc: Option<f64>,
    /// Open-circuit voltage at the start instead of a state of charge, V
    #[arg(long, value_name = "VOLT", conflicts_with = "initial_soc", value_parser = real, allow_negative_numbers = true)]
    initial_voltage: Option<f64>,
    /// Temperature of the surroundings and of the cell at the start, °C; with an experiment also a CSV file with the columns
    /// `time_s,temperature_c`
    #[arg(long, default_value = "25", value_name = "CELSIUS|FILE", allow_negative_numbers = true)]
    ambient: AmbientArgument,
    /// Further columns, and with `--current` notes on the balances of charge and energy
    #[arg(long, value_enum, value_delimiter = ',', value_name = "GROUP,...")]
    output: Vec<ColumnGroup>,
    /// The file for the table: .csv, .npz, .parquet or .h5; `-` is CSV on stdout
    #[arg(long, value_name = "OUT", required_unless_present_any = ["experiment", "experiment_file"])]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum AtArgument {
    /// Every second, or evenly finer where the times of IN.csv are multiples of 1 ms
    Even,
    /// The times of IN.csv
    Input,
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

pub(crate) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    let cell = cell(&arguments.cell)?;
    let thermal = thermal(&cell, arguments.thermal)?;
    let (Some(current), Some(out)) = (&arguments.current, &arguments.out) else {
        let start = |ambient| start(&cell, arguments, ambient);
        let input = arguments.cell.as_ref();
        return protocol::execute(
            &cell,
            thermal,
            &arguments.protocol,
            (&arguments.ambient, &start),
            (arguments.out.as_deref(), input, &arguments.output),
        );
    };
    let AmbientArgument::Celsius(ambient) = arguments.ambient else {
        return Err(Diagnostic::new("`--ambient FILE` needs `--experiment`").hint("give a temperature, °C").into());
    };
    let start = start(&cell, arguments, ambient)?;
    if current.as_os_str() == "-" {
        let hint = "write the profile to a file, and name it; `/dev/stdin` is the standard input";
        return Err(Diagnostic::new("`--current -` is not a file").hint(hint).into());
    }
    let file = CurrentFile::read(current).map_err(Failure::input)?;
    let file = if arguments.charge_positive { file.charge_positive() } else { file };
    let format = ColumnFormat::of(out)?;
    let output = Output::to(out, Existing::Replace, &[current, arguments.cell.as_ref()])?;
    let course = if arguments.hold { Course::Hold } else { Course::Linear };
    let times = if arguments.at == AtArgument::Input { RowTimes::Input } else { RowTimes::Even };
    let knots = file.knots(course, times).map_err(|mut wrong| {
        wrong.message = format!("`{}`: {}", current.display(), wrong.message);
        wrong
    })?;
    let count = knots.iter().filter(|knot| knot.is_row).count();
    if times == RowTimes::Even && count > MANY {
        narrate(&format!(
            "note: the table will have {count} rows; `--at input` writes only those of `{}`. Is the unit of its times right?",
            current.display()
        ));
    }
    let tapers = arguments.limits == LimitArgument::Taper;
    let run = if tapers { simulate_knots_within_limits } else { simulate_knots };
    let trace = run(&cell, thermal, &knots, start);
    simulation_notes::cell(&cell);
    simulation_notes::trace(&cell, thermal, &trace, arguments.charge_positive);
    if !arguments.output.is_empty() {
        simulation_notes::balances(&cell, thermal, &trace);
    }
    finite(&trace)?;
    let window = (arguments.limits == LimitArgument::Flag).then_some(cell.limits.voltage);
    write_trace(&cell, &trace, (&arguments.output, window), (format, &output))?;
    narrate(&format!("{} rows in {}", trace.voltage.len(), output.shown()));
    Ok(())
}

/// The state at the start, which must be one that the cell can have.
fn start(cell: &Cell, arguments: &Arguments, ambient: f64) -> Result<Start, Failure> {
    let (low, high) = cell.temperature;
    let within = |flag: &str, value: f64, (least, largest): (f64, f64)| match (least..=largest).contains(&value) {
        true => Ok(value),
        false => Err(Failure::Input(format!("`{flag}` must be {least:.3} to {largest:.3} for this cell, not {value}"))),
    };
    let ambient = within("--ambient", ambient, (low - ZERO_CELSIUS, high - ZERO_CELSIUS))?;
    let possible = cell.possible_charge();
    let soc = match arguments.initial_voltage {
        Some(voltage) => {
            let kelvin = ambient + ZERO_CELSIUS;
            let at = |soc| cell.open_circuit_voltage_at(soc, kelvin);
            let voltage = within("--initial-voltage", voltage, (at(possible.0), at(possible.1)))?;
            let soc = cell.state_of_charge(voltage, kelvin);
            narrate(&format!("note: {voltage} V is a state of charge of {soc:.4}"));
            soc
        }
        None => within("--initial-soc", arguments.initial_soc.unwrap_or(1.0), possible)?,
    };
    Ok(Start { soc, ambient })
}

/// Fails where a number of the table is none.
fn finite(trace: &Trace) -> Result<(), Failure> {
    let columns = [
        ("voltage", &trace.voltage),
        ("surface temperature", &trace.surface_temperature),
        ("core temperature", &trace.core_temperature),
        ("state of charge", &trace.soc),
        ("open-circuit voltage", &trace.ocv),
    ];
    for (name, column) in columns {
        // No cell has as many volts, degrees or charges: a function was used far beyond its range.
        if let Some(row) = column.iter().position(|value| value.is_nan() || value.abs() > PLAUSIBLE) {
            let what = if column[row].is_finite() { format!("{:e}", column[row]) } else { "not a number".to_owned() };
            return Err(Failure::Input(format!(
                "the {name} is {what} at {} s, so nothing was written\nhint: the notes above say where the cell's functions do not hold",
                trace.time[row]
            )));
        }
    }
    Ok(())
}
