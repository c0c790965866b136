//! The electrolyte: lithium across negative electrode, separator and positive electrode, by compact finite volumes.
//!
//! Concentrations are cell averages in kmol/m³; the unknowns of a step are their gradients g at the faces. Within a
//! domain (g₋ + 10 g + g₊) h / 12 is the difference of two averages to fourth order, and at an interface, where
//! concentration and flux go on but gradients do not, (g₋ / 6 + g / 3) h leads from an average to the face. One step is
//! the implicit midpoint rule with the diffusivity taken at the extrapolated midpoint: a single tridiagonal solve.
use crate::battery::cell::function::Function;
use crate::battery::cell::{Cell, FARADAY};
use crate::battery::simd::lanes::{Kernel, Vector};
use crate::battery::simulation::electrolyte_average::{ElectrolyteProfile, ProfileProjection};
use crate::battery::simulation::fitted_surface::FittedSurface;
use crate::battery::simulation::misfit::Misfit;

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
/// The electrolyte of one cell: its geometry and materials.
pub(crate) struct Electrolyte {
    /// Half a step over porosity and width, s/m.
    rise: [f64; CELLS],
    /// Rise of the concentration in half a step by 1 A.
    source: [f64; CELLS],
    /// Both for a step of 1 s.
    unit: [[f64; CELLS]; 2],
    /// The way from now to the middle of the step, in steps before it.
    ahead: f64,
    /// Shares of the gradients behind, at and ahead in the difference across a face, m.
    stencil: [[f64; 3]; FACES],
    /// Share of the right gradient in the difference across an interface, m.
    across: [f64; 2],
    /// Share of the diffusivity that the pores leave.
    efficiency: [f64; SIDES],
    diffusivity: FittedSurface,
    /// The transference number where it is no constant, and the current in the electrolyte at the faces for 1 A over Faraday's constant.
    transference: Option<(FittedSurface, [f64; FACES])>,
    rest: f64,
    view: ProfileProjection,
}

/// The concentration now and one step before.
pub(crate) struct Concentration<V> {
    now: [V; CELLS],
    before: [V; CELLS],
    work: Workspace<V>,
}

/// Intermediate results of a step.
struct Workspace<V> {
    /// Concentrations, then diffusivities at the faces.
    sides: [V; SIDES],
    /// Gain from the current in half a step.
    gain: [V; CELLS],
    /// Shares of the next gradient in each, while it is eliminated.
    share: [V; FACES],
    /// Gradients, then fluxes.
    flux: [V; FACES],
}

impl<V> Concentration<V> {
    /// Calls `f` with every number, always in the same order.
    pub(crate) fn visit(&mut self, f: &mut impl FnMut(&mut V)) {
        self.now.iter_mut().chain(&mut self.before).for_each(f);
    }
}

impl Electrolyte {
    /// The electrolyte of a cell, for steps of `seconds`.
    pub(crate) fn new(cell: &Cell, seconds: f64) -> Self {
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
                rise[i] = 0.5 / (porosity * width[i]);
                source[i] = 0.5e-3 * sign * reaction / (FARADAY * thickness * cell.area * porosity);
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
        let mut electrolyte = Self {
            across: INTERFACES.map(|i| width[i + 1] / 3.0),
            view: ProfileProjection::new(&width, ELECTRODE),
            rise,
            source,
            unit: [rise, source],
            ahead: 0.5,
            stencil,
            efficiency,
            diffusivity,
            transference,
            rest: 1e-3 * salt.concentration,
        };
        electrolyte.set_step(seconds);
        electrolyte
    }

    /// Sets the length of the steps, s.
    pub(crate) fn set_step(&mut self, seconds: f64) {
        self.rise = self.unit[0].map(|each| each * seconds);
        self.source = self.unit[1].map(|each| each * seconds);
    }

    /// Sets the way from now to the middle of the step, in steps before it: a half where both are of one length.
    pub(crate) fn set_ahead(&mut self, share: f64) {
        self.ahead = share;
    }

    /// The misfits of diffusivity and transference number.
    pub(crate) fn misfits(&self) -> Vec<Misfit> {
        let transference = self.transference.iter();
        let transference = transference.map(|(surface, _)| Misfit::of_surface("electrolyte.transference", surface));
        transference.chain([Misfit::of_surface("electrolyte.diffusivity", &self.diffusivity)]).collect()
    }

    /// The least and the largest concentrations in each half of the cell, kmol/m³: of the averages, and at the ends.
    #[inline(always)]
    pub(crate) fn extremes<V: Vector>(concentration: &Concentration<V>) -> ([V; 2], [V; 2]) {
        let c = &concentration.now;
        let wall = |near: usize, next: usize, far: usize| (c[near] * 11.0 - c[next] * 7.0 + c[far] * 2.0) * (1.0 / 6.0);
        let mut least = [wall(0, 1, 2), wall(CELLS - 1, CELLS - 2, CELLS - 3)];
        let mut largest = least;
        for i in 0..CELLS / 2 {
            for (half, c) in [c[i], c[CELLS - 1 - i]].into_iter().enumerate() {
                least[half] = least[half].min(c);
                largest[half] = largest[half].max(c);
            }
        }
        (least, largest)
    }

    /// A property of the electrolyte over its range, kmol/m³.
    pub(crate) fn surface(cell: &Cell, function: &Function) -> FittedSurface {
        let (low, high) = cell.electrolyte.range;
        let at = |c: f64, t: f64| function.at(&[1e3 * c, 0.0, t]);
        FittedSurface::fit(at, (1e-3 * low, 1e-3 * high), cell.temperature, function.reads_temperature())
    }

    /// The concentration of a cell at rest.
    pub(crate) fn rest<V: Vector>(&self, like: V) -> Concentration<V> {
        let zero = like.splat(0.0);
        let work = Workspace { sides: [zero; SIDES], gain: [zero; CELLS], share: [zero; FACES], flux: [zero; FACES] };
        Concentration { now: [like.splat(self.rest); CELLS], before: [like.splat(self.rest); CELLS], work }
    }

    /// Steps under the mean current of the step, A, at its mean temperature, K.
    #[inline(always)]
    pub(crate) fn step<V: Vector>(&self, concentration: &mut Concentration<V>, current: V, kelvin: V) {
        current.run_separately(ElectrolyteStep { electrolyte: self, concentration, current, kelvin });
    }

    /// Computes the diffusive fluxes to the left in the middle of the step, by elimination from both walls at
    /// once: two chains that do not wait for each other.
    #[inline(always)]
    fn solve<V: Vector>(&self, c: &[V; CELLS], work: &mut Workspace<V>) {
        const CENTRE: usize = FACES / 2;
        let one = c[0].splat(1.0);
        let zero = c[0].splat(0.0);
        // At each interface the gradient on its right, in units of that on its left.
        let ratio = [0, 1].map(|k| work.sides[INTERFACES[k]] / work.sides[FACES + k]);
        // Of the chain from the left and of the chain from the right: share of the next gradient, and value.
        let (mut share_l, mut value_l, mut share_r, mut value_r) = (zero, zero, zero, zero);
        for i in 0..CENTRE {
            let j = FACES - 1 - i;
            let (left, right) = (self.row(i, c, work, ratio), self.row(j, c, work, ratio));
            let inverse_l = one / left.behind.mul_add(share_l, left.own);
            let inverse_r = one / right.ahead.mul_add(share_r, right.own);
            value_l = left.behind.mul_add(value_l, left.known) * inverse_l;
            value_r = right.ahead.mul_add(value_r, right.known) * inverse_r;
            share_l = -left.ahead * inverse_l;
            share_r = -right.behind * inverse_r;
            (work.share[i], work.flux[i]) = (share_l, value_l);
            (work.share[j], work.flux[j]) = (share_r, value_r);
        }
        let row = self.row(CENTRE, c, work, ratio);
        let known = row.ahead.mul_add(value_r, row.behind.mul_add(value_l, row.known));
        let gradient = known / row.ahead.mul_add(share_r, row.behind.mul_add(share_l, row.own));
        work.flux[CENTRE] = gradient * work.sides[CENTRE];
        (value_l, value_r) = (gradient, gradient);
        for i in (0..CENTRE).rev() {
            let j = FACES - 1 - i;
            value_l = (-work.share[i]).mul_add(value_l, work.flux[i]);
            value_r = (-work.share[j]).mul_add(value_r, work.flux[j]);
            (work.flux[i], work.flux[j]) = (value_l * work.sides[i], value_r * work.sides[j]);
        }
    }

    /// The equation of one face's gradient.
    #[inline(always)]
    fn row<V: Vector>(&self, i: usize, c: &[V; CELLS], work: &Workspace<V>, ratio: [V; 2]) -> TridiagonalRow<V> {
        let [behind, at, ahead] = self.stencil[i];
        let (rise_l, rise_r) = (self.rise[i], self.rise[i + 1]);
        let (sides, gain) = (&work.sides, &work.gain);
        let mut row = TridiagonalRow {
            behind: sides[i.saturating_sub(1)].mul_add(rise_l, -behind),
            own: sides[i].mul_add(rise_l + rise_r, at),
            ahead: sides[(i + 1).min(FACES - 1)].mul_add(rise_r, -ahead),
            known: (c[i + 1] + gain[i + 1]) - (c[i] + gain[i]),
        };
        for k in 0..INTERFACES.len() {
            if i == INTERFACES[k] {
                row.own = ratio[k].mul_add(self.across[k], row.own);
            } else if i == INTERFACES[k] + 1 {
                row.behind = row.behind - (ratio[k] - 1.0) * behind;
            }
        }
        row
    }

    /// The concentrations that enter the voltage.
    #[inline(always)]
    pub(crate) fn profile<V: Vector>(&self, concentration: &Concentration<V>) -> ElectrolyteProfile<V> {
        self.view.of(&concentration.now)
    }
}

/// One row of the tridiagonal system: `own` times a gradient is `known` plus shares of the gradients behind and ahead.
struct TridiagonalRow<V> {
    behind: V,
    own: V,
    ahead: V,
    known: V,
}

/// The kernel of one step of the electrolyte.
struct ElectrolyteStep<'a, V> {
    electrolyte: &'a Electrolyte,
    concentration: &'a mut Concentration<V>,
    current: V,
    kelvin: V,
}

impl<V: Vector> Kernel<V> for ElectrolyteStep<'_, V> {
    type Output = ();

    #[inline(always)]
    fn run(self, like: V) {
        let Self { electrolyte, concentration, current, kelvin } = self;
        let Concentration { now, before, work } = concentration;
        for i in 0..CELLS {
            // In the middle of the step, extrapolated.
            before[i] = now[i].mul_add(1.0 + electrolyte.ahead, before[i] * -electrolyte.ahead);
            work.gain[i] = current * electrolyte.source[i];
        }
        at_faces(before, &mut work.sides);
        if let Some((surface, shares)) = &electrolyte.transference {
            work.flux.copy_from_slice(&work.sides[..FACES]);
            surface.at_all(&mut work.flux, kelvin);
            for (i, share) in shares.iter().enumerate() {
                let carried = work.flux[i] * *share * current;
                work.gain[i] = work.gain[i] - carried * electrolyte.rise[i];
                work.gain[i + 1] = work.gain[i + 1] + carried * electrolyte.rise[i + 1];
            }
        }
        electrolyte.diffusivity.at_all(&mut work.sides, kelvin);
        for i in 0..SIDES {
            work.sides[i] = work.sides[i] * electrolyte.efficiency[i];
        }
        electrolyte.solve(now, work);
        let mut behind = like.splat(0.0);
        for i in 0..CELLS {
            let ahead = if i < FACES { work.flux[i] } else { like.splat(0.0) };
            before[i] = now[i];
            now[i] = now[i] + (ahead - behind).mul_add(2.0 * electrolyte.rise[i], work.gain[i] * 2.0);
            behind = ahead;
        }
    }
}

/// Concentrations at the faces from averages: fourth order inside a domain, third at its ends.
#[inline(always)]
fn at_faces<V: Vector>(c: &[V; CELLS], sides: &mut [V; SIDES]) {
    for (from, to) in DOMAINS {
        for i in from + 1..to - 2 {
            sides[i] = (c[i] + c[i + 1]).mul_add(7.0 / 12.0, (c[i - 1] + c[i + 2]) * (-1.0 / 12.0));
        }
        for (face, wall, inner, far) in [(from, from, from + 1, from + 2), (to - 2, to - 1, to - 2, to - 3)] {
            sides[face] = (c[wall] * 2.0 + c[inner] * 5.0 - c[far]) * (1.0 / 6.0);
        }
    }
    for (k, i) in INTERFACES.into_iter().enumerate() {
        for (face, near, next, far) in [(i, i, i - 1, i - 2), (FACES + k, i + 1, i + 2, i + 3)] {
            sides[face] = (c[near] * 11.0 - c[next] * 7.0 + c[far] * 2.0) * (1.0 / 6.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::battery::simd::lanes::Plain;

    /// Lithium in the electrolyte for each m² of electrode, kmol/m², over the length of a step.
    fn lithium(electrolyte: &Electrolyte, concentration: &Concentration<Plain>) -> f64 {
        let stored = |i: usize| concentration.now[i].value() * (0.5 / electrolyte.rise[i]);
        (0..CELLS).map(stored).sum()
    }

    #[test]
    fn lithium_is_conserved() {
        for name in ["chen2020", "oregan2022"] {
            let electrolyte = Electrolyte::new(&Cell::named(name).unwrap(), 1.0);
            let mut concentration = electrolyte.rest(Plain::of(0.0));
            let before = lithium(&electrolyte, &concentration);
            for second in 0..3600 {
                let current = if second % 100 < 30 { 12.0 } else { -2.0 };
                electrolyte.step(&mut concentration, Plain::of(current), Plain::of(290.0));
            }
            let after = lithium(&electrolyte, &concentration);
            assert!((after / before - 1.0).abs() < 1e-12, "{name}: {before} {after}");
        }
    }

    #[test]
    fn a_constant_diffusivity_comes_to_the_parabolas_of_its_steady_state() {
        let cell = Cell::named("prada2013").unwrap();
        let electrolyte = Electrolyte::new(&cell, 1.0);
        let mut concentration = electrolyte.rest(Plain::of(0.0));
        for _ in 0..4000 {
            electrolyte.step(&mut concentration, Plain::of(2.0), Plain::of(298.15));
        }
        // The fall across the separator is linear, and each electrode adds half of its thickness over its efficiency.
        let (n, s, p) = (&cell.negative, &cell.separator, &cell.positive);
        let flux = 1e-3 * (1.0 - 0.36) * 2.0 / (FARADAY * cell.area * 2e-10);
        let wall = |near: usize, next: usize, far: usize| {
            let c = |i: usize| concentration.now[i].value();
            (11.0 * c(near) - 7.0 * c(next) + 2.0 * c(far)) / 6.0
        };
        let fall = wall(0, 1, 2) - wall(CELLS - 1, CELLS - 2, CELLS - 3);
        let path =
            0.5 * n.thickness / n.efficiency() + s.thickness / s.efficiency() + 0.5 * p.thickness / p.efficiency();
        assert!((fall / (flux * path) - 1.0).abs() < 1e-9, "{fall} {}", flux * path);
    }
}
