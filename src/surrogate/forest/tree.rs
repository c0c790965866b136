//! One regression tree: its splits in a flat array, and what its leaves have seen.
use crate::space::encoding::Column;

/// A row that no leaf counts.
pub(super) const NOWHERE: u32 = u32::MAX;

/// So many rows walk down together, so that none waits for another's memory.
const ABREAST: usize = 8;

/// Choices of a column from which on a set of them has words of its own.
const WIDE: usize = 32;

/// What decides at a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// At most the threshold goes left. A leaf is such a node too: its threshold is infinite, its left child itself.
    Number,
    /// The categories of a mask go left.
    Set,
    /// The same, the mask being in `sets`.
    WideSet,
}

/// How a node parts its rows.
#[derive(Clone, Debug)]
pub(super) enum Rule {
    /// At most this goes left.
    AtMost(f32),
    /// The categories whose bit is set go left.
    Among(Vec<u64>),
}

#[derive(Clone, Copy, Debug)]
struct Node {
    /// The bits of a threshold or of a mask, or where the words of a wide set start.
    split: u32,
    /// The left child; the right one follows it.
    next: u32,
    column: u16,
    kind: Kind,
}

/// What a leaf expects, with what it has seen.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Leaf {
    pub mean: f64,
    pub variance: f64,
    pub weight: f64,
}

/// A grown tree; nodes are numbered from 0, the root.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    /// By node; those of inner nodes mean nothing.
    leaves: Vec<Leaf>,
    sets: Vec<u64>,
}

/// A number of a row, NaN for the inactive, as a place or the index of a category. The inactive is a value of its own:
/// below the range of numbers, one more category.
pub(super) fn place(column: Column, value: f64) -> f32 {
    match column {
        _ if !value.is_nan() => value as f32,
        Column::Numeric => -1.0,
        Column::Categorical { choices } => choices as f32,
    }
}

/// A place as nodes read it: its bits, the one bit of a category, or the index of one of many categories.
pub(super) fn cell(column: Column, place: f32) -> u32 {
    match column {
        Column::Numeric => place.to_bits(),
        Column::Categorical { choices } if choices < WIDE => 1 << place as u32,
        Column::Categorical { .. } => place as u32,
    }
}

impl Tree {
    /// A root without children.
    pub fn new() -> Self {
        let mut tree = Self { nodes: Vec::new(), leaves: Vec::new(), sets: Vec::new() };
        tree.push();
        tree
    }

    /// A new leaf's number.
    fn push(&mut self) -> u32 {
        let index = self.nodes.len() as u32;
        self.nodes.push(Node { split: f32::INFINITY.to_bits(), next: index, column: 0, kind: Kind::Number });
        index
    }

    /// Gives a leaf two children; the number of the left one, which the right one follows.
    pub fn split(&mut self, node: u32, column: usize, kind: Column, rule: Rule) -> u32 {
        let next = self.push();
        self.push();
        let (split, kind) = match (rule, kind) {
            (Rule::AtMost(threshold), _) => (threshold.to_bits(), Kind::Number),
            (Rule::Among(set), Column::Categorical { choices }) if choices < WIDE => (set[0] as u32, Kind::Set),
            (Rule::Among(set), _) => {
                self.sets.extend(&set);
                ((self.sets.len() - set.len()) as u32, Kind::WideSet)
            }
        };
        self.nodes[node as usize] = Node { split, next, column: column as u16, kind };
        next
    }

    /// The leaf of each row of cells, `width` a row.
    pub fn find(&self, cells: &[u32], width: usize, found: &mut [u32]) {
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
        }
    }

    #[inline]
    fn step(&self, at: u32, row: &[u32]) -> u32 {
        let node = &self.nodes[at as usize];
        let cell = row[usize::from(node.column)];
        let number = f32::from_bits(cell) <= f32::from_bits(node.split);
        let set = cell & node.split != 0;
        let left = match node.kind {
            Kind::Number => number,
            Kind::Set => set,
            Kind::WideSet => self.sets[node.split as usize + cell as usize / 64] >> (cell % 64) & 1 == 1,
        };
        node.next + u32::from(!left)
    }

    pub fn leaf(&self, node: u32) -> Leaf {
        self.leaves[node as usize]
    }

    /// Gives every leaf what its rows say: `rows` are leaf, weight and target of each. With `logarithmic`, targets are
    /// logarithms and a leaf expects that of their mean.
    pub fn settle(&mut self, rows: impl Iterator<Item = (u32, f64, f64)> + Clone, logarithmic: bool) {
        self.leaves.clear();
        self.leaves.resize(self.nodes.len(), Leaf::default());
        let mut all = Leaf::default();
        for (node, weight, target) in rows.clone() {
            for leaf in [&mut self.leaves[node as usize], &mut all] {
                leaf.weight += weight;
                leaf.mean += weight * target;
            }
        }
        let overall = all.mean / all.weight;
        for leaf in &mut self.leaves {
            leaf.mean = if leaf.weight > 0.0 { leaf.mean / leaf.weight } else { overall };
        }
        for (node, weight, target) in rows.clone() {
            let leaf = &mut self.leaves[node as usize];
            leaf.variance += weight * (target - leaf.mean).powi(2) / leaf.weight;
        }
        if logarithmic {
            let mut sums = vec![0.0; self.leaves.len()];
            for (node, weight, target) in rows {
                let leaf = &self.leaves[node as usize];
                sums[node as usize] += weight / leaf.weight * (target - leaf.mean).exp();
            }
            let leaves = self.leaves.iter_mut().zip(sums).filter(|(leaf, _)| leaf.weight > 0.0);
            leaves.for_each(|(leaf, sum)| leaf.mean += sum.ln());
        }
    }

    /// Adds one observation to a leaf.
    pub fn absorb(&mut self, node: u32, target: f64, logarithmic: bool) {
        let Leaf { mean, variance, weight } = self.leaves[node as usize];
        let step = (target - mean) / (weight + 1.0);
        let variance = (weight * variance + (target - mean) * weight * step) / (weight + 1.0);
        let mean = if logarithmic {
            let high = mean.max(target);
            high + ((weight * (mean - high).exp() + (target - high).exp()) / (weight + 1.0)).ln()
        } else {
            mean + step
        };
        self.leaves[node as usize] = Leaf { mean, variance, weight: weight + 1.0 };
    }
}
