//! The parameters of one cell and the quantities that follow from them, in SI units.
use crate::battery::cell::constants::FARADAY;
use crate::battery::cell::exchange_current::ExchangeCurrent;
use crate::battery::cell::function::Function;
use crate::battery::simd::elementary::power;

/// The distance from empty and full to which a stoichiometry may come.
const EDGE: f64 = 1e-6;
/// Halvings of the states of charge among which one is looked for.
const BISECTIONS: usize = 60;

/// The parameters of a cell; `cells/chen2020.ron` explains each of them.
#[derive(Clone, Debug)]
pub struct Cell {
    pub name: String,
    /// Charge between the states of charge 1 and 0, A h.
    pub capacity_ah: f64,
    /// Area of all electrodes in parallel, m².
    pub area: f64,
    /// Resistance of tabs and contacts, Ω.
    pub contact_resistance: f64,
    /// Temperature at which open-circuit potentials are given, K.
    pub reference_temperature: f64,
    /// Range of temperatures in which the functions below hold, K.
    pub temperature: (f64, f64),
    pub negative: Electrode,
    pub positive: Electrode,
    pub separator: Separator,
    pub electrolyte: ElectrolyteProperties,
    /// Thermal parameters; absent, only the isothermal model can be simulated.
    pub thermal: Option<ThermalProperties>,
    pub limits: DatasheetLimits,
}

#[derive(Clone, Debug)]
pub struct Electrode {
    pub thickness: f64,
    pub porosity: f64,
    pub bruggeman: f64,
    pub active_fraction: f64,
    /// Conductivity of the electrode's solid over temperature, S/m.
    pub conductivity: Function,
    /// Radius of a particle, m.
    pub radius: f64,
    /// Diffusivity of lithium in a particle, m²/s: a function of stoichiometry times one of temperature.
    pub diffusivity: Function,
    /// The largest concentration of lithium, mol/m³.
    pub capacity: f64,
    /// Stoichiometry of the full cell.
    pub full: f64,
    pub exchange: ExchangeCurrent,
    /// Open-circuit potential over stoichiometry, V.
    pub potential: Function,
    /// Change of the open-circuit potential with temperature over stoichiometry, V/K.
    pub entropy: Function,
}

#[derive(Clone, Debug)]
pub struct Separator {
    pub thickness: f64,
    pub porosity: f64,
    pub bruggeman: f64,
}

/// Properties of the electrolyte, as functions of concentration and temperature.
#[derive(Clone, Debug)]
pub struct ElectrolyteProperties {
    /// Concentration at rest, mol/m³.
    pub concentration: f64,
    /// Range of concentrations in which the functions hold, mol/m³.
    pub range: (f64, f64),
    /// Transference number of the cation.
    pub transference: Function,
    /// The thermodynamic factor 1 + dln f / dln c.
    pub thermodynamic_factor: Function,
    /// Diffusivity of the salt, m²/s.
    pub diffusivity: Function,
    /// Ionic conductivity, S/m.
    pub conductivity: Function,
}

#[derive(Clone, Debug)]
pub struct ThermalProperties {
    /// Volume of the cell, m³.
    pub volume: f64,
    /// Cooled surface, m².
    pub cooling_area: f64,
    /// Heat transfer of the one-temperature and of the two-node model, W/m²/K.
    pub lumped: f64,
    /// Heat transfer of the two-temperature model, W/m²/K.
    pub two_temperature: f64,
    /// Share of the heat capacity in the surface node of the two-node model.
    pub surface_share: f64,
    /// Heat transfer from core to surface in the two-node model, W/K.
    pub conductance: f64,
    /// Negative collector, negative electrode, separator, positive electrode, positive collector.
    pub layers: Vec<Layer>,
    /// Thickness m and conductivity S/m of the current collectors.
    pub collectors: [(f64, f64); 2],
}

#[derive(Clone, Debug)]
pub struct Layer {
    /// Thickness, m.
    pub thickness: f64,
    /// Density, kg/m³.
    pub density: f64,
    /// Specific heat over temperature, J/kg/K.
    pub specific_heat: Function,
}

/// Limits of the datasheet; currents are magnitudes in A.
#[derive(Clone, Debug)]
pub struct DatasheetLimits {
    /// Least and largest terminal voltage, V.
    pub voltage: (f64, f64),
    /// Least and largest state of charge.
    pub soc: (f64, f64),
    /// States of charge outside of which the critical currents hold.
    pub critical_soc: (f64, f64),
    pub discharge: CurrentLimits,
    pub charge: CurrentLimits,
    /// Longest duration of a current above the continuous one, and least pause after it, s.
    pub short_time_s: usize,
    /// Least current of a planned move, A.
    pub least_current: f64,
    /// Resistance that is assumed where the current tapers towards the voltage limits, Ω.
    pub resistance: f64,
}

#[derive(Clone, Copy, Debug)]
pub struct CurrentLimits {
    pub critical: f64,
    pub continuous: f64,
    pub short: f64,
}

impl Cell {
    /// Charge between state of charge 1 and 0, A s.
    pub fn capacity(&self) -> f64 {
        3600.0 * self.capacity_ah
    }

    /// Mean stoichiometries of both electrodes, negative first, after a charge (A s) was taken from the full cell.
    pub(crate) fn stoichiometries(&self, charge: f64) -> [f64; 2] {
        let (negative, positive) = (&self.negative, &self.positive);
        [
            negative.full - charge * negative.stoichiometry_of_charge(self.area),
            positive.full + charge * positive.stoichiometry_of_charge(self.area),
        ]
    }

    /// Voltage of the relaxed cell at the reference temperature, V.
    pub fn open_circuit_voltage(&self, soc: f64) -> f64 {
        self.open_circuit_voltage_at(soc, self.reference_temperature)
    }

    /// Voltage of the relaxed cell at a temperature in K, V.
    pub fn open_circuit_voltage_at(&self, soc: f64, kelvin: f64) -> f64 {
        let [negative, positive] = self.stoichiometries((1.0 - soc) * self.capacity());
        let potential = |electrode: &Electrode, s: f64| {
            let at = |function: &Function| function.at(&[0.0, s, self.reference_temperature]);
            let open = at(&electrode.potential);
            if kelvin == self.reference_temperature {
                return open;
            }
            open + (kelvin - self.reference_temperature) * at(&electrode.entropy)
        };
        potential(&self.positive, positive) - potential(&self.negative, negative)
    }

    /// The least and the largest state of charge at which neither electrode is empty or full; they reach beyond 0 and 1.
    pub fn possible_charge(&self) -> (f64, f64) {
        let full = self.stoichiometries(0.0);
        let empty = self.stoichiometries(self.capacity());
        // The state of charge at which an electrode comes to a stoichiometry.
        let at = |k: usize, s: f64| 1.0 - (s - full[k]) / (empty[k] - full[k]);
        let least = at(0, EDGE).max(at(1, 1.0 - EDGE));
        let largest = at(0, 1.0 - EDGE).min(at(1, EDGE));
        (least, largest)
    }

    /// The state of charge at which the relaxed cell has a voltage at a temperature in K, by bisection: one of them, where
    /// there are several; the nearest possible one, where there is none.
    pub fn state_of_charge(&self, voltage: f64, kelvin: f64) -> f64 {
        let (mut low, mut high) = self.possible_charge();
        for _ in 0..BISECTIONS {
            let middle = 0.5 * (low + high);
            if self.open_circuit_voltage_at(middle, kelvin) < voltage {
                low = middle;
            } else {
                high = middle;
            }
        }
        0.5 * (low + high)
    }

    /// Heat capacity of the whole cell at a temperature in K, J/K.
    pub fn heat_capacity(&self, kelvin: f64) -> Option<f64> {
        let thermal = self.thermal.as_ref()?;
        let (thickness, heat) = thermal.layers.iter().fold((0.0, 0.0), |(sum, heat), layer| {
            let specific = layer.specific_heat.at(&[0.0, 0.0, kelvin]);
            (sum + layer.thickness, heat + layer.thickness * layer.density * specific)
        });
        Some(heat / thickness * thermal.volume)
    }

    /// Ohmic resistance of the current collectors, Ω.
    pub fn collector_resistance(&self) -> f64 {
        let collectors = self.thermal.iter().flat_map(|thermal| thermal.collectors);
        collectors.map(|(thickness, conductivity)| thickness / conductivity).sum::<f64>() / self.area
    }
}

impl Electrode {
    /// Surface of the particles in a volume of electrode, 1/m.
    pub fn specific_surface(&self) -> f64 {
        3.0 * self.active_fraction / self.radius
    }

    /// Stoichiometry that a charge of 1 A s fills, in a cell of that area.
    pub fn stoichiometry_of_charge(&self, area: f64) -> f64 {
        1.0 / (FARADAY * self.active_fraction * self.thickness * area * self.capacity)
    }

    /// Share of the electrolyte's transport that the pores leave.
    pub fn efficiency(&self) -> f64 {
        power(self.porosity, self.bruggeman)
    }
}

impl Separator {
    /// Share of the electrolyte's transport that the pores leave.
    pub fn efficiency(&self) -> f64 {
        power(self.porosity, self.bruggeman)
    }
}
