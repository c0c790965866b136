//! Loads: the current that gives a cell a voltage, a power or a resistance, found with a trial in each lane.
use crate::battery::simd::lanes::{LANES, Lanes, each};
use crate::battery::simulation::Row;

/// The quantity that a step holds at an instant; discharge is positive.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Load {
    /// A.
    Current(f64),
    /// V.
    Voltage(f64),
    /// W.
    Power(f64),
    /// Ω.
    Resistance(f64),
}

/// The first guess at a current: the middle of the trials, and the distance of the outermost ones, A.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CurrentGuess {
    pub middle: f64,
    pub reach: f64,
    /// The amount beyond which no current is tried, A.
    pub largest: f64,
}

/// The places of the trials, in parts of the reach.
const TRIALS: Lanes = [0.0, -1.0, 1.0, -0.2, 0.2, -0.03, 0.03, 5.0];
const ROUNDS: usize = 60;
/// The part of the way between two trials around a solution that the next trials reach.
const NARROWING: f64 = 0.05;
/// The factor by which trials that are all on one side reach further.
const WIDENING: f64 = 6.0;
/// The deviation that is allowed, V; of a power that times a current.
const TOLERANCE: f64 = 1e-9;

impl Load {
    /// The direction of a load: 1 discharges, -1 charges, 0 where that depends on the cell.
    pub(crate) fn direction(self) -> f64 {
        match self {
            Self::Current(value) | Self::Power(value) | Self::Resistance(value) if value != 0.0 => value.signum(),
            _ => 0.0,
        }
    }

    /// The deviation from the load, in V or W, and the one that is allowed; it falls with a rising current.
    fn deviation(self, voltage: f64, current: f64) -> (f64, f64) {
        match self {
            Self::Current(wanted) => (wanted - current, 0.0),
            Self::Voltage(wanted) => (voltage - wanted, TOLERANCE),
            Self::Power(wanted) => (wanted - voltage * current, TOLERANCE * (1.0 + wanted.abs())),
            Self::Resistance(wanted) => ((voltage - wanted * current) * wanted.signum(), TOLERANCE),
        }
    }

    /// The observables under the load in the first lane, by trials of one current in each lane; `None` where no current
    /// gives the load.
    pub(crate) fn solve(self, guess: CurrentGuess, attempt: &mut dyn FnMut(&Lanes) -> Row) -> Option<Row> {
        if let Self::Current(current) = self {
            return Some(attempt(&[current; LANES])).filter(|row| row.voltage[0].is_finite());
        }
        let CurrentGuess { mut middle, mut reach, largest } = guess;
        // The largest current that is too small, and the least one that is too large, with their deviations.
        let mut low: Option<(f64, f64)> = None;
        let mut high: Option<(f64, f64)> = None;
        for _ in 0..ROUNDS {
            let currents = each(|l| middle + reach * TRIALS[l]);
            let row = attempt(&currents);
            let (deviation, allowed) = self.deviation(row.voltage[0], currents[0]);
            if deviation.abs() <= allowed {
                return Some(row);
            }
            let before = (low, high);
            let trials = currents.into_iter().zip(row.voltage).map(|(i, v)| (i, self.deviation(v, i).0));
            for trial in trials.clone().filter(|(_, deviation)| *deviation <= 0.0) {
                high = Some(high.filter(|known| known.0 <= trial.0).unwrap_or(trial));
            }
            // Beyond the largest power of a cell a current is too small again.
            let is_below = |current: f64| high.is_none_or(|(known, _)| current < known);
            low = low.filter(|(current, _)| is_below(*current));
            for trial in trials.filter(|(current, deviation)| *deviation > 0.0 && is_below(*current)) {
                low = Some(low.filter(|known| known.0 >= trial.0).unwrap_or(trial));
            }
            match (low, high) {
                (Some((from, above)), Some((to, below))) => {
                    middle = from + (to - from) * (above / (above - below));
                    reach = (to - from).abs() * NARROWING;
                    // Currents that can be told apart no further.
                    if before == (low, high) || reach <= f64::EPSILON * middle.abs() {
                        reach = 0.0;
                        if before == (low, high) && deviation.abs() <= 1e3 * allowed {
                            return Some(row);
                        }
                        if before == (low, high) {
                            middle = 0.5 * (from + to);
                            reach = 0.3 * (to - from);
                        }
                    }
                }
                (Some((from, _)), None) => (middle, reach) = (from + reach, reach * WIDENING),
                (None, Some((to, _))) => (middle, reach) = (to - reach, reach * WIDENING),
                (None, None) => reach *= 0.1,
            }
            if middle.abs() > largest || !middle.is_finite() {
                return None;
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A cell of 4 V with 0.05 Ω and a little curvature.
    fn solved(load: Load, middle: f64) -> Option<f64> {
        let (mut rounds, mut last) = (0, [0.0; LANES]);
        let mut attempt = |currents: &Lanes| {
            rounds += 1;
            last = *currents;
            let voltage = each(|l| 4.0 - 0.05 * currents[l] - 0.02 * (currents[l] / 3.0).asinh());
            Row { voltage, current: *currents, ..Row::default() }
        };
        let row = load.solve(CurrentGuess { middle, reach: 0.01, largest: 500.0 }, &mut attempt)?;
        assert!(rounds < 20, "{load:?}: {rounds}");
        let (voltage, current) = (row.voltage[0], row.current[0]);
        let (deviation, allowed) = load.deviation(voltage, current);
        assert!(deviation.abs() <= allowed, "{load:?}: {deviation:e}");
        Some(current)
    }

    #[test]
    fn loads_are_found_from_near_and_far() {
        for (load, near) in [
            (Load::Voltage(3.5), 8.5),
            (Load::Voltage(4.3), -4.0),
            (Load::Power(10.0), 2.6),
            (Load::Power(-10.0), -2.3),
            (Load::Resistance(1.0), 3.8),
            (Load::Resistance(-2.0), -2.0),
        ] {
            let (close, far) = (solved(load, near).unwrap(), solved(load, 0.0).unwrap());
            assert!((close - far).abs() < 1e-6, "{load:?}: {close} {far}");
        }
        assert_eq!(solved(Load::Power(500.0), 0.0), None);
    }
}
