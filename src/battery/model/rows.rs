//! The rows that a mixer is given at once: how many series, how many rows of each, and where they begin.

/// The arrangement of the rows in a tensor of (batch · steps) × width.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rows {
    /// Series side by side.
    pub batch: usize,
    /// Rows of each series.
    pub steps: usize,
    /// Rows that the memory holds already.
    pub start: usize,
}
