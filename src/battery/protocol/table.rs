//! Tables of steps: duration, charge, energy, voltages, and the reason for the end of each.
use std::io::{self, Write};
use std::sync::Arc;

/// The reason for the end of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// Its duration.
    Time,
    /// A quantity that it was to reach.
    Reached(&'static str),
    /// It was over before it began.
    Skipped,
    /// No current gives what the step controls, or the voltage left any window.
    Impossible,
    /// Its end did not come in the time that such steps take at most.
    Never,
    Interrupted,
}

impl EndReason {
    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Reached(quantity) => quantity,
            Self::Skipped => "skipped",
            Self::Impossible => "impossible",
            Self::Never => "never",
            Self::Interrupted => "interrupted",
        }
    }

    /// True where the next step follows.
    pub(crate) fn goes_on(self) -> bool {
        matches!(self, Self::Time | Self::Reached(_) | Self::Skipped)
    }
}

/// The result of a step.
#[derive(Clone, Debug, PartialEq)]
pub struct StepResult {
    /// The cycle, a pass of a group, and the step in it, both from 1.
    pub cycle: u64,
    pub step: u64,
    /// s.
    pub start: f64,
    pub duration: f64,
    /// Charge that was taken out, A h; negative where it was put in.
    pub charge: f64,
    /// Energy likewise, W h.
    pub energy: f64,
    /// V.
    pub start_voltage: f64,
    pub end_voltage: f64,
    /// A.
    pub end_current: f64,
    pub end_soc: f64,
    /// °C at the surface.
    pub end_temperature: f64,
    pub reason: EndReason,
    /// The step's sentence.
    pub text: Arc<str>,
}

/// The names of the columns.
pub const HEADER: &str = "cycle,step,start_s,duration_s,charge_ah,energy_wh,start_voltage_v,end_voltage_v,end_current_a,\
                          end_soc,end_temperature_c,ended_by,instruction";

/// Writes a CSV file with a row for each step.
///
/// # Errors
/// The writer fails.
pub fn write(out: &mut dyn Write, steps: &[StepResult]) -> io::Result<()> {
    writeln!(out, "{HEADER}")?;
    for step in steps {
        let StepResult { cycle, step: number, start, duration, charge, energy, start_voltage, end_voltage, .. } = step;
        let text: String = step.text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
        writeln!(
            out,
            "{cycle},{number},{start:.6},{duration:.6},{charge:.9},{energy:.9},{start_voltage:.7},{end_voltage:.7},{:.9},{:.9},{:.6},{},\"{}\"",
            step.end_current,
            step.end_soc,
            step.end_temperature,
            step.reason.name(),
            text.replace('"', "'")
        )?;
    }
    Ok(())
}
