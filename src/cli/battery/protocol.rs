//! `battery simulate --experiment`: a protocol performed on a simulated cell, with a table of its steps.
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::atomic::Ordering;

use clap::Args;

use super::simulation_notes;
use super::trace_columns::ColumnGroup;
use super::trace_output::write_trace;
use crate::battery::cell::{Cell, ZERO_CELSIUS};
use crate::battery::protocol::Protocol;
use crate::battery::protocol::conditions::{Conditions, CyclerProgress};
use crate::battery::protocol::cycler::{Performance, perform};
use crate::battery::protocol::state::SavedState;
use crate::battery::protocol::surroundings::Surroundings;
use crate::battery::protocol::table::{EndReason, StepResult, write};
use crate::battery::simulation::thermal::Thermal;
use crate::battery::simulation::trace::Start;
use crate::cli::columns::ColumnFormat;
use crate::cli::failure::Failure;
use crate::cli::interrupt;
use crate::cli::live::Live;
use crate::cli::message::{amount, count, duration, narrate, say};
use crate::cli::number_argument::real;
use crate::cli::output::{Existing, Output};
use crate::document::diagnostic::Diagnostic;

/// The time from row to row where none is given, s.
const PERIOD: f64 = 60.0;
/// Steps that are printed of a long table, at its beginning and at its end.
const SHOWN: usize = 12;

/// The arguments of an experiment in steps.
#[derive(Args)]
pub(super) struct ProtocolArguments {
    /// An experiment in steps: sentences with `;` between them
    #[arg(
        long,
        value_name = "SENTENCES",
        conflicts_with_all = ["current", "experiment_file", "charge_positive", "hold", "at", "limits"]
    )]
    experiment: Option<String>,
    /// The same from a file: sentences, or a RON list with `(repeat: 3, steps: [...])`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["current", "charge_positive", "hold", "at", "limits"])]
    experiment_file: Option<PathBuf>,
    /// Time from row to row of OUT.csv, as `10 s` or `1 minute`; steps may have their own [default: 60 s]
    #[arg(long, value_name = "TIME", conflicts_with = "current")]
    period: Option<PeriodArgument>,
    /// A CSV file for the table of steps; `-` is stdout
    #[arg(long, value_name = "STEPS.csv", conflicts_with = "current")]
    steps_out: Option<PathBuf>,
    /// A file for the state at the end, which `--state-in` continues from
    #[arg(long, value_name = "FILE", conflicts_with = "current")]
    state_out: Option<PathBuf>,
    /// The state to continue from, as `--state-out` has left it
    #[arg(long, value_name = "FILE", conflicts_with_all = ["current", "initial_soc", "initial_voltage"])]
    state_in: Option<PathBuf>,
}

/// The temperature of the surroundings, or a file of it.
#[derive(Clone)]
pub(super) enum AmbientArgument {
    Celsius(f64),
    File(PathBuf),
}

impl FromStr for AmbientArgument {
    type Err = Diagnostic;

    fn from_str(text: &str) -> Result<Self, Diagnostic> {
        let is_file = Path::new(text).exists() || text.ends_with(".csv");
        if is_file { Ok(Self::File(text.into())) } else { real(text).map(Self::Celsius) }
    }
}

/// A time from row to row, s.
#[derive(Clone, Copy)]
struct PeriodArgument(f64);

impl FromStr for PeriodArgument {
    type Err = Diagnostic;

    fn from_str(text: &str) -> Result<Self, Diagnostic> {
        let wrong = || Diagnostic::new("it is not a time such as `10 s`, `1 minute` or `0.5 h`");
        Protocol::time(text).map(Self).ok_or_else(wrong)
    }
}

/// The relaxed cell at the start, in surroundings of a temperature, °C.
type StartOf<'a> = &'a dyn Fn(f64) -> Result<Start, Failure>;

/// Performs a protocol, and writes what it was asked for: `out` is the file of the trace, beside the cell's own.
pub(super) fn execute(
    cell: &Cell,
    thermal: Thermal,
    arguments: &ProtocolArguments,
    (ambient, start): (&AmbientArgument, StartOf),
    (out, cell_file, groups): (Option<&Path>, &Path, &[ColumnGroup]),
) -> Result<(), Failure> {
    let protocol = match (&arguments.experiment, &arguments.experiment_file) {
        (Some(text), _) => Protocol::parse(Path::new("--experiment"), text, Path::new("")),
        (None, Some(path)) => Protocol::read(path),
        (None, None) => return Err(Failure::Input("`--current` or `--experiment` is needed".to_owned())),
    };
    let protocol = protocol.map_err(Failure::input)?;
    let surroundings = surroundings(cell, ambient)?;
    let state = arguments.state_in.as_ref().map(|path| SavedState::read(path, cell, thermal));
    let state = state.transpose().map_err(Failure::input)?;
    let soc = if state.is_some() { 1.0 } else { start(surroundings.at(0.0))?.soc };
    let inputs: Vec<&Path> = [Some(cell_file), arguments.experiment_file.as_deref(), arguments.state_in.as_deref()]
        .into_iter()
        .flatten()
        .chain(match ambient {
            AmbientArgument::File(path) => Some(path.as_path()),
            AmbientArgument::Celsius(_) => None,
        })
        .collect();
    // A state may be continued in its place.
    let but_state: Vec<&Path> =
        inputs.iter().copied().filter(|input| Some(*input) != arguments.state_in.as_deref()).collect();
    let to = |path: Option<&Path>, inputs: &[&Path]| {
        path.map(|path| Output::to(path, Existing::Replace, inputs)).transpose()
    };
    let format = out.map_or(Ok(ColumnFormat::Csv), ColumnFormat::of)?;
    let trace_out = to(out, &inputs)?;
    let steps_out = to(arguments.steps_out.as_deref(), &inputs)?;
    let state_out = to(arguments.state_out.as_deref(), &but_state)?;

    let period = arguments.period.map_or(PERIOD, |PeriodArgument(seconds)| seconds);
    let conditions = Conditions {
        thermal,
        surroundings,
        period: trace_out.is_some().then_some(period),
        state: state.as_ref(),
        soc,
        balanced: !groups.is_empty(),
        tolerance: 1.0,
    };
    let interrupts = interrupt::count().map_err(Failure::input)?;
    let mut live = Live::new(false);
    let begun = std::time::Instant::now();
    let mut watch = |progress: &CyclerProgress| {
        let CyclerProgress { cycle, cycles, time } = *progress;
        if cycles > 1 && begun.elapsed().as_secs_f64() > 1.0 {
            let share = (cycle.saturating_sub(1)) as f64 / cycles as f64;
            live.share(&format!("cycle {cycle} of {cycles}, {} simulated ", duration(time)), share);
        }
        interrupts.load(Ordering::Relaxed) == 0
    };
    let done = perform(cell, &protocol, &conditions, &mut watch)?;
    drop(live);
    notes(cell, &done);
    if let Some(own) = &done.balance {
        simulation_notes::balance(cell, thermal, &own.balance, (own.soc, own.temperature));
    }

    if let Some(output) = &trace_out {
        write_trace(cell, &done.trace, (groups, None), (format, output))?;
        narrate(&format!("{} rows in {}", done.trace.voltage.len(), output.shown()));
    }
    if let Some(output) = &steps_out {
        output.write(|out| write(out, &done.steps))?;
    }
    if let Some(output) = &state_out {
        output.write(|out| out.write_all(done.state.text().as_bytes()))?;
        narrate(&format!("state after {} in {}", duration(done.state.time_s), output.shown()));
    }
    if ![&trace_out, &steps_out, &state_out].into_iter().flatten().any(Output::is_stdout) {
        say(&table(&done.steps));
    }
    match done.failure {
        _ if done.is_interrupted => {
            narrate("interrupted: what was simulated is kept");
            Err(Failure::Interrupted)
        }
        Some(failure) => Err(failure.into()),
        None => Ok(()),
    }
}

/// The surroundings, whose temperatures the cell's functions must hold for.
fn surroundings(cell: &Cell, ambient: &AmbientArgument) -> Result<Surroundings, Failure> {
    let surroundings = match ambient {
        AmbientArgument::Celsius(celsius) => Surroundings::constant(*celsius),
        AmbientArgument::File(path) => Surroundings::read(path).map_err(Failure::input)?,
    };
    let (least, largest) = (cell.temperature.0 - ZERO_CELSIUS, cell.temperature.1 - ZERO_CELSIUS);
    let (low, high) = surroundings.extremes();
    if low < least || high > largest {
        let found = if low == high { low.to_string() } else { format!("{low} to {high}") };
        return Err(Failure::Input(format!(
            "`--ambient` must be {least:.3} to {largest:.3} °C for this cell, not {found}"
        )));
    }
    Ok(surroundings)
}

/// Narrates where a result should not be trusted, or is not what was wanted.
fn notes(cell: &Cell, done: &Performance) {
    simulation_notes::cell(cell);
    for (time, complaint) in &done.complaints {
        narrate(&format!("note: not valid from {} s: {complaint}", amount(*time)));
    }
    let skipped: Vec<&StepResult> = done.steps.iter().filter(|step| step.reason == EndReason::Skipped).collect();
    if let Some(first) = skipped.first() {
        let StepResult { cycle, step, text, start_voltage, .. } = first;
        let others = if skipped.len() > 1 { format!(", and {} more", skipped.len() - 1) } else { String::new() };
        narrate(&format!(
            "note: step {step} of cycle {cycle}, `{text}`, was skipped at {start_voltage:.3} V: it is over before it begins{others}"
        ));
    }
    if let Some(time) = done.rows_end {
        narrate(&format!(
            "note: rows after {} s were left out, as there are too many; `--period` has fewer",
            amount(time)
        ));
    }
}

/// The table of steps for people.
fn table(steps: &[StepResult]) -> String {
    let head = ["cycle", "step", "hours", "Ah", "Wh", "V", "A", "soc", "degC", "ended by", "instruction"];
    let row = |step: &StepResult| {
        [
            step.cycle.to_string(),
            step.step.to_string(),
            format!("{:.4}", step.duration / 3600.0),
            format!("{:.4}", step.charge),
            format!("{:.3}", step.energy),
            format!("{:.4}", step.end_voltage),
            format!("{:.4}", step.end_current),
            format!("{:.4}", step.end_soc),
            format!("{:.2}", step.end_temperature),
            step.reason.name().to_owned(),
            step.text.to_string(),
        ]
    };
    let mut lines = vec![head.map(str::to_owned)];
    let is_long = steps.len() > 2 * SHOWN;
    let first = if is_long { &steps[..SHOWN] } else { steps };
    lines.extend(first.iter().map(row));
    if is_long {
        lines.extend(steps[steps.len() - SHOWN..].iter().map(row));
    }
    let widths: [usize; 11] =
        std::array::from_fn(|column| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0));
    let print = |line: &[String; 11]| {
        let cells = line.iter().zip(widths).enumerate().map(|(column, (cell, width))| match column < 9 {
            true => format!("{cell:>width$}"),
            false => format!("{cell:<width$}"),
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let mut text: Vec<String> = lines.iter().map(print).collect();
    if is_long {
        let left = count(steps.len() - 2 * SHOWN, "step");
        text.insert(SHOWN + 1, format!("... {left} between, which `--steps-out` has"));
    }
    text.join("\n")
}
