//! Steps of a protocol: the control, the endings and the rows of each, as cycles that are repeated.
use std::sync::Arc;

use crate::battery::protocol::course::Course;
use crate::battery::protocol::current_amount::CurrentAmount;
use crate::battery::protocol::ending::Ending;

/// The quantity that a step controls; discharge is positive.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Control {
    Current(CurrentAmount),
    /// V.
    Voltage(f64),
    /// W.
    Power(f64),
    /// Ω.
    Resistance(f64),
    /// A quantity that follows a table over time.
    Course(Arc<Course>),
}

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Step {
    /// The sentence.
    pub text: Arc<str>,
    pub control: Control,
    /// The longest duration, s.
    pub duration: Option<f64>,
    pub endings: Vec<Ending>,
    /// Time from row to row, s.
    pub period: Option<f64>,
    /// The temperature of the surroundings, °C.
    pub ambient: Option<f64>,
}

/// A step, or a group of them that is repeated.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Part {
    Step(Step),
    Group(StepGroup),
}

/// Steps that are repeated.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StepGroup {
    pub parts: Vec<Part>,
    pub repeats: u64,
    /// True where the pass in which a step has reached one of its voltages is the last.
    pub stops_at_limit: bool,
}

impl StepGroup {
    /// The steps of all passes.
    pub(crate) fn count(&self) -> u64 {
        let of = |part: &Part| match part {
            Part::Step(_) => 1,
            Part::Group(group) => group.count(),
        };
        let pass = self.parts.iter().map(of).fold(0u64, u64::saturating_add);
        pass.saturating_mul(self.repeats)
    }
}
