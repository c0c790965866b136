//! The simulator agrees with another integration of the same equations: finer, adaptive, and of other schemes.
#![cfg(feature = "simulator")]

use galvani::battery::cell::{Cell, Electrode, FARADAY, GAS};
use galvani::battery::simulation::thermal::Thermal;
use galvani::battery::simulation::trace::{Start, simulate};

const KELVIN: f64 = 290.15;
const SHELLS: usize = 160;
const CELLS: [usize; 3] = [80, 24, 80];

/// A line of cells that exchange through faces: how much each holds, and what flows for a difference of 1.
trait Diffusion {
    fn capacity(&self, cell: usize) -> f64;
    /// Conductances of the faces between cells.
    fn faces(&self, state: &[f64]) -> Vec<f64>;
    /// The current into each cell at 1 A.
    fn source(&self, state: &[f64]) -> Vec<f64>;
}

/// One linearly implicit Euler step.
fn euler(system: &dyn Diffusion, state: &[f64], current: f64, seconds: f64) -> Vec<f64> {
    let (faces, source) = (system.faces(state), system.source(state));
    let n = state.len();
    let (mut share, mut value) = (vec![0.0; n], vec![0.0; n]);
    for i in 0..n {
        let scale = seconds / system.capacity(i);
        let behind = if i > 0 { scale * faces[i - 1] } else { 0.0 };
        let ahead = if i + 1 < n { scale * faces[i] } else { 0.0 };
        let (before, share_before) = if i > 0 { (value[i - 1], share[i - 1]) } else { (0.0, 0.0) };
        let pivot = 1.0 + ahead + behind * (1.0 - share_before);
        value[i] = (state[i] + scale * current * source[i] + behind * before) / pivot;
        share[i] = ahead / pivot;
    }
    for i in (0..n - 1).rev() {
        value[i] += share[i] * value[i + 1];
    }
    value
}

/// Integrates over a second whose current is linear, in steps whose extrapolated error stays below the tolerance.
fn second(system: &dyn Diffusion, state: &mut Vec<f64>, currents: [f64; 2], tolerance: f64) {
    let at = |t: f64| currents[0] + (currents[1] - currents[0]) * t;
    let (mut time, mut step) = (0.0, 0.01);
    while time < 1.0 - 1e-12 {
        let h = f64::min(step, 1.0 - time);
        let half = euler(system, state, at(time + 0.5 * h), 0.5 * h);
        let fine = euler(system, &half, at(time + h), 0.5 * h);
        let coarse = euler(system, state, at(time + h), h);
        let error = fine.iter().zip(&coarse).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        if error < tolerance || h < 1e-5 {
            *state = fine.iter().zip(&coarse).map(|(fine, coarse)| 2.0 * fine - coarse).collect();
            time += h;
        }
        step = h * (0.9 * (tolerance / error.max(1e-30)).sqrt()).clamp(0.3, 3.0);
    }
}

struct Particle<'a> {
    electrode: &'a Electrode,
    edges: Vec<f64>,
    /// Stoichiometry for 1 A s.
    change: f64,
}

impl<'a> Particle<'a> {
    fn new(cell: &Cell, electrode: &'a Electrode, sign: f64) -> Self {
        let edge = |k: usize| 1.0 - ((3.0 * (1.0 - k as f64 / SHELLS as f64)).exp() - 1.0) / (3f64.exp() - 1.0);
        let change = sign * electrode.stoichiometry_of_charge(cell.area);
        Self { electrode, edges: (0..=SHELLS).map(edge).collect(), change }
    }

    fn pace(&self, s: f64) -> f64 {
        self.electrode.diffusivity.at(&[0.0, s, KELVIN]) / self.electrode.radius.powi(2)
    }

    /// Along the parabola with the gradient that the current asks for at the surface.
    fn surface(&self, state: &[f64], current: f64) -> f64 {
        let (near, next) = (state[SHELLS - 1], state[SHELLS - 2]);
        let (a, b) = (self.edges[SHELLS] - self.edges[SHELLS - 1], self.edges[SHELLS - 1] - self.edges[SHELLS - 2]);
        let mut surface = near;
        for _ in 0..6 {
            let gradient = self.change / 3.0 * current / self.pace(surface);
            let slope = (near - next) / (0.5 * (a + b));
            let bend = (gradient - slope) / (1.5 * a + 0.5 * b);
            surface = near + gradient * 0.5 * a - bend * a * a / 3.0;
        }
        surface
    }
}

impl Diffusion for Particle<'_> {
    fn capacity(&self, k: usize) -> f64 {
        (self.edges[k + 1].powi(3) - self.edges[k].powi(3)) / 3.0
    }

    fn faces(&self, state: &[f64]) -> Vec<f64> {
        let pace: Vec<f64> = state.iter().map(|&s| self.pace(s)).collect();
        let face = |k: usize| {
            let middle = self.pace(0.5 * (state[k] + state[k + 1]));
            let mean = (pace[k] + 4.0 * middle + pace[k + 1]) / 6.0;
            self.edges[k + 1].powi(2) * mean / (0.5 * (self.edges[k + 2] - self.edges[k]))
        };
        (0..SHELLS - 1).map(face).collect()
    }

    fn source(&self, _: &[f64]) -> Vec<f64> {
        let mut source = vec![0.0; SHELLS];
        source[SHELLS - 1] = self.change / 3.0;
        source
    }
}

struct Electrolyte<'a> {
    cell: &'a Cell,
    /// Width, porosity, efficiency and share of the current at its right face, of each cell.
    cells: Vec<[f64; 4]>,
}

impl<'a> Electrolyte<'a> {
    fn new(cell: &'a Cell) -> Self {
        let (n, s, p) = (&cell.negative, &cell.separator, &cell.positive);
        let domains = [
            (n.thickness, n.porosity, n.efficiency()),
            (s.thickness, s.porosity, s.efficiency()),
            (p.thickness, p.porosity, p.efficiency()),
        ];
        let mut cells = Vec::new();
        for (d, (thickness, porosity, efficiency)) in domains.into_iter().enumerate() {
            for k in 1..=CELLS[d] {
                let part = k as f64 / CELLS[d] as f64;
                cells.push([thickness / CELLS[d] as f64, porosity, efficiency, [part, 1.0, 1.0 - part][d]]);
            }
        }
        Self { cell, cells }
    }

    fn mean(&self, range: std::ops::Range<usize>, f: impl Fn(usize) -> f64) -> f64 {
        range.clone().map(f).sum::<f64>() / range.len() as f64
    }
}

impl Diffusion for Electrolyte<'_> {
    fn capacity(&self, i: usize) -> f64 {
        self.cells[i][0] * self.cells[i][1]
    }

    fn faces(&self, state: &[f64]) -> Vec<f64> {
        let diffusivity = &self.cell.electrolyte.diffusivity;
        let resistance =
            |i: usize| 0.5 * self.cells[i][0] / (self.cells[i][2] * diffusivity.at(&[state[i], 0.0, KELVIN]));
        (0..state.len() - 1).map(|i| 1.0 / (resistance(i) + resistance(i + 1))).collect()
    }

    fn source(&self, state: &[f64]) -> Vec<f64> {
        let transference = &self.cell.electrolyte.transference;
        let carried = |i: usize| {
            let c = 0.5 * (state[i] + state[(i + 1).min(state.len() - 1)]);
            (1.0 - transference.at(&[c, 0.0, KELVIN])) * self.cells[i][3] / (FARADAY * self.cell.area)
        };
        // Away from the walls the part of the current that the anions would carry moves no lithium.
        (0..state.len()).map(|i| carried(i) - if i > 0 { carried(i - 1) } else { 0.0 }).collect()
    }
}

/// Terminal voltages at whole seconds.
fn reference(cell: &Cell, currents: &[f64]) -> Vec<f64> {
    let particles = [Particle::new(cell, &cell.negative, -1.0), Particle::new(cell, &cell.positive, 1.0)];
    let salt = Electrolyte::new(cell);
    let mut shells = [vec![cell.negative.full; SHELLS], vec![cell.positive.full; SHELLS]];
    let mut c = vec![cell.electrolyte.concentration; salt.cells.len()];
    let ends = [0..CELLS[0], CELLS[0] + CELLS[1]..salt.cells.len()];
    let mut voltages = Vec::new();
    for (k, &current) in currents.iter().enumerate() {
        if k > 0 {
            let pair = [currents[k - 1], current];
            for (particle, state) in particles.iter().zip(&mut shells) {
                second(particle, state, pair, 2e-6);
            }
            second(&salt, &mut c, pair, 2e-2);
        }
        let thermal = GAS * KELVIN / FARADAY;
        let side = |e: usize, electrode: &Electrode| {
            let s = particles[e].surface(&shells[e], current);
            let density = current / (cell.area * electrode.specific_surface() * electrode.thickness);
            let eta = |i: usize| 2.0 * thermal * (density / (2.0 * electrode.exchange.at(c[i], s, KELVIN))).asinh();
            let open = electrode.potential.at(&[0.0, s, 0.0])
                + (KELVIN - cell.reference_temperature) * electrode.entropy.at(&[0.0, s, 0.0]);
            (open, salt.mean(ends[e].clone(), eta), salt.mean(ends[e].clone(), |i| c[i].ln()))
        };
        let (open_n, eta_n, ln_n) = side(0, &cell.negative);
        let (open_p, eta_p, ln_p) = side(1, &cell.positive);
        let length: f64 = salt.cells.iter().map(|cell| cell[0]).sum();
        let mean = c.iter().zip(&salt.cells).map(|(c, cell)| c * cell[0] / length).sum::<f64>();
        let point = [mean, 0.0, KELVIN];
        let (n, s, p) = (&cell.negative, &cell.separator, &cell.positive);
        let path =
            n.thickness / (3.0 * n.efficiency()) + s.thickness / s.efficiency() + p.thickness / (3.0 * p.efficiency());
        let properties = &cell.electrolyte;
        let solid = |e: &Electrode| e.thickness / (3.0 * e.conductivity.at(&point));
        let chi = 2.0 * (1.0 - properties.transference.at(&point)) * properties.thermodynamic_factor.at(&point);
        let ohmic = current / cell.area * (path / properties.conductivity.at(&point) + solid(n) + solid(p));
        voltages.push(open_p - open_n - eta_n - eta_p + chi * thermal * (ln_p - ln_n) - ohmic);
    }
    voltages
}

#[test]
fn an_adaptive_integration_of_the_same_equations_gives_the_same_voltage() {
    for name in ["chen2020", "ecker2015", "marquis2019", "oregan2022"] {
        let cell = Cell::named(name).unwrap();
        let shape = [0.0, 1.5, 1.5, 1.5, -0.6, -0.6, 0.0, 0.3, 0.9, 0.1, 1.2, -0.5];
        let currents: Vec<f64> =
            (0..240).map(|k| cell.capacity_ah * shape[k / 20] * if k % 7 == 0 { 0.8 } else { 1.0 }).collect();
        let expected = reference(&cell, &currents);
        let trace = simulate(&cell, Thermal::Isothermal, &currents, Start { soc: 1.0, ambient: KELVIN - 273.15 });
        for (second, (found, expected)) in trace.voltage.iter().zip(&expected).enumerate() {
            assert!((found - expected).abs() < 2e-4, "{name} at {second} s: {found} {expected}");
        }
    }
}
