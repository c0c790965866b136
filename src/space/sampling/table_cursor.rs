//! Cursors of allowed tables: the rows that still agree, while a decision diagram decides value after value.
use std::sync::Arc;

use crate::space::allowed::{AllowedTable, agree};
use crate::space::definition::Definition;
use crate::space::sampling::group::TiedGroup;

/// The rows of a table that agree with the values decided so far.
#[derive(Debug)]
pub(crate) struct TableCursor {
    table: Arc<AllowedTable>,
    /// The column of the member at each depth.
    columns: Vec<Option<usize>>,
    /// Rows that agree, for each decision so far.
    agreeing: Vec<Vec<u32>>,
}

impl TableCursor {
    /// The cursors of the tables among the clauses of a group, before any decision.
    pub(crate) fn all(definition: &Definition, group: &TiedGroup) -> Vec<Self> {
        let tables = group.clauses.iter().filter_map(|&clause| definition.forbidden[clause].table());
        let cursor = |table: &Arc<AllowedTable>| Self {
            columns: group.members.iter().map(|member| table.columns().binary_search(member).ok()).collect(),
            agreeing: vec![(0..).take(table.rows().len()).collect()],
            table: table.clone(),
        };
        tables.map(cursor).collect()
    }

    /// The indices that the member at a depth may have, ascending; `None` where it may have any.
    pub(crate) fn choices(&self, depth: usize) -> Option<Vec<u16>> {
        let column = self.columns[depth]?;
        let cells = self.last().iter().map(|&row| self.table.rows()[row as usize][column]);
        let mut choices = cells.collect::<Option<Vec<u16>>>()?;
        choices.sort_unstable();
        choices.dedup();
        Some(choices)
    }

    /// Decides the member at a depth; returns false where no row agrees any more. [`Self::undo`] takes it back.
    pub(crate) fn decide(&mut self, depth: usize, index: Option<u16>) -> bool {
        let rows = match self.columns[depth] {
            Some(column) => {
                let agrees = |row: &u32| agree(self.table.rows()[*row as usize][column], index);
                self.last().iter().copied().filter(agrees).collect()
            }
            None => self.last().to_vec(),
        };
        let is_possible = !rows.is_empty();
        self.agreeing.push(rows);
        is_possible
    }

    /// Takes the last decision back.
    pub(crate) fn undo(&mut self) {
        self.agreeing.pop();
    }

    fn last(&self) -> &[u32] {
        self.agreeing.last().expect("all rows agree at first")
    }
}
