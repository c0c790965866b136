//! Head of an exported run: the parts that do not change while it goes on.
use crate::space::Space;

/// The parts of a run that do not change while it goes on.
#[derive(Clone, Copy, Debug)]
pub struct RunHead<'a> {
    pub name: &'a str,
    pub space: &'a Space,
    /// The names of several objectives; none where there is one.
    pub objectives: &'a [String],
    /// For each objective, true where it is maximized.
    pub maximized: &'a [bool],
    /// The name of what a single objective reports.
    pub measure: &'a str,
    /// The steps that a unit of budget has.
    pub steps_a_unit: f64,
}

impl RunHead<'_> {
    /// The number of costs that a trial reports.
    pub(super) fn costs(&self) -> usize {
        self.objectives.len().max(1)
    }
}
