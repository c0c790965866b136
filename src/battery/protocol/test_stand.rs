//! The test stand: a cell under one step of a protocol, in time steps to its next row, to a bend of what it follows, and to its end.
use crate::battery::cell::Cell;
use crate::battery::current::column::Quantity;
use crate::battery::current::knot::Knot;
use crate::battery::protocol::conditions::{Conditions, CyclerProgress};
use crate::battery::protocol::current_amount::CurrentAmount;
use crate::battery::protocol::ending::{Ending, Goal, Observation};
use crate::battery::protocol::load::Load;
use crate::battery::protocol::marcher::Marcher;
use crate::battery::protocol::step::{Control, Step};
use crate::battery::protocol::table::{EndReason, StepResult};
use crate::battery::simulation::balance::Balance;
use crate::battery::simulation::trace::Trace;
use crate::battery::simulation::validity::Invalid;
use crate::battery::simulation::{Row, Simulator};
use crate::document::diagnostic::Diagnostic;

/// The longest step under a course, s.
const COURSE: f64 = 1.0;
/// The time within which the end of a step is found, s.
pub(super) const EXACT: f64 = 1e-6;
/// The shortest step that is tried before a load is given up, s.
const LEAST: f64 = 1e-5;
/// The longest duration of a step without one of its own, s; a rate of C/x has twice x hours.
const DAY: f64 = 86400.0;
/// The distance from the voltage window at which a simulation ends, V.
const BEYOND: f64 = 1.0;
/// Rows that are kept.
const MOST_ROWS: usize = 2_000_000;
/// Time steps between two looks at the watcher.
const LOOK: u32 = 16;

/// A step while it goes on.
pub(super) struct RunningStep<'a> {
    pub step: &'a Step,
    /// The temperature of the surroundings, °C, where the step has one.
    pub ambient: Option<f64>,
    pub goals: Vec<Goal>,
    /// The longest duration, s.
    pub limit: f64,
    pub period: Option<f64>,
    /// s since its beginning.
    pub elapsed: f64,
    /// A s.
    pub charge: f64,
    /// W s.
    pub energy: f64,
}

/// A cell with what was recorded of it.
pub(crate) struct TestStand<'a> {
    pub cell: &'a Cell,
    conditions: &'a Conditions<'a>,
    pub marcher: Marcher,
    /// s.
    pub time: f64,
    pub trace: Trace,
    /// The balance of charge and energy, where it is wanted.
    pub balance: Option<Balance>,
    /// The first times at which the state was not valid, one for each kind of reason.
    pub complaints: Vec<(f64, Invalid)>,
    /// Time from which on no rows were kept.
    pub rows_end: Option<f64>,
    watch: &'a mut dyn FnMut(&CyclerProgress) -> bool,
    pub progress: CyclerProgress,
    looks: u32,
    /// The reason why a step was impossible, where it was not its load.
    pub last_trouble: Option<String>,
}

impl<'a> TestStand<'a> {
    /// A cell as the conditions have it; `watch` is told of the progress now and then, and ends a step by `false`.
    ///
    /// # Errors
    /// The state to continue from is one of another simulator.
    pub(crate) fn new(
        cell: &'a Cell,
        conditions: &'a Conditions,
        watch: &'a mut dyn FnMut(&CyclerProgress) -> bool,
    ) -> Result<Self, Diagnostic> {
        let simulator = Simulator::new(cell, conditions.thermal);
        let time = conditions.state.map_or(0.0, |state| state.time_s);
        let state = match conditions.state {
            Some(saved) => simulator.resume(&saved.numbers).ok_or_else(|| {
                let message = "the saved state has other numbers than this simulator";
                Diagnostic::new(message).hint("simulate the first part again")
            })?,
            None => simulator.at_rest(conditions.soc, conditions.surroundings.at(time)),
        };
        Ok(Self {
            cell,
            conditions,
            marcher: Marcher::new(cell, simulator, state, conditions.tolerance),
            time,
            trace: Trace::default(),
            balance: conditions.balanced.then(Balance::default),
            complaints: Vec::new(),
            rows_end: None,
            watch,
            progress: CyclerProgress { cycle: 0, cycles: 0, time },
            looks: 0,
            last_trouble: None,
        })
    }

    /// The reason why a simulation ends with these observables, as no cell can have them.
    pub(crate) fn trouble(&self, row: &Row) -> Option<String> {
        const ELECTRODES: [&str; 2] = ["negative", "positive"];
        let (low, high) = self.cell.limits.voltage;
        let volt = row.voltage[0];
        if !(low - BEYOND..=high + BEYOND).contains(&volt) {
            return Some(format!("the cell is at {volt:.3} V, {BEYOND} V outside of its window, {low} to {high} V"));
        }
        ELECTRODES.into_iter().enumerate().find_map(|(k, name)| match row.extremes.surface[k][0] {
            s if s <= 0.0 => Some(format!("the particles of the {name} electrode are empty at their surface")),
            s if s >= 1.0 => Some(format!("the particles of the {name} electrode are full at their surface")),
            _ if row.extremes.least[k][0] <= 0.0 => Some(format!("the electrolyte is empty in the {name} electrode")),
            _ => None,
        })
    }

    /// Performs a step; the result is that of step 0 of cycle 0.
    pub(crate) fn perform(&mut self, step: &Step) -> StepResult {
        let mut running = self.begin(step);
        self.surround(&running, 0.0);
        let start = self.time;
        let mut start_voltage = self.marcher.row.voltage[0];
        let load = self.load(step, 0.0, false);
        let reason = match self.marcher.jumped(load) {
            None => EndReason::Impossible,
            Some(row) => {
                let seen = observation(&row, 0.0);
                let direction = self.direction(step);
                let goal = |ending: &Ending| ending.goal(&seen, direction, self.cell.capacity_ah);
                running.goals = step.endings.iter().map(goal).collect();
                if running.goals.iter().any(|goal| goal.left(&seen) <= 0.0) {
                    EndReason::Skipped
                } else {
                    self.marcher.set_in(row);
                    self.balance(&running);
                    start_voltage = row.voltage[0];
                    self.row(true);
                    self.march(&mut running)
                }
            }
        };
        let row = &self.marcher.row;
        StepResult {
            cycle: 0,
            step: 0,
            start,
            duration: running.elapsed,
            charge: running.charge / 3600.0,
            energy: running.energy / 3600.0,
            start_voltage,
            end_voltage: row.voltage[0],
            end_current: row.current[0],
            end_soc: row.soc[0],
            end_temperature: row.surface_temperature[0],
            reason,
            text: step.text.clone(),
        }
    }

    pub(super) fn begin<'s>(&self, step: &'s Step) -> RunningStep<'s> {
        let usual = match step.control {
            Control::Current(CurrentAmount::Rate(rate)) if rate != 0.0 => 7200.0 / rate.abs(),
            _ => DAY,
        };
        let period = match (&step.control, step.period) {
            (_, Some(period)) => Some(period),
            (Control::Course(_), None) => None,
            (_, None) => self.conditions.period,
        };
        RunningStep {
            step,
            ambient: step.ambient,
            goals: Vec::new(),
            limit: step.duration.unwrap_or(usual),
            period,
            elapsed: 0.0,
            charge: 0.0,
            energy: 0.0,
        }
    }

    /// The direction of a step: 1 discharges, -1 charges, 0 where that depends on the cell or changes.
    pub(super) fn direction(&self, step: &Step) -> f64 {
        let is_course = matches!(step.control, Control::Course(_));
        if is_course { 0.0 } else { self.load(step, 0.0, false).direction() }
    }

    /// The load of a step at a time since its beginning, or just before it.
    pub(super) fn load(&self, step: &Step, elapsed: f64, before: bool) -> Load {
        match &step.control {
            Control::Current(amount) => Load::Current(amount.ampere(self.cell.capacity_ah)),
            Control::Voltage(volt) => Load::Voltage(*volt),
            Control::Power(watt) => Load::Power(*watt),
            Control::Resistance(ohm) => Load::Resistance(*ohm),
            Control::Course(course) => {
                let value = if before { course.before(elapsed) } else { course.at(elapsed) };
                match course.quantity {
                    Quantity::Voltage => Load::Voltage(value),
                    Quantity::Power => Load::Power(value),
                    Quantity::Current | Quantity::Temperature => Load::Current(value),
                }
            }
        }
    }

    /// Sets the temperature of the surroundings over the next seconds.
    pub(super) fn surround(&mut self, running: &RunningStep, seconds: f64) {
        let (from, to) = match running.ambient {
            Some(celsius) => (celsius, celsius),
            None => {
                let around = &self.conditions.surroundings;
                (around.at(self.time), around.at(self.time + seconds))
            }
        };
        self.marcher.surround(from, to);
    }

    /// Marches to the end of a step that has begun.
    fn march(&mut self, running: &mut RunningStep) -> EndReason {
        let is_course = matches!(running.step.control, Control::Course(_));
        let mut rows = 1u64;
        loop {
            if !self.is_watched() {
                return EndReason::Interrupted;
            }
            let left = running.limit - running.elapsed;
            if left <= EXACT {
                let is_own = running.step.duration.is_some();
                return if is_own { EndReason::Time } else { EndReason::Never };
            }
            let next_row = running.period.map_or(f64::INFINITY, |period| rows as f64 * period - running.elapsed);
            let bend = match running.ambient {
                Some(_) => f64::INFINITY,
                None => self.conditions.surroundings.next_bend(self.time) - self.time,
            };
            let knot = match &running.step.control {
                Control::Course(course) => course.next_row(running.elapsed) - running.elapsed,
                _ => f64::INFINITY,
            };
            let gap = left.min(next_row).min(bend).min(knot).max(EXACT);
            let allowed = if is_course { COURSE } else { self.marcher.length };
            let parts = (gap / allowed - 1e-9).ceil().max(1.0);
            let seconds = gap / parts;
            let is_stop = parts == 1.0;
            let at_knot = is_stop && knot <= gap;
            self.surround(running, seconds);
            let load = self.load(running.step, running.elapsed + seconds, at_knot);
            let Some(row) = self.marcher.tried(seconds, load) else {
                if seconds <= LEAST {
                    return EndReason::Impossible;
                }
                self.marcher.length = 0.25 * seconds;
                if is_course {
                    return EndReason::Impossible;
                }
                continue;
            };
            let deviation = if is_course { None } else { self.marcher.deviation(seconds, &row) };
            if self.marcher.is_refused(seconds, deviation) {
                continue;
            }
            let seen = self.observed(running, seconds, &row);
            if running.goals.iter().any(|goal| goal.left(&seen) <= 0.0) {
                return self.arrive(running, seconds, row);
            }
            self.take(running, seconds, row, deviation);
            if let Some(trouble) = self.trouble(&row) {
                self.last_trouble = Some(trouble);
                self.row(true);
                return EndReason::Impossible;
            }
            if is_stop {
                let is_row = next_row <= gap || left <= gap + EXACT || (is_course && running.period.is_none());
                rows += u64::from(next_row <= gap);
                self.row(is_row);
                if at_knot && left > gap + EXACT {
                    self.leap(running);
                }
            } else {
                self.row(false);
            }
        }
    }

    /// Lets the load jump where a course has two rows at one time.
    fn leap(&mut self, running: &RunningStep) {
        let [before, after] = [true, false].map(|before| self.load(running.step, running.elapsed, before));
        if before == after {
            return;
        }
        if let Some(row) = self.marcher.jumped(after) {
            self.marcher.set_in(row);
            self.balance(running);
            self.row(running.period.is_none());
        }
    }

    /// The observables of a step after some more seconds.
    pub(super) fn observed(&self, running: &RunningStep, seconds: f64, row: &Row) -> Observation {
        let mean = 0.5 * (self.marcher.row.current[0] + row.current[0]);
        observation(row, running.charge + mean * seconds)
    }

    /// Takes the time step that was last tried.
    pub(super) fn take(&mut self, running: &mut RunningStep, seconds: f64, row: Row, deviation: Option<f64>) {
        let before = &self.marcher.row;
        let power = |row: &Row| row.voltage[0] * row.current[0];
        let (charge, energy) = (0.5 * (before.current[0] + row.current[0]), 0.5 * (power(before) + power(&row)));
        self.marcher.go(seconds, row, deviation);
        running.charge += charge * seconds;
        running.energy += energy * seconds + self.marcher.bend(|[voltage, current, _]| voltage * current);
        running.elapsed += seconds;
        self.time += seconds;
        self.balance(running);
    }

    /// Adds the present instant to the balance, where there is one.
    fn balance(&mut self, running: &RunningStep) {
        if let Some(balance) = &mut self.balance {
            let ambient = running.ambient.unwrap_or_else(|| self.conditions.surroundings.at(self.time));
            balance.observe(&self.marcher.simulator, self.time, &self.marcher.row, ambient);
        }
    }

    /// Judges the present state, and takes it over as a row where there is a trace.
    pub(super) fn row(&mut self, is_row: bool) {
        let row = &self.marcher.row;
        for complaint in self.marcher.simulator.complaints(row, 0) {
            if !self.complaints.iter().any(|(_, known)| known.is_like(&complaint)) {
                self.complaints.push((self.time, complaint));
            }
        }
        if !is_row || self.conditions.period.is_none() {
            return;
        }
        if self.trace.time.len() >= MOST_ROWS {
            self.rows_end.get_or_insert(self.time);
            return;
        }
        let knot = Knot { time: self.time, current: row.current[0], is_row: true };
        self.trace.push(&self.marcher.simulator, &knot, row);
    }

    fn is_watched(&mut self) -> bool {
        self.looks += 1;
        self.progress.time = self.time;
        self.looks % LOOK != 1 || (self.watch)(&self.progress)
    }
}

/// The observables that may end a step, after a charge, A s.
pub(super) fn observation(row: &Row, charge: f64) -> Observation {
    Observation { voltage: row.voltage[0], current: row.current[0], charge, temperature: row.surface_temperature[0] }
}
