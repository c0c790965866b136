//! The simulation of one profile from its start, as columns.
use crate::battery::cell::Cell;
use crate::battery::simd::lanes::{LANES, Lanes, each};
use crate::battery::simulation::thermal::Thermal;
use crate::battery::simulation::{Row, Simulator, SimulatorState};

/// Samples that are simulated at once.
const CHUNK: usize = 64;
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

/// A simulated profile, one entry a sample.
#[derive(Clone, Debug, Default)]
pub struct Trace {
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
    simulate_in_steps(cell, thermal, current, 1.0, start)
}

/// Simulates a current sampled every `step` seconds, A, discharge positive, linear between its samples.
pub(crate) fn simulate_in_steps(cell: &Cell, thermal: Thermal, current: &[f64], step: f64, start: Start) -> Trace {
    let mut trace = Trace::default();
    let Some(&first) = current.first() else { return trace };
    let simulator = Simulator::with_step(cell, thermal, step);
    let (mut state, row) = simulator.start(&[start.soc; LANES], &[start.ambient; LANES], &[first; LANES]);
    trace.push(&row);
    let mut rows = [Row::default(); CHUNK];
    for samples in current[1..].chunks(CHUNK) {
        let currents: Vec<Lanes> = samples.iter().map(|&sample| [sample; LANES]).collect();
        let rows = &mut rows[..samples.len()];
        simulator.advance(&mut state, &currents, rows);
        rows.iter().for_each(|row| trace.push(row));
    }
    trace
}

/// Simulates like `simulate_in_steps`, but where the voltage would leave the cell's window the current becomes the one that holds it at the
/// limit, as a charger does, or zero where that is not enough.
pub fn simulate_within_limits(cell: &Cell, thermal: Thermal, current: &[f64], step: f64, start: Start) -> Trace {
    let mut trace = Trace::default();
    let Some(&first) = current.first() else { return trace };
    let (low, high) = cell.limits.voltage;
    let excess = |current: f64, voltage: f64| if current > 0.0 { low - voltage } else { voltage - high };
    let simulator = Simulator::with_step(cell, thermal, step);
    let begin = |currents: &Lanes| simulator.start(&[start.soc; LANES], &[start.ambient; LANES], currents);
    let next = |state: &SimulatorState, currents: &Lanes| {
        let (mut state, mut row) = (state.clone(), [Row::default()]);
        simulator.advance(&mut state, &[*currents], &mut row);
        (state, row[0])
    };
    // Each lane tries a share of what is wanted; the largest that obeys stands at the lower end of the next interval.
    let taper = |wanted: f64, attempt: &dyn Fn(&Lanes) -> (SimulatorState, Row)| {
        let (state, row) = attempt(&[wanted; LANES]);
        if wanted == 0.0 || excess(wanted, row.voltage[0]) <= 0.0 {
            return (state, row);
        }
        let (mut from, mut width) = (0.0, 1.0);
        for _ in 0..DIVISIONS {
            let share = |lane: usize| from + width * (lane + 1) as f64 / (LANES + 1) as f64;
            let (_, row) = attempt(&each(|l| wanted * share(l)));
            let obeys = |lane: &usize| excess(wanted, row.voltage[*lane]) <= 0.0;
            let count = (0..LANES).take_while(obeys).count();
            from += width * count as f64 / (LANES + 1) as f64;
            width /= (LANES + 1) as f64;
        }
        attempt(&[wanted * from; LANES])
    };
    let (mut state, row) = taper(first, &begin);
    trace.push(&row);
    for &wanted in &current[1..] {
        let (after, row) = taper(wanted, &|currents| next(&state, currents));
        state = after;
        trace.push(&row);
    }
    trace
}

impl Trace {
    fn push(&mut self, row: &Row) {
        self.current.push(row.current[0]);
        self.voltage.push(row.voltage[0]);
        self.surface_temperature.push(row.surface_temperature[0]);
        self.core_temperature.push(row.core_temperature[0]);
        self.soc.push(row.soc[0]);
        self.ocv.push(row.ocv[0]);
        self.reaction.push(row.parts.reaction[0]);
        self.concentration.push(row.parts.concentration[0]);
        self.ohmic.push(row.parts.ohmic[0]);
    }
}
