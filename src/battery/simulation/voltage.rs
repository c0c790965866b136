//! The terminal voltage from surface stoichiometries, electrolyte and temperature (composite SPMe).
//!
//! Marquis et al., J. Electrochem. Soc. 166 A3693 (2019); Brosa Planella et al., Prog. Energy 4 042003 (2022).
use crate::battery::cell::function::Function;
use crate::battery::cell::{Cell, Electrode, FARADAY, GAS};
use crate::battery::simd::lanes::{Kernel, Vector};
use crate::battery::simulation::electrolyte::Electrolyte;
use crate::battery::simulation::electrolyte_average::{ElectrolyteProfile, POINTS};
use crate::battery::simulation::fitted_curve::FittedCurve;
use crate::battery::simulation::fitted_surface::FittedSurface;
use crate::battery::simulation::misfit::Misfit;

/// Tolerances of the fitted potentials, V, and entropies, V/K.
const POTENTIAL: f64 = 2e-8;
const ENTROPY: f64 = 1e-9;

/// The voltage model of a cell.
pub(crate) struct Voltage {
    negative: Kinetics,
    positive: Kinetics,
    /// Resistance of the electrolyte times its conductivity, 1/m.
    path: f64,
    /// Resistance of solid and contacts over temperature, Ω.
    solid: TemperatureFunction,
    /// 2 (1 - t⁺) times the thermodynamic factor.
    polarization: FittedSurface,
    conductivity: FittedSurface,
    reference: f64,
}

/// The kinetics of an electrode: its potential, and its overpotential under a current.
struct Kinetics {
    potential: FittedCurve,
    entropy: Option<FittedCurve>,
    /// Current density over twice the exchange current density, for 1 A, s and 1 - s both one, and 1 kmol/m³.
    scale: TemperatureFunction,
    orders: [f64; 3],
}

/// A function of temperature.
enum TemperatureFunction {
    Constant(f64),
    Warm(FittedCurve),
}

/// The parts of a terminal voltage, V; all but `open` are negative on discharge.
#[derive(Clone, Copy, Default)]
pub struct VoltageParts<V> {
    /// Open-circuit potentials of the surfaces.
    pub open: V,
    /// Reaction overpotentials of both electrodes.
    pub reaction: V,
    /// Concentration overpotential of the electrolyte.
    pub concentration: V,
    /// Ohmic losses in electrolyte, solid and contacts.
    pub ohmic: V,
}

impl<V: Vector> VoltageParts<V> {
    /// Everything but the open-circuit potential.
    #[inline(always)]
    pub(crate) fn loss(&self) -> V {
        -(self.reaction + self.concentration + self.ohmic)
    }
}

impl TemperatureFunction {
    fn of(f: impl Fn(f64) -> f64, warm: bool, cell: &Cell) -> Self {
        let reference = f(cell.reference_temperature);
        if warm {
            Self::Warm(FittedCurve::fit(f, cell.temperature, 1e-9 * reference))
        } else {
            Self::Constant(reference)
        }
    }

    #[inline(always)]
    fn at<V: Vector>(&self, kelvin: V) -> V {
        match self {
            Self::Constant(value) => kelvin.splat(*value),
            Self::Warm(curve) => curve.at(kelvin),
        }
    }
}

impl Kinetics {
    fn new(electrode: &Electrode, cell: &Cell) -> Self {
        let density = 1.0 / (cell.area * electrode.specific_surface() * electrode.thickness);
        let curve = |function: &Function, tolerance| {
            FittedCurve::fit(|s| function.at(&[0.0, s, cell.reference_temperature]), (0.0, 1.0), tolerance)
        };
        let exchange = &electrode.exchange;
        Self {
            potential: curve(&electrode.potential, POTENTIAL),
            entropy: (!electrode.entropy.is_zero()).then(|| curve(&electrode.entropy, ENTROPY)),
            scale: TemperatureFunction::of(|t| density / (2.0 * exchange.rate(t)), exchange.is_warm(), cell),
            orders: exchange.orders,
        }
    }

    /// The argument of the inverse hyperbolic sine, without the electrolyte's factor.
    #[inline(always)]
    fn argument<V: Vector>(&self, current: V, stoichiometry: V, kelvin: V) -> V {
        let scale = self.scale.at(kelvin);
        let [_, b, d] = self.orders;
        let filled = stoichiometry.max(1e-9);
        let empty = (-stoichiometry + 1.0).max(1e-9);
        let share =
            if b == 0.5 && d == 0.5 { (filled * empty).sqrt() } else { filled.ln().mul_add(b, empty.ln() * d).exp() };
        current.abs() * scale / share
    }
}

impl Voltage {
    pub(crate) fn new(cell: &Cell) -> Self {
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
            solid: TemperatureFunction::of(solid, warm, cell),
            polarization: FittedSurface::fit(polarization, range, cell.temperature, hot),
            conductivity: Electrolyte::surface(cell, &salt.conductivity),
            reference: cell.reference_temperature,
        }
    }

    /// The functions of stoichiometry: path in the cell's file, electrode (0 is the negative one), range in which it is known.
    pub(crate) fn ranges(&self) -> impl Iterator<Item = (&'static str, usize, (f64, f64))> {
        let potentials = [
            ("negative.potential", 0, self.negative.potential.range()),
            ("positive.potential", 1, self.positive.potential.range()),
        ];
        let entropy = |name, electrode, kinetics: &Kinetics| {
            kinetics.entropy.as_ref().map(|entropy| (name, electrode, entropy.range()))
        };
        let entropies =
            [entropy("negative.entropy", 0, &self.negative), entropy("positive.entropy", 1, &self.positive)];
        potentials.into_iter().chain(entropies.into_iter().flatten())
    }

    /// The misfits of all functions.
    pub(crate) fn misfits(&self) -> Vec<Misfit> {
        let mut misfits = vec![
            Misfit::of_surface("electrolyte.conductivity", &self.conductivity),
            Misfit::of_surface("electrolyte.thermodynamic_factor", &self.polarization),
            Misfit::of_potential("negative.potential", &self.negative.potential),
            Misfit::of_potential("positive.potential", &self.positive.potential),
        ];
        let entropies = [("negative.entropy", &self.negative.entropy), ("positive.entropy", &self.positive.entropy)];
        misfits.extend(entropies.into_iter().filter_map(|(name, curve)| Some(Misfit::of_curve(name, curve.as_ref()?))));
        let warm = [
            ("negative.exchange_current", &self.negative.scale),
            ("positive.exchange_current", &self.positive.scale),
            ("negative.conductivity", &self.solid),
        ];
        misfits.extend(warm.into_iter().filter_map(|(name, function)| match function {
            TemperatureFunction::Constant(_) => None,
            TemperatureFunction::Warm(curve) => Some(Misfit::of_curve(name, curve)),
        }));
        misfits
    }

    /// The temperature at which the open-circuit potentials are given, K.
    pub(crate) fn reference(&self) -> f64 {
        self.reference
    }

    /// Resistance of solid and contacts at a temperature in K, Ω.
    pub(crate) fn solid_resistance<V: Vector>(&self, kelvin: V) -> V {
        self.solid.at(kelvin)
    }

    /// Difference of the open-circuit potentials at those stoichiometries and temperatures, V.
    #[inline(always)]
    pub(crate) fn open<V: Vector>(&self, negative: V, positive: V, kelvin: V) -> V {
        let open = self.positive.potential.at(positive) - self.negative.potential.at(negative);
        match self.entropy(negative, positive) {
            Some(entropy) => (kelvin - self.reference).mul_add(entropy, open),
            None => open,
        }
    }

    /// Change with temperature of that difference, V/K; `None` where it is zero.
    #[inline(always)]
    pub(crate) fn entropy<V: Vector>(&self, negative: V, positive: V) -> Option<V> {
        match (&self.negative.entropy, &self.positive.entropy) {
            (None, None) => None,
            (None, Some(high)) => Some(high.at(positive)),
            (Some(low), None) => Some(-low.at(negative)),
            (Some(low), Some(high)) => Some(high.at(positive) - low.at(negative)),
        }
    }

    /// The losses between open-circuit and terminal voltage; `open` stays zero.
    #[inline(always)]
    pub(crate) fn losses<V: Vector>(
        &self,
        current: V,
        negative: V,
        positive: V,
        profile: &ElectrolyteProfile<V>,
        kelvin: V,
    ) -> VoltageParts<V> {
        current.run_separately(Losses { voltage: self, current, negative, positive, profile, kelvin })
    }
}

/// The kernel that computes the losses.
struct Losses<'a, V> {
    voltage: &'a Voltage,
    current: V,
    negative: V,
    positive: V,
    profile: &'a ElectrolyteProfile<V>,
    kelvin: V,
}

impl<V: Vector> Kernel<V> for Losses<'_, V> {
    type Output = VoltageParts<V>;

    #[inline(always)]
    fn run(self, one: V) -> VoltageParts<V> {
        let Self { voltage, current, negative, positive, profile, kelvin } = self;
        let one = one.splat(1.0);
        let zn = voltage.negative.argument(current, negative, kelvin);
        let zp = voltage.positive.argument(current, positive, kelvin);
        let (squared_n, squared_p) = (zn * zn, zp * zp);

        // asinh(z / w) = ln(z + √(z² + w²)) - ln w with w = cᵃ; the mean over the points is one logarithm of a product.
        let (mut sum, mut salt_negative, mut salt_positive) = (one, one, one);
        let (a_negative, a_positive) = (voltage.negative.orders[0], voltage.positive.orders[0]);
        for k in 0..POINTS {
            let (cn, cp) = (profile.negative[k], profile.positive[k]);
            let root_n = (squared_n + squared_power(cn, a_negative)).sqrt();
            let root_p = (squared_p + squared_power(cp, a_positive)).sqrt();
            sum = sum * ((zn + root_n) * (zp + root_p));
            salt_negative = salt_negative * cn;
            salt_positive = salt_positive * cp;
        }
        let ratio = (salt_positive / salt_negative).ln();
        let both = if a_negative == 0.5 && a_positive == 0.5 {
            (sum / (salt_negative * salt_positive).sqrt()).ln()
        } else {
            sum.ln() - salt_negative.ln() * a_negative - salt_positive.ln() * a_positive
        };

        let thermal = kelvin * (GAS / FARADAY / POINTS as f64);
        let conductivity = voltage.conductivity.at(profile.mean, kelvin);
        let polarization = voltage.polarization.at(profile.mean, kelvin);
        let path = current.splat(voltage.path) / conductivity;
        VoltageParts {
            open: current.splat(0.0),
            reaction: (thermal * both * -2.0).copysign(-current),
            concentration: polarization * thermal * ratio,
            ohmic: -current * (path + voltage.solid.at(kelvin)),
        }
    }
}

/// c²ᵃ
#[inline(always)]
fn squared_power<V: Vector>(c: V, a: f64) -> V {
    if a == 0.5 { c } else { (c.ln() * (2.0 * a)).exp() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::battery::simd::lanes::Plain;

    #[test]
    fn without_current_there_is_no_loss() {
        for name in ["chen2020", "oregan2022"] {
            let cell = Cell::named(name).unwrap();
            let electrolyte = Electrolyte::new(&cell, 1.0);
            let profile = electrolyte.profile(&electrolyte.rest(Plain::of(0.0)));
            let voltage = Voltage::new(&cell);
            let loss = |current: f64| {
                let half = Plain::of(0.5);
                voltage.losses(Plain::of(current), half, half, &profile, Plain::of(290.0)).loss().value()
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
                let kelvin = Plain::of(cell.reference_temperature);
                let found = voltage.open(Plain::of(negative), Plain::of(positive), kelvin).value();
                let expected = cell.open_circuit_voltage(soc);
                assert!((found - expected).abs() < 2e-6, "{name} at {soc}: {found} {expected}");
            }
        }
    }
}
