//! Terminal voltage from surface stoichiometries, electrolyte and temperature (composite SPMe).
//!
//! Marquis et al., J. Electrochem. Soc. 166 A3693 (2019); Brosa Planella et al., Prog. Energy 4 042003 (2022).
use crate::battery::cell::{Cell, Electrode, FARADAY, GAS, Potential, REFERENCE_TEMPERATURE};
use crate::battery::electrolyte::{POINTS, Profile};
use crate::battery::elementary::{LANES, Lanes, each, exp, ln, tanh};

/// Everything of a cell that turns its state into a voltage.
pub struct Voltage {
    negative: Kinetics,
    positive: Kinetics,
    /// Resistance of the electrolyte times its conductivity, 1/m.
    path: f64,
    /// Of the solid, Ω.
    solid: f64,
    /// 2 (1 - t⁺).
    polarization: f64,
    conductivity: [f64; 7],
}

/// How an electrode turns current into overpotential.
struct Kinetics {
    potential: Potential,
    /// Current density over twice the exchange current density, for 1 A at half stoichiometry's root and 1000 mol/m³.
    scale: f64,
    activation: f64,
}

/// The parts of a terminal voltage, V; all but `open` are negative on discharge.
#[derive(Clone, Copy, Default)]
pub struct Parts {
    /// Open-circuit potentials of the surfaces.
    pub open: Lanes,
    /// Reaction overpotentials of both electrodes.
    pub reaction: Lanes,
    /// Concentration overpotential of the electrolyte.
    pub concentration: Lanes,
    /// Ohmic losses in electrolyte and solid.
    pub ohmic: Lanes,
}

impl Parts {
    /// Everything but the open-circuit potential.
    #[inline(always)]
    pub fn loss(&self) -> Lanes {
        each(|l| -(self.reaction[l] + self.concentration[l] + self.ohmic[l]))
    }
}

impl Potential {
    /// At a stoichiometry, V.
    #[inline(always)]
    pub fn at(&self, stoichiometry: &Lanes) -> Lanes {
        let s = each(|l| stoichiometry[l].clamp(1e-10, 1.0 - 1e-10));
        let mut sum = each(|l| self.constant + self.slope * s[l]);
        for &(a, b) in &self.exponentials {
            let term = each(|l| a * exp(b * s[l]));
            sum = each(|l| sum[l] + term[l]);
        }
        for &(a, b, c) in &self.steps {
            let term = each(|l| a * tanh(b * (s[l] - c)));
            sum = each(|l| sum[l] + term[l]);
        }
        sum
    }
}

impl Kinetics {
    fn new(electrode: &Electrode, cell: &Cell) -> Self {
        let exchange = electrode.rate * electrode.capacity * 1000f64.sqrt();
        let density = 1.0 / (cell.area * electrode.specific_surface() * electrode.thickness);
        Self {
            potential: electrode.potential.clone(),
            scale: density / (2.0 * exchange),
            activation: electrode.activation_energy / GAS,
        }
    }

    /// The argument of the inverse hyperbolic sine, but for the electrolyte's root.
    #[inline(always)]
    fn argument(&self, current: &Lanes, stoichiometry: &Lanes, coldness: &Lanes) -> Lanes {
        each(|l| {
            let s = stoichiometry[l];
            let arrhenius = exp(self.activation * coldness[l]);
            current[l].abs() * self.scale * arrhenius / (s * (1.0 - s)).max(1e-18).sqrt()
        })
    }
}

impl Voltage {
    pub fn new(cell: &Cell) -> Self {
        let (negative, separator, positive) = (&cell.negative, &cell.separator, &cell.positive);
        let path = negative.thickness / (3.0 * negative.efficiency())
            + separator.thickness / separator.efficiency()
            + positive.thickness / (3.0 * positive.efficiency());
        let solid = negative.thickness / negative.conductivity + positive.thickness / positive.conductivity;
        Self {
            negative: Kinetics::new(negative, cell),
            positive: Kinetics::new(positive, cell),
            path: path / cell.area,
            solid: solid / (3.0 * cell.area),
            polarization: 2.0 * (1.0 - cell.electrolyte.transference),
            conductivity: cell.electrolyte.conductivity,
        }
    }

    /// Difference of the open-circuit potentials at those stoichiometries, V.
    #[inline(always)]
    pub fn open(&self, negative: &Lanes, positive: &Lanes) -> Lanes {
        let (negative, positive) = (self.negative.potential.at(negative), self.positive.potential.at(positive));
        each(|l| positive[l] - negative[l])
    }

    /// Everything that stands between open-circuit and terminal voltage; `open` stays zero.
    #[inline(always)]
    pub fn losses(
        &self,
        current: &Lanes,
        negative: &Lanes,
        positive: &Lanes,
        profile: &Profile,
        kelvin: &Lanes,
    ) -> Parts {
        let coldness = each(|l| 1.0 / kelvin[l] - 1.0 / REFERENCE_TEMPERATURE);
        let z_negative = self.negative.argument(current, negative, &coldness);
        let z_positive = self.positive.argument(current, positive, &coldness);

        // asinh(z / √c) = ln(z + √(z² + c)) - ½ ln c; the mean over the points is one logarithm of a product.
        let (mut sum, mut salt_negative, mut salt_positive) = ([1.0; LANES], [1.0; LANES], [1.0; LANES]);
        for (cn, cp) in profile.negative.iter().zip(&profile.positive) {
            for l in 0..LANES {
                let (zn, zp) = (z_negative[l], z_positive[l]);
                sum[l] *= (zn + (zn * zn + cn[l]).sqrt()) * (zp + (zp * zp + cp[l]).sqrt());
                salt_negative[l] *= cn[l];
                salt_positive[l] *= cp[l];
            }
        }
        let both = each(|l| ln(sum[l] / (salt_negative[l] * salt_positive[l]).sqrt()));
        let ratio = each(|l| ln(salt_positive[l] / salt_negative[l]));

        let thermal = each(|l| kelvin[l] * (GAS / FARADAY));
        let [k0, k1, k2, k3, k4, k5, k6] = self.conductivity;
        let mean = 1.0 / POINTS as f64;
        Parts {
            open: [0.0; LANES],
            reaction: each(|l| (-2.0 * mean * thermal[l] * both[l]).copysign(-current[l])),
            concentration: each(|l| self.polarization * mean * thermal[l] * ratio[l]),
            ohmic: each(|l| {
                let root = profile.mean[l].sqrt();
                let conductivity = (((((k6 * root + k5) * root + k4) * root + k3) * root + k2) * root + k1) * root + k0;
                -current[l] * (self.path / conductivity + self.solid)
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::battery::electrolyte::Electrolyte;

    #[test]
    fn without_current_there_is_no_loss() {
        let cell = Cell::named("chen2020").unwrap();
        let electrolyte = Electrolyte::new(&cell, 1.0);
        let profile = electrolyte.profile(&electrolyte.rest());
        let voltage = Voltage::new(&cell);
        let loss = |current: f64| {
            voltage.losses(&[current; LANES], &[0.5; LANES], &[0.5; LANES], &profile, &[290.0; LANES]).loss()[0]
        };
        assert!(loss(0.0).abs() < 1e-15, "{}", loss(0.0));
        assert!((loss(3.0) + loss(-3.0)).abs() < 1e-14 && loss(3.0) > 0.05);
    }

    #[test]
    fn open_circuit_potentials_are_those_of_the_paper() {
        let voltage = Voltage::new(&Cell::named("chen2020").unwrap());
        let graphite = |s: f64| {
            1.9793 * (-39.3631 * s).exp() + 0.2482
                - 0.0909 * (29.8538 * (s - 0.1234)).tanh()
                - 0.04478 * (14.9159 * (s - 0.2769)).tanh()
                - 0.0205 * (30.4444 * (s - 0.6103)).tanh()
        };
        for s in [0.02, 0.1, 0.27, 0.5, 0.61, 0.9] {
            let found = voltage.negative.potential.at(&[s; LANES])[0];
            assert!((found - graphite(s)).abs() < 1e-14, "{s}: {found}");
        }
    }
}
