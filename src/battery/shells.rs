//! A spherical particle whose diffusivity depends on its stoichiometry: finite volumes of fourth order, finer outwards.
//!
//! Each step is divided into parts that begin short, because a current has a kink at every sample; each part is an
//! L-stable, stiffly accurate Runge-Kutta step of second order (Alexander, SIAM J. Numer. Anal. 14, 1006, 1977).
use crate::battery::cell::Cell;
use crate::battery::curve::Curve;
use crate::battery::elementary::{LANES, Lanes, each, exp};

const SHELLS: usize = 40;
/// How many times thinner the outermost shell is than the innermost, as a power of e.
const STRETCH: f64 = 3.0;
/// Where the parts of a step end; its middle is the end of the third.
const PARTS: [f64; 4] = [0.05, 0.2, 0.5, 1.0];
const MIDDLE: usize = 2;
/// 1 - √½.
const GAMMA: f64 = 0.292_893_218_813_452_4;

/// The particles of one electrode, with the radius 1.
pub struct Shells {
    /// D / R² over stoichiometry at the reference temperature, 1/s; and how many times that it is over temperature.
    pace: Curve,
    warmth: Curve,
    /// Without 4π.
    volume: [f64; SHELLS],
    faces: [Face; SHELLS],
    /// Shares of the three outermost shells in the surface, from inside, and of the gradient there.
    surface: [f64; 4],
    /// Stoichiometry for 1 A s.
    change: f64,
    /// s.
    step: f64,
}

/// The outer face of a shell: a cubic through the averages of the shells around it, the one before its own first.
#[derive(Clone, Copy, Default)]
struct Face {
    area: f64,
    value: [f64; 4],
    gradient: [f64; 4],
}

impl Shells {
    /// Particles with D / R² as a function of stoichiometry and temperature, 1/s.
    pub fn new(pace: impl Fn(f64, f64) -> f64, cell: &Cell, change: f64, step: f64) -> Self {
        let grown = |x: f64| exp(STRETCH * x) - 1.0;
        let edge = |k: usize| 1.0 - grown(1.0 - k as f64 / SHELLS as f64) / grown(1.0);
        let volume = std::array::from_fn(|k| (edge(k + 1).powi(3) - edge(k).powi(3)) / 3.0);
        let mut faces = [Face::default(); SHELLS];
        for (k, face) in faces[..SHELLS - 1].iter_mut().enumerate() {
            let (at, unit) = (edge(k + 1), edge(k + 1) - edge(k));
            let around = k.saturating_sub(1)..(k + 3).min(SHELLS);
            let means: Vec<[f64; 4]> = around.clone().map(|j| means(edge(j), edge(j + 1), at, unit)).collect();
            let first = 1 + around.start - k;
            face.area = at * at;
            face.value[first..first + means.len()].copy_from_slice(&weights(&means, 0, 1.0));
            face.gradient[first..first + means.len()].copy_from_slice(&weights(&means, 1, 1.0 / unit));
        }
        let unit = edge(SHELLS) - edge(SHELLS - 1);
        let outermost = SHELLS - 3..SHELLS;
        let mut known: Vec<[f64; 4]> = outermost.map(|j| means(edge(j), edge(j + 1), 1.0, unit)).collect();
        known.push([0.0, 1.0 / unit, 0.0, 0.0]);
        let (reference, temperature) = (cell.reference_temperature, cell.temperature);
        let least = (0..=64).map(|k| pace(f64::from(k) / 64.0, reference)).fold(f64::INFINITY, f64::min);
        Self {
            pace: Curve::fit(|s| pace(s, reference), (0.0, 1.0), 1e-6 * least),
            warmth: Curve::fit(|t| pace(0.5, t) / pace(0.5, reference), temperature, 1e-9),
            volume,
            faces,
            surface: weights(&known, 0, 1.0).try_into().expect("four shares"),
            change,
            step,
        }
    }

    /// Particles at rest.
    pub fn rest(&self, stoichiometry: &Lanes) -> Vec<Lanes> {
        vec![*stoichiometry; SHELLS]
    }

    /// As `Particle::step`.
    #[inline(always)]
    pub fn step(&self, state: &mut [Lanes], start: &Lanes, end: &Lanes, kelvin: &Lanes) -> (Lanes, Lanes) {
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
            let faces = self.conductances(state, &warmth);
            let tried = self.implicit(state, &faces, GAMMA * seconds, &inner);
            let faces = self.conductances(&tried, &warmth);
            let stage = self.implicit(state, &faces, GAMMA * seconds, &inner);
            let (mut right, mut ahead) = (*state, *state);
            for i in 0..SHELLS {
                for l in 0..LANES {
                    let slope = (stage[i][l] - state[i][l]) / GAMMA;
                    right[i][l] = slope.mul_add(1.0 - GAMMA, state[i][l]);
                    ahead[i][l] += slope;
                }
            }
            let faces = self.conductances(&ahead, &warmth);
            *state = self.implicit(&right, &faces, GAMMA * seconds, &influx(part));
            if k == MIDDLE {
                at_middle = self.excess(state, &influx(part), &warmth);
            }
            begin = part;
        }
        (at_middle, self.excess(state, &influx(1.0), &warmth))
    }

    /// Area times D / R² of the faces between shells, 1/s.
    #[inline(always)]
    fn conductances(&self, s: &[Lanes; SHELLS], warmth: &Lanes) -> [Lanes; SHELLS] {
        let mut conductances = [[0.0; LANES]; SHELLS];
        for (k, face) in self.faces[..SHELLS - 1].iter().enumerate() {
            let mut at_face = [0.0; LANES];
            for (m, weight) in face.value.iter().enumerate() {
                let shell = &s[(k + m).saturating_sub(1).min(SHELLS - 1)];
                at_face = each(|l| weight.mul_add(shell[l], at_face[l]));
            }
            let pace = self.pace.at(&at_face);
            conductances[k] = each(|l| face.area * pace[l] * warmth[l]);
        }
        conductances
    }

    /// Solves for the shells after that many seconds of backward Euler; each row holds five of them.
    #[inline(always)]
    fn implicit(
        &self,
        from: &[Lanes; SHELLS],
        faces: &[Lanes; SHELLS],
        seconds: f64,
        influx: &Lanes,
    ) -> [Lanes; SHELLS] {
        let zero = [0.0; LANES];
        // x = value - near x₊₁ - far x₊₂ once the shells before are eliminated.
        let (mut near, mut far, mut values) = ([zero; SHELLS], [zero; SHELLS], *from);
        for i in 0..SHELLS {
            let scale = seconds / self.volume[i];
            let inner = if i > 0 { self.faces[i - 1].gradient } else { [0.0; 4] };
            let outer = self.faces[i].gradient;
            let behind = if i > 0 { faces[i - 1] } else { zero };
            let (near_1, far_1, value_1) =
                if i > 0 { (near[i - 1], far[i - 1], values[i - 1]) } else { (zero, zero, zero) };
            let (near_2, far_2, value_2) =
                if i > 1 { (near[i - 2], far[i - 2], values[i - 2]) } else { (zero, zero, zero) };
            for l in 0..LANES {
                let (a, b) = (scale * behind[l], scale * faces[i][l]);
                let entering = if i == SHELLS - 1 { scale * influx[l] } else { 0.0 };
                let second = a * inner[0];
                let first = a * inner[1] - b * outer[0] - second * near_2[l];
                let own = 1.0 + a * inner[2] - b * outer[1] - second * far_2[l] - first * near_1[l];
                let ahead = a * inner[3] - b * outer[2] - first * far_1[l];
                let inverse = 1.0 / own;
                near[i][l] = ahead * inverse;
                far[i][l] = -b * outer[3] * inverse;
                values[i][l] = (from[i][l] + entering - second * value_2[l] - first * value_1[l]) * inverse;
            }
        }
        for i in (0..SHELLS - 1).rev() {
            let next = values[i + 1];
            let after = if i + 2 < SHELLS { values[i + 2] } else { zero };
            values[i] = each(|l| values[i][l] - near[i][l] * next[l] - far[i][l] * after[l]);
        }
        values
    }

    /// Surface less mean stoichiometry.
    #[inline(always)]
    fn excess(&self, s: &[Lanes; SHELLS], influx: &Lanes, warmth: &Lanes) -> Lanes {
        let [inner, middle, outer, slope] = self.surface;
        let mut mean = [0.0; LANES];
        for (s, volume) in s.iter().zip(self.volume) {
            mean = each(|l| (3.0 * volume).mul_add(s[l], mean[l]));
        }
        let (a, b, c) = (&s[SHELLS - 3], &s[SHELLS - 2], &s[SHELLS - 1]);
        // The gradient needs the diffusivity at the surface, which is found from the surface.
        let mut surface = *c;
        for _ in 0..3 {
            let pace = self.pace.at(&surface);
            let known = each(|l| inner * a[l] + middle * b[l] + outer * c[l]);
            surface = each(|l| known[l] + slope * influx[l] / (pace[l] * warmth[l]));
        }
        each(|l| surface[l] - mean[l])
    }
}

/// Averages over the shell from `a` to `b` of the powers of (r - at) / unit, by Gauss's rule.
fn means(a: f64, b: f64, at: f64, unit: f64) -> [f64; 4] {
    const RULE: [(f64, f64); 4] = [
        (-0.861_136_311_594_052_6, 0.347_854_845_137_453_9),
        (-0.339_981_043_584_856_3, 0.652_145_154_862_546_1),
        (0.339_981_043_584_856_3, 0.652_145_154_862_546_1),
        (0.861_136_311_594_052_6, 0.347_854_845_137_453_9),
    ];
    let (mut sums, mut volume) = ([0.0; 4], 0.0);
    for (x, weight) in RULE {
        let r = 0.5 * (a + b + (b - a) * x);
        let (share, y) = (weight * r * r, (r - at) / unit);
        volume += share;
        for (sum, power) in sums.iter_mut().zip([1.0, y, y * y, y * y * y]) {
            *sum += share * power;
        }
    }
    sums.map(|sum| sum / volume)
}

/// Weights of known functionals of a polynomial, rows over its powers, that give `value` for the power `power` and zero
/// for the others: Gauss's elimination with pivots.
fn weights(known: &[[f64; 4]], power: usize, value: f64) -> Vec<f64> {
    let n = known.len();
    let mut rows: Vec<Vec<f64>> = (0..n)
        .map(|k| known.iter().map(|row| row[k]).chain([if k == power { value } else { 0.0 }]).collect())
        .collect();
    for k in 0..n {
        let pivot = (k..n).max_by(|&i, &j| rows[i][k].abs().total_cmp(&rows[j][k].abs())).expect("a row");
        rows.swap(k, pivot);
        for i in (0..n).filter(|&i| i != k) {
            let share = rows[i][k] / rows[k][k];
            for j in k..=n {
                rows[i][j] -= share * rows[k][j];
            }
        }
    }
    (0..n).map(|k| rows[k][n] / rows[k][k]).collect()
}
