//! Lithium in the electrolyte across negative electrode, separator and positive electrode: finite volumes.
//!
//! Concentrations are cell averages in units of 1000 mol/m³. One step is the implicit midpoint rule with the
//! diffusivity taken at the extrapolated midpoint: a single tridiagonal solve.
use crate::battery::cell::{Cell, FARADAY};
use crate::battery::elementary::{LANES, Lanes, each};

const ELECTRODE: usize = 20;
const SEPARATOR: usize = 5;
const CELLS: usize = 2 * ELECTRODE + SEPARATOR;
const DOMAINS: [(usize, usize); 3] =
    [(0, ELECTRODE), (ELECTRODE, ELECTRODE + SEPARATOR), (ELECTRODE + SEPARATOR, CELLS)];
/// The first cells of separator and positive electrode.
const INTERFACES: [usize; 2] = [DOMAINS[1].0, DOMAINS[2].0];
/// The least concentration that a voltage sees.
const FLOOR: f64 = 1e-6;

/// Points of Chebyshev's rule with equal weights: a mean of logarithms is the logarithm of a product.
pub const POINTS: usize = 5;
const ABSCISSAE: [f64; POINTS] =
    [-0.8324974870009819, -0.3745414095535811, 0.0, 0.3745414095535811, 0.8324974870009819];

/// Geometry and materials of the electrolyte in one cell.
pub struct Electrolyte {
    width: [f64; CELLS],
    /// Half a step over porosity and width, s/m.
    half: [f64; CELLS],
    /// Rise in half a step for 1 A.
    source: [f64; CELLS],
    /// Efficiency of transport over width, within a domain.
    conductance: [f64; 3],
    diffusivity: [f64; 4],
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
        let mean = |a: &Lanes, b: &Lanes| each(|l| 0.5 * (a[l] + b[l]));
        Self {
            negative: std::array::from_fn(|k| mean(&a.negative[k], &b.negative[k])),
            positive: std::array::from_fn(|k| mean(&a.positive[k], &b.positive[k])),
            mean: mean(&a.mean, &b.mean),
        }
    }
}

impl Electrolyte {
    /// The electrolyte of a cell, to be stepped by that many seconds.
    pub fn new(cell: &Cell, seconds: f64) -> Self {
        let (negative, separator, positive) = (&cell.negative, &cell.separator, &cell.positive);
        let domains = [
            (negative.thickness, negative.porosity, negative.efficiency(), 1.0),
            (separator.thickness, separator.porosity, separator.efficiency(), 0.0),
            (positive.thickness, positive.porosity, positive.efficiency(), -1.0),
        ];
        let (mut width, mut half, mut source) = ([0.0; CELLS], [0.0; CELLS], [0.0; CELLS]);
        let mut conductance = [0.0; 3];
        for (d, (thickness, porosity, efficiency, sign)) in domains.into_iter().enumerate() {
            let (from, to) = DOMAINS[d];
            let step = thickness / (to - from) as f64;
            conductance[d] = efficiency / step;
            for i in from..to {
                width[i] = step;
                half[i] = 0.5 * seconds / (porosity * step);
                source[i] = 0.5e-3 * seconds * sign * (1.0 - cell.electrolyte.transference)
                    / (FARADAY * thickness * cell.area * porosity);
            }
        }
        Self {
            width,
            half,
            source,
            conductance,
            diffusivity: cell.electrolyte.diffusivity,
            thickness: negative.thickness + separator.thickness + positive.thickness,
            rest: 1e-3 * cell.electrolyte.concentration,
            points: ABSCISSAE.map(Point::at),
        }
    }

    /// The concentration of a cell at rest.
    pub fn rest(&self) -> Concentration {
        Concentration { now: [[self.rest; LANES]; CELLS], before: [[self.rest; LANES]; CELLS] }
    }

    /// Steps under the mean current of the step, A.
    #[inline(always)]
    pub fn step(&self, concentration: &mut Concentration, current: &Lanes) {
        let Concentration { now, before } = concentration;
        let mut middle = [[0.0; LANES]; CELLS];
        let past = now.as_flattened().iter().zip(before.as_flattened());
        for (m, (now, before)) in middle.as_flattened_mut().iter_mut().zip(past) {
            *m = 1.5 * now - 0.5 * before;
        }
        *before = *now;
        let faces = self.faces(&middle);
        let right = now;
        for interface in INTERFACES {
            self.correct(right, &middle, &faces, interface);
        }

        self.solve(right, &mut middle, &faces, current);
        for (now, before) in right.as_flattened_mut().iter_mut().zip(before.as_flattened()) {
            *now = 2.0 * *now - before;
        }
    }

    /// Solves for the middle of the step by elimination from both walls at once, two chains that do not wait for each
    /// other; `scratch` takes the eliminated neighbours.
    #[inline(always)]
    fn solve(
        &self,
        right: &mut [Lanes; CELLS],
        scratch: &mut [Lanes; CELLS],
        faces: &[Lanes; CELLS + 1],
        current: &Lanes,
    ) {
        const CENTRE: usize = CELLS / 2;
        // Of the chain from the left and of the chain from the right: share of the next cell, and value.
        let (mut share_l, mut value_l) = ([0.0; LANES], [0.0; LANES]);
        let (mut share_r, mut value_r) = ([0.0; LANES], [0.0; LANES]);
        for i in 0..CENTRE {
            let j = CELLS - 1 - i;
            let (half_i, half_j) = (self.half[i], self.half[j]);
            let (source_i, source_j) = (self.source[i], self.source[j]);
            for l in 0..LANES {
                let (behind, ahead) = (half_i * faces[i][l], half_i * faces[i + 1][l]);
                let inverse = 1.0 / (1.0 + ahead + behind * (1.0 - share_l[l]));
                value_l[l] = (behind * value_l[l] + (right[i][l] + source_i * current[l])) * inverse;
                share_l[l] = ahead * inverse;
                let (behind, ahead) = (half_j * faces[j + 1][l], half_j * faces[j][l]);
                let inverse = 1.0 / (1.0 + ahead + behind * (1.0 - share_r[l]));
                value_r[l] = (behind * value_r[l] + (right[j][l] + source_j * current[l])) * inverse;
                share_r[l] = ahead * inverse;
            }
            (scratch[i], right[i]) = (share_l, value_l);
            (scratch[j], right[j]) = (share_r, value_r);
        }
        let (half, source) = (self.half[CENTRE], self.source[CENTRE]);
        let centre = each(|l| {
            let (left, right_of) = (half * faces[CENTRE][l], half * faces[CENTRE + 1][l]);
            let known = right[CENTRE][l] + source * current[l] + left * value_l[l] + right_of * value_r[l];
            known / (1.0 + left * (1.0 - share_l[l]) + right_of * (1.0 - share_r[l]))
        });
        right[CENTRE] = centre;
        (value_l, value_r) = (centre, centre);
        for i in (0..CENTRE).rev() {
            let j = CELLS - 1 - i;
            value_l = each(|l| right[i][l] + scratch[i][l] * value_l[l]);
            value_r = each(|l| right[j][l] + scratch[j][l] * value_r[l]);
            (right[i], right[j]) = (value_l, value_r);
        }
    }

    /// Conductances of the faces at those concentrations; those of the walls are zero.
    #[inline(always)]
    fn faces(&self, c: &[Lanes; CELLS]) -> [Lanes; CELLS + 1] {
        let [d0, d1, d2, d3] = self.diffusivity;
        let mut diffusivity = [[0.0; LANES]; CELLS];
        for (d, c) in diffusivity.as_flattened_mut().iter_mut().zip(c.as_flattened()) {
            *d = ((d3 * c + d2) * c + d1) * c + d0;
        }
        let d = &diffusivity;
        let mut faces = [[0.0; LANES]; CELLS + 1];
        for (domain, (from, to)) in DOMAINS.into_iter().enumerate() {
            let k = 0.5 * self.conductance[domain];
            let pairs = d[from..to - 1].as_flattened().iter().zip(d[from + 1..to].as_flattened());
            for (face, (left, right)) in faces[from + 1..to].as_flattened_mut().iter_mut().zip(pairs) {
                *face = k * (left + right);
            }
        }
        for (side, i) in INTERFACES.into_iter().enumerate() {
            let (left, right) = (2.0 * self.conductance[side], 2.0 * self.conductance[side + 1]);
            faces[i] = each(|l| {
                let a = left * (1.5 * d[i - 1][l] - 0.5 * d[i - 2][l]);
                let b = right * (1.5 * d[i][l] - 0.5 * d[i + 1][l]);
                a * b / (a + b)
            });
        }
        faces
    }

    /// Adds to the right-hand side what the curvature on both sides of the interface at cell `i` adds to its flux.
    #[inline(always)]
    fn correct(&self, right: &mut [Lanes; CELLS], c: &[Lanes; CELLS], faces: &[Lanes; CELLS + 1], i: usize) {
        for l in 0..LANES {
            let a = c[i - 1][l] - 2.0 * c[i - 2][l] + c[i - 3][l];
            let b = c[i][l] - 2.0 * c[i + 1][l] + c[i + 2][l];
            let flux = faces[i][l] * (b - a) * (1.0 / 6.0);
            right[i - 1][l] -= self.half[i - 1] * flux;
            right[i][l] += self.half[i] * flux;
        }
    }

    /// What the voltage sees of a concentration.
    #[inline(always)]
    pub fn profile(&self, concentration: &Concentration) -> Profile {
        let c = &concentration.now;
        let mut mean = [0.0; LANES];
        for (c, width) in c.iter().zip(self.width) {
            let share = width / self.thickness;
            for l in 0..LANES {
                mean[l] += share * c[l];
            }
        }
        let at = |offset: usize| {
            self.points.map(|Point { first, weights: [w0, w1, w2, w3] }| {
                let c = &c[offset + first..][..4];
                each(|l| (w0 * c[0][l] + w1 * c[1][l] + w2 * c[2][l] + w3 * c[3][l]).max(FLOOR))
            })
        };
        Profile { negative: at(0), positive: at(DOMAINS[2].0), mean }
    }

    /// Lithium in the electrolyte for each m² of electrode, kmol/m², over the length of a step.
    pub fn lithium(&self, concentration: &Concentration) -> Lanes {
        let stored = |l: usize| (0..CELLS).map(|i| concentration.now[i][l] * 0.5 / self.half[i]).sum();
        each(stored)
    }
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
            let expected = value(10.0 + 10.0 * abscissa);
            assert!((found - expected).abs() < 1e-11 * expected.abs().max(1.0), "{found} {expected}");
        }
    }

    #[test]
    fn lithium_is_conserved() {
        let electrolyte = Electrolyte::new(&Cell::named("chen2020").unwrap(), 1.0);
        let mut concentration = electrolyte.rest();
        let before = electrolyte.lithium(&concentration)[0];
        for second in 0..3600 {
            let current = if second % 100 < 30 { 12.0 } else { -2.0 };
            electrolyte.step(&mut concentration, &[current; LANES]);
        }
        let after = electrolyte.lithium(&concentration)[0];
        assert!((after / before - 1.0).abs() < 1e-12, "{before} {after}");
    }
}
