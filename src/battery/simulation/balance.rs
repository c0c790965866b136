//! Balances of charge and energy over a simulation, summed over its steps.
use crate::battery::cell::{Cell, ZERO_CELSIUS};
use crate::battery::simulation::flow::Flow;
use crate::battery::simulation::thermal::Thermal;
use crate::battery::simulation::{Row, Simulator};

/// The charge and the energies that went through a cell, in A s and J, discharge positive.
///
/// Within a step the current and its factors are taken for linear.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Balance {
    /// ∫ I dt
    pub charge: f64,
    /// Electrical work, ∫ I V dt.
    pub work: f64,
    /// Ohmic heat in electrolyte, solid and contacts, and of the electrolyte's concentration.
    pub ohmic: f64,
    /// Heat of the reactions.
    pub irreversible: f64,
    /// Heat of entropy.
    pub reversible: f64,
    /// Heat of the current collectors, which the terminal voltage does not see.
    pub collectors: f64,
    /// Energy that went into concentration differences within particles, and is lost there: no thermal model takes it.
    pub mixing: f64,
    /// The integral of the surface's temperature above the surroundings, K s.
    excess: f64,
    /// The instant before, with its time.
    last: Option<(f64, Flow, f64)>,
}

/// The balances of a whole simulation, J.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EnergyBalance {
    /// Energy that the chemistry of the relaxed cell gave, from the states of charge at both ends alone.
    pub chemical: f64,
    /// All heat, that of the collectors too.
    pub heat: f64,
    /// Heat that warms the cell; `None` where its temperature is given.
    pub stored: Option<f64>,
    /// Heat that was given off to the surroundings.
    pub given_off: f64,
    /// Chemical energy that is found neither as work nor as heat nor as mixing: the error of the sums.
    pub misfit: f64,
}

impl Balance {
    /// Adds the time since the instant before, and returns the flows; `time` in s, `ambient` in °C.
    pub(crate) fn observe(&mut self, simulator: &Simulator, time: f64, row: &Row, ambient: f64) -> Flow {
        let flow = simulator.flow(row, 0);
        let excess = row.surface_temperature[0] - ambient;
        if let Some((before, last, last_excess)) = self.last {
            let span = time - before;
            let [i, j] = [last.current, flow.current];
            // The integral of the product of two linear functions.
            let product = |a: f64, b: f64| span / 6.0 * (i * (2.0 * a + b) + j * (a + 2.0 * b));
            self.charge += 0.5 * span * (i + j);
            self.work += product(last.voltage, flow.voltage);
            self.ohmic += product(last.ohmic, flow.ohmic);
            self.irreversible += product(last.irreversible, flow.irreversible);
            self.reversible += product(last.reversible, flow.reversible);
            self.mixing += product(last.mixing, flow.mixing);
            self.collectors += product(i, j) * simulator.collector_resistance();
            self.excess += 0.5 * span * (last_excess + excess);
        }
        self.last = Some((time, flow, excess));
        flow
    }

    /// All heat, J.
    pub fn heat(&self) -> f64 {
        self.ohmic + self.irreversible + self.reversible + self.collectors
    }

    /// The balances of a simulation between two states of charge and of temperature, core before surface, °C.
    pub fn energy(
        &self,
        cell: &Cell,
        thermal: Thermal,
        [from, to]: [f64; 2],
        [start, end]: [[f64; 2]; 2],
    ) -> EnergyBalance {
        let chemical = Simulator::new(cell, thermal).chemical_energy(from, to);
        let heat = self.heat();
        let warmed = |from: f64, to: f64| {
            let capacity = |celsius: f64| cell.heat_capacity(celsius + ZERO_CELSIUS).unwrap_or(0.0);
            (capacity(from) + 4.0 * capacity(0.5 * (from + to)) + capacity(to)) / 6.0 * (to - from)
        };
        let properties = cell.thermal.as_ref();
        let share = properties.map_or(0.0, |thermal| thermal.surface_share);
        let transfer = |per_area: f64| per_area * properties.map_or(0.0, |thermal| thermal.cooling_area);
        let lumped = transfer(properties.map_or(0.0, |thermal| thermal.lumped));
        let (stored, given_off) = match thermal {
            Thermal::Isothermal => (None, heat),
            Thermal::Lumped => (Some(warmed(start[0], end[0])), lumped * self.excess),
            Thermal::TwoNode => {
                let stored = (1.0 - share) * warmed(start[0], end[0]) + share * warmed(start[1], end[1]);
                (Some(stored), lumped * self.excess)
            }
            Thermal::TwoTemperature => {
                let two = transfer(properties.map_or(0.0, |thermal| thermal.two_temperature));
                (Some(warmed(start[0], end[0])), two * self.excess)
            }
        };
        let misfit = chemical - self.work - (heat - self.collectors) - self.mixing;
        EnergyBalance { chemical, heat, stored, given_off, misfit }
    }
}
