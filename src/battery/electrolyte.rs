//! Lithium in the electrolyte across negative electrode, separator and positive electrode: compact finite volumes.
//!
//! Concentrations are cell averages in kmol/m³; the unknowns of a step are their gradients g at the faces. Within a
//! domain (g₋ + 10 g + g₊) h / 12 is the difference of two averages to fourth order, and at an interface, where
//! concentration and flux go on but gradients do not, (g₋ / 6 + g / 3) h leads from an average to the face. One step is
//! the implicit midpoint rule with the diffusivity taken at the extrapolated midpoint: a single tridiagonal solve.
use crate::battery::cell::{Cell, FARADAY};
use crate::battery::elementary::{LANES, Lanes, each};
use crate::battery::function::Function;
use crate::battery::surface::{Slice, Surface};

const ELECTRODE: usize = 16;
const SEPARATOR: usize = 4;
const CELLS: usize = 2 * ELECTRODE + SEPARATOR;
const DOMAINS: [(usize, usize); 3] =
    [(0, ELECTRODE), (ELECTRODE, ELECTRODE + SEPARATOR), (ELECTRODE + SEPARATOR, CELLS)];
/// Inner faces; face `i` is between the cells `i` and `i + 1`.
const FACES: usize = CELLS - 1;
/// The faces between domains.
const INTERFACES: [usize; 2] = [DOMAINS[0].1 - 1, DOMAINS[1].1 - 1];
/// The faces, and once more the interfaces as seen from the right.
const SIDES: usize = FACES + INTERFACES.len();
const FLOOR: f64 = 1e-6; // the least concentration that a voltage sees

/// Points of Chebyshev's rule with equal weights: a mean of logarithms is the logarithm of a product.
pub const POINTS: usize = 5;
const ABSCISSAE: [f64; POINTS] =
    [-0.8324974870009819, -0.3745414095535811, 0.0, 0.3745414095535811, 0.8324974870009819];

/// Geometry and materials of the electrolyte in one cell.
pub struct Electrolyte {
    width: [f64; CELLS],
    /// Half a step over porosity and width, s/m.
    rise: [f64; CELLS],
    /// Rise in half a step for 1 A.
    source: [f64; CELLS],
    /// Shares of the gradients behind, at and ahead in the difference across a face, m.
    stencil: [[f64; 3]; FACES],
    /// Of the right side of an interface, m.
    across: [f64; 2],
    /// Share of the diffusivity that the pores leave.
    efficiency: [f64; SIDES],
    diffusivity: Surface,
    /// The diffusivity where temperature does not matter.
    constant: Option<Slice>,
    /// Where it is no constant, and the current in the electrolyte at the faces for 1 A over Faraday's constant.
    transference: Option<(Surface, [f64; FACES])>,
    thickness: f64,
    rest: f64,
    points: [Point; POINTS],
}

/// A point of an electrode: a cubic through the averages of four cells.
#[derive(Clone, Copy)]
struct Point {
    first: usize,
    weights: [f64; 4],
}

/// Concentration now and one step before.
#[derive(Clone)]
pub struct Concentration {
    now: [Lanes; CELLS],
    before: [Lanes; CELLS],
}

/// What a voltage needs: concentrations at the points of both electrodes, and the mean over the length.
#[derive(Clone)]
pub struct Profile {
    pub negative: [Lanes; POINTS],
    pub positive: [Lanes; POINTS],
    pub mean: Lanes,
}

impl Profile {
    /// Half way from one to the other.
    #[inline(always)]
    pub fn between(a: &Self, b: &Self) -> Self {
        let mut mean = a.clone();
        let halve = |a: &mut Lanes, b: &Lanes| (0..LANES).for_each(|l| a[l] = 0.5 * (a[l] + b[l]));
        for k in 0..POINTS {
            halve(&mut mean.negative[k], &b.negative[k]);
            halve(&mut mean.positive[k], &b.positive[k]);
        }
        halve(&mut mean.mean, &b.mean);
        mean
    }
}

impl Electrolyte {
    /// The electrolyte of a cell, to be stepped by that many seconds.
    pub fn new(cell: &Cell, seconds: f64) -> Self {
        let (negative, separator, positive) = (&cell.negative, &cell.separator, &cell.positive);
        let salt = &cell.electrolyte;
        let domains = [
            (negative.thickness, negative.porosity, negative.efficiency(), 1.0),
            (separator.thickness, separator.porosity, separator.efficiency(), 0.0),
            (positive.thickness, positive.porosity, positive.efficiency(), -1.0),
        ];
        let reads = salt.transference.reads();
        let varies = reads[0] || reads[2];
        let reaction = if varies { 1.0 } else { 1.0 - salt.transference.at(&[0.0; 3]) };
        let (mut width, mut rise, mut source) = ([0.0; CELLS], [0.0; CELLS], [0.0; CELLS]);
        let mut efficiency = [0.0; SIDES];
        for (d, (thickness, porosity, share, sign)) in domains.into_iter().enumerate() {
            let (from, to) = DOMAINS[d];
            for i in from..to {
                width[i] = thickness / (to - from) as f64;
                rise[i] = 0.5 * seconds / (porosity * width[i]);
                source[i] = 0.5e-3 * seconds * sign * reaction / (FARADAY * thickness * cell.area * porosity);
            }
            efficiency[from..to.min(FACES)].fill(share);
            if d > 0 {
                efficiency[FACES + d - 1] = share;
            }
        }
        let mut stencil = [[0.0; 3]; FACES];
        for (i, stencil) in stencil.iter_mut().enumerate() {
            let (left, right) = (width[i], width[i + 1]);
            *stencil = if INTERFACES.contains(&i) {
                [left / 6.0, left / 3.0, right / 6.0]
            } else {
                [left / 12.0, left * 10.0 / 12.0, left / 12.0]
            };
        }
        let transference = varies.then(|| {
            let surface = Self::surface(cell, &salt.transference);
            let mut carried = [0.0; FACES];
            for (i, carried) in carried.iter_mut().enumerate() {
                let share = |d: usize| (i + 1 - DOMAINS[d].0) as f64 / (DOMAINS[d].1 - DOMAINS[d].0) as f64;
                let part = match i {
                    i if i < DOMAINS[0].1 => share(0),
                    i if i < DOMAINS[1].1 => 1.0,
                    _ => 1.0 - share(2),
                };
                *carried = 1e-3 * part / (FARADAY * cell.area);
            }
            (surface, carried)
        });
        let diffusivity = Self::surface(cell, &salt.diffusivity);
        Self {
            across: INTERFACES.map(|i| width[i + 1] / 3.0),
            width,
            rise,
            source,
            stencil,
            efficiency,
            constant: (!diffusivity.is_warm()).then(|| diffusivity.slice(&[cell.reference_temperature; LANES])),
            diffusivity,
            transference,
            thickness: negative.thickness + separator.thickness + positive.thickness,
            rest: 1e-3 * salt.concentration,
            points: ABSCISSAE.map(Point::at),
        }
    }

    /// A property of the electrolyte over its range, kmol/m³.
    pub fn surface(cell: &Cell, function: &Function) -> Surface {
        let (low, high) = cell.electrolyte.range;
        let at = |c: f64, t: f64| function.at(&[1e3 * c, 0.0, t]);
        Surface::fit(at, (1e-3 * low, 1e-3 * high), cell.temperature, function.reads_temperature())
    }

    /// The concentration of a cell at rest.
    pub fn rest(&self) -> Concentration {
        Concentration { now: [[self.rest; LANES]; CELLS], before: [[self.rest; LANES]; CELLS] }
    }

    /// Steps under the mean current of the step, A, at its mean temperature, K.
    #[inline(always)]
    pub fn step(&self, concentration: &mut Concentration, current: &Lanes, kelvin: &Lanes) {
        let Concentration { now, before } = concentration;
        let mut middle = [[0.0; LANES]; CELLS];
        for i in 0..CELLS {
            let (now, past) = (now[i], before[i]);
            middle[i] = each(|l| 1.5f64.mul_add(now[l], -0.5 * past[l]));
            before[i] = now;
        }
        let mut sides = at_faces(&middle);
        let carried = self.transference.as_ref().map(|(surface, shares)| {
            let mut carried = [[0.0; LANES]; FACES];
            carried.copy_from_slice(&sides[..FACES]);
            surface.slice(kelvin).at_all(&mut carried);
            for (carried, share) in carried.iter_mut().zip(shares) {
                *carried = each(|l| carried[l] * share * current[l]);
            }
            carried
        });
        match &self.constant {
            Some(slice) => slice.at_all(&mut sides),
            None => self.diffusivity.slice(kelvin).at_all(&mut sides),
        }
        for (side, efficiency) in sides.iter_mut().zip(self.efficiency) {
            *side = each(|l| side[l] * efficiency);
        }

        let mut gain = self.source.map(|source| each(|l| source * current[l]));
        if let Some(carried) = carried {
            for i in 0..CELLS {
                let ahead = if i < FACES { carried[i] } else { [0.0; LANES] };
                let behind = if i > 0 { carried[i - 1] } else { [0.0; LANES] };
                gain[i] = each(|l| gain[i][l] - self.rise[i] * (ahead[l] - behind[l]));
            }
        }
        let flux = self.fluxes(now, &gain, &sides);
        for i in 0..CELLS {
            let (rise, gain, old) = (2.0 * self.rise[i], gain[i], now[i]);
            let ahead = if i < FACES { flux[i] } else { [0.0; LANES] };
            let behind = if i > 0 { flux[i - 1] } else { [0.0; LANES] };
            now[i] = each(|l| old[l] + rise.mul_add(ahead[l] - behind[l], 2.0 * gain[l]));
        }
    }

    /// Solves for the diffusive fluxes to the left in the middle of the step, by elimination from both walls at once:
    /// two chains that do not wait for each other.
    #[inline(always)]
    fn fluxes(&self, c: &[Lanes; CELLS], gain: &[Lanes; CELLS], sides: &[Lanes; SIDES]) -> [Lanes; FACES] {
        const CENTRE: usize = FACES / 2;
        let mut lower = [[0.0; LANES]; FACES];
        let mut diagonal = [[0.0; LANES]; FACES];
        let mut upper = [[0.0; LANES]; FACES];
        let mut right = [[0.0; LANES]; FACES];
        for i in 0..FACES {
            let [behind, at, ahead] = self.stencil[i];
            let (rise_l, rise_r) = (self.rise[i], self.rise[i + 1]);
            let (previous, side, next) = (sides[i.saturating_sub(1)], sides[i], sides[(i + 1).min(FACES - 1)]);
            let (here, there, gain_l, gain_r) = (c[i], c[i + 1], gain[i], gain[i + 1]);
            // Whole rows at once: written lane by lane, the compiler would gather them across cells.
            lower[i] = each(|l| (-rise_l).mul_add(previous[l], behind));
            diagonal[i] = each(|l| (rise_l + rise_r).mul_add(side[l], at));
            upper[i] = each(|l| (-rise_r).mul_add(next[l], ahead));
            right[i] = each(|l| (there[l] + gain_r[l]) - (here[l] + gain_l[l]));
        }
        for (k, i) in INTERFACES.into_iter().enumerate() {
            let behind = self.stencil[i + 1][0];
            for l in 0..LANES {
                // The gradient on the right of the interface, in units of that on its left.
                let ratio = sides[i][l] / sides[FACES + k][l];
                diagonal[i][l] += self.across[k] * ratio;
                lower[i + 1][l] += behind * (ratio - 1.0);
            }
        }
        // Of the chain from the left and of the chain from the right: share of the next gradient, and value.
        let (mut share_l, mut value_l) = ([0.0; LANES], [0.0; LANES]);
        let (mut share_r, mut value_r) = ([0.0; LANES], [0.0; LANES]);
        for i in 0..CENTRE {
            let j = FACES - 1 - i;
            let (behind, own, ahead, known) = (lower[i], diagonal[i], upper[i], right[i]);
            let inverse = each(|l| 1.0 / (-behind[l]).mul_add(share_l[l], own[l]));
            value_l = each(|l| (-behind[l]).mul_add(value_l[l], known[l]) * inverse[l]);
            share_l = each(|l| ahead[l] * inverse[l]);
            let (behind, own, ahead, known) = (upper[j], diagonal[j], lower[j], right[j]);
            let inverse = each(|l| 1.0 / (-behind[l]).mul_add(share_r[l], own[l]));
            value_r = each(|l| (-behind[l]).mul_add(value_r[l], known[l]) * inverse[l]);
            share_r = each(|l| ahead[l] * inverse[l]);
            (upper[i], right[i]) = (share_l, value_l);
            (lower[j], right[j]) = (share_r, value_r);
        }
        let centre = each(|l| {
            let (lower, upper) = (lower[CENTRE][l], upper[CENTRE][l]);
            let known = right[CENTRE][l] - lower * value_l[l] - upper * value_r[l];
            known / (diagonal[CENTRE][l] - lower * share_l[l] - upper * share_r[l])
        });
        right[CENTRE] = centre;
        (value_l, value_r) = (centre, centre);
        for i in (0..CENTRE).rev() {
            let j = FACES - 1 - i;
            let (share_l, known_l, share_r, known_r) = (upper[i], right[i], lower[j], right[j]);
            value_l = each(|l| (-share_l[l]).mul_add(value_l[l], known_l[l]));
            value_r = each(|l| (-share_r[l]).mul_add(value_r[l], known_r[l]));
            (right[i], right[j]) = (value_l, value_r);
        }
        for (gradient, side) in right.iter_mut().zip(sides) {
            *gradient = each(|l| gradient[l] * side[l]);
        }
        right
    }

    /// What the voltage sees of a concentration.
    #[inline(always)]
    pub fn profile(&self, concentration: &Concentration) -> Profile {
        let c = &concentration.now;
        let mut mean = [0.0; LANES];
        for (c, width) in c.iter().zip(self.width) {
            let share = width / self.thickness;
            mean = each(|l| share.mul_add(c[l], mean[l]));
        }
        let mut profile = Profile { negative: [[0.0; LANES]; POINTS], positive: [[0.0; LANES]; POINTS], mean };
        for (k, Point { first, weights: [w0, w1, w2, w3] }) in self.points.into_iter().enumerate() {
            for (points, offset) in [(&mut profile.negative, 0), (&mut profile.positive, DOMAINS[2].0)] {
                let [a, b, c, d] = [0, 1, 2, 3].map(|m| c[offset + first + m]);
                points[k] = each(|l| w0.mul_add(a[l], w1.mul_add(b[l], w2.mul_add(c[l], w3 * d[l]))).max(FLOOR));
            }
        }
        profile
    }

    /// Lithium in the electrolyte for each m² of electrode, kmol/m², over the length of a step.
    pub fn lithium(&self, concentration: &Concentration) -> Lanes {
        let stored = |l: usize| (0..CELLS).map(|i| concentration.now[i][l] * 0.5 / self.rise[i]).sum();
        each(stored)
    }
}

/// Concentrations at the faces from averages: fourth order inside a domain, third at its ends.
#[inline(always)]
fn at_faces(c: &[Lanes; CELLS]) -> [Lanes; SIDES] {
    let mut sides = [[0.0; LANES]; SIDES];
    for (from, to) in DOMAINS {
        for i in from + 1..to - 2 {
            let (a, b, c, d) = (c[i - 1], c[i], c[i + 1], c[i + 2]);
            sides[i] = each(|l| (7.0 / 12.0f64).mul_add(b[l] + c[l], (-1.0 / 12.0) * (a[l] + d[l])));
        }
        for (face, wall, inner, far) in [(from, from, from + 1, from + 2), (to - 2, to - 1, to - 2, to - 3)] {
            let (a, b, c) = (c[wall], c[inner], c[far]);
            sides[face] = each(|l| (2.0 * a[l] + 5.0 * b[l] - c[l]) * (1.0 / 6.0));
        }
    }
    for (k, i) in INTERFACES.into_iter().enumerate() {
        for (face, near, next, far) in [(i, i, i - 1, i - 2), (FACES + k, i + 1, i + 2, i + 3)] {
            let (a, b, c) = (c[near], c[next], c[far]);
            sides[face] = each(|l| (11.0 * a[l] - 7.0 * b[l] + 2.0 * c[l]) * (1.0 / 6.0));
        }
    }
    sides
}

impl Point {
    /// The point at `abscissa` in -1..1 of an electrode.
    fn at(abscissa: f64) -> Self {
        let position = (0.5 + 0.5 * abscissa) * ELECTRODE as f64;
        let first = ((position - 2.0).round().max(0.0) as usize).min(ELECTRODE - 4);
        let y = position - first as f64;
        // The integral of the cubic through four averages is the quartic through the five sums at the cells' edges.
        let slope = |edge: usize| {
            let others: Vec<f64> = (0..5).filter(|&e| e != edge).map(|e| e as f64).collect();
            let scale: f64 = others.iter().map(|e| edge as f64 - e).product();
            let sum: f64 =
                (0..4).map(|skip| (0..4).filter(|&k| k != skip).map(|k| y - others[k]).product::<f64>()).sum();
            sum / scale
        };
        let weights = std::array::from_fn(|cell| (cell + 1..5).map(slope).sum());
        Self { first, weights }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_reproduces_a_cubic_from_its_averages() {
        let integral = |x: f64| x - x * x + 0.3 * x.powi(3) - 0.05 * x.powi(4);
        let value = |x: f64| 1.0 - 2.0 * x + 0.9 * x * x - 0.2 * x.powi(3);
        for abscissa in ABSCISSAE {
            let Point { first, weights } = Point::at(abscissa);
            let found: f64 =
                (0..4).map(|k| weights[k] * (integral((first + k + 1) as f64) - integral((first + k) as f64))).sum();
            let middle = 0.5 * ELECTRODE as f64;
            let expected = value(middle + middle * abscissa);
            assert!((found - expected).abs() < 1e-11 * expected.abs().max(1.0), "{found} {expected}");
        }
    }

    #[test]
    fn lithium_is_conserved() {
        for name in ["chen2020", "oregan2022"] {
            let electrolyte = Electrolyte::new(&Cell::named(name).unwrap(), 1.0);
            let mut concentration = electrolyte.rest();
            let before = electrolyte.lithium(&concentration)[0];
            for second in 0..3600 {
                let current = if second % 100 < 30 { 12.0 } else { -2.0 };
                electrolyte.step(&mut concentration, &[current; LANES], &[290.0; LANES]);
            }
            let after = electrolyte.lithium(&concentration)[0];
            assert!((after / before - 1.0).abs() < 1e-12, "{name}: {before} {after}");
        }
    }

    #[test]
    fn a_constant_diffusivity_comes_to_the_parabolas_of_its_steady_state() {
        let cell = Cell::named("prada2013").unwrap();
        let electrolyte = Electrolyte::new(&cell, 1.0);
        let mut concentration = electrolyte.rest();
        for _ in 0..4000 {
            electrolyte.step(&mut concentration, &[2.0; LANES], &[298.15; LANES]);
        }
        // The fall across the separator is linear, and each electrode adds half of its thickness over its efficiency.
        let (n, s, p) = (&cell.negative, &cell.separator, &cell.positive);
        let flux = 1e-3 * (1.0 - 0.36) * 2.0 / (FARADAY * cell.area * 2e-10);
        let wall = |near: usize, next: usize, far: usize| {
            let c = |i: usize| concentration.now[i][5];
            (11.0 * c(near) - 7.0 * c(next) + 2.0 * c(far)) / 6.0
        };
        let fall = wall(0, 1, 2) - wall(CELLS - 1, CELLS - 2, CELLS - 3);
        let path =
            0.5 * n.thickness / n.efficiency() + s.thickness / s.efficiency() + 0.5 * p.thickness / p.efficiency();
        assert!((fall / (flux * path) - 1.0).abs() < 1e-9, "{fall} {}", flux * path);
    }
}
