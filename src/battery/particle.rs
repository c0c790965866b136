//! Surface of a spherical particle: a bank of exponentials, exact in time for a current that is linear within a step.
//!
//! After a unit step of the surface gradient the surface differs from the mean by
//! S(τ) = 1/5 - 2 Σ exp(-λ²τ) / λ² with tan λ = λ and τ = D t / R², in units of gradient times radius. A dozen
//! exponentials reproduce it to 3e-6 from τ = 2e-7 on, so one table serves every particle of constant diffusivity.
use crate::battery::cell::Electrode;
use crate::battery::elementary::{LANES, Lanes, exp};

/// Rates in units of D / R² and weights; written by `tests/golden/spme/particle_bank.py 12`.
const BANK: [(f64, f64); MODES] = [
    (20.19072855642663, 0.09908021667428032),
    (60.57434128049997, 0.035381166469417136),
    (141.14790761128324, 0.022962875676513943),
    (350.51503433772984, 0.016139312763484903),
    (938.5450478610115, 0.010537954228686695),
    (2666.6651501600254, 0.006616012657273907),
    (8055.915759332115, 0.004039285971857625),
    (26133.089563448797, 0.002396156943327482),
    (92412.50416868477, 0.001374503009612787),
    (364057.33443540504, 0.0007569588133499806),
    (1655876.3761075202, 0.00039804936534166695),
    (11211388.706279473, 0.0003175074268535743),
];
const MODES: usize = 12;

/// The bank of one electrode, for whole and for half steps.
pub struct Particle {
    whole: [Hold; MODES],
    half: [Hold; MODES],
}

/// How one mode moves in a step with the current at its start and at its end (first-order hold).
#[derive(Clone, Copy)]
struct Hold {
    decay: f64,
    start: f64,
    end: f64,
}

/// Excitation of the modes, in stoichiometry.
#[derive(Clone)]
pub struct Modes([Lanes; MODES]);

impl Default for Modes {
    fn default() -> Self {
        Self([[0.0; LANES]; MODES])
    }
}

impl Particle {
    /// The bank of an electrode for steps of that many seconds; `sign` is -1 where a discharge empties it and 1 where it fills it.
    pub fn new(electrode: &Electrode, area: f64, sign: f64, step: f64) -> Self {
        let pace = electrode.diffusivity / (electrode.radius * electrode.radius);
        // Gradient times radius of 1 A, in stoichiometry: the bulk's rate of change is three times it per R² / D.
        let gain = sign * electrode.stoichiometry_of_charge(area) / (3.0 * pace);
        let hold = |(rate, weight): (f64, f64), seconds: f64| {
            let z = rate * pace * seconds;
            let decay = exp(-z);
            // The mean of exp(-z (1 - s)) over the step, and its first moment; series where they would cancel.
            let (mean, moment) = if z < 1e-3 {
                (1.0 - z / 2.0 + z * z / 6.0 - z * z * z / 24.0, 0.5 - z / 6.0 + z * z / 24.0 - z * z * z / 120.0)
            } else {
                ((1.0 - decay) / z, (1.0 - (1.0 - decay) / z) / z)
            };
            let scale = gain * weight * z;
            Hold { decay, start: scale * (mean - moment), end: scale * moment }
        };
        Self { whole: BANK.map(|mode| hold(mode, step)), half: BANK.map(|mode| hold(mode, 0.5 * step)) }
    }

    /// Steps the modes; surface less bulk stoichiometry in the middle and at the end of the step.
    #[inline(always)]
    pub fn step(&self, modes: &mut Modes, start: &Lanes, middle: &Lanes, end: &Lanes) -> (Lanes, Lanes) {
        let (mut at_middle, mut at_end) = ([0.0; LANES], [0.0; LANES]);
        for (mode, (half, whole)) in modes.0.iter_mut().zip(self.half.iter().zip(&self.whole)) {
            for l in 0..LANES {
                at_middle[l] += half.decay * mode[l] + half.start * start[l] + half.end * middle[l];
                mode[l] = whole.decay * mode[l] + whole.start * start[l] + whole.end * end[l];
                at_end[l] += mode[l];
            }
        }
        (at_middle, at_end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// S(τ) by its modes; the tail beyond 4000 of them is below 3e-5 at τ = 0 and vanishes after τ = 1e-6.
    fn exact(tau: f64) -> f64 {
        let mut sum = 0.2;
        for m in 1..4000 {
            let asymptote = (f64::from(m) + 0.5) * std::f64::consts::PI;
            let mut root = asymptote - 1.0 / asymptote;
            for _ in 0..4 {
                root -= (root.sin() - root * root.cos()) / (root * root.sin());
            }
            sum -= 2.0 * (-root * root * tau).exp() / (root * root);
        }
        sum
    }

    #[test]
    fn the_bank_is_the_sphere() {
        assert!((BANK.iter().map(|(_, weight)| weight).sum::<f64>() - 0.2).abs() < 1e-15);
        for tau in [2e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 0.3, 1.0] {
            let bank: f64 = BANK.iter().map(|(rate, weight)| weight * (1.0 - (-rate * tau).exp())).sum();
            assert!((bank - exact(tau)).abs() < 3e-6, "{tau}: {bank} {}", exact(tau));
        }
    }

    #[test]
    fn a_ramp_is_followed_exactly() {
        let cell = crate::battery::cell::Cell::named("chen2020").unwrap();
        let particle = Particle::new(&cell.positive, cell.area, 1.0, 1.0);
        let pace = cell.positive.diffusivity / cell.positive.radius.powi(2);
        let gain = cell.positive.stoichiometry_of_charge(cell.area) / (3.0 * pace);
        let mut modes = Modes::default();
        let mut found = [0.0; LANES];
        for second in 0..100 {
            let lane = |t: f64| [t; LANES];
            let t = f64::from(second);
            found = particle.step(&mut modes, &lane(t), &lane(t + 0.5), &lane(t + 1.0)).1;
        }
        let expected: f64 = BANK
            .iter()
            .map(|(rate, weight)| {
                let r = rate * pace;
                gain * weight * (100.0 - (1.0 - (-r * 100.0).exp()) / r)
            })
            .sum();
        assert!((found[3] / expected - 1.0).abs() < 1e-11, "{} {expected}", found[3]);
    }
}
