//! The simulation of one profile from its start, as columns.
use crate::battery::cell::Cell;
use crate::battery::current::knot::{Knot, STEP, even};
use crate::battery::simd::lanes::{LANES, Lanes, each};
use crate::battery::simulation::balance::Balance;
use crate::battery::simulation::flow::Flow;
use crate::battery::simulation::thermal::Thermal;
use crate::battery::simulation::validity::{Extremes, Invalid};
use crate::battery::simulation::{Row, Simulator, SimulatorState};

/// Steps that are simulated at once.
const CHUNK: usize = 64;
/// The difference of two lengths of a step, relative, that is taken for rounding.
const SAME: f64 = 1e-9;
/// Divisions of the interval of a tapered current by the lanes: to a millionth of the interval.
const DIVISIONS: usize = 7;

/// The start of a simulation: a relaxed cell, as warm as its surroundings.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// State of charge, 1 is full.
    pub soc: f64,
    /// °C.
    pub ambient: f64,
}

impl Default for Start {
    fn default() -> Self {
        Self { soc: 1.0, ambient: 25.0 }
    }
}

/// A simulated profile, one entry a row.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// s.
    pub time: Vec<f64>,
    /// A, discharge positive.
    pub current: Vec<f64>,
    /// Terminal voltage, V.
    pub voltage: Vec<f64>,
    /// °C.
    pub surface_temperature: Vec<f64>,
    /// °C.
    pub core_temperature: Vec<f64>,
    /// True state of charge.
    pub soc: Vec<f64>,
    /// Open-circuit voltage of the relaxed cell, V.
    pub ocv: Vec<f64>,
    /// Reaction overpotentials of both electrodes, V, negative on discharge, as the two losses below.
    pub reaction: Vec<f64>,
    /// Concentration overpotential of the electrolyte, V.
    pub concentration: Vec<f64>,
    /// Ohmic losses in electrolyte, solid and contacts, V.
    pub ohmic: Vec<f64>,
    /// Open-circuit voltage of the particles' surfaces less that of the relaxed cell, V.
    pub particle: Vec<f64>,
    /// The part of `ohmic` in solid and contacts, V.
    pub solid: Vec<f64>,
    /// Heat of entropy, W.
    pub reversible_heat: Vec<f64>,
    /// Stoichiometries at the surfaces of the particles, the negative electrode's first.
    pub surface: [Vec<f64>; 2],
    /// The least and the largest concentration of the electrolyte, mol/m³.
    pub electrolyte: [Vec<f64>; 2],
    /// Charge and energy that went through the cell.
    pub balance: Balance,
    /// False where the state is outside of what the model holds for.
    pub valid: Vec<bool>,
    /// The first row of each kind of reason for that.
    pub complaints: Vec<(usize, Invalid)>,
}

/// Simulates a current sampled at 1 s, A, discharge positive, linear between its samples.
///
/// ```
/// use galvani::battery::{cell::Cell, simulation::{thermal::Thermal, trace::{Start, simulate}}};
/// let cell = Cell::named("chen2020").expect("a built-in cell");
/// let trace = simulate(&cell, Thermal::Lumped, &[5.0; 601], Start { soc: 0.5, ambient: 20.0 });
/// assert!((trace.soc[600] - (0.5 - 5.0 / 6.0 / 5.0)).abs() < 1e-12);
/// ```
pub fn simulate(cell: &Cell, thermal: Thermal, current: &[f64], start: Start) -> Trace {
    simulate_knots(cell, thermal, &even(current, STEP), start)
}

/// Simulates a current that is linear between its knots.
pub fn simulate_knots(cell: &Cell, thermal: Thermal, knots: &[Knot], start: Start) -> Trace {
    let Some(first) = knots.first() else { return Trace::default() };
    let mut simulator = Simulator::new(cell, thermal);
    let (mut state, row) = simulator.start(&[start.soc; LANES], &[start.ambient; LANES], &[first.current; LANES]);
    let mut trace = Trace::default();
    trace.observe(&simulator, start.ambient, first.time, &row, first.is_row);
    let mut waiting = WaitingSteps { ambient: start.ambient, ..WaitingSteps::default() };
    for (from, to) in knots.iter().zip(&knots[1..]) {
        let (parts, step) = parts(from, to);
        if parts == 0 {
            waiting.run(&mut simulator, &mut state, &mut trace);
            let row = simulator.jump(&mut state, &[to.current; LANES]);
            trace.observe(&simulator, start.ambient, to.time, &row, to.is_row);
            continue;
        }
        if waiting.currents.is_empty() || (step - waiting.step).abs() > SAME * step {
            waiting.run(&mut simulator, &mut state, &mut trace);
            waiting.step = step;
        }
        for part in 1..=parts {
            waiting.currents.push([between(from, to, part, parts); LANES]);
            let time = if part == parts { to.time } else { from.time + step * part as f64 };
            waiting.ends.push((time, part == parts && to.is_row));
            if waiting.currents.len() == CHUNK {
                waiting.run(&mut simulator, &mut state, &mut trace);
            }
        }
    }
    waiting.run(&mut simulator, &mut state, &mut trace);
    trace
}

/// Steps of one length that are still to be simulated.
#[derive(Default)]
struct WaitingSteps {
    /// s.
    step: f64,
    /// °C.
    ambient: f64,
    currents: Vec<Lanes>,
    /// The ends of the steps, s; true where a row is asked for.
    ends: Vec<(f64, bool)>,
}

impl WaitingSteps {
    fn run(&mut self, simulator: &mut Simulator, state: &mut SimulatorState, trace: &mut Trace) {
        if self.currents.is_empty() {
            return;
        }
        simulator.set_step(self.step);
        let mut rows = [Row::default(); CHUNK];
        let rows = &mut rows[..self.currents.len()];
        simulator.advance(state, &self.currents, rows);
        for (row, (time, is_row)) in rows.iter().zip(&self.ends) {
            trace.observe(simulator, self.ambient, *time, row, *is_row);
        }
        self.currents.clear();
        self.ends.clear();
    }
}

/// The number of steps between two knots, and their length, s; none between knots at one time.
fn parts(from: &Knot, to: &Knot) -> (usize, f64) {
    let span = to.time - from.time;
    if span <= 0.0 {
        return (0, 0.0);
    }
    let parts = (span / STEP - 1e-6).ceil().max(1.0);
    (parts as usize, span / parts)
}

/// The current at the end of a part of the way between two knots.
fn between(from: &Knot, to: &Knot, part: usize, parts: usize) -> f64 {
    if part == parts { to.current } else { from.current + (to.current - from.current) * (part as f64 / parts as f64) }
}

/// Simulates a current sampled every `step` seconds like [`simulate`], but where the voltage would leave the cell's window
/// the current becomes the one that holds it at the limit, as a charger does, or zero where that is not enough.
pub fn simulate_within_limits(cell: &Cell, thermal: Thermal, current: &[f64], step: f64, start: Start) -> Trace {
    simulate_knots_within_limits(cell, thermal, &even(current, step), start)
}

/// Simulates a current like [`simulate_knots`], tapered as by [`simulate_within_limits`].
pub fn simulate_knots_within_limits(cell: &Cell, thermal: Thermal, knots: &[Knot], start: Start) -> Trace {
    let Some(first) = knots.first() else { return Trace::default() };
    let mut simulator = Simulator::new(cell, thermal);
    let begin = |currents: &Lanes| simulator.start(&[start.soc; LANES], &[start.ambient; LANES], currents);
    let mut trace = Trace::default();
    let (mut state, row) = taper(cell, first.current, &begin);
    trace.observe(&simulator, start.ambient, first.time, &row, first.is_row);
    for (from, to) in knots.iter().zip(&knots[1..]) {
        let (parts, step) = parts(from, to);
        if parts == 0 {
            let attempt = |currents: &Lanes| {
                let mut state = state.clone();
                let row = simulator.jump(&mut state, currents);
                (state, row)
            };
            let (after, row) = taper(cell, to.current, &attempt);
            trace.observe(&simulator, start.ambient, to.time, &row, to.is_row);
            state = after;
            continue;
        }
        if (step - simulator.step_length()).abs() > SAME * step {
            simulator.set_step(step);
        }
        for part in 1..=parts {
            let attempt = |currents: &Lanes| {
                let (mut state, mut row) = (state.clone(), [Row::default()]);
                simulator.advance(&mut state, &[*currents], &mut row);
                (state, row[0])
            };
            let (after, row) = taper(cell, between(from, to, part, parts), &attempt);
            let time = if part == parts { to.time } else { from.time + step * part as f64 };
            trace.observe(&simulator, start.ambient, time, &row, part == parts && to.is_row);
            state = after;
        }
    }
    trace
}

/// The state after the largest share of a wanted current, A, that keeps the voltage within the cell's window.
fn taper(cell: &Cell, wanted: f64, attempt: &dyn Fn(&Lanes) -> (SimulatorState, Row)) -> (SimulatorState, Row) {
    let (low, high) = cell.limits.voltage;
    let excess = |voltage: f64| if wanted > 0.0 { low - voltage } else { voltage - high };
    let (state, row) = attempt(&[wanted; LANES]);
    if wanted == 0.0 || excess(row.voltage[0]) <= 0.0 {
        return (state, row);
    }
    // Each lane tries a share of what is wanted; the largest that obeys stands at the lower end of the next interval.
    let (mut from, mut width) = (0.0, 1.0);
    for _ in 0..DIVISIONS {
        let share = |lane: usize| from + width * (lane + 1) as f64 / (LANES + 1) as f64;
        let (_, row) = attempt(&each(|l| wanted * share(l)));
        let obeys = |lane: &usize| excess(row.voltage[*lane]) <= 0.0;
        let count = (0..LANES).take_while(obeys).count();
        from += width * count as f64 / (LANES + 1) as f64;
        width /= (LANES + 1) as f64;
    }
    attempt(&[wanted * from; LANES])
}

impl Trace {
    /// Takes an instant into account, in the order of time, s: every end of a step, and both sides of a jump of the current.
    /// Its observables, those of the first lane, become a row where `is_row` says so. `ambient` is in °C.
    pub(crate) fn observe(&mut self, simulator: &Simulator, ambient: f64, time: f64, row: &Row, is_row: bool) {
        let flow = self.balance.observe(simulator, time, row, ambient);
        if is_row {
            self.record(simulator, time, row, &flow);
        }
    }

    /// Takes over the observables at a knot, where they are asked for, and leaves the balances as they are.
    pub(crate) fn push(&mut self, simulator: &Simulator, knot: &Knot, row: &Row) {
        if knot.is_row {
            self.record(simulator, knot.time, row, &simulator.flow(row, 0));
        }
    }

    fn record(&mut self, simulator: &Simulator, time: f64, row: &Row, flow: &Flow) {
        for complaint in simulator.complaints(row, 0) {
            if !self.complaints.iter().any(|(_, known)| known.is_like(&complaint)) {
                self.complaints.push((self.time.len(), complaint));
            }
        }
        self.valid.push(simulator.complaints(row, 0).next().is_none());
        self.time.push(time);
        self.current.push(row.current[0]);
        self.voltage.push(row.voltage[0]);
        self.surface_temperature.push(row.surface_temperature[0]);
        self.core_temperature.push(row.core_temperature[0]);
        self.soc.push(row.soc[0]);
        self.ocv.push(row.ocv[0]);
        self.reaction.push(row.parts.reaction[0]);
        self.concentration.push(row.parts.concentration[0]);
        self.ohmic.push(row.parts.ohmic[0]);
        self.particle.push(flow.particle);
        self.solid.push(flow.solid);
        self.reversible_heat.push(flow.current * flow.reversible);
        let Extremes { least, largest, surface } = &row.extremes;
        for (rows, lanes) in self.surface.iter_mut().zip(surface) {
            rows.push(lanes[0]);
        }
        self.electrolyte[0].push(1e3 * least[0][0].min(least[1][0]));
        self.electrolyte[1].push(1e3 * largest[0][0].max(largest[1][0]));
    }
}
