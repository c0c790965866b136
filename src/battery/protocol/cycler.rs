//! The cycler: performs a protocol on a simulated cell, step by step, and finds the end of each within its last time step.

use crate::battery::cell::Cell;
use crate::battery::protocol::Protocol;
use crate::battery::protocol::conditions::{Conditions, CyclerProgress};
use crate::battery::protocol::state::SavedState;
use crate::battery::protocol::step::{Part, Step, StepGroup};
use crate::battery::protocol::table::{EndReason, StepResult};
use crate::battery::protocol::test_stand::TestStand;
use crate::battery::simulation::balance::Balance;
use crate::battery::simulation::trace::Trace;
use crate::battery::simulation::validity::Invalid;
use crate::document::diagnostic::Diagnostic;

/// A protocol that was performed.
#[derive(Clone, Debug)]
pub struct Performance {
    pub trace: Trace,
    pub steps: Vec<StepResult>,
    /// The balance of charge and energy, where the conditions ask for it, with the ends of the performance.
    pub balance: Option<PerformanceBalance>,
    /// The state at the end.
    pub state: SavedState,
    /// The first times at which the state was not valid, one for each kind of reason.
    pub complaints: Vec<(f64, Invalid)>,
    /// Time from which on no rows were kept, as they were too many.
    pub rows_end: Option<f64>,
    /// The reason for an end before the protocol's.
    pub failure: Option<Diagnostic>,
    /// True where the watcher ended it.
    pub is_interrupted: bool,
}

/// The balance of a performance, with the states of charge and the temperatures (core and surface, °C) at its beginning and its end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PerformanceBalance {
    pub balance: Balance,
    pub soc: [f64; 2],
    pub temperature: [[f64; 2]; 2],
}

/// Performs a protocol; `watch` is told of the progress now and then, and ends it by `false`.
///
/// # Errors
/// The state to continue from is one of another simulator.
///
/// ```
/// use galvani::battery::cell::Cell;
/// use galvani::battery::protocol::{Protocol, conditions::Conditions, cycler::perform};
/// use galvani::battery::simulation::{thermal::Thermal, trace::Start};
/// let cell = Cell::named("chen2020").expect("a built-in cell");
/// let text = "Discharge at 1C for 10 minutes; Rest for 1 minute";
/// let protocol = Protocol::parse("text".as_ref(), text, ".".as_ref()).expect("two sentences");
/// let conditions = Conditions::relaxed(Thermal::Isothermal, Start { soc: 0.5, ambient: 25.0 });
/// let done = perform(&cell, &protocol, &conditions, &mut |_| true).expect("no state to continue from");
/// assert!((done.steps[0].charge - 5.0 / 6.0).abs() < 1e-9);
/// ```
pub fn perform(
    cell: &Cell,
    protocol: &Protocol,
    conditions: &Conditions,
    watch: &mut dyn FnMut(&CyclerProgress) -> bool,
) -> Result<Performance, Diagnostic> {
    let stand = TestStand::new(cell, conditions, watch)?;
    let begun = stand.marcher.row;
    let mut cycler = Cycler { stand, steps: Vec::new(), failure: None, is_interrupted: false, step_in_cycle: 0 };
    cycler.stand.progress.cycles = protocol.cycles();
    for group in &protocol.groups {
        if !cycler.group(group) {
            break;
        }
    }
    let Cycler { stand, steps, failure, is_interrupted, .. } = cycler;
    let state = SavedState::new(cell, conditions.thermal, stand.time, stand.marcher.numbers());
    let ends = [begun, stand.marcher.row];
    let TestStand { trace, balance, complaints, rows_end, .. } = stand;
    let balance = balance.map(|balance| PerformanceBalance {
        balance,
        soc: ends.map(|row| row.soc[0]),
        temperature: ends.map(|row| [row.core_temperature[0], row.surface_temperature[0]]),
    });
    Ok(Performance { trace, steps, balance, state, complaints, rows_end, failure, is_interrupted })
}

/// A protocol with its results so far.
struct Cycler<'a> {
    stand: TestStand<'a>,
    steps: Vec<StepResult>,
    failure: Option<Diagnostic>,
    is_interrupted: bool,
    step_in_cycle: u64,
}

impl Cycler<'_> {
    /// Performs all passes of a group; `false` ends the protocol.
    fn group(&mut self, group: &StepGroup) -> bool {
        for _ in 0..group.repeats {
            self.stand.progress.cycle += 1;
            self.step_in_cycle = 0;
            let first = self.steps.len();
            if !self.pass(group) {
                return false;
            }
            let pass = &self.steps[first..];
            if pass.len() > 1 && pass.iter().all(|step| step.reason == EndReason::Skipped) {
                let message = format!("every step of cycle {} is over before it begins", self.stand.progress.cycle);
                self.failure = Some(Diagnostic::new(message).hint("the cell is beyond what each of them is to reach"));
                return false;
            }
            if group.stops_at_limit && self.has_met_limit(first) {
                self.stand.progress.cycles -= group.repeats.min(self.stand.progress.cycles);
                self.stand.progress.cycles += self.stand.progress.cycle;
                return true;
            }
        }
        true
    }

    /// True where a step from `first` on has come to one of its voltages.
    fn has_met_limit(&self, first: usize) -> bool {
        let is_met = |step: &StepResult| matches!(step.reason, EndReason::Reached("voltage") | EndReason::Skipped);
        self.steps[first..].iter().any(is_met)
    }

    /// Performs the parts of a group once, groups in it with all their passes; `false` ends the protocol.
    fn pass(&mut self, group: &StepGroup) -> bool {
        for part in &group.parts {
            match part {
                Part::Step(step) => {
                    self.step_in_cycle += 1;
                    if !self.step(step) {
                        return false;
                    }
                }
                Part::Group(inner) => {
                    for _ in 0..inner.repeats {
                        let first = self.steps.len();
                        if !self.pass(inner) {
                            return false;
                        }
                        if inner.stops_at_limit && self.has_met_limit(first) {
                            break;
                        }
                    }
                }
            }
        }
        true
    }

    /// Performs a step; `false` ends the protocol.
    fn step(&mut self, step: &Step) -> bool {
        let result = self.stand.perform(step);
        let reason = result.reason;
        self.steps.push(StepResult { cycle: self.stand.progress.cycle, step: self.step_in_cycle, ..result });
        if reason.goes_on() {
            return true;
        }
        if reason == EndReason::Interrupted {
            self.is_interrupted = true;
        } else {
            self.failure = Some(self.explanation(self.steps.len() - 1));
        }
        false
    }

    /// The reason why a step has ended the protocol, in words.
    fn explanation(&self, index: usize) -> Diagnostic {
        let StepResult { cycle, step, duration, end_voltage, reason, text, .. } = &self.steps[index];
        let place = format!("step {step} of cycle {cycle}, `{text}`");
        let hours = duration / 3600.0;
        if *reason == EndReason::Never {
            let message = format!("{place}, was not over after {hours:.3} h, at {end_voltage:.4} V");
            return Diagnostic::new(message).hint("give it a duration: `for 100 hours or until ...`");
        }
        let trouble = self.stand.last_trouble.as_deref().unwrap_or("no current gives the cell this load");
        let message = format!("{place}, cannot go on after {hours:.4} h: {trouble}");
        Diagnostic::new(message).hint("end the step earlier, by `until` with a voltage that the cell has")
    }
}
