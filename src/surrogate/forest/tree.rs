//! A regression tree: its splits in a flat array.
use crate::space::encoding::Column;

/// The leaf of a row that is in none.
pub(super) const NOWHERE: u32 = u32::MAX;

/// Rows that walk down together, so that none waits for the memory of another.
const ABREAST: usize = 8;

/// The bits of 2¹²⁶, a threshold above every cell; the lower 23 bits have room for the leaf's number.
const LEAF: u32 = 0x7e80_0000;

/// Choices of a column from which on a set of categories is stored outside its node.
const WIDE: usize = 32;

/// The kind of test at a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TestKind {
    /// A number at or below the threshold goes left. A leaf is such a node too: its left child is itself, and its
    /// threshold, above every cell, has the leaf's number in its lower bits.
    Number,
    /// A category in the mask goes left.
    Set,
    /// A category in the mask, which is stored in `sets`, goes left.
    WideSet,
}

/// The test by which a node partitions its rows.
#[derive(Clone, Debug)]
pub(super) enum Rule {
    /// Numbers at or below this threshold go left.
    AtMost(f32),
    /// The categories whose bit is set go left.
    Among(Vec<u64>),
}

#[derive(Clone, Copy, Debug)]
struct TreeNode {
    /// The bits of a threshold or of a mask, or where the words of a wide set start.
    split: u32,
    /// The left child; the right one follows it.
    next: u32,
    column: u16,
    kind: TestKind,
}

/// A tree; node 0 is the root, leaves have numbers of their own.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    nodes: Vec<TreeNode>,
    sets: Vec<u64>,
    leaves: u32,
}

/// A value of a row as a position or as the index of a category. NaN, which stands for inactive, is a value of its own: a
/// number below the range, or one more category.
pub(super) fn position(column: Column, value: f64) -> f32 {
    match column {
        _ if !value.is_nan() => value as f32,
        Column::Numeric => -1.0,
        Column::Categorical { choices } => choices as f32,
    }
}

/// A position as nodes read it: its bits, the one bit of a category, or the index of one of many categories.
pub(super) fn cell(column: Column, position: f32) -> u32 {
    match column {
        Column::Numeric => position.to_bits(),
        Column::Categorical { choices } if choices < WIDE => 1 << position as u32,
        Column::Categorical { .. } => position as u32,
    }
}

impl Tree {
    /// A root without children.
    pub(crate) fn new() -> Self {
        let mut tree = Self { nodes: Vec::new(), sets: Vec::new(), leaves: 0 };
        tree.push();
        tree
    }

    /// Adds a node without children; returns its index.
    fn push(&mut self) -> u32 {
        let index = self.nodes.len() as u32;
        self.nodes.push(TreeNode { split: LEAF, next: index, column: 0, kind: TestKind::Number });
        index
    }

    /// Makes a node a leaf; returns the leaf's number.
    pub(crate) fn end(&mut self, node: u32) -> u32 {
        self.nodes[node as usize].split = LEAF | self.leaves;
        self.leaves += 1;
        self.leaves - 1
    }

    /// The number of leaves.
    pub(crate) fn leaves(&self) -> usize {
        self.leaves as usize
    }

    /// Gives a node two children; returns the index of the left one, which the right one follows.
    pub(crate) fn split(&mut self, node: u32, column: usize, kind: Column, rule: Rule) -> u32 {
        let next = self.push();
        self.push();
        let (split, kind) = match (rule, kind) {
            (Rule::AtMost(threshold), _) => (threshold.to_bits(), TestKind::Number),
            (Rule::Among(set), Column::Categorical { choices }) if choices < WIDE => (set[0] as u32, TestKind::Set),
            (Rule::Among(set), _) => {
                self.sets.extend(&set);
                ((self.sets.len() - set.len()) as u32, TestKind::WideSet)
            }
        };
        self.nodes[node as usize] = TreeNode { split, next, column: column as u16, kind };
        next
    }

    /// Writes the number of the leaf of each row to `found`; rows are `width` cells each.
    pub(crate) fn find(&self, cells: &[u32], width: usize, found: &mut [u32]) {
        for (cells, found) in cells.chunks(ABREAST * width).zip(found.chunks_mut(ABREAST)) {
            found.fill(0);
            loop {
                let mut moved = 0;
                for (row, at) in cells.chunks_exact(width).zip(found.iter_mut()) {
                    let next = self.step(*at, row);
                    moved |= next ^ *at;
                    *at = next;
                }
                if moved == 0 {
                    break;
                }
            }
            found.iter_mut().for_each(|at| *at = self.nodes[*at as usize].split & !LEAF);
        }
    }

    #[inline]
    fn step(&self, at: u32, row: &[u32]) -> u32 {
        let node = &self.nodes[at as usize];
        let cell = row[usize::from(node.column)];
        let number = f32::from_bits(cell) <= f32::from_bits(node.split);
        let set = cell & node.split != 0;
        let left = match node.kind {
            TestKind::Number => number,
            TestKind::Set => set,
            TestKind::WideSet => self.sets[node.split as usize + cell as usize / 64] >> (cell % 64) & 1 == 1,
        };
        node.next + u32::from(!left)
    }
}
