//! The simulator as a library: a cell, a current, conditions, and the trace that comes of them.
use std::path::Path;

use crate::battery::cell::{Cell, ZERO_CELSIUS};
use crate::battery::current::file::CurrentFile;
use crate::battery::current::knot::{Course, Knot, RowTimes, even};
use crate::battery::simulation::thermal::Thermal;
use crate::battery::simulation::trace::{Start, Trace, simulate_knots, simulate_knots_within_limits};
use crate::document::diagnostic::Diagnostic;
use crate::document::source::SourceError;

/// A current over time, A, discharge positive: linear between its points, of which two at one time are a step.
///
/// ```
/// use galvani::battery::Current;
/// let pulse = Current::points(&[0.0, 600.0, 600.0, 900.0], &[5.0, 5.0, 0.0, 0.0])?;
/// assert_eq!(pulse.seconds(), 900.0);
/// # Ok::<(), galvani::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Current {
    knots: Vec<Knot>,
}

impl Current {
    /// A constant current for some seconds, with a row each second and at the end.
    ///
    /// # Errors
    /// A number is not finite, the time is not positive, or it is too long.
    pub fn constant(ampere: f64, seconds: f64) -> Result<Self, Diagnostic> {
        Self::points(&[0.0, seconds], &[ampere, ampere])
    }

    /// Samples that are `step` seconds apart, each with a row.
    ///
    /// # Errors
    /// There is no sample, one is not finite, or the step is not positive.
    pub fn sampled(ampere: &[f64], step: f64) -> Result<Self, Diagnostic> {
        if ampere.is_empty() || !(step.is_finite() && step > 0.0) {
            let message = format!("{} samples {step} s apart are no current", ampere.len());
            return Err(Diagnostic::new(message).hint("give a sample at least, and a positive step"));
        }
        check_finite(ampere)?;
        Ok(Self { knots: even(ampere, step) })
    }

    /// Points in ascending order of time, s, with rows on the coarsest even grid that meets them all, of a second at most.
    ///
    /// # Errors
    /// There are not as many times as currents, or fewer than two; one is not finite; times fall, or three are equal; or the
    /// whole is longer than a year.
    pub fn points(seconds: &[f64], ampere: &[f64]) -> Result<Self, Diagnostic> {
        if seconds.len() != ampere.len() || seconds.len() < 2 {
            let message = format!("{} times and {} currents are no current", seconds.len(), ampere.len());
            return Err(Diagnostic::new(message).hint("give as many times as currents, and two at least"));
        }
        check_finite(seconds)?;
        check_finite(ampere)?;
        if let Some(k) = seconds.windows(2).position(|pair| pair[1] < pair[0]) {
            let message = format!("the times fall from {} to {} s", seconds[k], seconds[k + 1]);
            return Err(Diagnostic::new(message).hint("sort the points by time"));
        }
        if let Some(three) = seconds.windows(3).find(|three| three[0] == three[2]) {
            return Err(Diagnostic::new(format!("three points are at {} s", three[0])).hint("a step has two"));
        }
        if seconds[0] == seconds[seconds.len() - 1] {
            return Err(Diagnostic::new("the current ends when it begins").hint("give it some time"));
        }
        let file = CurrentFile { time: seconds.to_vec(), current: ampere.to_vec() };
        Ok(Self { knots: file.knots(Course::Linear, RowTimes::Even)? })
    }

    /// The current of a CSV file, whose columns name their units (`time_s`, `current_a`).
    ///
    /// # Errors
    /// The file cannot be read or is wrong; the error has its place.
    pub fn read(path: &Path) -> Result<Self, SourceError> {
        let file = CurrentFile::read(path)?;
        let knots = file.knots(Course::Linear, RowTimes::Even).map_err(|wrong| SourceError::whole(path, wrong))?;
        Ok(Self { knots })
    }

    /// The time from its first point to its last, s.
    pub fn seconds(&self) -> f64 {
        self.knots.last().map_or(0.0, |last| last.time - self.knots[0].time)
    }
}

fn check_finite(numbers: &[f64]) -> Result<(), Diagnostic> {
    match numbers.iter().position(|number| !number.is_finite()) {
        Some(k) => Err(Diagnostic::new(format!("{} at the index {k} is not a finite number", numbers[k]))),
        None => Ok(()),
    }
}

/// The conditions of a simulation: its start, its surroundings, and how the cell is treated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conditions {
    /// State of charge of the relaxed cell at the start; 1 is full.
    pub soc: f64,
    /// Temperature of the surroundings, and of the cell at the start, °C.
    pub ambient: f64,
    /// The thermal model; `None` is [`Thermal::TwoNode`], or [`Thermal::Isothermal`] for a cell without thermal parameters.
    pub thermal: Option<Thermal>,
    /// True where the current is to taper off at the voltage limits, as a charger's does.
    pub within_limits: bool,
}

impl Default for Conditions {
    /// A full cell at 25 °C whose limits are not kept.
    fn default() -> Self {
        Self { soc: 1.0, ambient: 25.0, thermal: None, within_limits: false }
    }
}

/// Simulates a cell under a current.
///
/// The same arguments give the same bits on every machine. A state outside of what the model holds for is no error:
/// [`Trace::valid`] and [`Trace::complaints`] say so.
///
/// ```
/// use galvani::battery::{Cell, Conditions, Current, simulate};
/// let cell = Cell::named("chen2020").expect("a built-in cell");
/// let current = Current::constant(5.0, 600.0)?;
/// let trace = simulate(&cell, &current, Conditions { soc: 0.8, ambient: 10.0, ..Conditions::default() })?;
/// assert!((trace.soc[600] - (0.8 - 5.0 / 6.0 / cell.capacity_ah)).abs() < 1e-12);
/// assert!(trace.core_temperature[600] > 10.5 && trace.voltage[600] < trace.ocv[600]);
/// // The parts of the voltage: all but the open-circuit voltage are negative on discharge.
/// let sum = trace.ocv[600] + trace.particle[600] + trace.reaction[600] + trace.concentration[600] + trace.ohmic[600];
/// assert!((sum - trace.voltage[600]).abs() < 1e-12);
/// # Ok::<(), galvani::Error>(())
/// ```
///
/// # Errors
/// The cell has no thermal parameters for the model that is asked for, or cannot be at that state of charge or temperature.
pub fn simulate(cell: &Cell, current: &Current, conditions: Conditions) -> Result<Trace, Diagnostic> {
    let (thermal, start) = checked(cell, conditions)?;
    let run = if conditions.within_limits { simulate_knots_within_limits } else { simulate_knots };
    Ok(run(cell, thermal, &current.knots, start))
}

/// The thermal model and the start of conditions that a cell can have.
pub(super) fn checked(cell: &Cell, conditions: Conditions) -> Result<(Thermal, Start), Diagnostic> {
    let Conditions { soc, ambient, thermal, .. } = conditions;
    let thermal = match (thermal, &cell.thermal) {
        (None, Some(_)) => Thermal::default(),
        (None, None) => Thermal::Isothermal,
        (Some(thermal), None) if thermal != Thermal::Isothermal => {
            let message = format!("the cell `{}` has no thermal parameters", cell.name);
            return Err(
                Diagnostic::new(message).hint("simulate it with `Thermal::Isothermal`, or add them to its file")
            );
        }
        (Some(thermal), _) => thermal,
    };
    let within = |name: &str, value: f64, (least, largest): (f64, f64)| match (least..=largest).contains(&value) {
        true => Ok(()),
        false => {
            Err(Diagnostic::new(format!("`{name}` must be {least:.3} to {largest:.3} for this cell, not {value}")))
        }
    };
    within("soc", soc, cell.possible_charge())?;
    within("ambient", ambient, (cell.temperature.0 - ZERO_CELSIUS, cell.temperature.1 - ZERO_CELSIUS))?;
    Ok((thermal, Start { soc, ambient }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_arguments_are_errors() {
        let told = |wrong: Result<Current, Diagnostic>| wrong.unwrap_err().to_string();
        assert!(told(Current::constant(f64::NAN, 10.0)).contains("not a finite number"));
        assert!(told(Current::constant(1.0, 0.0)).contains("ends when it begins"));
        assert!(told(Current::points(&[0.0, 2.0, 1.0], &[1.0; 3])).contains("fall from 2 to 1 s"));
        assert!(told(Current::points(&[0.0, 1.0, 1.0, 1.0], &[1.0; 4])).contains("three points are at 1 s"));
        assert!(told(Current::points(&[0.0], &[1.0])).contains("two at least"));
        assert!(told(Current::points(&[0.0, 1e12], &[1.0; 2])).contains("too many"));
        assert!(told(Current::sampled(&[], 1.0)).contains("0 samples"));
        let cell = Cell::named("prada2013").unwrap();
        let current = Current::constant(1.0, 10.0).unwrap();
        let told = |conditions| simulate(&cell, &current, conditions).unwrap_err().to_string();
        let default = Conditions::default();
        assert!(told(Conditions { thermal: Some(Thermal::Lumped), ..default }).contains("no thermal parameters"));
        assert!(told(Conditions { soc: 2.0, ..default }).contains("`soc` must be"));
        assert!(told(Conditions { ambient: f64::NAN, ..default }).contains("`ambient` must be"));
    }
}
