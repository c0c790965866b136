//! A spherical particle whose diffusivity depends on its stoichiometry: finite volumes that grow finer outwards.
//!
//! Each step is divided into parts that begin short, because a current has a kink at every sample; each part is an
//! L-stable, stiffly accurate Runge-Kutta step of second order (Alexander, SIAM J. Numer. Anal. 14, 1006, 1977).
use crate::battery::cell::Cell;
use crate::battery::curve::{Curve, Primitive};
use crate::battery::elementary::{LANES, Lanes, each};

const SHELLS: usize = 80;
/// How many times thinner the outermost shell is than the innermost, as a power of e.
const STRETCH: f64 = 3.0;
/// Where the parts of a step end; its middle is the end of the third.
const PARTS: [f64; 4] = [0.05, 0.2, 0.5, 1.0];
const MIDDLE: usize = 2;
/// Stoichiometries so near that the mean of both diffusivities is that between them, and their difference is mostly rounding.
const NEAR: f64 = 1e-6;
/// Newton steps from the outermost shell to the surface.
const NEWTON: usize = 4;
/// 1 - √½.
const GAMMA: f64 = 0.292_893_218_813_452_4;

/// The particles of one electrode.
pub struct Shells {
    /// D / R² over stoichiometry at the reference temperature, 1/s, with its integral; and how many times that it is over
    /// temperature.
    pace: Primitive,
    warmth: Curve,
    /// Volumes, with the radius 1 and without 4π.
    volume: [f64; SHELLS],
    /// Area of the outer face over the distance to the next shell's middle; of the surface it is unused.
    conductance: [f64; SHELLS],
    /// Shares of the two outermost shells in the surface, and of the gradient there.
    surface: [f64; 3],
    /// Stoichiometry for 1 A s.
    change: f64,
    /// s.
    step: f64,
}

impl Shells {
    /// Particles with D / R² as a function of stoichiometry and temperature, 1/s.
    pub fn new(pace: impl Fn(f64, f64) -> f64, cell: &Cell, change: f64, step: f64) -> Self {
        let edge = |k: usize| {
            let part = 1.0 - k as f64 / SHELLS as f64;
            let grown = |x: f64| crate::battery::elementary::exp(STRETCH * x) - 1.0;
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
            pace: Primitive::of(Curve::fit(|s| pace(s, reference), (0.0, 1.0), 1e-6 * least)),
            warmth: Curve::fit(|t| pace(0.5, t) / pace(0.5, reference), temperature, 1e-9),
            volume,
            conductance,
            surface: surface(width[SHELLS - 1], width[SHELLS - 2]),
            change,
            step,
        }
    }

    /// Particles at rest.
    pub fn rest(&self, stoichiometry: &Lanes) -> Vec<Lanes> {
        vec![*stoichiometry; SHELLS]
    }

    /// As `Particle::step`; a function of its own for each kind of processor, because it is too long to be copied into
    /// its callers.
    pub fn step(&self, state: &mut [Lanes], start: &Lanes, end: &Lanes, kelvin: &Lanes) -> (Lanes, Lanes) {
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512vl")
            {
                // SAFETY: the processor has just been asked.
                return unsafe { self.step_avx512(state, start, end, kelvin) };
            }
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                // SAFETY: the processor has just been asked.
                return unsafe { self.step_avx2(state, start, end, kelvin) };
            }
        }
        self.step_anywhere(state, start, end, kelvin)
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512dq,avx512vl,fma")]
    fn step_avx512(&self, state: &mut [Lanes], start: &Lanes, end: &Lanes, kelvin: &Lanes) -> (Lanes, Lanes) {
        self.step_anywhere(state, start, end, kelvin)
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    fn step_avx2(&self, state: &mut [Lanes], start: &Lanes, end: &Lanes, kelvin: &Lanes) -> (Lanes, Lanes) {
        self.step_anywhere(state, start, end, kelvin)
    }

    #[inline(always)]
    fn step_anywhere(&self, state: &mut [Lanes], start: &Lanes, end: &Lanes, kelvin: &Lanes) -> (Lanes, Lanes) {
        let state: &mut [Lanes; SHELLS] = state.try_into().expect("a particle keeps its shells");
        let warmth = self.warmth.at(kelvin);
        // What enters through the surface, for each unit of volume: a third of the change of the mean.
        let influx = |part: f64| each(|l| self.change / 3.0 * (start[l] + part * (end[l] - start[l])));
        let mut at_middle = [0.0; LANES];
        let mut begin = 0.0;
        for (k, part) in PARTS.into_iter().enumerate() {
            let seconds = (part - begin) * self.step;
            let inner = influx(begin + GAMMA * (part - begin));
            // The diffusivity of the first stage is found from a first try with that of its beginning.
            let faces = self.faces(state, &warmth);
            let tried = self.implicit(state, &faces, GAMMA * seconds, &inner);
            let faces = self.faces(&tried, &warmth);
            let stage = self.implicit(state, &faces, GAMMA * seconds, &inner);
            let (mut right, mut ahead) = (*state, *state);
            for i in 0..SHELLS {
                for l in 0..LANES {
                    let slope = (stage[i][l] - state[i][l]) / GAMMA;
                    right[i][l] = slope.mul_add(1.0 - GAMMA, state[i][l]);
                    ahead[i][l] += slope;
                }
            }
            let faces = self.faces(&ahead, &warmth);
            *state = self.implicit(&right, &faces, GAMMA * seconds, &influx(part));
            if k == MIDDLE {
                at_middle = self.excess(state, &influx(part), &warmth);
            }
            begin = part;
        }
        (at_middle, self.excess(state, &influx(1.0), &warmth))
    }

    /// Conductances of the faces between shells, 1/s.
    #[inline(always)]
    fn faces(&self, s: &[Lanes; SHELLS], warmth: &Lanes) -> [Lanes; SHELLS] {
        let mut faces = [[0.0; LANES]; SHELLS];
        let (mut pace, mut behind) = self.pace.at(&s[0]);
        for i in 0..SHELLS - 1 {
            // What flows is a difference of the diffusivity's integral (Kirchhoff), whatever it does in between.
            let (next, ahead) = self.pace.at(&s[i + 1]);
            faces[i] = each(|l| {
                let apart = s[i + 1][l] - s[i][l];
                let mean = if apart.abs() > NEAR { (ahead[l] - behind[l]) / apart } else { 0.5 * (pace[l] + next[l]) };
                self.conductance[i] * mean * warmth[l]
            });
            (pace, behind) = (next, ahead);
        }
        faces
    }

    /// Solves for the shells after that many seconds of backward Euler.
    #[inline(always)]
    fn implicit(
        &self,
        from: &[Lanes; SHELLS],
        faces: &[Lanes; SHELLS],
        seconds: f64,
        influx: &Lanes,
    ) -> [Lanes; SHELLS] {
        let mut shares = [[0.0; LANES]; SHELLS];
        let mut values = *from;
        let (mut share, mut value) = ([0.0; LANES], [0.0; LANES]);
        for i in 0..SHELLS {
            let scale = seconds / self.volume[i];
            for l in 0..LANES {
                let behind = if i > 0 { scale * faces[i - 1][l] } else { 0.0 };
                let ahead = scale * faces[i][l];
                let entering = if i == SHELLS - 1 { scale * influx[l] } else { 0.0 };
                let inverse = 1.0 / (1.0 + ahead + behind * (1.0 - share[l]));
                value[l] = (behind.mul_add(value[l], from[i][l]) + entering) * inverse;
                share[l] = ahead * inverse;
            }
            (shares[i], values[i]) = (share, value);
        }
        for i in (0..SHELLS - 1).rev() {
            value = each(|l| shares[i][l].mul_add(value[l], values[i][l]));
            values[i] = value;
        }
        values
    }

    /// Surface less mean stoichiometry.
    #[inline(always)]
    fn excess(&self, s: &[Lanes; SHELLS], influx: &Lanes, warmth: &Lanes) -> Lanes {
        let [outer, inner, slope] = self.surface;
        let mut mean = [0.0; LANES];
        for (s, volume) in s.iter().zip(self.volume) {
            mean = each(|l| (3.0 * volume).mul_add(s[l], mean[l]));
        }
        let (near, next) = (&s[SHELLS - 1], &s[SHELLS - 2]);
        // A parabola through the integral of the diffusivity, whose gradient is what enters; then its stoichiometry.
        let ((_, first), (_, second)) = (self.pace.at(near), self.pace.at(next));
        let target = each(|l| outer * first[l] + inner * second[l] + slope * influx[l] / warmth[l]);
        let mut surface = *near;
        for _ in 0..NEWTON {
            let (pace, integral) = self.pace.at(&surface);
            surface = each(|l| surface[l] + (target[l] - integral[l]) / pace[l]);
        }
        each(|l| surface[l] - mean[l])
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
