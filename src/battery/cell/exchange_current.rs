//! The exchange current density of an electrode as the law that intercalation kinetics follow: k(T) cᵃ sᵇ (1 - s)ᵈ.
use crate::battery::cell::function::Function;
use crate::battery::simd::elementary::{exp, ln};

/// An exchange current density, with c in kmol/m³.
#[derive(Clone, Debug)]
pub struct ExchangeCurrent {
    function: Function,
    /// The orders a, b and d.
    pub orders: [f64; 3],
}

/// The point at which the law is read off: concentration, mol/m³, and stoichiometry.
const C: f64 = 1000.0;
const S: f64 = 0.5;

impl ExchangeCurrent {
    /// The parameters of the law that a function of c (mol/m³), s and T (K) follows, A/m²; `None` where it does not
    /// follow this law.
    pub(crate) fn of(function: Function, kelvin: (f64, f64)) -> Option<Self> {
        let warm = 0.5 * (kelvin.0 + kelvin.1);
        let at = |c: f64, s: f64| function.at(&[c, s, warm]);
        let log = |ratio: f64| if ratio > 0.0 { ln(ratio) } else { f64::NAN };
        let near = |order: f64| {
            if (order - (order * 1e3).round() * 1e-3).abs() < 1e-9 { (order * 1e3).round() * 1e-3 } else { order }
        };
        let a = log(at(2.0 * C, S) / at(C, S)) / ln(2.0);
        // Two stoichiometries that swap s and 1 - s tell the orders apart.
        let (low, high) = (log(at(C, 0.25) / at(C, S)), log(at(C, 0.75) / at(C, S)));
        let (x, y) = (ln(0.5), ln(1.5));
        let determinant = x * x - y * y;
        let orders = [a, (x * low - y * high) / determinant, (x * high - y * low) / determinant].map(near);
        let law = Self { function, orders };
        let agrees = |c: f64, s: f64, t: f64| {
            let exact = law.function.at(&[c, s, t]);
            exact > 0.0 && (law.at(c, s, t) / exact - 1.0).abs() < 1e-6
        };
        let tried = [(300.0, 0.1), (3000.0, 0.9), (1500.0, 0.4)];
        let temperatures = [kelvin.0, kelvin.1, warm];
        (tried.iter().zip(temperatures).all(|(&(c, s), t)| agrees(c, s, t))).then_some(law)
    }

    /// The law whose densities are those of this one times a factor.
    pub(crate) fn times(&self, factor: f64) -> Self {
        Self { function: self.function.times(factor), orders: self.orders }
    }

    /// The density at a temperature, A/m², for c of 1 kmol/m³ and s and 1 - s both one.
    pub(crate) fn rate(&self, kelvin: f64) -> f64 {
        let [_, b, d] = self.orders;
        self.function.at(&[C, S, kelvin]) * exp(-(b + d) * ln(S))
    }

    /// True where the density changes with temperature.
    pub(crate) fn is_warm(&self) -> bool {
        self.function.reads_temperature()
    }

    /// The density at a concentration in mol/m³, a stoichiometry and a temperature in K, A/m².
    pub fn at(&self, c: f64, s: f64, kelvin: f64) -> f64 {
        let [a, b, d] = self.orders;
        self.rate(kelvin) * exp(a * ln(c / C) + b * ln(s) + d * ln(1.0 - s))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::battery::cell::formula::Formula;

    #[test]
    fn laws_are_read_off() {
        let of =
            |text: &str| ExchangeCurrent::of(Function::of_formula(Formula::parse(text).unwrap(), 1.0), (260.0, 350.0));
        let usual = of(
            "6.48e-7 * exp(35000 / R * (1 / 298.15 - 1 / T)) * c ** 0.5 * (33133 * s) ** 0.5 * (33133 * (1 - s)) ** 0.5",
        );
        let usual = usual.unwrap();
        assert_eq!(usual.orders, [0.5; 3]);
        assert!((usual.rate(298.15) / (6.48e-7 * 33133.0 * 1000f64.sqrt()) - 1.0).abs() < 1e-12);
        let skew = of("2.668 * (c / 1000) ** (1 - 0.792) * s ** 0.792 * (1 - s) ** (1 - 0.792)").unwrap();
        assert!(skew.orders.iter().zip([0.208, 0.792, 0.208]).all(|(a, b)| (a - b).abs() < 1e-12), "{:?}", skew.orders);
        assert!(of("1 + c * s").is_none() && of("c ** (T / 600)").is_none() && of("0 - s").is_none());
        assert_eq!(of("2").unwrap().orders, [0.0; 3]);
    }
}
