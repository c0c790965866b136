//! Spherical particles as a bank of exponentials, exact in time for a current that is linear within a step.
//!
//! After a unit step of the surface gradient the surface differs from the mean by
//! S(τ) = 1/5 - 2 Σ exp(-λ²τ) / λ² with tan λ = λ and τ = D t / R², in units of gradient times radius. A dozen
//! exponentials reproduce it to 3e-6 from τ = 2e-7 on, so one table serves every particle whose diffusivity does not
//! depend on its stoichiometry; where it does, `shells.rs` takes over.
use crate::battery::cell::{Cell, Electrode};
use crate::battery::simd::elementary::exp;
use crate::battery::simd::lanes::{Kernel, Operand, Plain, Vector};
use crate::battery::simulation::fitted_curve::FittedCurve;
use crate::battery::simulation::misfit::Misfit;
use crate::battery::simulation::shells::Shells;

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
/// The product of rate and time below which a series replaces a difference that would cancel.
const SLOW: f64 = 1e-2;

/// The particles of one electrode, by the kind of their diffusivity.
#[expect(clippy::large_enum_variant, reason = "one an electrode, read at every step: a pointer would cost more")]
pub(crate) enum Particle {
    /// The diffusivity is a constant: D / R², 1/s; change of the stoichiometry by 1 A s; updates over half a step and a whole one.
    Constant { pace: f64, change: f64, half: [FirstOrderHold<f64>; MODES], whole: [FirstOrderHold<f64>; MODES] },
    /// The diffusivity depends on temperature: D / R², 1/s; step, s; change of the stoichiometry by 1 A s.
    Warm { pace: FittedCurve, step: f64, change: f64 },
    /// The diffusivity depends on stoichiometry.
    Shells(Box<Shells>),
}

/// The state inside the particles of one electrode.
#[derive(Clone)]
pub(crate) enum ParticleState<V> {
    /// Excitation of the modes, in stoichiometry.
    Modes([V; MODES]),
    /// Stoichiometry of the shells, from the centre.
    Shells(Vec<V>),
}

impl<V> ParticleState<V> {
    /// Calls `f` with every number, always in the same order.
    pub(crate) fn visit(&mut self, f: &mut impl FnMut(&mut V)) {
        match self {
            Self::Modes(modes) => modes.iter_mut().for_each(f),
            Self::Shells(shells) => shells.iter_mut().for_each(f),
        }
    }
}

/// The exact update of one mode over a step between two currents (first-order hold).
#[derive(Clone, Copy)]
pub(crate) struct FirstOrderHold<C> {
    decay: C,
    start: C,
    end: C,
}

impl<V: Vector> FirstOrderHold<V> {
    /// The update of a mode with the rate times time `z`, driven by `scale` for 1 A.
    #[inline(always)]
    fn of(z: V, decay: V, scale: f64) -> Self {
        let one = z.splat(1.0);
        // The mean of exp(-z (1 - s)) over the step, and its first moment.
        let mean = (one - decay) / z;
        let moment = (one - mean) / z;
        let slow_mean = series(z, [1.0, -0.5, 1.0 / 6.0, -1.0 / 24.0, 1.0 / 120.0]);
        let slow_moment = series(z, [0.5, -1.0 / 6.0, 1.0 / 24.0, -1.0 / 120.0, 1.0 / 720.0]);
        let (mean, moment) = (z.select_gt(SLOW, mean, slow_mean), z.select_gt(SLOW, moment, slow_moment));
        Self { decay, start: (mean - moment) * scale, end: moment * scale }
    }
}

impl<C> FirstOrderHold<C> {
    /// The mode after a step between two currents.
    #[inline(always)]
    fn moved<V: Vector>(&self, mode: V, start: V, end: V) -> V
    where
        C: Operand<V>,
    {
        mode.mul_add(self.decay, start.mul_add(self.start, end * self.end.broadcast(end)))
    }
}

#[inline(always)]
fn series<V: Vector>(z: V, coefficients: [f64; 5]) -> V {
    let mut sum = z.splat(0.0);
    for coefficient in coefficients.into_iter().rev() {
        sum = sum.mul_add(z, coefficient);
    }
    sum
}

impl Particle {
    /// The particles of an electrode for steps of that many seconds; `sign` is -1 where a discharge empties them and 1
    /// where it fills them.
    pub(crate) fn new(cell: &Cell, electrode: &Electrode, sign: f64, step: f64) -> Self {
        let square = electrode.radius * electrode.radius;
        let pace = |s: f64, t: f64| electrode.diffusivity.at(&[0.0, s, t]) / square;
        let change = sign * electrode.stoichiometry_of_charge(cell.area);
        if electrode.diffusivity.reads_stoichiometry() {
            return Self::Shells(Box::new(Shells::new(pace, cell, change, step)));
        }
        if electrode.diffusivity.reads_temperature() {
            let (low, high) = cell.temperature;
            let pace = FittedCurve::fit(|t| pace(0.5, t), (low, high), 1e-9 * pace(0.5, low).min(pace(0.5, high)));
            return Self::Warm { pace, step, change };
        }
        let pace = pace(0.5, cell.reference_temperature);
        Self::Constant { pace, change, half: updates(pace, change, 0.5 * step), whole: updates(pace, change, step) }
    }

    /// Sets the length of the steps, s.
    pub(crate) fn set_step(&mut self, seconds: f64) {
        match self {
            Self::Constant { pace, change, half, whole } => {
                *half = updates(*pace, *change, 0.5 * seconds);
                *whole = updates(*pace, *change, seconds);
            }
            Self::Warm { step, .. } => *step = seconds,
            Self::Shells(shells) => shells.set_step(seconds),
        }
    }

    /// Surface minus bulk stoichiometry under a current, A, at a temperature, K.
    pub(crate) fn excess<V: Vector>(&self, interior: &ParticleState<V>, current: V, kelvin: V) -> V {
        match (self, interior) {
            (Self::Shells(shells), ParticleState::Shells(state)) => shells.excess_under(state, current, kelvin),
            (_, ParticleState::Modes(modes)) => modes.iter().fold(current.splat(0.0), |sum, mode| sum + *mode),
            _ => unreachable!("particles keep the kind of their interior"),
        }
    }

    /// The misfits of the diffusivity.
    pub(crate) fn misfits(&self, function: &'static str) -> Vec<Misfit> {
        match self {
            Self::Constant { .. } => Vec::new(),
            Self::Warm { pace, .. } => vec![Misfit::of_curve(function, pace)],
            Self::Shells(shells) => shells.misfits(function),
        }
    }

    /// The range of stoichiometries in which the diffusivity is known.
    pub(crate) fn range(&self) -> (f64, f64) {
        match self {
            Self::Shells(shells) => shells.range(),
            _ => (0.0, 1.0),
        }
    }

    /// The state of particles at rest at a stoichiometry.
    #[inline(always)]
    pub(crate) fn rest<V: Vector>(&self, stoichiometry: V) -> ParticleState<V> {
        match self {
            Self::Shells(shells) => ParticleState::Shells(shells.rest(stoichiometry)),
            _ => ParticleState::Modes([stoichiometry.splat(0.0); MODES]),
        }
    }

    /// Steps from the current at the start to that at the end, A, at the mean temperature, K; returns surface minus bulk
    /// stoichiometry in the middle and at the end of the step.
    #[inline(always)]
    pub(crate) fn step<V: Vector>(&self, interior: &mut ParticleState<V>, start: V, end: V, kelvin: V) -> (V, V) {
        start.run_separately(ParticleStep { particle: self, interior, start, end, kelvin })
    }
}

/// The updates of all modes over a time in s.
fn updates(pace: f64, change: f64, seconds: f64) -> [FirstOrderHold<f64>; MODES] {
    BANK.map(|(rate, weight)| {
        let z = rate * pace * seconds;
        let FirstOrderHold { decay, start, end } =
            FirstOrderHold::of(Plain::of(z), Plain::of(exp(-z)), change * weight * rate * seconds / 3.0);
        FirstOrderHold { decay: decay.value(), start: start.value(), end: end.value() }
    })
}

/// The kernel of one step of the particles of one electrode.
struct ParticleStep<'a, V> {
    particle: &'a Particle,
    interior: &'a mut ParticleState<V>,
    start: V,
    end: V,
    kelvin: V,
}

impl<V: Vector> Kernel<V> for ParticleStep<'_, V> {
    type Output = (V, V);

    #[inline(always)]
    fn run(self, _: V) -> (V, V) {
        let Self { particle, interior, start, end, kelvin } = self;
        let middle = (start + end) * 0.5;
        let (mut at_middle, mut at_end) = (start.splat(0.0), start.splat(0.0));
        match (particle, interior) {
            (Particle::Constant { half, whole, .. }, ParticleState::Modes(modes)) => {
                for k in 0..MODES {
                    at_middle = at_middle + half[k].moved(modes[k], start, middle);
                    modes[k] = whole[k].moved(modes[k], start, end);
                    at_end = at_end + modes[k];
                }
            }
            (Particle::Warm { pace, step, change }, ParticleState::Modes(modes)) => {
                let pace = pace.at(kelvin);
                for (k, (rate, weight)) in BANK.into_iter().enumerate() {
                    let scale = change * weight * rate * step / 3.0;
                    let z = pace * (0.5 * rate * step);
                    let decay = (-z).exp();
                    let half = FirstOrderHold::of(z, decay, 0.5 * scale);
                    let whole = FirstOrderHold::of(z * 2.0, decay * decay, scale);
                    at_middle = at_middle + half.moved(modes[k], start, middle);
                    modes[k] = whole.moved(modes[k], start, end);
                    at_end = at_end + modes[k];
                }
            }
            (Particle::Shells(shells), ParticleState::Shells(state)) => return shells.step(state, start, end, kelvin),
            _ => unreachable!("particles keep the kind of their interior"),
        }
        (at_middle, at_end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::battery::cell::formula::Formula;
    use crate::battery::cell::function::Function;

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

    /// Surface minus bulk stoichiometry of a positive electrode of chen2020 with the given diffusivity.
    fn pulses(diffusivity: &str, kelvin: f64, step: f64) -> Vec<f64> {
        let mut cell = Cell::named("chen2020").unwrap();
        cell.positive.diffusivity = Function::of_formula(Formula::parse(diffusivity).unwrap(), 1.0);
        let particle = Particle::new(&cell, &cell.positive, 1.0, step);
        let mut interior = particle.rest(Plain::of(0.5));
        let current = |k: usize| Plain::of(if k % 40 < 20 { 10.0 } else { -4.0 });
        let mut second = |k| particle.step(&mut interior, current(k - 1), current(k), Plain::of(kelvin)).1.value();
        (1..200).map(&mut second).collect()
    }

    #[test]
    fn a_ramp_is_followed_exactly() {
        let cell = Cell::named("chen2020").unwrap();
        let particle = Particle::new(&cell, &cell.positive, 1.0, 1.0);
        let pace = 4e-15 / cell.positive.radius.powi(2);
        let gain = cell.positive.stoichiometry_of_charge(cell.area) / (3.0 * pace);
        let mut interior = particle.rest(Plain::of(0.5));
        let mut found = 0.0;
        for second in 0..100 {
            let t = f64::from(second);
            let (start, end) = (Plain::of(t), Plain::of(t + 1.0));
            found = particle.step(&mut interior, start, end, Plain::of(298.15)).1.value();
        }
        let expected: f64 = BANK
            .iter()
            .map(|(rate, weight)| {
                let r = rate * pace;
                gain * weight * (100.0 - (1.0 - (-r * 100.0).exp()) / r)
            })
            .sum();
        assert!((found / expected - 1.0).abs() < 1e-11, "{found} {expected}");
    }

    #[test]
    fn warm_particles_are_constant_ones_at_a_constant_temperature() {
        let warm = pulses("4e-15 * exp(3000 * (1 / 298.15 - 1 / T))", 310.0, 1.0);
        let constant = pulses(&format!("{}", 4e-15 * (3000.0 * (1.0 / 298.15 - 1.0 / 310.0f64)).exp()), 310.0, 1.0);
        for (warm, constant) in warm.iter().zip(&constant) {
            assert!((warm - constant).abs() < 1e-10, "{warm} {constant}");
        }
    }

    #[test]
    fn shells_are_the_bank_where_diffusivity_is_a_constant() {
        // Written so that it seems to read the stoichiometry. A stoichiometry of 1e-4 is about 0.1 mV.
        for (diffusivity, allowed) in [("4e-15", 6e-5), ("2e-14", 6e-5), ("1e-13", 6e-5)] {
            let bank = pulses(diffusivity, 298.15, 1.0);
            let shells = pulses(&format!("{diffusivity} + 0 * s"), 298.15, 1.0);
            let worst = bank.iter().zip(&shells).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(worst < allowed, "{diffusivity}: {worst:e} of {:e}", bank[18]);
        }
    }
}
