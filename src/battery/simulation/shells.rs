//! Spherical particles whose diffusivity depends on stoichiometry: finite volumes that grow finer outwards.
//!
//! Each step is divided into parts that begin short, because a current has a kink at every sample; each part is an
//! L-stable, stiffly accurate Runge-Kutta step of second order (Alexander, SIAM J. Numer. Anal. 14, 1006, 1977).
use crate::battery::cell::Cell;
use crate::battery::simd::elementary::exp;
use crate::battery::simd::lanes::Vector;
use crate::battery::simulation::fitted_curve::{FittedCurve, IntegratedCurve};
use crate::battery::simulation::misfit::Misfit;

const SHELLS: usize = 80;
/// Ratio of the thicknesses of the innermost and the outermost shell, as a power of e.
const STRETCH: f64 = 3.0;
/// Ends of the parts of a step, as shares of it; the middle is the end of the third part.
const PARTS: [f64; 4] = [0.05, 0.2, 0.5, 1.0];
const MIDDLE: usize = 2;
/// The difference of two stoichiometries below which the mean of both diffusivities is used, as their difference is mostly rounding.
const NEAR: f64 = 1e-6;
/// Newton steps from the outermost shell to the surface.
const NEWTON: usize = 4;
/// 1 - √½.
const GAMMA: f64 = 0.292_893_218_813_452_4;

/// The particles of one electrode.
pub(crate) struct Shells {
    /// D / R² over stoichiometry at the reference temperature, 1/s, with its integral; and its factor over
    /// temperature.
    pace: IntegratedCurve,
    warmth: FittedCurve,
    /// Volumes, with the radius 1 and without 4π.
    volume: [f64; SHELLS],
    /// Area of the outer face over the distance to the next shell's middle; of the surface it is unused.
    conductance: [f64; SHELLS],
    /// Shares of the two outermost shells in the surface, and of the gradient there.
    surface: [f64; 3],
    /// Change of the stoichiometry by 1 A s.
    change: f64,
    /// s.
    step: f64,
}

impl Shells {
    /// Particles with D / R² as a function of stoichiometry and temperature, 1/s.
    pub(crate) fn new(pace: impl Fn(f64, f64) -> f64, cell: &Cell, change: f64, step: f64) -> Self {
        let edge = |k: usize| {
            let part = 1.0 - k as f64 / SHELLS as f64;
            let grown = |x: f64| exp(STRETCH * x) - 1.0;
            1.0 - grown(part) / grown(1.0)
        };
        let cube = |x: f64| x * x * x;
        let width: [f64; SHELLS] = std::array::from_fn(|k| edge(k + 1) - edge(k));
        let volume = std::array::from_fn(|k| (cube(edge(k + 1)) - cube(edge(k))) / 3.0);
        let next = |k: usize| width[(k + 1).min(SHELLS - 1)];
        let conductance = std::array::from_fn(|k| edge(k + 1) * edge(k + 1) * 2.0 / (width[k] + next(k)));
        let (reference, temperature) = (cell.reference_temperature, cell.temperature);
        let least = (0..=64).map(|k| pace(f64::from(k) / 64.0, reference)).fold(f64::INFINITY, f64::min);
        Self {
            pace: IntegratedCurve::of(FittedCurve::fit(|s| pace(s, reference), (0.0, 1.0), 1e-6 * least)),
            warmth: FittedCurve::fit(|t| pace(0.5, t) / pace(0.5, reference), temperature, 1e-9),
            volume,
            conductance,
            surface: surface(width[SHELLS - 1], width[SHELLS - 2]),
            change,
            step,
        }
    }

    /// Particles at rest.
    pub(crate) fn rest<V: Vector>(&self, stoichiometry: V) -> Vec<V> {
        vec![stoichiometry; SHELLS]
    }

    /// Sets the length of the steps, s.
    pub(crate) fn set_step(&mut self, seconds: f64) {
        self.step = seconds;
    }

    /// The misfits of the diffusivity, over stoichiometry and over temperature.
    pub(crate) fn misfits(&self, function: &'static str) -> Vec<Misfit> {
        vec![Misfit::of_curve(function, self.pace.curve()), Misfit::of_curve(function, &self.warmth)]
    }

    /// The range of stoichiometries in which the diffusivity is known.
    pub(crate) fn range(&self) -> (f64, f64) {
        self.pace.range()
    }

    /// Surface minus mean stoichiometry under a current, A, at a temperature, K.
    pub(crate) fn excess_under<V: Vector>(&self, state: &[V], current: V, kelvin: V) -> V {
        let state: &[V; SHELLS] = state.try_into().expect("a particle keeps its shells");
        self.excess(state, current * (self.change / 3.0), self.warmth.at(kelvin))
    }

    /// Steps like [`Particle::step`](super::particle::Particle::step), with the same result.
    #[inline(always)]
    pub(crate) fn step<V: Vector>(&self, state: &mut [V], start: V, end: V, kelvin: V) -> (V, V) {
        let state: &mut [V; SHELLS] = state.try_into().expect("a particle keeps its shells");
        let warmth = self.warmth.at(kelvin);
        let mut at_middle = start.splat(0.0);
        let mut begin = 0.0;
        for (k, part) in PARTS.into_iter().enumerate() {
            let seconds = (part - begin) * self.step;
            let inner = self.influx(start, end, begin + GAMMA * (part - begin));
            // The diffusivity of the first stage is found from a first try with that of its beginning.
            let mut stage = *state;
            for _ in 0..2 {
                let faces = self.faces(&stage, warmth);
                stage = self.implicit(state, &faces, GAMMA * seconds, inner);
            }
            let (mut right, mut ahead) = (*state, *state);
            for i in 0..SHELLS {
                let slope = (stage[i] - state[i]) / GAMMA;
                right[i] = slope.mul_add(1.0 - GAMMA, state[i]);
                ahead[i] = ahead[i] + slope;
            }
            let faces = self.faces(&ahead, warmth);
            *state = self.implicit(&right, &faces, GAMMA * seconds, self.influx(start, end, part));
            if k == MIDDLE {
                at_middle = self.excess(state, self.influx(start, end, part), warmth);
            }
            begin = part;
        }
        (at_middle, self.excess(state, end * (self.change / 3.0), warmth))
    }

    /// The influx through the surface for each unit of volume at the share `part` of a step: a third of the change of the
    /// mean.
    #[inline(always)]
    fn influx<V: Vector>(&self, start: V, end: V, part: f64) -> V {
        (start + (end - start) * part) * (self.change / 3.0)
    }

    /// Conductances of the faces between shells, 1/s.
    #[inline(always)]
    fn faces<V: Vector>(&self, s: &[V; SHELLS], warmth: V) -> [V; SHELLS] {
        let mut faces = [warmth.splat(0.0); SHELLS];
        let (mut pace, mut behind) = self.pace.at(s[0]);
        for i in 0..SHELLS - 1 {
            // What flows is a difference of the diffusivity's integral (Kirchhoff), whatever it does in between.
            let (next, ahead) = self.pace.at(s[i + 1]);
            let apart = s[i + 1] - s[i];
            let mean = apart.abs().select_gt(NEAR, (ahead - behind) / apart, (pace + next) * 0.5);
            faces[i] = mean * warmth * self.conductance[i];
            (pace, behind) = (next, ahead);
        }
        faces
    }

    /// Solves for the shells after that many seconds of backward Euler.
    #[inline(always)]
    fn implicit<V: Vector>(&self, from: &[V; SHELLS], faces: &[V; SHELLS], seconds: f64, influx: V) -> [V; SHELLS] {
        let zero = influx.splat(0.0);
        let (mut shares, mut values) = ([zero; SHELLS], *from);
        let (mut share, mut value, mut face) = (zero, zero, zero);
        for i in 0..SHELLS {
            let scale = seconds / self.volume[i];
            let (behind, ahead) = (face * scale, faces[i] * scale);
            face = faces[i];
            let inverse = zero.splat(1.0) / (ahead + 1.0 + behind * (zero.splat(1.0) - share));
            let entering = if i == SHELLS - 1 { influx * scale } else { zero };
            value = (behind.mul_add(value, from[i]) + entering) * inverse;
            share = ahead * inverse;
            (shares[i], values[i]) = (share, value);
        }
        for i in (0..SHELLS - 1).rev() {
            value = shares[i].mul_add(value, values[i]);
            values[i] = value;
        }
        values
    }

    /// Surface minus mean stoichiometry.
    #[inline(always)]
    fn excess<V: Vector>(&self, s: &[V; SHELLS], influx: V, warmth: V) -> V {
        let [outer, inner, slope] = self.surface;
        let mut mean = influx.splat(0.0);
        for (s, volume) in s.iter().zip(self.volume) {
            mean = s.mul_add(3.0 * volume, mean);
        }
        let (near, next) = (s[SHELLS - 1], s[SHELLS - 2]);
        // A parabola through the integral of the diffusivity, whose gradient is what enters; then its stoichiometry.
        let ((_, first), (_, second)) = (self.pace.at(near), self.pace.at(next));
        let target = first * outer + second * inner + influx * slope / warmth;
        let mut surface = near;
        for _ in 0..NEWTON {
            let (pace, integral) = self.pace.at(surface);
            surface = surface + (target - integral) / pace;
        }
        surface - mean
    }
}

/// The surface as shares of the averages of the two outermost shells, `a` and `b` wide, and of the gradient: the
/// parabola through them.
fn surface(a: f64, b: f64) -> [f64; 3] {
    // s(x) = s₀ - g x + q x² inwards; the averages are s₀ - g a / 2 + q a² / 3, and so on.
    let (first, second) = (a * a / 3.0, ((a + b) * (a + b) * (a + b) - a * a * a) / (3.0 * b));
    let span = second - first;
    let (half, reach) = (a / 2.0, a + b / 2.0);
    [second / span, -first / span, (second * half - first * reach) / span]
}
