//! The simulator: the single particle model with electrolyte, stepped for several profiles side by side.
//!
//! The current is linear between its samples. Particles of constant diffusivity are exact in time, the electrolyte is
//! second order, and the heat of a step follows Simpson's rule. Quantities that depend on temperature are evaluated at
//! the temperature in the middle of the step, extrapolated from the step before. The step is fixed and every operation
//! is rounded in the same way on every machine, so the results of a profile are the same bits on every machine and
//! beside any other profiles.
pub mod balance;
pub(crate) mod electrolyte;
pub(crate) mod electrolyte_average;
pub(crate) mod fidelity;
pub(crate) mod fitted_curve;
pub(crate) mod fitted_surface;
pub(crate) mod flow;
pub(crate) mod misfit;
pub(crate) mod particle;
pub(crate) mod shells;
pub(crate) mod solo;
pub mod thermal;
pub mod trace;
pub mod validity;
pub(crate) mod voltage;

use crate::battery::cell::{Cell, ZERO_CELSIUS};
use crate::battery::simd::lanes::{Kernel, LANES, Lanes, Plain, Vector, widest};
use crate::battery::simulation::electrolyte::{Concentration, Electrolyte};
use crate::battery::simulation::electrolyte_average::ElectrolyteProfile;
use crate::battery::simulation::particle::{Particle, ParticleState};
use crate::battery::simulation::thermal::{Cooling, Temperature, Thermal};
use crate::battery::simulation::validity::{Extremes, Invalid, UnknownPart, Validity};
use crate::battery::simulation::voltage::{Voltage, VoltageParts};

/// The simulator of a cell.
pub struct Simulator {
    negative: Particle,
    positive: Particle,
    electrolyte: Electrolyte,
    voltage: Voltage,
    cooling: Cooling,
    /// Charge between state of charge 1 and 0, A s.
    capacity: f64,
    /// Stoichiometries of the full cell, and their change by 1 A s of discharge, negative electrode first.
    full: [f64; 2],
    change: [f64; 2],
    /// Resistance of the current collectors, Ω.
    collectors: f64,
    /// Length of a step, s.
    step: f64,
    validity: Validity,
}

/// The state of as many cells as there are lanes.
#[derive(Clone, Default)]
pub struct SimulatorState(Vec<Lanes>);

/// The state of some cells, as the vectors that it is computed with.
struct Cells<V> {
    /// Charge taken out since the cell was full, A s.
    charge: V,
    negative: ParticleState<V>,
    positive: ParticleState<V>,
    concentration: Concentration<V>,
    profile: ElectrolyteProfile<V>,
    temperature: Temperature<V>,
    current: V,
    /// Heat that 1 A s sets free, V.
    heat: V,
}

impl<V: Vector> Cells<V> {
    /// Calls `f` with every number, always in the same order.
    fn visit(&mut self, f: &mut impl FnMut(&mut V)) {
        self.negative.visit(f);
        self.positive.visit(f);
        self.concentration.visit(f);
        self.profile.visit(f);
        self.temperature.visit(f);
        [&mut self.charge, &mut self.current, &mut self.heat].into_iter().for_each(f);
    }

    /// Takes over the state of the cells from lane `first` on.
    fn load(&mut self, state: &SimulatorState, first: usize) {
        let mut lanes = state.0.iter();
        self.visit(&mut |number| *number = number.load(&lanes.next().expect("as many numbers")[first..]));
    }

    fn store(&mut self, state: &mut SimulatorState, first: usize) {
        let mut lanes = state.0.iter_mut();
        self.visit(&mut |number| number.store(&mut lanes.next().expect("as many numbers")[first..]));
    }
}

/// The observables of the cells at one instant.
#[derive(Clone, Copy, Default)]
pub struct Row<V = Lanes> {
    /// Current, A, discharge positive.
    pub current: V,
    pub voltage: V,
    /// Temperature, °C.
    pub surface_temperature: V,
    /// State of charge; 1 is full.
    pub soc: V,
    /// Temperature, °C.
    pub core_temperature: V,
    /// Open-circuit voltage of the relaxed cell, V.
    pub ocv: V,
    /// The parts of the terminal voltage, V.
    pub parts: VoltageParts<V>,
    /// The numbers that decide whether the state is valid.
    pub extremes: Extremes<V>,
}

impl<V: Vector> Row<V> {
    /// Writes the observables into the lanes from `first` on.
    #[inline(always)]
    fn store(&self, row: &mut Row, first: usize) {
        self.current.store(&mut row.current[first..]);
        self.voltage.store(&mut row.voltage[first..]);
        self.surface_temperature.store(&mut row.surface_temperature[first..]);
        self.soc.store(&mut row.soc[first..]);
        self.core_temperature.store(&mut row.core_temperature[first..]);
        self.ocv.store(&mut row.ocv[first..]);
        self.parts.open.store(&mut row.parts.open[first..]);
        self.parts.reaction.store(&mut row.parts.reaction[first..]);
        self.parts.concentration.store(&mut row.parts.concentration[first..]);
        self.parts.ohmic.store(&mut row.parts.ohmic[first..]);
        self.extremes.store(&mut row.extremes, first);
    }
}

/// The kernel that takes one step for each current.
struct SimulationSteps<'a> {
    simulator: &'a Simulator,
    state: &'a mut SimulatorState,
    currents: &'a [Lanes],
    rows: &'a mut [Row],
}

impl<V: Vector> Kernel<V> for SimulationSteps<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self, like: V) {
        let Self { simulator, state, currents, rows } = self;
        let mut cells = simulator.blank(like);
        for first in (0..LANES).step_by(V::WIDTH) {
            cells.load(state, first);
            for (row, current) in rows.iter_mut().zip(currents) {
                let (parts, surface) = simulator.step(&mut cells, like.load(&current[first..]));
                simulator.row(&cells, parts, surface).store(row, first);
            }
            cells.store(state, first);
        }
    }
}

impl Simulator {
    /// The simulator of a cell with steps of 1 s.
    pub fn new(cell: &Cell, thermal: Thermal) -> Self {
        let step = 1.0;
        let [full_negative, full_positive] = cell.stoichiometries(0.0);
        let [one_negative, one_positive] = cell.stoichiometries(1.0);
        let negative = Particle::new(cell, &cell.negative, -1.0, step);
        let positive = Particle::new(cell, &cell.positive, 1.0, step);
        let voltage = Voltage::new(cell);
        let functions = [("negative.diffusivity", 0, negative.range()), ("positive.diffusivity", 1, positive.range())];
        let validity = Validity::new(cell, functions.into_iter().chain(voltage.ranges()));
        Self {
            negative,
            positive,
            electrolyte: Electrolyte::new(cell, step),
            voltage,
            validity,
            cooling: Cooling::new(cell, thermal, step),
            capacity: cell.capacity(),
            full: [full_negative, full_positive],
            change: [one_negative - full_negative, one_positive - full_positive],
            collectors: cell.collector_resistance(),
            step,
        }
    }

    /// The length of a step, s.
    pub(crate) fn step_length(&self) -> f64 {
        self.step
    }

    /// Sets the length of the steps that follow, s.
    pub(crate) fn set_step(&mut self, seconds: f64) {
        if seconds == self.step {
            return;
        }
        self.step = seconds;
        self.negative.set_step(seconds);
        self.positive.set_step(seconds);
        self.electrolyte.set_step(seconds);
        self.cooling.set_step(seconds);
    }

    /// The functions that are not known for every stoichiometry.
    pub(crate) fn unknown_parts(&self) -> &[UnknownPart] {
        &self.validity.unknown
    }

    /// The reasons why the state of a lane is not valid.
    pub(crate) fn complaints(&self, row: &Row, lane: usize) -> impl Iterator<Item = Invalid> {
        self.validity.complaints(&row.extremes, &row.core_temperature, lane)
    }

    /// True where electrolyte and surfaces of a lane are within what the model holds for.
    pub(crate) fn holds(&self, row: &Row, lane: usize) -> bool {
        self.validity.holds(&row.extremes, lane)
    }

    /// Relaxed cells at a state of charge and an ambient temperature, °C, at the instant when `current` sets in.
    pub fn start(&self, soc: &Lanes, ambient: &Lanes, current: &Lanes) -> (SimulatorState, Row) {
        let (mut state, mut row) = (SimulatorState(Vec::new()), Row::default());
        for lane in 0..LANES {
            let [soc, ambient, current] = [soc[lane], ambient[lane], current[lane]].map(Plain::of);
            let (mut cells, seen) = self.begin(soc, ambient, current);
            if state.0.is_empty() {
                cells.visit(&mut |_| state.0.push([0.0; LANES]));
            }
            cells.store(&mut state, lane);
            seen.store(&mut row, lane);
        }
        (state, row)
    }

    /// Steps the currents to others in no time, and returns the observables after it.
    pub(crate) fn jump(&self, state: &mut SimulatorState, currents: &Lanes) -> Row {
        let mut row = Row::default();
        let mut cells = self.blank(Plain::of(0.0));
        for (lane, current) in currents.iter().enumerate() {
            cells.load(state, lane);
            self.set_in(&mut cells, Plain::of(*current)).store(&mut row, lane);
            cells.store(state, lane);
        }
        row
    }

    /// Takes one step for each current, and writes the observables after it into the current's row.
    pub fn advance(&self, state: &mut SimulatorState, currents: &[Lanes], rows: &mut [Row]) {
        assert_eq!(currents.len(), rows.len(), "each current has its row");
        widest(SimulationSteps { simulator: self, state, currents, rows });
    }

    /// Cells of the right shape whose numbers are still to be set.
    fn blank<V: Vector>(&self, like: V) -> Cells<V> {
        let zero = like.splat(0.0);
        let concentration = self.electrolyte.rest(zero);
        Cells {
            charge: zero,
            negative: self.negative.rest(zero),
            positive: self.positive.rest(zero),
            profile: self.electrolyte.profile(&concentration),
            concentration,
            temperature: Temperature::ambient(zero),
            current: zero,
            heat: zero,
        }
    }

    fn begin(&self, soc: Plain, ambient: Plain, current: Plain) -> (Cells<Plain>, Row<Plain>) {
        let mut cells = self.blank(soc);
        cells.charge = (-soc + 1.0) * self.capacity;
        let [negative, positive] = self.bulk(cells.charge);
        cells.negative = self.negative.rest(negative);
        cells.positive = self.positive.rest(positive);
        cells.temperature = Temperature::ambient(ambient + ZERO_CELSIUS);
        let row = self.set_in(&mut cells, current);
        (cells, row)
    }

    /// Lets another current flow from now on; what is at the surfaces does not change in no time.
    fn set_in(&self, cells: &mut Cells<Plain>, current: Plain) -> Row<Plain> {
        let core = cells.temperature.core;
        let [negative, positive] = self.bulk(cells.charge);
        let negative = negative + self.negative.excess(&cells.negative, cells.current, core);
        let positive = positive + self.positive.excess(&cells.positive, cells.current, core);
        cells.current = current;
        let mut parts = self.voltage.losses(current, negative, positive, &cells.profile, core);
        parts.open = self.voltage.open(negative, positive, core);
        cells.heat = self.heat(&parts, negative, positive, core);
        self.row(cells, parts, [negative, positive])
    }

    #[inline(always)]
    fn step<V: Vector>(&self, cells: &mut Cells<V>, end: V) -> (VoltageParts<V>, [V; 2]) {
        let start = cells.current;
        let middle = (start + end) * 0.5;
        let kelvin = self.cooling.middle(&cells.temperature);
        let (negative_middle, negative_end) = self.negative.step(&mut cells.negative, start, end, kelvin);
        let (positive_middle, positive_end) = self.positive.step(&mut cells.positive, start, end, kelvin);
        let charge_middle = cells.charge + (start * 3.0 + end) * (0.125 * self.step);
        cells.charge = cells.charge + middle * self.step;
        self.electrolyte.step(&mut cells.concentration, middle, kelvin);
        let profile_end = self.electrolyte.profile(&cells.concentration);

        // The voltage at the end needs the temperature there, which the heat in the middle predicts.
        let mut heat_middle = end.splat(0.0);
        let mut core = cells.temperature.core;
        if self.cooling.warms() {
            let [negative, positive] = self.bulk(charge_middle);
            let (negative, positive) = (negative + negative_middle, positive + positive_middle);
            let profile = ElectrolyteProfile::between(&cells.profile, &profile_end);
            let parts = self.voltage.losses(middle, negative, positive, &profile, kelvin);
            heat_middle = self.heat(&parts, negative, positive, kelvin);
            let power = middle * (heat_middle + middle * self.collectors);
            core = self.cooling.predict(&cells.temperature, power);
        }
        let [negative, positive] = self.bulk(cells.charge);
        let (negative, positive) = (negative + negative_end, positive + positive_end);
        let mut parts = self.voltage.losses(end, negative, positive, &profile_end, core);
        parts.open = self.voltage.open(negative, positive, core);
        if self.cooling.warms() {
            let heat = self.heat(&parts, negative, positive, core);
            let ohmic = (start * start + start * end + end * end) * (self.collectors / 3.0);
            let power = (start * cells.heat + middle * heat_middle * 4.0 + end * heat) * (1.0 / 6.0) + ohmic;
            self.cooling.step(&mut cells.temperature, power);
            cells.heat = heat;
        }
        cells.profile = profile_end;
        cells.current = end;
        (parts, [negative, positive])
    }

    /// The heat that 1 A s sets free within the cell, V: losses, and entropy at the surfaces of the particles.
    #[inline(always)]
    fn heat<V: Vector>(&self, parts: &VoltageParts<V>, negative: V, positive: V, kelvin: V) -> V {
        let loss = parts.loss();
        match self.voltage.entropy(negative, positive) {
            Some(entropy) => loss - kelvin * entropy,
            None => loss,
        }
    }

    /// Mean stoichiometries of both electrodes after a charge was taken out.
    #[inline(always)]
    fn bulk<V: Vector>(&self, charge: V) -> [V; 2] {
        let [negative, positive] = self.change;
        [charge * negative + self.full[0], charge * positive + self.full[1]]
    }

    #[inline(always)]
    fn row<V: Vector>(&self, cells: &Cells<V>, parts: VoltageParts<V>, surface: [V; 2]) -> Row<V> {
        let [negative, positive] = self.bulk(cells.charge);
        let (least, largest) = Electrolyte::extremes(&cells.concentration);
        Row {
            current: cells.current,
            voltage: parts.open - parts.loss(),
            surface_temperature: cells.temperature.surface - ZERO_CELSIUS,
            soc: -(cells.charge / self.capacity) + 1.0,
            core_temperature: cells.temperature.core - ZERO_CELSIUS,
            ocv: self.voltage.open(negative, positive, cells.temperature.core),
            parts,
            extremes: Extremes { least, largest, surface },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::battery::simd::lanes::each;

    #[test]
    fn vector_instructions_change_no_bit() {
        let simulator = Simulator::new(&Cell::named("chen2020").unwrap(), Thermal::TwoTemperature);
        let currents: Vec<Lanes> = (0..600).map(|k| each(|l| ((k * (l + 3)) % 17) as f64 - 5.0)).collect();
        let mut rows = [vec![Row::default(); 600], vec![Row::default(); 600]];
        let start = || simulator.start(&each(|l| 0.3 + 0.05 * l as f64), &[20.0; LANES], &currents[0]).0;
        simulator.advance(&mut start(), &currents, &mut rows[0]);
        let steps =
            SimulationSteps { simulator: &simulator, state: &mut start(), currents: &currents, rows: &mut rows[1] };
        steps.run(Plain::of(0.0));
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
