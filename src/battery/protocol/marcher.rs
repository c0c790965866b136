//! The march of one cell through time: steps of any length under a load, as long as their errors allow.
use crate::battery::cell::Cell;
use crate::battery::protocol::load::{CurrentGuess, Load};
use crate::battery::simd::lanes::Lanes;
use crate::battery::simulation::{Row, Simulator, SimulatorState};

/// The length of the steps after a sudden change, s.
const FIRST: f64 = 1.0 / 64.0;
/// The longest step, s.
const LONGEST: f64 = 256.0;
/// Deviations from what the last steps predict that are allowed: V, and °C.
const VOLT: f64 = 2e-5;
const KELVIN: f64 = 2e-3;
/// The same of a current that a load decides: in parts of it, and of the one that moves the capacity in an hour.
const CURRENT: f64 = 1e-6;
const LEAST_RATE: f64 = 1e-3;
/// The current, in multiples of that, beyond which no load is looked for.
const LARGEST_RATE: f64 = 200.0;
/// The part of the allowed deviation below which the next step is twice as long; a step twice as long deviates eight times.
const EASY: f64 = 0.09;

/// A cell on its way.
pub(crate) struct Marcher {
    pub simulator: Simulator,
    state: SimulatorState,
    trial: SimulatorState,
    /// The observables now.
    pub row: Row,
    /// The length of the step before, s; 0 after a sudden change.
    before: f64,
    past: Past,
    /// The length that the errors allow to the next step, s.
    pub length: f64,
    /// Factor on the allowed deviations.
    tolerance: f64,
    capacity_ah: f64,
    /// The temperature of the surroundings over the next step, °C.
    around: (f64, f64),
}

/// Voltage, current and temperature of the core at the last instants, the latest last, since a sudden change.
#[derive(Clone, Copy, Default)]
struct Past {
    time: [f64; 3],
    seen: [[f64; 3]; 3],
    count: usize,
}

impl Past {
    fn push(&mut self, time: f64, seen: [f64; 3]) {
        if self.count == 3 {
            self.time.rotate_left(1);
            self.seen.rotate_left(1);
            self.count = 2;
        }
        (self.time[self.count], self.seen[self.count]) = (time, seen);
        self.count += 1;
    }

    /// The values some seconds after the latest instant by the polynomial through all instants; `None` where there is none.
    fn ahead(&self, seconds: f64) -> Option<[f64; 3]> {
        let time = self.time[self.count.checked_sub(1)?] + seconds;
        let mut sum = [0.0; 3];
        for i in 0..self.count {
            let mut weight = 1.0;
            for j in (0..self.count).filter(|j| *j != i) {
                weight *= (time - self.time[j]) / (self.time[i] - self.time[j]);
            }
            for (sum, seen) in sum.iter_mut().zip(self.seen[i]) {
                *sum += weight * seen;
            }
        }
        Some(sum)
    }
}

fn seen(row: &Row) -> [f64; 3] {
    [row.voltage[0], row.current[0], row.core_temperature[0]]
}

impl Marcher {
    /// A cell in a state, whose lanes are all the same; `tolerance` is a factor on the errors that are allowed.
    pub(crate) fn new(cell: &Cell, simulator: Simulator, state: SimulatorState, tolerance: f64) -> Self {
        let mut marcher = Self {
            simulator,
            trial: state.clone(),
            state,
            row: Row::default(),
            before: 0.0,
            past: Past::default(),
            length: FIRST,
            tolerance,
            capacity_ah: cell.capacity_ah,
            around: (f64::NAN, f64::NAN),
        };
        // The current that flows in a saved state is not known before a step; without one is as good.
        marcher.row = marcher.jumped(Load::Current(0.0)).unwrap_or_default();
        marcher.past.push(0.0, seen(&marcher.row));
        marcher
    }

    /// Lets the next step be taken as one of many of the same length.
    pub(crate) fn keep_even(&mut self, seconds: f64) {
        self.before = seconds;
    }

    /// The numbers of the state.
    pub(crate) fn numbers(&self) -> Vec<f64> {
        self.state.numbers()
    }

    /// Sets the temperature of the surroundings over the next step, °C.
    pub(crate) fn surround(&mut self, from: f64, to: f64) {
        if (from, to) != self.around {
            self.around = (from, to);
            self.simulator.set_surroundings(&mut self.state, from, to);
        }
    }

    /// The observables where a load sets in now; nothing changes before [`Self::set_in`].
    pub(crate) fn jumped(&mut self, load: Load) -> Option<Row> {
        let Self { simulator, state, trial, .. } = self;
        let reach = if load.direction() == 0.0 { 0.1 } else { 0.2 * load.direction() };
        let guess = CurrentGuess {
            middle: self.row.current[0],
            reach: reach * self.capacity_ah,
            largest: LARGEST_RATE * self.capacity_ah,
        };
        load.solve(guess, &mut |currents: &Lanes| {
            trial.copy_from(state);
            simulator.jump(trial, currents)
        })
    }

    /// Lets the load set in that was last tried.
    pub(crate) fn set_in(&mut self, row: Row) {
        self.trial.spread(0);
        self.state.copy_from(&self.trial);
        self.row = row;
        self.before = 0.0;
        self.length = FIRST;
        self.past = Past::default();
        self.past.push(0.0, seen(&row));
    }

    /// The observables after a step under a load; nothing changes before [`Self::go`]. `None` where no current gives it.
    pub(crate) fn tried(&mut self, seconds: f64, load: Load) -> Option<Row> {
        let Self { simulator, state, trial, .. } = self;
        simulator.set_step_after(seconds, self.before);
        let now = self.row.current[0];
        let [_, ahead, _] = self.past.ahead(seconds).unwrap_or(seen(&self.row));
        let rate = 1e-3 * self.capacity_ah;
        let guess = CurrentGuess {
            middle: ahead,
            reach: (ahead - now).abs().clamp(0.01 * rate, 100.0 * rate),
            largest: LARGEST_RATE * self.capacity_ah,
        };
        let row = load.solve(guess, &mut |currents: &Lanes| {
            trial.copy_from(state);
            let mut rows = [Row::default()];
            simulator.advance(trial, &[*currents], &mut rows);
            rows[0]
        })?;
        Some(row).filter(|row| row.voltage[0].is_finite() && row.core_temperature[0].is_finite())
    }

    /// The deviation of a step from what those before predict, in parts of the allowed one; `None` where there are too few.
    pub(crate) fn deviation(&self, seconds: f64, row: &Row) -> Option<f64> {
        let [voltage, current, core] = self.past.ahead(seconds).filter(|_| self.past.count == 3)?;
        let volt = (row.voltage[0] - voltage).abs() / VOLT;
        let allowed = CURRENT * (row.current[0].abs() + LEAST_RATE * self.capacity_ah);
        let ampere = (row.current[0] - current).abs() / allowed;
        let kelvin = (row.core_temperature[0] - core).abs() / KELVIN;
        Some(volt.max(ampere).max(kelvin) / self.tolerance)
    }

    /// Takes the step that was last tried, and lets its deviation decide about the length of the next one.
    pub(crate) fn go(&mut self, seconds: f64, row: Row, deviation: Option<f64>) {
        self.trial.spread(0);
        self.state.copy_from(&self.trial);
        self.row = row;
        let time = self.past.time[self.past.count - 1] + seconds;
        self.past.push(time, seen(&row));
        self.before = seconds;
        match deviation {
            Some(deviation) if deviation < EASY && seconds > 0.6 * self.length => {
                self.length = (2.0 * self.length).min(LONGEST);
            }
            Some(deviation) if deviation > 1.0 => self.length = (0.5 * self.length).max(FIRST),
            _ => {}
        }
    }

    /// True where a step is to be tried again with half its length.
    pub(crate) fn is_refused(&mut self, seconds: f64, deviation: Option<f64>) -> bool {
        let is_too_far = deviation.is_some_and(|deviation| deviation > 2.0) && seconds > FIRST;
        if is_too_far {
            self.length = (0.5 * seconds).max(FIRST);
        }
        is_too_far
    }

    /// A correction of the trapezoidal rule for the energy of the step that was last taken: W s.
    pub(crate) fn bend(&self, power: impl Fn([f64; 3]) -> f64) -> f64 {
        if self.past.count < 3 {
            return 0.0;
        }
        let ([a, b, c], p) = (self.past.time, self.past.seen.map(power));
        let bend = ((p[2] - p[1]) / (c - b) - (p[1] - p[0]) / (b - a)) / (c - a);
        -(c - b) * (c - b) * (c - b) / 6.0 * bend
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::battery::simulation::thermal::Thermal;

    #[test]
    fn a_parabola_is_predicted_and_integrated_exactly() {
        let mut past = Past::default();
        for time in [0.0, 1.0, 3.0f64] {
            past.push(time, [time * time, 1.0, 2.0 * time]);
        }
        assert_eq!(past.ahead(2.0), Some([25.0, 1.0, 10.0]));
        past.push(4.0, [16.0, 1.0, 8.0]);
        assert_eq!((past.count, past.time[0]), (3, 1.0));
    }

    #[test]
    fn a_step_at_once_is_as_good_as_many() {
        let cell = Cell::named("chen2020").unwrap();
        let end = |step: f64| {
            let simulator = Simulator::new(&cell, Thermal::Isothermal);
            let rest = simulator.at_rest(0.6, 25.0);
            let mut marcher = Marcher::new(&cell, simulator, rest, 1.0);
            let row = marcher.jumped(Load::Current(5.0)).unwrap();
            marcher.set_in(row);
            let mut time = 0.0f64;
            // Short steps first, as a sudden change needs.
            while time < 600.0 {
                let seconds = (0.1 * time).clamp(FIRST, step).min(600.0 - time);
                let row = marcher.tried(seconds, Load::Current(5.0)).unwrap();
                marcher.go(seconds, row, None);
                time += seconds;
            }
            marcher.row.voltage[0]
        };
        let (long, short) = (end(60.0), end(1.0));
        assert!((long - short).abs() < 2e-6, "{long} {short}");
    }
}
