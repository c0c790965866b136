//! The single particle model with electrolyte, stepped for several profiles side by side.
//!
//! The current is linear between its samples. Particles of constant diffusivity are exact in time, the electrolyte is
//! second order, and the heat of a step follows Simpson's rule. What depends on temperature takes that in the middle of
//! the step, extrapolated from the step before. The step is fixed and every operation is rounded alike everywhere, so a
//! profile gives the same bits on every machine and in every company.
use crate::battery::cell::{Cell, ZERO_CELSIUS};
use crate::battery::electrolyte::{Concentration, Electrolyte, Profile};
use crate::battery::elementary::{LANES, Lanes, each};
use crate::battery::particle::{Interior, Particle};
use crate::battery::thermal::{Cooling, Temperature, Thermal};
use crate::battery::voltage::{Parts, Voltage};

/// A cell, ready to be simulated.
pub struct Simulator {
    negative: Particle,
    positive: Particle,
    electrolyte: Electrolyte,
    voltage: Voltage,
    cooling: Cooling,
    /// Charge between state of charge 1 and 0, A s.
    capacity: f64,
    /// Stoichiometries of the full cell, and their change for 1 A s of discharge.
    full: [f64; 2],
    change: [f64; 2],
    /// Of the current collectors, Ω.
    collectors: f64,
    /// s.
    step: f64,
}

/// The state of as many cells as there are lanes.
#[derive(Clone)]
pub struct State {
    /// Charge taken out since the cell was full, A s.
    charge: Lanes,
    negative: Interior,
    positive: Interior,
    concentration: Concentration,
    profile: Profile,
    temperature: Temperature,
    current: Lanes,
    /// Heat for 1 A s, V.
    heat: Lanes,
}

/// What is seen of the cells at one instant.
#[derive(Clone, Copy, Default)]
pub struct Row {
    /// A, discharge positive.
    pub current: Lanes,
    pub voltage: Lanes,
    /// °C.
    pub surface_temperature: Lanes,
    /// 1 is full.
    pub soc: Lanes,
    /// °C.
    pub core_temperature: Lanes,
    /// Open-circuit voltage of the relaxed cell, V.
    pub ocv: Lanes,
    /// What the terminal voltage is made of.
    pub parts: Parts,
}

impl Simulator {
    /// A cell to be stepped by 1 s.
    pub fn new(cell: &Cell, thermal: Thermal) -> Self {
        Self::with_step(cell, thermal, 1.0)
    }

    /// A cell to be stepped by that many seconds.
    pub fn with_step(cell: &Cell, thermal: Thermal, step: f64) -> Self {
        let [full_negative, full_positive] = cell.stoichiometries(0.0);
        let [one_negative, one_positive] = cell.stoichiometries(1.0);
        Self {
            negative: Particle::new(cell, &cell.negative, -1.0, step),
            positive: Particle::new(cell, &cell.positive, 1.0, step),
            electrolyte: Electrolyte::new(cell, step),
            voltage: Voltage::new(cell),
            cooling: Cooling::new(cell, thermal, step),
            capacity: cell.capacity(),
            full: [full_negative, full_positive],
            change: [one_negative - full_negative, one_positive - full_positive],
            collectors: cell.collector_resistance(),
            step,
        }
    }

    /// Relaxed cells at a state of charge and an ambient temperature, °C, at the instant when `current` sets in.
    pub fn start(&self, soc: &Lanes, ambient: &Lanes, current: &Lanes) -> (State, Row) {
        let concentration = self.electrolyte.rest();
        let charge = each(|l| (1.0 - soc[l]) * self.capacity);
        let [negative, positive] = self.bulk(&charge);
        let mut state = State {
            charge,
            negative: self.negative.rest(&negative),
            positive: self.positive.rest(&positive),
            profile: self.electrolyte.profile(&concentration),
            concentration,
            temperature: Temperature::ambient(each(|l| ambient[l] + ZERO_CELSIUS)),
            current: *current,
            heat: [0.0; LANES],
        };
        let core = &state.temperature.core;
        let mut parts = self.voltage.losses(current, &negative, &positive, &state.profile, core);
        parts.open = self.voltage.open(&negative, &positive, core);
        state.heat = self.heat(&parts, &negative, &positive, core);
        let row = self.row(&state, parts);
        (state, row)
    }

    /// Steps once for each current, and writes what is then seen.
    pub fn advance(&self, state: &mut State, currents: &[Lanes], rows: &mut [Row]) {
        assert_eq!(currents.len(), rows.len(), "each current has its row");
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512vl")
            {
                // SAFETY: the processor has just been asked.
                return unsafe { self.advance_avx512(state, currents, rows) };
            }
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                // SAFETY: the processor has just been asked.
                return unsafe { self.advance_avx2(state, currents, rows) };
            }
        }
        self.steps(state, currents, rows);
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512dq,avx512vl,fma")]
    fn advance_avx512(&self, state: &mut State, currents: &[Lanes], rows: &mut [Row]) {
        self.steps(state, currents, rows);
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    fn advance_avx2(&self, state: &mut State, currents: &[Lanes], rows: &mut [Row]) {
        self.steps(state, currents, rows);
    }

    #[inline(always)]
    fn steps(&self, state: &mut State, currents: &[Lanes], rows: &mut [Row]) {
        for (row, current) in rows.iter_mut().zip(currents) {
            let parts = self.step(state, current);
            *row = self.row(state, parts);
        }
    }

    #[inline(always)]
    fn step(&self, state: &mut State, end: &Lanes) -> Parts {
        let start = state.current;
        let middle = each(|l| 0.5 * (start[l] + end[l]));
        let kelvin = state.temperature.middle();
        let (negative_middle, negative_end) = self.negative.step(&mut state.negative, &start, end, &kelvin);
        let (positive_middle, positive_end) = self.positive.step(&mut state.positive, &start, end, &kelvin);
        let charge_middle = each(|l| state.charge[l] + 0.125 * self.step * (3.0 * start[l] + end[l]));
        state.charge = each(|l| state.charge[l] + self.step * middle[l]);
        self.electrolyte.step(&mut state.concentration, &middle, &kelvin);
        let profile_end = self.electrolyte.profile(&state.concentration);

        // The voltage at the end needs the temperature there, which the heat in the middle predicts.
        let mut heat_middle = [0.0; LANES];
        let mut core = state.temperature.core;
        if self.cooling.warms() {
            let [negative, positive] = self.bulk(&charge_middle);
            let negative = each(|l| negative[l] + negative_middle[l]);
            let positive = each(|l| positive[l] + positive_middle[l]);
            let profile = Profile::between(&state.profile, &profile_end);
            let parts = self.voltage.losses(&middle, &negative, &positive, &profile, &kelvin);
            heat_middle = self.heat(&parts, &negative, &positive, &kelvin);
            let power = each(|l| middle[l] * (heat_middle[l] + middle[l] * self.collectors));
            core = self.cooling.predict(&state.temperature, &power);
        }
        let [negative, positive] = self.bulk(&state.charge);
        let negative = each(|l| negative[l] + negative_end[l]);
        let positive = each(|l| positive[l] + positive_end[l]);
        let mut parts = self.voltage.losses(end, &negative, &positive, &profile_end, &core);
        parts.open = self.voltage.open(&negative, &positive, &core);
        if self.cooling.warms() {
            let heat = self.heat(&parts, &negative, &positive, &core);
            let power = each(|l| {
                let (i0, i1) = (start[l], end[l]);
                let ohmic = (i0 * i0 + i0 * i1 + i1 * i1) / 3.0 * self.collectors;
                (i0 * state.heat[l] + 4.0 * middle[l] * heat_middle[l] + i1 * heat[l]) / 6.0 + ohmic
            });
            self.cooling.step(&mut state.temperature, &power);
            state.heat = heat;
        }
        state.profile = profile_end;
        state.current = *end;
        parts
    }

    /// What 1 A s sets free within the cell, V: losses, and entropy at the surfaces of the particles.
    #[inline(always)]
    fn heat(&self, parts: &Parts, negative: &Lanes, positive: &Lanes, kelvin: &Lanes) -> Lanes {
        let loss = parts.loss();
        match self.voltage.entropy(negative, positive) {
            Some(entropy) => each(|l| loss[l] - kelvin[l] * entropy[l]),
            None => loss,
        }
    }

    #[inline(always)]
    fn bulk(&self, charge: &Lanes) -> [Lanes; 2] {
        [0, 1].map(|k| each(|l| self.full[k] + self.change[k] * charge[l]))
    }

    #[inline(always)]
    fn row(&self, state: &State, parts: Parts) -> Row {
        let [negative, positive] = self.bulk(&state.charge);
        let loss = parts.loss();
        Row {
            current: state.current,
            voltage: each(|l| parts.open[l] - loss[l]),
            surface_temperature: each(|l| state.temperature.surface[l] - ZERO_CELSIUS),
            soc: each(|l| 1.0 - state.charge[l] / self.capacity),
            core_temperature: each(|l| state.temperature.core[l] - ZERO_CELSIUS),
            ocv: self.voltage.open(&negative, &positive, &state.temperature.core),
            parts,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vector_instructions_change_no_bit() {
        let simulator = Simulator::new(&Cell::named("chen2020").unwrap(), Thermal::TwoTemperature);
        let currents: Vec<Lanes> = (0..600).map(|k| each(|l| ((k * (l + 3)) % 17) as f64 - 5.0)).collect();
        let mut rows = [vec![Row::default(); 600], vec![Row::default(); 600]];
        let start = || simulator.start(&each(|l| 0.3 + 0.05 * l as f64), &[20.0; LANES], &currents[0]).0;
        simulator.advance(&mut start(), &currents, &mut rows[0]);
        simulator.steps(&mut start(), &currents, &mut rows[1]);
        for (second, (fast, plain)) in rows[0].iter().zip(&rows[1]).enumerate() {
            let bits = |row: &Row| [row.voltage, row.core_temperature, row.ocv].map(|lanes| lanes.map(f64::to_bits));
            assert_eq!(bits(fast), bits(plain), "at {second} s");
        }
    }

    #[test]
    fn lanes_do_not_touch_each_other() {
        let simulator = Simulator::new(&Cell::named("chen2020").unwrap(), Thermal::Lumped);
        let last = |disturbance: f64| {
            let current = |l: usize| if l == 2 { 3.0 } else { disturbance * l as f64 };
            let mut rows = vec![Row::default(); 100];
            let (mut state, _) = simulator.start(&[0.5; LANES], &[25.0; LANES], &[0.0; LANES]);
            simulator.advance(&mut state, &[each(current); 100], &mut rows);
            rows[99].voltage
        };
        assert_eq!(last(0.0)[2].to_bits(), last(1.0)[2].to_bits());
        assert_ne!(last(0.0)[3].to_bits(), last(1.0)[3].to_bits());
    }
}
