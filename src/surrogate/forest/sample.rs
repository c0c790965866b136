//! What a tree grows from: rows with their targets, laid out so that neighbouring columns are looked at side by side.
use super::tree::place;
use crate::space::encoding::Column;

/// Columns that are looked at side by side.
pub(super) const LANES: usize = 4;

/// So many numbers, one a column.
type Lanes = [f32; LANES];

/// Training rows without NaN, each padded to whole lanes.
pub(super) struct Sample<'a> {
    pub kinds: &'a [Column],
    values: Vec<Lanes>,
    pub targets: Vec<f64>,
}

impl<'a> Sample<'a> {
    /// `targets` are one a row.
    pub fn new<'r>(kinds: &'a [Column], rows: impl Iterator<Item = &'r [f64]>, targets: Vec<f64>) -> Self {
        let mut values = Vec::with_capacity(targets.len() * kinds.len().div_ceil(LANES));
        for row in rows {
            for (kinds, row) in kinds.chunks(LANES).zip(row.chunks(LANES)) {
                let mut lanes = [0.0; LANES];
                let each = lanes.iter_mut().zip(kinds.iter().zip(row));
                each.for_each(|(lane, (&kind, &value))| *lane = place(kind, value));
                values.push(lanes);
            }
        }
        Self { kinds, values, targets }
    }

    /// How many groups of lanes a row has.
    pub fn groups(&self) -> usize {
        self.kinds.len().div_ceil(LANES)
    }

    /// The columns of a group.
    pub fn lanes(&self, row: u32, group: usize) -> &Lanes {
        &self.values[row as usize * self.groups() + group]
    }

    pub fn value(&self, row: u32, column: usize) -> f32 {
        self.values[row as usize * self.groups() + column / LANES][column % LANES]
    }
}
