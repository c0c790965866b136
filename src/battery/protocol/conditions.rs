//! Conditions of a performance: thermal model, surroundings, rows, and the state that it begins with.
use crate::battery::protocol::state::SavedState;
use crate::battery::protocol::surroundings::Surroundings;
use crate::battery::simulation::thermal::Thermal;
use crate::battery::simulation::trace::Start;

/// The conditions under which a protocol is performed.
#[derive(Clone, Debug)]
pub struct Conditions<'a> {
    pub thermal: Thermal,
    pub surroundings: Surroundings,
    /// Time from row to row of the trace, s; `None` keeps no trace.
    pub period: Option<f64>,
    /// A state to continue from, instead of a relaxed cell.
    pub state: Option<&'a SavedState>,
    /// State of charge of the relaxed cell.
    pub soc: f64,
    /// True where charge and energy are balanced, which takes a part of the time.
    pub balanced: bool,
    /// Factor on the errors that decide about the length of time steps; 1 is usual.
    pub tolerance: f64,
}

impl Conditions<'_> {
    /// The conditions of a relaxed cell, without a trace.
    pub fn relaxed(thermal: Thermal, start: Start) -> Self {
        let surroundings = Surroundings::constant(start.ambient);
        Self { thermal, surroundings, period: None, state: None, soc: start.soc, balanced: false, tolerance: 1.0 }
    }
}

/// The progress of a performance.
#[derive(Clone, Copy, Debug)]
pub struct CyclerProgress {
    /// The cycle of all, from 1.
    pub cycle: u64,
    pub cycles: u64,
    /// Simulated time, s.
    pub time: f64,
}
