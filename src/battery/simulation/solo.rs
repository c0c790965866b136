//! One cell in all lanes: its state copied, saved and resumed, and steps of any length that try a current in each lane.
use crate::battery::cell::ZERO_CELSIUS;
use crate::battery::simd::lanes::{LANES, Lanes, Plain};
use crate::battery::simulation::thermal::Temperature;
use crate::battery::simulation::{Simulator, SimulatorState};

/// The largest ratio of a step to the one before over which the state is extrapolated.
const STRETCH: f64 = 4.0;

impl SimulatorState {
    /// Takes over another state without an allocation.
    pub(crate) fn copy_from(&mut self, other: &Self) {
        if self.0.len() == other.0.len() {
            self.0.copy_from_slice(&other.0);
        } else {
            self.0.clone_from(&other.0);
        }
    }

    /// Gives all lanes the state of one.
    pub(crate) fn spread(&mut self, lane: usize) {
        for number in &mut self.0 {
            *number = [number[lane]; LANES];
        }
    }

    /// The numbers of the first lane.
    pub(crate) fn numbers(&self) -> Vec<f64> {
        self.0.iter().map(|lanes| lanes[0]).collect()
    }
}

impl Simulator {
    /// The state whose numbers were saved, in all lanes; `None` where they are those of another model.
    pub(crate) fn resume(&self, numbers: &[f64]) -> Option<SimulatorState> {
        let (mut count, mut cells) = (0, self.blank(Plain::of(0.0)));
        cells.visit(&mut |_| count += 1);
        let state = SimulatorState(numbers.iter().map(|number| [*number; LANES]).collect());
        (count == numbers.len()).then_some(state)
    }

    /// Sets the length of the next step, s, after one of another length, or 0 after a sudden change.
    pub(crate) fn set_step_after(&mut self, seconds: f64, before: f64) {
        self.set_step(seconds);
        let ratio = if before > 0.0 { seconds / before } else { f64::INFINITY };
        let ahead = if ratio <= STRETCH { 0.5 * ratio } else { 0.0 };
        self.electrolyte.set_ahead(ahead);
        self.cooling.set_ahead(ahead);
    }

    /// Sets the temperature of the surroundings, °C, for the next step: its mean, or its values at both ends where the cell
    /// is always as warm as they are.
    pub(crate) fn set_surroundings(&self, state: &mut SimulatorState, from: f64, to: f64) {
        let mut cells = self.blank(Plain::of(0.0));
        let [from, to] = [from + ZERO_CELSIUS, to + ZERO_CELSIUS].map(Plain::of);
        for lane in 0..LANES {
            cells.load(state, lane);
            if self.cooling.warms() {
                cells.temperature.ambient = (from + to) * 0.5;
            } else {
                // The middle of a step is extrapolated from its beginning, which here is its end.
                let rise = self.cooling.rise_to_middle((from - to) * 0.5);
                cells.temperature = Temperature { rise, ..Temperature::ambient(to) };
            }
            cells.store(state, lane);
        }
    }

    /// A state of one cell at rest in all lanes, without a current.
    pub(crate) fn at_rest(&self, soc: f64, ambient: f64) -> SimulatorState {
        self.start(&[soc; LANES], &[ambient; LANES], &[0.0; LANES] as &Lanes).0
    }
}
