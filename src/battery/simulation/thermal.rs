//! Thermal models: the temperature of the core, which the chemistry depends on, and of the surface, which a sensor measures.
use serde::{Deserialize, Serialize};

use crate::battery::cell::Cell;
use crate::battery::simd::lanes::Vector;
use crate::battery::simulation::fitted_curve::FittedCurve;

/// The thermal model of a cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Thermal {
    /// The ambient temperature everywhere.
    Isothermal,
    /// One temperature, cooled at the surface.
    Lumped,
    /// A surface and a core that both take the whole heat, the core cooling towards the surface at a third of the
    /// surface's rate. Not energy conserving; it is the model of the dataset that this one extends (Cell-Li-Gent).
    TwoTemperature,
    /// A core that takes the heat and passes it on to a surface, which is cooled; energy is conserved.
    #[default]
    TwoNode,
}

/// A thermal model with the parameters of one cell.
pub(crate) struct Cooling {
    thermal: Thermal,
    /// Heat transfer to the surroundings, W/K.
    surface: f64,
    /// Heat transfer from the core to the surface, W/K.
    core: f64,
    /// Share of the heat capacity at the surface.
    share: f64,
    /// Heat capacity of the whole cell, J/K; over temperature where it depends on it.
    capacity: f64,
    warm: Option<FittedCurve>,
    /// s.
    step: f64,
    /// The way from now to the middle of the step, in steps before it.
    ahead: f64,
}

/// Temperatures, K.
#[derive(Clone, Copy)]
pub(crate) struct Temperature<V> {
    pub core: V,
    pub surface: V,
    pub ambient: V,
    /// Rise of the core in the last step, K.
    pub rise: V,
}

impl<V: Vector> Temperature<V> {
    /// Temperatures in equilibrium with the surroundings, K.
    #[inline(always)]
    pub(crate) fn ambient(kelvin: V) -> Self {
        Self { core: kelvin, surface: kelvin, ambient: kelvin, rise: kelvin.splat(0.0) }
    }
}

impl<V> Temperature<V> {
    /// Calls `f` with every number, always in the same order.
    pub(crate) fn visit(&mut self, f: &mut impl FnMut(&mut V)) {
        let Self { core, surface, ambient, rise } = self;
        [core, surface, ambient, rise].into_iter().for_each(f);
    }
}

impl Cooling {
    /// The thermal model of a cell, for steps of `step` seconds.
    ///
    /// Panics where the model needs thermal parameters that the cell lacks.
    pub(crate) fn new(cell: &Cell, thermal: Thermal, step: f64) -> Self {
        if thermal == Thermal::Isothermal {
            return Self { thermal, surface: 0.0, core: 0.0, share: 0.0, capacity: 1.0, warm: None, step, ahead: 0.5 };
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
            warm: is_warm.then(|| FittedCurve::fit(capacity, cell.temperature, 1e-6)),
            step,
            ahead: 0.5,
        }
    }

    /// Temperature of the core in the middle of the step that begins, extrapolated, K.
    #[inline(always)]
    pub(crate) fn middle<V: Vector>(&self, temperature: &Temperature<V>) -> V {
        temperature.rise.mul_add(self.ahead, temperature.core)
    }

    /// The rise of the step before with which the middle is that many kelvin away.
    pub(crate) fn rise_to_middle<V: Vector>(&self, kelvin: V) -> V {
        if self.ahead > 0.0 { kelvin * (1.0 / self.ahead) } else { kelvin * 0.0 }
    }

    /// Sets the length of the steps, s.
    pub(crate) fn set_step(&mut self, seconds: f64) {
        self.step = seconds;
    }

    /// Sets the way from now to the middle of the step, in steps before it: a half where both are of one length.
    pub(crate) fn set_ahead(&mut self, share: f64) {
        self.ahead = share;
    }

    /// True where heat changes the temperature.
    #[inline(always)]
    pub(crate) fn warms(&self) -> bool {
        self.thermal != Thermal::Isothermal
    }

    /// The step over the heat capacity, s K/J.
    #[inline(always)]
    fn pace<V: Vector>(&self, kelvin: V) -> V {
        match &self.warm {
            Some(curve) => kelvin.splat(self.step) / curve.at(kelvin),
            None => kelvin.splat(self.step / self.capacity),
        }
    }

    /// Temperature of the core after a step under a mean power, W, to first order.
    #[inline(always)]
    pub(crate) fn predict<V: Vector>(&self, temperature: &Temperature<V>, power: V) -> V {
        let Temperature { core, surface, ambient, .. } = *temperature;
        let pace = self.pace(core);
        match self.thermal {
            Thermal::Isothermal => core,
            Thermal::Lumped => core + pace * (power - (core - ambient) * self.surface),
            Thermal::TwoTemperature => core + pace * (power - (core - surface) * self.core),
            Thermal::TwoNode => {
                let pace = pace / (1.0 - self.share);
                core + pace * (power - (core - surface) * self.core) / (pace * self.core + 1.0)
            }
        }
    }

    /// Steps under a mean power, W, by the trapezoidal rule.
    #[inline(always)]
    pub(crate) fn step<V: Vector>(&self, temperature: &mut Temperature<V>, power: V) {
        if !self.warms() {
            return;
        }
        let pace = self.pace(self.middle(temperature));
        let Temperature { core: old_core, surface: old_surface, ambient, .. } = *temperature;
        let (core, surface) = match self.thermal {
            Thermal::TwoNode => {
                // Half steps over the two capacities; Crank-Nicolson, solved for both nodes at once.
                let half = pace * 0.5;
                let (inner, outer) = (half / (1.0 - self.share), half / self.share);
                let flow = (old_core - old_surface) * self.core;
                let known_core = old_core + inner * (power * 2.0 - flow);
                let away = (old_surface - ambient) * self.surface;
                let known_surface = old_surface + outer * (flow - away + ambient * self.surface);
                let (a, b) = (inner * self.core + 1.0, inner * self.core);
                let (c, d) = (outer * self.core, outer * (self.core + self.surface) + 1.0);
                let determinant = a * d - b * c;
                ((d * known_core + b * known_surface) / determinant, (a * known_surface + c * known_core) / determinant)
            }
            Thermal::TwoTemperature => {
                let surface = relaxed(old_surface, ambient, pace * power, pace * self.surface);
                let towards = (old_surface + surface) * 0.5;
                (relaxed(old_core, towards, pace * power, pace * self.core), surface)
            }
            Thermal::Lumped | Thermal::Isothermal => {
                let surface = relaxed(old_surface, ambient, pace * power, pace * self.surface);
                (surface, surface)
            }
        };
        *temperature = Temperature { core, surface, ambient, rise: core - old_core };
    }
}

/// The temperature after a step of relaxation towards a constant one, by the trapezoidal rule.
#[inline(always)]
fn relaxed<V: Vector>(from: V, towards: V, heat: V, rate: V) -> V {
    let half = rate * 0.5;
    (from - from * half + heat + rate * towards) / (half + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::battery::simd::lanes::Plain;

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
            let mut temperature = Temperature::ambient(Plain::of(280.0));
            for _ in 0..250_000 {
                cooling.step(&mut temperature, Plain::of(0.1));
            }
            assert!(
                (temperature.surface.value() - 280.0 - surface).abs() < 1e-5,
                "{thermal:?} {}",
                temperature.surface.value()
            );
            assert!((temperature.core.value() - 280.0 - core).abs() < 1e-5, "{thermal:?} {}", temperature.core.value());
        }
    }

    #[test]
    fn two_nodes_conserve_energy() {
        let cell = Cell::named("chen2020").unwrap();
        let cooling = Cooling::new(&cell, Thermal::TwoNode, 1.0);
        let mut temperature = Temperature::ambient(Plain::of(280.0));
        let (mut given_off, transfer) = (0.0, 10.0 * 5.31e-3);
        for second in 0..5000 {
            let before = temperature.surface.value();
            cooling.step(&mut temperature, Plain::of(if second < 900 { 3.0 } else { 0.1 }));
            given_off += transfer * (0.5 * (before + temperature.surface.value()) - 280.0);
        }
        let capacity = cell.heat_capacity(298.15).unwrap();
        let stored =
            capacity * (0.9 * (temperature.core.value() - 280.0) + 0.1 * (temperature.surface.value() - 280.0));
        let heat = 900.0 * 3.0 + 4100.0 * 0.1;
        assert!(((stored + given_off) / heat - 1.0).abs() < 1e-12, "{stored} {given_off} {heat}");
    }
}
