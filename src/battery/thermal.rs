//! Temperature of the core, which the chemistry feels, and of the surface, which a sensor feels.
use serde::{Deserialize, Serialize};

use crate::battery::cell::Cell;
use crate::battery::curve::Curve;
use crate::battery::elementary::{Lanes, each};

/// How the cell warms up and cools down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Thermal {
    /// The ambient temperature everywhere.
    Isothermal,
    /// One temperature, cooled at the surface.
    Lumped,
    /// A surface and a core that both take the whole heat, the core cooling towards the surface at a third of the
    /// surface's rate. Not energy conserving; it is the model of the dataset that this one extends (Cell-Li-Gent).
    #[default]
    TwoTemperature,
    /// A core that takes the heat and passes it on to a surface, which is cooled; energy is conserved.
    TwoNode,
}

/// A thermal model with the numbers of one cell.
pub struct Cooling {
    thermal: Thermal,
    /// Heat transfer to the surroundings, W/K.
    surface: f64,
    /// From the core to the surface, W/K.
    core: f64,
    /// Share of the heat capacity at the surface.
    share: f64,
    /// Of the whole cell, J/K; over temperature where it matters.
    capacity: f64,
    warm: Option<Curve>,
    /// s.
    step: f64,
}

/// Temperatures, K.
#[derive(Clone)]
pub struct Temperature {
    pub core: Lanes,
    pub surface: Lanes,
    pub ambient: Lanes,
    /// Of the core in the last step, K.
    rise: Lanes,
}

impl Temperature {
    /// In balance with its surroundings.
    pub fn ambient(kelvin: Lanes) -> Self {
        Self { core: kelvin, surface: kelvin, ambient: kelvin, rise: kelvin.map(|_| 0.0) }
    }

    /// Of the core in the middle of the step that begins.
    #[inline(always)]
    pub fn middle(&self) -> Lanes {
        each(|l| 0.5f64.mul_add(self.rise[l], self.core[l]))
    }
}

impl Cooling {
    /// The model of a cell, to be stepped by that many seconds.
    ///
    /// Panics where the model needs thermal parameters that the cell lacks.
    pub fn new(cell: &Cell, thermal: Thermal, step: f64) -> Self {
        if thermal == Thermal::Isothermal {
            return Self { thermal, surface: 0.0, core: 0.0, share: 0.0, capacity: 1.0, warm: None, step };
        }
        let properties = cell.thermal.as_ref().expect("a cell that warms up has thermal parameters");
        let transfer = if thermal == Thermal::TwoTemperature { properties.two_temperature } else { properties.lumped };
        let surface = transfer * properties.cooling_area;
        let capacity = |kelvin: f64| cell.heat_capacity(kelvin).expect("thermal parameters are there");
        let is_warm = properties.layers.iter().any(|layer| layer.specific_heat.reads_temperature());
        Self {
            thermal,
            surface,
            core: if thermal == Thermal::TwoNode { properties.conductance } else { surface / 3.0 },
            share: properties.surface_share,
            capacity: capacity(cell.reference_temperature),
            warm: is_warm.then(|| Curve::fit(capacity, cell.temperature, 1e-6)),
            step,
        }
    }

    /// Whether heat matters at all.
    #[inline(always)]
    pub fn warms(&self) -> bool {
        self.thermal != Thermal::Isothermal
    }

    /// The step over the heat capacity, s K/J.
    #[inline(always)]
    fn pace(&self, kelvin: &Lanes) -> Lanes {
        match &self.warm {
            Some(curve) => {
                let capacity = curve.at(kelvin);
                each(|l| self.step / capacity[l])
            }
            None => kelvin.map(|_| self.step / self.capacity),
        }
    }

    /// Where the core will be after a step under that mean power, W, to first order.
    #[inline(always)]
    pub fn predict(&self, temperature: &Temperature, power: &Lanes) -> Lanes {
        let Temperature { core, surface, ambient, .. } = temperature;
        let pace = self.pace(core);
        match self.thermal {
            Thermal::Isothermal => *core,
            Thermal::Lumped => each(|l| core[l] + pace[l] * (power[l] - self.surface * (core[l] - ambient[l]))),
            Thermal::TwoTemperature => each(|l| core[l] + pace[l] * (power[l] - self.core * (core[l] - surface[l]))),
            Thermal::TwoNode => {
                let pace = each(|l| pace[l] / (1.0 - self.share));
                each(|l| {
                    core[l] + pace[l] * (power[l] - self.core * (core[l] - surface[l])) / (1.0 + pace[l] * self.core)
                })
            }
        }
    }

    /// Steps under that mean power, W, by the trapezoidal rule.
    #[inline(always)]
    pub fn step(&self, temperature: &mut Temperature, power: &Lanes) {
        if !self.warms() {
            return;
        }
        let pace = self.pace(&temperature.middle());
        let Temperature { core, surface, ambient, rise } = temperature;
        let (old_core, old_surface) = (*core, *surface);
        let relax = |from: f64, towards: f64, heat: f64, rate: f64| {
            (from * (1.0 - 0.5 * rate) + heat + rate * towards) / (1.0 + 0.5 * rate)
        };
        match self.thermal {
            Thermal::TwoNode => {
                for l in 0..ambient.len() {
                    // Half steps over the two capacities; Crank-Nicolson, solved for both nodes at once.
                    let (inner, outer) = (0.5 * pace[l] / (1.0 - self.share), 0.5 * pace[l] / self.share);
                    let flow = self.core * (core[l] - surface[l]);
                    let known_core = core[l] + inner * (2.0 * power[l] - flow);
                    let known_surface = surface[l]
                        + outer * (flow - self.surface * (surface[l] - ambient[l]) + self.surface * ambient[l]);
                    let (a, b) = (1.0 + inner * self.core, inner * self.core);
                    let (c, d) = (outer * self.core, 1.0 + outer * (self.core + self.surface));
                    let determinant = a * d - b * c;
                    core[l] = (d * known_core + b * known_surface) / determinant;
                    surface[l] = (a * known_surface + c * known_core) / determinant;
                }
            }
            Thermal::TwoTemperature => {
                *surface = each(|l| relax(old_surface[l], ambient[l], pace[l] * power[l], pace[l] * self.surface));
                *core = each(|l| {
                    let towards = 0.5 * (old_surface[l] + surface[l]);
                    relax(old_core[l], towards, pace[l] * power[l], pace[l] * self.core)
                });
            }
            Thermal::Lumped | Thermal::Isothermal => {
                *surface = each(|l| relax(old_surface[l], ambient[l], pace[l] * power[l], pace[l] * self.surface));
                *core = *surface;
            }
        }
        *rise = each(|l| core[l] - old_core[l]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::battery::elementary::LANES;

    #[test]
    fn steady_states_are_those_of_the_equations() {
        let cell = Cell::named("chen2020").unwrap();
        // 0.1 W against h A = 2 × 5.31e-3 W/K and 10 × 5.31e-3 W/K; and 1 W/K from core to surface.
        for (thermal, surface, core) in [
            (Thermal::Isothermal, 0.0, 0.0),
            (Thermal::Lumped, 1.883239, 1.883239),
            (Thermal::TwoTemperature, 9.416196, 37.664783),
            (Thermal::TwoNode, 1.883239, 1.983239),
        ] {
            let cooling = Cooling::new(&cell, thermal, 1.0);
            let mut temperature = Temperature::ambient([280.0; LANES]);
            for _ in 0..250_000 {
                cooling.step(&mut temperature, &[0.1; LANES]);
            }
            assert!((temperature.surface[0] - 280.0 - surface).abs() < 1e-5, "{thermal:?} {}", temperature.surface[0]);
            assert!((temperature.core[0] - 280.0 - core).abs() < 1e-5, "{thermal:?} {}", temperature.core[0]);
        }
    }

    #[test]
    fn two_nodes_conserve_energy() {
        let cell = Cell::named("chen2020").unwrap();
        let cooling = Cooling::new(&cell, Thermal::TwoNode, 1.0);
        let mut temperature = Temperature::ambient([280.0; LANES]);
        let (mut given_off, transfer) = (0.0, 10.0 * 5.31e-3);
        for second in 0..5000 {
            let before = temperature.surface[0];
            cooling.step(&mut temperature, &[if second < 900 { 3.0 } else { 0.1 }; LANES]);
            given_off += transfer * (0.5 * (before + temperature.surface[0]) - 280.0);
        }
        let capacity = cell.heat_capacity(298.15).unwrap();
        let stored = capacity * (0.9 * (temperature.core[0] - 280.0) + 0.1 * (temperature.surface[0] - 280.0));
        let heat = 900.0 * 3.0 + 4100.0 * 0.1;
        assert!(((stored + given_off) / heat - 1.0).abs() < 1e-12, "{stored} {given_off} {heat}");
    }
}
