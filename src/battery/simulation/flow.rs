//! Flows of one simulated cell at an instant: the parts of its voltage, its heat, and the energy of its chemistry.
use crate::battery::cell::ZERO_CELSIUS;
use crate::battery::simd::lanes::Plain;
use crate::battery::simulation::{Row, Simulator};

/// Intervals of the charge over which the energy of the chemistry is integrated.
const INTERVALS: usize = 8192;

/// Parts of the voltage of one cell at an instant and its heat, for each ampere: multiplied by the current they are watts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Flow {
    /// A, discharge positive.
    pub current: f64,
    /// Terminal voltage, V.
    pub voltage: f64,
    /// Open-circuit voltage of the surfaces less that of the relaxed cell, V.
    pub particle: f64,
    /// Loss in solid and contacts, V, negative on discharge.
    pub solid: f64,
    /// Heat of reactions, V.
    pub irreversible: f64,
    /// Ohmic heat without that of the collectors, and with that of the electrolyte's concentration, V.
    pub ohmic: f64,
    /// Heat of entropy, V.
    pub reversible: f64,
    /// Energy that is held in the concentrations within the particles, V.
    pub mixing: f64,
}

impl Simulator {
    /// The flows of a lane at an instant.
    pub(crate) fn flow(&self, row: &Row, lane: usize) -> Flow {
        let current = row.current[lane];
        let kelvin = Plain::of(row.core_temperature[lane] + ZERO_CELSIUS);
        let charge = Plain::of((1.0 - row.soc[lane]) * self.capacity);
        let [reaction, concentration, ohmic] =
            [row.parts.reaction[lane], row.parts.concentration[lane], row.parts.ohmic[lane]];
        let open = row.parts.open[lane];
        let entropy = |[negative, positive]: [Plain; 2]| {
            self.voltage.entropy(negative, positive).map_or(0.0, |entropy| kelvin.value() * entropy.value())
        };
        let surface = entropy(row.extremes.surface.map(|lanes| Plain::of(lanes[lane])));
        let relaxed = entropy(self.bulk(charge));
        Flow {
            current,
            voltage: row.voltage[lane],
            particle: open - row.ocv[lane],
            solid: -current * self.voltage.solid_resistance(kelvin).value(),
            irreversible: -reaction,
            ohmic: -(concentration + ohmic),
            reversible: -surface,
            mixing: (row.ocv[lane] - relaxed) - (open - surface),
        }
    }

    /// Resistance of the current collectors, Ω.
    pub(crate) fn collector_resistance(&self) -> f64 {
        self.collectors
    }

    /// The energy that the chemistry of a relaxed cell gives between two states of charge, J: what is left of it as work at
    /// any temperature, and what it takes or gives as heat of entropy. By Simpson's rule.
    pub(crate) fn chemical_energy(&self, from: f64, to: f64) -> f64 {
        let reference = Plain::of(self.voltage.reference());
        let [first, last] = [from, to].map(|soc| (1.0 - soc) * self.capacity);
        let at = |half: usize| {
            let charge = first + (last - first) * (half as f64 / (2 * INTERVALS) as f64);
            let [negative, positive] = self.bulk(Plain::of(charge));
            let open = self.voltage.open(negative, positive, reference).value();
            let entropy = self.voltage.entropy(negative, positive).map_or(0.0, Plain::value);
            open - reference.value() * entropy
        };
        let sum: f64 = (0..INTERVALS).map(|k| at(2 * k) + 4.0 * at(2 * k + 1) + at(2 * k + 2)).sum();
        sum * (last - first) / (6 * INTERVALS) as f64
    }
}
