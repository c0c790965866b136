//! Terminal voltage from surface stoichiometries, electrolyte and temperature (composite SPMe).
//!
//! Marquis et al., J. Electrochem. Soc. 166 A3693 (2019); Brosa Planella et al., Prog. Energy 4 042003 (2022).
use crate::battery::cell::{Cell, Electrode, FARADAY, GAS};
use crate::battery::curve::Curve;
use crate::battery::electrolyte::{Electrolyte, POINTS, Profile};
use crate::battery::elementary::{LANES, Lanes, each, exp, ln};
use crate::battery::function::Function;
use crate::battery::surface::{Slice, Surface};

/// What a potential may deviate from its expression, V, and an entropy, V/K.
const POTENTIAL: f64 = 2e-8;
const ENTROPY: f64 = 1e-9;

/// Everything of a cell that turns its state into a voltage.
pub struct Voltage {
    negative: Kinetics,
    positive: Kinetics,
    /// Resistance of the electrolyte times its conductivity, 1/m.
    path: f64,
    /// Of solid and contacts over temperature, Ω.
    solid: Property,
    /// 2 (1 - t⁺) times the thermodynamic factor.
    polarization: Salt,
    conductivity: Salt,
    reference: f64,
}

/// How an electrode turns current into overpotential.
struct Kinetics {
    potential: Curve,
    entropy: Option<Curve>,
    /// Current density over twice the exchange current density, for 1 A, s and 1 - s both one, and 1 kmol/m³.
    scale: Property,
    orders: [f64; 3],
}

/// A function of temperature.
enum Property {
    Constant(f64),
    Warm(Curve),
}

/// A function of concentration and temperature.
struct Salt {
    surface: Surface,
    constant: Option<Slice>,
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
    /// Ohmic losses in electrolyte, solid and contacts.
    pub ohmic: Lanes,
}

impl Parts {
    /// Everything but the open-circuit potential.
    #[inline(always)]
    pub fn loss(&self) -> Lanes {
        each(|l| -(self.reaction[l] + self.concentration[l] + self.ohmic[l]))
    }
}

impl Property {
    fn of(f: impl Fn(f64) -> f64, warm: bool, cell: &Cell) -> Self {
        let reference = f(cell.reference_temperature);
        if warm { Self::Warm(Curve::fit(f, cell.temperature, 1e-9 * reference)) } else { Self::Constant(reference) }
    }

    #[inline(always)]
    fn at(&self, kelvin: &Lanes) -> Lanes {
        match self {
            Self::Constant(value) => [*value; LANES],
            Self::Warm(curve) => curve.at(kelvin),
        }
    }
}

impl Salt {
    fn new(surface: Surface, cell: &Cell) -> Self {
        let constant = (!surface.is_warm()).then(|| surface.slice(&[cell.reference_temperature; LANES]));
        Self { surface, constant }
    }

    #[inline(always)]
    fn at(&self, c: &Lanes, kelvin: &Lanes) -> Lanes {
        match &self.constant {
            Some(slice) => slice.at(c),
            None => self.surface.slice(kelvin).at(c),
        }
    }
}

impl Kinetics {
    fn new(electrode: &Electrode, cell: &Cell) -> Self {
        let density = 1.0 / (cell.area * electrode.specific_surface() * electrode.thickness);
        let curve = |function: &Function, tolerance| {
            Curve::fit(|s| function.at(&[0.0, s, cell.reference_temperature]), (0.0, 1.0), tolerance)
        };
        let exchange = &electrode.exchange;
        Self {
            potential: curve(&electrode.potential, POTENTIAL),
            entropy: (!electrode.entropy.is_zero()).then(|| curve(&electrode.entropy, ENTROPY)),
            scale: Property::of(|t| density / (2.0 * exchange.rate(t)), exchange.is_warm(), cell),
            orders: exchange.orders,
        }
    }

    /// The argument of the inverse hyperbolic sine, but for the electrolyte's share.
    #[inline(always)]
    fn argument(&self, current: &Lanes, stoichiometry: &Lanes, kelvin: &Lanes) -> Lanes {
        let scale = self.scale.at(kelvin);
        let [_, b, d] = self.orders;
        let filled = each(|l| stoichiometry[l].max(1e-9));
        let empty = each(|l| (1.0 - stoichiometry[l]).max(1e-9));
        let share = if b == 0.5 && d == 0.5 {
            each(|l| (filled[l] * empty[l]).sqrt())
        } else {
            let (filled, empty) = (logarithms(&filled), logarithms(&empty));
            exponentials(&each(|l| b.mul_add(filled[l], d * empty[l])))
        };
        each(|l| current[l].abs() * scale[l] / share[l])
    }
}

impl Voltage {
    pub fn new(cell: &Cell) -> Self {
        let (negative, separator, positive) = (&cell.negative, &cell.separator, &cell.positive);
        let salt = &cell.electrolyte;
        let path = negative.thickness / (3.0 * negative.efficiency())
            + separator.thickness / separator.efficiency()
            + positive.thickness / (3.0 * positive.efficiency());
        let solid = |electrode: &Electrode, t: f64| electrode.thickness / electrode.conductivity.at(&[0.0, 0.0, t]);
        let warm = [negative, positive].iter().any(|electrode| electrode.conductivity.reads_temperature());
        let solid = |t: f64| (solid(negative, t) + solid(positive, t)) / (3.0 * cell.area) + cell.contact_resistance;
        let polarization = |c: f64, t: f64| {
            let point = [1e3 * c, 0.0, t];
            2.0 * (1.0 - salt.transference.at(&point)) * salt.thermodynamic_factor.at(&point)
        };
        let (low, high) = salt.range;
        let range = (1e-3 * low, 1e-3 * high);
        let hot = salt.transference.reads_temperature() || salt.thermodynamic_factor.reads_temperature();
        Self {
            negative: Kinetics::new(negative, cell),
            positive: Kinetics::new(positive, cell),
            path: path / cell.area,
            solid: Property::of(solid, warm, cell),
            polarization: Salt::new(Surface::fit(polarization, range, cell.temperature, hot), cell),
            conductivity: Salt::new(Electrolyte::surface(cell, &salt.conductivity), cell),
            reference: cell.reference_temperature,
        }
    }

    /// Difference of the open-circuit potentials at those stoichiometries and temperatures, V.
    #[inline(always)]
    pub fn open(&self, negative: &Lanes, positive: &Lanes, kelvin: &Lanes) -> Lanes {
        let (low, high) = (self.negative.potential.at(negative), self.positive.potential.at(positive));
        let open = each(|l| high[l] - low[l]);
        match self.entropy(negative, positive) {
            Some(entropy) => each(|l| (kelvin[l] - self.reference).mul_add(entropy[l], open[l])),
            None => open,
        }
    }

    /// Change with temperature of that difference, V/K; `None` where it is zero.
    #[inline(always)]
    pub fn entropy(&self, negative: &Lanes, positive: &Lanes) -> Option<Lanes> {
        if self.negative.entropy.is_none() && self.positive.entropy.is_none() {
            return None;
        }
        let at = |curve: &Option<Curve>, s: &Lanes| curve.as_ref().map_or([0.0; LANES], |curve| curve.at(s));
        let (low, high) = (at(&self.negative.entropy, negative), at(&self.positive.entropy, positive));
        Some(each(|l| high[l] - low[l]))
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
        let z_negative = self.negative.argument(current, negative, kelvin);
        let z_positive = self.positive.argument(current, positive, kelvin);

        // asinh(z / w) = ln(z + √(z² + w²)) - ln w with w = cᵃ; the mean over the points is one logarithm of a product.
        let (mut sum, mut salt_negative, mut salt_positive) = ([1.0; LANES], [1.0; LANES], [1.0; LANES]);
        let (a_negative, a_positive) = (self.negative.orders[0], self.positive.orders[0]);
        for (cn, cp) in profile.negative.iter().zip(&profile.positive) {
            let (wn, wp) = (squared_power(cn, a_negative), squared_power(cp, a_positive));
            let both = |l: usize| {
                let (zn, zp) = (z_negative[l], z_positive[l]);
                (zn + zn.mul_add(zn, wn[l]).sqrt()) * (zp + zp.mul_add(zp, wp[l]).sqrt())
            };
            sum = each(|l| sum[l] * both(l));
            salt_negative = each(|l| salt_negative[l] * cn[l]);
            salt_positive = each(|l| salt_positive[l] * cp[l]);
        }
        let ratio = each(|l| ln(salt_positive[l] / salt_negative[l]));
        let both = if a_negative == 0.5 && a_positive == 0.5 {
            each(|l| ln(sum[l] / (salt_negative[l] * salt_positive[l]).sqrt()))
        } else {
            each(|l| ln(sum[l]) - a_negative * ln(salt_negative[l]) - a_positive * ln(salt_positive[l]))
        };

        let thermal = each(|l| kelvin[l] * (GAS / FARADAY));
        let mean = 1.0 / POINTS as f64;
        let conductivity = self.conductivity.at(&profile.mean, kelvin);
        let polarization = self.polarization.at(&profile.mean, kelvin);
        let solid = self.solid.at(kelvin);
        Parts {
            open: [0.0; LANES],
            reaction: each(|l| (-2.0 * mean * thermal[l] * both[l]).copysign(-current[l])),
            concentration: each(|l| polarization[l] * mean * thermal[l] * ratio[l]),
            ohmic: each(|l| -current[l] * (self.path / conductivity[l] + solid[l])),
        }
    }
}

/// c²ᵃ
#[inline(always)]
fn squared_power(c: &Lanes, a: f64) -> Lanes {
    if a == 0.5 {
        return *c;
    }
    let logarithms = logarithms(c);
    exponentials(&each(|l| 2.0 * a * logarithms[l]))
}

#[inline(always)]
fn logarithms(x: &Lanes) -> Lanes {
    each(|l| ln(x[l]))
}

#[inline(always)]
fn exponentials(x: &Lanes) -> Lanes {
    each(|l| exp(x[l]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_current_there_is_no_loss() {
        for name in ["chen2020", "oregan2022"] {
            let cell = Cell::named(name).unwrap();
            let electrolyte = Electrolyte::new(&cell, 1.0);
            let profile = electrolyte.profile(&electrolyte.rest());
            let voltage = Voltage::new(&cell);
            let loss = |current: f64| {
                voltage.losses(&[current; LANES], &[0.5; LANES], &[0.5; LANES], &profile, &[290.0; LANES]).loss()[0]
            };
            assert!(loss(0.0).abs() < 1e-14, "{name}: {}", loss(0.0));
            assert!((loss(3.0) + loss(-3.0)).abs() < 1e-13 && loss(3.0) > 0.02, "{name}: {}", loss(3.0));
        }
    }

    #[test]
    fn open_circuit_potentials_are_their_expressions() {
        for name in Cell::names() {
            let cell = Cell::named(&name).unwrap();
            let voltage = Voltage::new(&cell);
            for soc in 1..100 {
                let soc = f64::from(soc) * 0.01;
                let [negative, positive] = cell.stoichiometries((1.0 - soc) * cell.capacity());
                let kelvin = [cell.reference_temperature; LANES];
                let found = voltage.open(&[negative; LANES], &[positive; LANES], &kelvin)[0];
                let expected = cell.open_circuit_voltage(soc);
                assert!((found - expected).abs() < 2e-6, "{name} at {soc}: {found} {expected}");
            }
        }
    }
}
