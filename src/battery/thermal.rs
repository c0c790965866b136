//! Temperature of the core, which the chemistry feels, and of the surface, which a sensor feels.
use serde::{Deserialize, Serialize};

use crate::battery::cell::Cell;
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
}

/// A thermal model with the numbers of one cell.
pub struct Cooling {
    thermal: Thermal,
    /// Decay of the surface towards ambient in a step.
    surface: f64,
    /// Decay of the core towards the surface in a step.
    core: f64,
    /// J/K.
    capacity: f64,
}

/// Temperatures, K.
#[derive(Clone)]
pub struct Temperature {
    pub core: Lanes,
    pub surface: Lanes,
    pub ambient: Lanes,
}

impl Temperature {
    /// In balance with its surroundings.
    pub fn ambient(kelvin: Lanes) -> Self {
        Self { core: kelvin, surface: kelvin, ambient: kelvin }
    }
}

impl Cooling {
    /// The model of a cell, to be stepped by that many seconds.
    pub fn new(cell: &Cell, thermal: Thermal, seconds: f64) -> Self {
        let capacity = cell.heat_capacity();
        let transfer = match thermal {
            Thermal::TwoTemperature => cell.thermal.two_temperature,
            Thermal::Lumped | Thermal::Isothermal => cell.thermal.lumped,
        };
        let surface = seconds * transfer * cell.thermal.cooling_area / capacity;
        Self { thermal, surface, core: surface / 3.0, capacity }
    }

    /// Whether heat matters at all.
    #[inline(always)]
    pub fn warms(&self) -> bool {
        self.thermal != Thermal::Isothermal
    }

    /// Where the core will be after a step of that heat, J, to first order.
    #[inline(always)]
    pub fn predict(&self, temperature: &Temperature, heat: &Lanes) -> Lanes {
        let Temperature { core, surface, ambient } = temperature;
        match self.thermal {
            Thermal::Isothermal => *core,
            Thermal::Lumped => each(|l| core[l] + heat[l] / self.capacity - self.surface * (core[l] - ambient[l])),
            Thermal::TwoTemperature => each(|l| core[l] + heat[l] / self.capacity - self.core * (core[l] - surface[l])),
        }
    }

    /// Steps with that heat, J, by the trapezoidal rule.
    #[inline(always)]
    pub fn step(&self, temperature: &mut Temperature, heat: &Lanes) {
        if !self.warms() {
            return;
        }
        let Temperature { core, surface, ambient } = temperature;
        let before = *surface;
        let relax = |from: f64, towards: f64, rise: f64, rate: f64| {
            (from * (1.0 - 0.5 * rate) + rise + rate * towards) / (1.0 + 0.5 * rate)
        };
        *surface = each(|l| relax(before[l], ambient[l], heat[l] / self.capacity, self.surface));
        *core = match self.thermal {
            Thermal::TwoTemperature => {
                each(|l| relax(core[l], 0.5 * (before[l] + surface[l]), heat[l] / self.capacity, self.core))
            }
            Thermal::Lumped | Thermal::Isothermal => *surface,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::battery::elementary::LANES;

    #[test]
    fn steady_states_are_those_of_the_equations() {
        let cell = Cell::named("chen2020").unwrap();
        // 0.1 W against h A = 2 × 5.31e-3 W/K and 10 × 5.31e-3 W/K.
        for (thermal, surface, core) in [
            (Thermal::Isothermal, 0.0, 0.0),
            (Thermal::Lumped, 1.883239, 1.883239),
            (Thermal::TwoTemperature, 9.416196, 37.664783),
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
}
