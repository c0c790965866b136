//! The classic method: a cell as a voltage source with a resistor and two resistor-capacitor pairs.
//!
//! `V = U(s) - I R₀(s, T) - R₁(s, T) u₁ - R₂(s, T) u₂` with `τ du/dt = I - u` for each pair: state of charge `s`, surface
//! temperature `T`, discharge positive. The tables are linear between their knots (Plett, Battery Management Systems,
//! volume I, 2015, chapter 2; here the resistances scale the pairs' currents instead of feeding them).
use serde::Serialize;

/// Knots of the open-circuit voltage over the state of charge.
pub(crate) const OPEN_KNOTS: usize = 101;
/// Knots of the resistances over the state of charge.
pub(crate) const SOC_KNOTS: [f64; 14] = [0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0];
/// Resistances of the circuit: in series, and of the pairs.
pub(crate) const RESISTANCES: usize = 3;

/// A circuit with the numbers of one kind of cell.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct EquivalentCircuit {
    /// Capacity of the cell, A s.
    pub capacity: f64,
    /// Time constants of both pairs, s.
    pub time_constants: [f64; 2],
    /// Knots of the resistances over the temperature, °C.
    pub temperatures: Vec<f64>,
    /// V at states of charge 0, 0.01, and so on to 1.
    pub open_circuit_voltage: Vec<f64>,
    /// R₀, R₁, R₂ in Ω, for each state of charge a row of temperatures.
    pub resistances: [Vec<Vec<f64>>; RESISTANCES],
}

/// The currents of both pairs, A.
pub(crate) type Pairs = [f64; 2];

/// The course of the current between two rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rhythm {
    /// Seconds from row to row.
    pub interval: f64,
    /// True where a row's current is that of its instant, linear in between; otherwise it is the mean since the row before.
    pub is_linear: bool,
}

impl Rhythm {
    /// The rhythm of a dataset's rows, `interval_s` seconds apart.
    pub(crate) fn of(interval_s: u32) -> Self {
        Self { interval: f64::from(interval_s), is_linear: interval_s == 1 }
    }

    /// Charge that flows between two rows, A s.
    pub(crate) fn charge(&self, before: f64, now: f64) -> f64 {
        self.interval * if self.is_linear { 0.5 * (before + now) } else { now }
    }

    /// The step of a pair with a time constant, exact for that course of the current.
    pub(crate) fn pair(&self, time_constant: f64) -> PairStep {
        let z = self.interval / time_constant;
        let decay = (-z).exp();
        // The mean of the decay over the step, and its part that belongs to the end.
        let mean = -(-z).exp_m1() / z;
        match self.is_linear {
            true => PairStep { decay, before: mean - decay, now: 1.0 - mean },
            false => PairStep { decay, before: 0.0, now: 1.0 - decay },
        }
    }
}

/// The exact update of a pair's current over one step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PairStep {
    decay: f64,
    before: f64,
    now: f64,
}

impl PairStep {
    pub(crate) fn apply(&self, pair: f64, before: f64, now: f64) -> f64 {
        self.decay * pair + self.before * before + self.now * now
    }
}

/// The position of a number among ascending knots: the index of the knot below, and the share of the distance to the next; constant beyond the ends.
pub(crate) fn locate(knots: &[f64], x: f64) -> (usize, f64) {
    if knots.len() < 2 {
        return (0, 0.0);
    }
    let below = knots.partition_point(|&knot| knot <= x).clamp(1, knots.len() - 1) - 1;
    let share = (x - knots[below]) / (knots[below + 1] - knots[below]);
    (below, share.clamp(0.0, 1.0))
}

impl EquivalentCircuit {
    /// The open-circuit voltage at a state of charge, V, and its slope, V.
    pub(crate) fn open(&self, soc: f64) -> (f64, f64) {
        let position = soc.clamp(0.0, 1.0) * (OPEN_KNOTS - 1) as f64;
        let below = (position as usize).min(OPEN_KNOTS - 2);
        let (from, to) = (self.open_circuit_voltage[below], self.open_circuit_voltage[below + 1]);
        (from + (position - below as f64) * (to - from), (to - from) * (OPEN_KNOTS - 1) as f64)
    }

    /// R₀, R₁ and R₂ at a state of charge and a temperature, Ω.
    pub(crate) fn resistances(&self, soc: f64, celsius: f64) -> [f64; RESISTANCES] {
        let ((row, down), (column, right)) = (locate(&SOC_KNOTS, soc), locate(&self.temperatures, celsius));
        let next = (column + 1).min(self.temperatures.len() - 1);
        std::array::from_fn(|k| {
            let at = |row: usize| {
                let table = &self.resistances[k][row];
                table[column] + right * (table[next] - table[column])
            };
            at(row) + down * (at(row + 1) - at(row))
        })
    }

    /// Terminal voltage, V.
    pub(crate) fn voltage(&self, soc: f64, pairs: Pairs, current: f64, celsius: f64) -> f64 {
        let [series, first, second] = self.resistances(soc, celsius);
        self.open(soc).0 - series * current - first * pairs[0] - second * pairs[1]
    }

    /// Derivative of the voltage by the state of charge, V: through the open-circuit voltage and the resistances.
    pub(crate) fn slope(&self, soc: f64, pairs: Pairs, current: f64, celsius: f64) -> f64 {
        const STEP: f64 = 0.005;
        let (low, high) = ((soc - STEP).clamp(0.0, 1.0), (soc + STEP).clamp(0.0, 1.0));
        let at = |soc| self.voltage(soc, pairs, current, celsius);
        if high > low { (at(high) - at(low)) / (high - low) } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::battery::baseline::fixtures::known;

    #[test]
    fn a_pair_follows_its_equation() {
        // τ du/dt = I - u under a ramp from 2 to 5 A in 10 s, from u = 1: by the formula, and by small steps.
        let exact = Rhythm { interval: 10.0, is_linear: true }.pair(40.0).apply(1.0, 2.0, 5.0);
        let (mut u, small) = (1.0, 1e-3);
        for step in 0..10_000 {
            let current = 2.0 + 3.0 * (f64::from(step) + 0.5) * small / 10.0;
            u += small * (current - u) / 40.0;
        }
        assert!((exact - u).abs() < 1e-4, "{exact} {u}");
        let held = Rhythm { interval: 10.0, is_linear: false }.pair(40.0).apply(1.0, 2.0, 5.0);
        assert!((held - (5.0 - 4.0 * (-0.25f64).exp())).abs() < 1e-12, "{held}");
    }

    #[test]
    fn tables_are_linear_between_their_knots_and_constant_beyond() {
        let circuit = known();
        let [series, ..] = circuit.resistances(0.25, 10.0);
        let expected = 0.03 * (0.75 * (1.6 - 0.8 * 0.25) + 0.25 * (1.2 - 0.6 * 0.25));
        assert!((series - expected).abs() < 1e-12, "{series} {expected}");
        assert_eq!(circuit.resistances(0.5, 40.0), circuit.resistances(0.5, 99.0));
        assert_eq!(circuit.resistances(-1.0, 5.0), circuit.resistances(0.0, 5.0));
        assert_eq!(locate(&[25.0], 30.0), (0, 0.0));
        let (at, step) = (circuit.open(0.305).0, circuit.open(0.31).0 - circuit.open(0.30).0);
        assert!((at - circuit.open(0.30).0 - 0.5 * step).abs() < 1e-12);
    }
}
