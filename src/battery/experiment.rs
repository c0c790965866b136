//! Experiments in steps as a library: sentences, conditions, and the table of steps and the trace that come of them.
use std::path::Path;

use crate::battery::cell::Cell;
use crate::battery::library::{Conditions, checked};
use crate::battery::protocol::Protocol;
use crate::battery::protocol::conditions;
use crate::battery::protocol::cycler;
use crate::battery::protocol::cycler::Performance;
use crate::document::diagnostic::Diagnostic;
use crate::document::source::SourceError;

/// The time from row to row of the trace, s, where none is given.
const PERIOD: f64 = 60.0;

/// An experiment in steps, such as a battery cycler performs: each step has a current, a power, a voltage or a resistance, until a
/// time, a voltage, a current, a charge or a temperature is reached.
///
/// The guide's chapter on experiments in steps has all sentences; they are those of PyBaMM's experiments.
#[derive(Clone, Debug)]
pub struct Experiment {
    protocol: Protocol,
    period: f64,
}

impl Experiment {
    /// The experiment of sentences with `;` between them. Files of currents that they name are in the present folder.
    ///
    /// # Errors
    /// A sentence is none, or there is none at all; the error names its place.
    pub fn parse(sentences: &str) -> Result<Self, SourceError> {
        Ok(Self { protocol: Protocol::parse(Path::new("experiment"), sentences, Path::new(""))?, period: PERIOD })
    }

    /// The experiment of a file: sentences, or a list in RON with repeats. Files of currents that it names are beside it.
    ///
    /// # Errors
    /// The file cannot be read or is wrong; the error names the place.
    pub fn read(path: &Path) -> Result<Self, SourceError> {
        Ok(Self { protocol: Protocol::read(path)?, period: PERIOD })
    }

    /// The same with a row of the trace every so many seconds, where a step has no period of its own; 60 s else.
    ///
    /// # Errors
    /// The time is not positive, or not finite.
    pub fn with_period(self, seconds: f64) -> Result<Self, Diagnostic> {
        match seconds.is_finite() && seconds > 0.0 {
            true => Ok(Self { period: seconds, ..self }),
            false => Err(Diagnostic::new(format!("rows {seconds} s apart are none")).hint("give a positive time")),
        }
    }

    /// Performs the experiment on a cell, which begins relaxed, at a state of charge, in surroundings of one temperature.
    /// `within_limits` has no meaning here: steps end where they say so.
    ///
    /// An experiment that cannot go on is no error: what was performed is returned, with the reason in
    /// [`failure`](Performance::failure). [`steps`](Performance::steps) has duration, charge (A h, discharge positive), energy
    /// (W h) and the reason for the end of each step, [`trace`](Performance::trace) the rows.
    ///
    /// ```
    /// use galvani::battery::{Cell, Conditions, Experiment};
    /// let cell = Cell::named("chen2020").expect("a built-in cell");
    /// let experiment = Experiment::parse("Discharge at C/2 for 1 hour or until 3.3 V; Rest for 10 minutes")?;
    /// let done = experiment.perform(&cell, Conditions::default())?;
    /// assert!(done.failure.is_none() && (done.steps[0].charge - 2.5).abs() < 1e-6);
    /// assert!(done.steps[1].end_voltage > done.steps[0].end_voltage);
    /// assert!(done.trace.time.last().is_some_and(|end| (end - 4200.0).abs() < 1e-3));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The cell has no thermal parameters for the model that is asked for, or cannot be at that state of charge or temperature.
    pub fn perform(&self, cell: &Cell, conditions: Conditions) -> Result<Performance, Diagnostic> {
        let (thermal, start) = checked(cell, conditions)?;
        let relaxed = conditions::Conditions::relaxed(thermal, start);
        let stand = conditions::Conditions { period: Some(self.period), balanced: true, ..relaxed };
        cycler::perform(cell, &self.protocol, &stand, &mut |_| true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_experiments_are_errors_and_those_that_cannot_go_on_are_told() {
        let wrong = Experiment::parse("Discharge at 1C").unwrap_err().to_string();
        assert!(wrong.contains("experiment:1:1"), "{wrong}");
        let pull = || Experiment::parse("Discharge at 10C for 1 hour").unwrap();
        assert!(pull().with_period(0.0).is_err() && pull().with_period(f64::NAN).is_err());
        let cell = Cell::named("chen2020").unwrap();
        assert!(pull().perform(&cell, Conditions { soc: 3.0, ..Conditions::default() }).is_err());
        let done = pull().with_period(1.0).unwrap().perform(&cell, Conditions::default()).unwrap();
        assert!(done.failure.is_some() && !done.trace.time.is_empty());
    }

    #[test]
    fn charge_and_energy_of_an_experiment_balance() {
        let cell = Cell::named("chen2020").unwrap();
        let text = "(Discharge at 1C until 2.8 V; Rest for 20 minutes; Charge at 1C until 4.1 V; Hold at 4.1 V until C/10) * 2";
        let done = Experiment::parse(text).unwrap().perform(&cell, Conditions::default()).unwrap();
        let own = done.balance.expect("a library's performance is balanced");
        let taken: f64 = done.steps.iter().map(|step| step.charge).sum();
        let fallen = (own.soc[0] - own.soc[1]) * cell.capacity_ah;
        assert!((own.balance.charge / 3600.0 - taken).abs() < 1e-9, "{own:?}");
        assert!((taken - fallen).abs() < 1e-6 * cell.capacity_ah, "{taken} {fallen}");
        let energy = own.balance.energy(&cell, Default::default(), own.soc, own.temperature);
        // Of about 70 W h that went through the cell.
        assert!((energy.misfit / 3600.0).abs() < 2e-2, "{energy:?}");
        let kept = energy.stored.expect("the cell warms");
        assert!((energy.heat - kept - energy.given_off).abs() < 1e-2 * energy.heat, "{energy:?}");
    }
}
