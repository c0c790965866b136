//! Parameters of one cell: geometry, materials, cooling, and the limits of its datasheet.
use serde::Deserialize;

use crate::battery::elementary::power;

/// Faraday's constant, C/mol.
pub const FARADAY: f64 = 96485.33212331001;
/// The gas constant, J/mol/K.
pub const GAS: f64 = 8.31446261815324;
/// The temperature at which rates are given, K.
pub const REFERENCE_TEMPERATURE: f64 = 298.15;
/// 0 °C in K.
pub const ZERO_CELSIUS: f64 = 273.15;

const CELLS: [&str; 1] = [include_str!("cells/chen2020.ron")];

/// A cell as data, in SI units; the files in `cells/` say what each number means.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    pub name: String,
    /// Between state of charge 1 and 0, A h.
    pub capacity_ah: f64,
    /// Of an electrode, m².
    pub area: f64,
    pub negative: Electrode,
    pub positive: Electrode,
    pub separator: Separator,
    pub electrolyte: ElectrolyteProperties,
    pub thermal: ThermalProperties,
    pub limits: Limits,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Electrode {
    pub thickness: f64,
    pub porosity: f64,
    pub bruggeman: f64,
    pub active_fraction: f64,
    /// Of the solid, S/m.
    pub conductivity: f64,
    /// Of a particle, m.
    pub radius: f64,
    /// Of lithium in a particle, m²/s.
    pub diffusivity: f64,
    /// The largest concentration of lithium, mol/m³.
    pub capacity: f64,
    /// Stoichiometry of the full cell.
    pub full: f64,
    /// Of the exchange current, A/m² (m³/mol)^1.5.
    pub rate: f64,
    /// Of the exchange current, J/mol.
    pub activation_energy: f64,
    pub potential: Potential,
}

/// An open-circuit potential over stoichiometry `s`, V:
/// `constant + slope s + Σ a exp(b s) + Σ a tanh(b (s - c))`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Potential {
    pub constant: f64,
    pub slope: f64,
    pub exponentials: Vec<(f64, f64)>,
    pub steps: Vec<(f64, f64, f64)>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Separator {
    pub thickness: f64,
    pub porosity: f64,
    pub bruggeman: f64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElectrolyteProperties {
    /// At rest, mol/m³.
    pub concentration: f64,
    pub transference: f64,
    /// Coefficients in powers of c / (1000 mol/m³), m²/s.
    pub diffusivity: [f64; 4],
    /// Coefficients in powers of √(c / (1000 mol/m³)), S/m.
    pub conductivity: [f64; 7],
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ThermalProperties {
    pub volume: f64,
    pub cooling_area: f64,
    /// Heat transfer of the one-temperature model, W/m²/K.
    pub lumped: f64,
    /// Heat transfer of the two-temperature model, W/m²/K.
    pub two_temperature: f64,
    /// Thickness m, density kg/m³ and specific heat J/kg/K, through the cell.
    pub layers: Vec<(f64, f64, f64)>,
    /// Thickness m and conductivity S/m of the current collectors.
    pub collectors: Vec<(f64, f64)>,
}

/// What the datasheet allows; currents are magnitudes in A.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Least and largest terminal voltage, V.
    pub voltage: (f64, f64),
    /// Least and largest state of charge.
    pub soc: (f64, f64),
    /// Outside these states of charge the critical currents hold.
    pub critical_soc: (f64, f64),
    pub discharge: CurrentLimits,
    pub charge: CurrentLimits,
    /// How long a current above the continuous one may last, and how long it must pause, s.
    pub short_time_s: usize,
    /// Of a planned move, A.
    pub least_current: f64,
    /// Assumed where the current tapers towards the voltage limits, Ω.
    pub resistance: f64,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CurrentLimits {
    pub critical: f64,
    pub continuous: f64,
    pub short: f64,
}

impl Cell {
    /// The built-in cell of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|cell| cell.name == name)
    }

    /// Names of the built-in cells.
    pub fn names() -> Vec<String> {
        Self::all().map(|cell| cell.name).collect()
    }

    fn all() -> impl Iterator<Item = Self> {
        CELLS.iter().map(|text| ron::from_str(text).expect("a built-in cell is written correctly"))
    }

    /// Charge between state of charge 1 and 0, A s.
    pub fn capacity(&self) -> f64 {
        3600.0 * self.capacity_ah
    }

    /// Heat capacity of the whole cell, J/K.
    pub fn heat_capacity(&self) -> f64 {
        let layers = &self.thermal.layers;
        let (thickness, heat) = layers
            .iter()
            .fold((0.0, 0.0), |(sum, heat), (l, density, specific)| (sum + l, heat + l * density * specific));
        heat / thickness * self.thermal.volume
    }

    /// Ohmic resistance of the current collectors, Ω.
    pub fn collector_resistance(&self) -> f64 {
        self.thermal.collectors.iter().map(|(thickness, conductivity)| thickness / conductivity).sum::<f64>()
            / self.area
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

    /// How much of the electrolyte's transport the pores leave.
    pub fn efficiency(&self) -> f64 {
        power(self.porosity, self.bruggeman)
    }
}

impl Separator {
    /// How much of the electrolyte's transport the pores leave.
    pub fn efficiency(&self) -> f64 {
        power(self.porosity, self.bruggeman)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_quantities_are_those_of_the_paper() {
        let cell = Cell::named("chen2020").unwrap();
        let check = |found: f64, expected: f64| assert!((found / expected - 1.0).abs() < 1e-5, "{found} {expected}");
        check(cell.negative.specific_surface(), 383959.0);
        check(cell.positive.specific_surface(), 382184.0);
        check(cell.heat_capacity(), 42.7753);
        check(cell.negative.efficiency(), 0.125);
        check(cell.negative.full - cell.capacity() * cell.negative.stoichiometry_of_charge(cell.area), 0.0434135);
        check(cell.positive.full + cell.capacity() * cell.positive.stoichiometry_of_charge(cell.area), 0.842576);
    }

    #[test]
    fn a_cell_is_found_by_its_name() {
        assert_eq!(Cell::names(), ["chen2020"]);
        assert!(Cell::named("Chen").is_none());
    }
}
