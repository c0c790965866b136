//! The training sample of a tree: rows with their targets, laid out so that neighbouring columns are read together.
use super::tree::position;
use crate::space::encoding::Column;

/// Columns that are read together.
pub(super) const LANES: usize = 4;

/// Neighbouring numbers of a row, one a column.
type Lanes = [f32; LANES];

/// Training rows without NaN, each padded to whole lanes.
pub(super) struct Sample<'a> {
    pub kinds: &'a [Column],
    values: Vec<Lanes>,
    pub targets: Vec<f64>,
}

impl<'a> Sample<'a> {
    /// A sample of rows with `targets`, one a row.
    pub(crate) fn new<'r>(kinds: &'a [Column], rows: impl Iterator<Item = &'r [f64]>, targets: Vec<f64>) -> Self {
        let mut values = Vec::with_capacity(targets.len() * kinds.len().div_ceil(LANES));
        for row in rows {
            for (kinds, row) in kinds.chunks(LANES).zip(row.chunks(LANES)) {
                let mut lanes = [0.0; LANES];
                let each = lanes.iter_mut().zip(kinds.iter().zip(row));
                each.for_each(|(lane, (&kind, &value))| *lane = position(kind, value));
                values.push(lanes);
            }
        }
        Self { kinds, values, targets }
    }

    /// The number of groups of lanes in a row.
    pub(crate) fn groups(&self) -> usize {
        self.kinds.len().div_ceil(LANES)
    }

    /// The columns of a group.
    pub(crate) fn lanes(&self, row: u32, group: usize) -> &Lanes {
        &self.values[row as usize * self.groups() + group]
    }

    /// The number of a row in a column.
    pub(crate) fn value(&self, row: u32, column: usize) -> f32 {
        self.values[row as usize * self.groups() + column / LANES][column % LANES]
    }
}
