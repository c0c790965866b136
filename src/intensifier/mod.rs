//! Who deserves more budget.
pub mod bracket;
pub mod hyperband;

use crate::trial::ConfigurationId;
use crate::trial::budget::Budget;
use crate::trial::history::History;

/// What should be asked for next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Next {
    /// A configuration that was tried goes on at a higher budget.
    Promote { configuration: ConfigurationId, bracket: u32, rung: u32, budget: Budget },
    /// A configuration that was never tried.
    New { bracket: u32, rung: u32, budget: Budget },
    /// Nothing until a running trial ends; where none runs, nothing ever.
    Wait,
}

/// Decides, from the history alone, which rung the next trial belongs to.
pub trait Intensifier {
    /// What comes next; `fresh` is whether there are configurations that were never tried.
    fn next(&self, history: &History, fresh: bool) -> Next;
}
