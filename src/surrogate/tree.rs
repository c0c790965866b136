//! One regression tree: grown from presorted columns, kept as a flat array of nodes.
use super::forest::{Settings, Splitter};
use crate::numeric::stream::Stream;
use crate::space::encoding::Column;

const LEAF: u32 = u32::MAX;

/// What a leaf has seen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leaf {
    pub mean: f64,
    pub variance: f64,
    pub weight: f64,
}

#[derive(Clone, Debug)]
struct Node {
    /// The column that decides, or `LEAF`.
    column: u32,
    /// The left child, the right one follows it; of a leaf, its index among the leaves.
    next: u32,
    /// At most this goes left; of a categorical column, where the set of categories that go left starts in `sets`.
    split: f64,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    leaves: Vec<Leaf>,
    /// Sets of categories, a bit each.
    sets: Vec<u64>,
}

/// Training rows by column, without NaN, and each column's rows in ascending order.
pub(super) struct Columns<'a> {
    pub kinds: &'a [Column],
    pub values: Vec<Vec<f64>>,
    pub orders: Vec<Vec<u32>>,
    pub targets: &'a [f64],
}

impl Tree {
    /// Grows a tree from rows that count `weights` times each.
    pub fn grow(columns: &Columns, weights: &[u32], settings: &Settings, stream: Stream) -> Self {
        let orders: Vec<Vec<u32>> = (columns.orders.iter())
            .map(|order| order.iter().copied().filter(|&row| weights[row as usize] > 0).collect())
            .collect();
        let rows = orders[0].len();
        let mass = |(&weight, target): (&u32, &f64)| Mass { weight: weight.into(), sum: f64::from(weight) * target };
        let masses = weights.iter().zip(columns.targets).map(mass).collect();
        let mut grower = Grower {
            columns,
            masses,
            settings,
            stream,
            orders,
            goes_left: vec![false; weights.len()],
            scratch: Vec::with_capacity(rows),
            groups: Vec::new(),
            candidates: (0..columns.kinds.len()).collect(),
            tree: Self::default(),
        };
        grower.grow(rows);
        grower.tree
    }

    /// The leaf that a row without NaN falls into.
    pub fn leaf(&self, row: &[f64], kinds: &[Column]) -> Leaf {
        self.leaves[self.leaf_index(row, kinds)]
    }

    /// Adds one observation to its leaf.
    pub fn absorb(&mut self, row: &[f64], kinds: &[Column], target: f64) {
        let index = self.leaf_index(row, kinds);
        let Leaf { mean, variance, weight } = self.leaves[index];
        let step = (target - mean) / (weight + 1.0);
        let variance = (weight * variance + (target - mean) * weight * step) / (weight + 1.0);
        self.leaves[index] = Leaf { mean: mean + step, variance, weight: weight + 1.0 };
    }

    fn leaf_index(&self, row: &[f64], kinds: &[Column]) -> usize {
        let mut node = &self.nodes[0];
        while node.column != LEAF {
            let value = row[node.column as usize];
            let left = match kinds[node.column as usize] {
                Column::Numeric => value <= node.split,
                Column::Categorical { .. } => contains(&self.sets[node.split as usize..], value as usize),
            };
            node = &self.nodes[node.next as usize + usize::from(!left)];
        }
        node.next as usize
    }
}

fn contains(set: &[u64], category: usize) -> bool {
    set[category / 64] >> (category % 64) & 1 == 1
}

/// Weight and sum of the targets of some rows.
#[derive(Clone, Copy, Default)]
struct Mass {
    weight: f64,
    sum: f64,
}

impl Mass {
    /// What a part of these rows adds to the explained sum of squares.
    fn explained(self) -> f64 {
        self.sum * self.sum / self.weight
    }

    fn add(&mut self, other: Self) {
        self.weight += other.weight;
        self.sum += other.sum;
    }

    fn without(self, other: Self) -> Self {
        Self { weight: self.weight - other.weight, sum: self.sum - other.sum }
    }
}

/// How a node is divided.
enum Split {
    /// Somewhere between two neighbouring values.
    Between(f64, f64),
    At(f64),
    /// The categories present in the node that go left, and those that go right.
    Categories(Vec<usize>, Vec<usize>),
}

struct Grower<'a> {
    columns: &'a Columns<'a>,
    /// Of each row.
    masses: Vec<Mass>,
    settings: &'a Settings,
    stream: Stream,
    /// For every column the rows in ascending order; a node owns the same range of each.
    orders: Vec<Vec<u32>>,
    goes_left: Vec<bool>,
    scratch: Vec<u32>,
    /// Categories of the node and column at hand.
    groups: Vec<(usize, Mass)>,
    candidates: Vec<usize>,
    tree: Tree,
}

impl Grower<'_> {
    fn grow(&mut self, rows: usize) {
        self.tree.nodes.push(Node { column: LEAF, next: 0, split: 0.0 });
        let mut open = vec![(0, 0, rows, 0)];
        while let Some((node, start, end, depth)) = open.pop() {
            let (mass, variance) = self.describe(start, end);
            let splits = mass.weight >= f64::from(self.settings.min_split)
                && depth < self.settings.max_depth
                && variance > 1e-14 * (1.0 + (mass.sum / mass.weight).powi(2));
            let Some((column, split)) = splits.then(|| self.best_split(start, end, mass)).flatten() else {
                let leaf = Leaf { mean: mass.sum / mass.weight, variance, weight: mass.weight };
                self.tree.nodes[node] = Node { column: LEAF, next: self.tree.leaves.len() as u32, split: 0.0 };
                self.tree.leaves.push(leaf);
                continue;
            };
            let left = self.tree.nodes.len();
            let split = self.rule(column, split);
            self.tree.nodes[node] = Node { column: column as u32, next: left as u32, split };
            let middle = start + self.divide(column, split, start, end);
            for (child, start, end) in [(left, start, middle), (left + 1, middle, end)] {
                self.tree.nodes.push(Node { column: LEAF, next: 0, split: 0.0 });
                open.push((child, start, end, depth + 1));
            }
        }
    }

    fn describe(&self, start: usize, end: usize) -> (Mass, f64) {
        let rows = || self.orders[0][start..end].iter().map(|&row| row as usize);
        let mut mass = Mass::default();
        rows().for_each(|row| mass.add(self.masses[row]));
        let mean = mass.sum / mass.weight;
        let square = |row: usize| self.masses[row].weight * (self.columns.targets[row] - mean).powi(2);
        (mass, rows().map(square).sum::<f64>() / mass.weight)
    }

    /// The split that explains most, over as many columns in random order as the settings want, constant ones apart.
    fn best_split(&mut self, start: usize, end: usize, all: Mass) -> Option<(usize, Split)> {
        let mut wanted = ((self.settings.columns * self.candidates.len() as f64).round() as usize).max(1);
        let mut candidates = std::mem::take(&mut self.candidates);
        self.stream.shuffle(&mut candidates);
        let mut best: Option<(f64, usize, Split)> = None;
        for &column in &candidates {
            if wanted == 0 {
                break;
            }
            let values = &self.columns.values[column];
            let order = &self.orders[column][start..end];
            let (low, high) = (values[order[0] as usize], values[order[order.len() - 1] as usize]);
            if low == high {
                continue;
            }
            wanted -= 1;
            let found = match self.columns.kinds[column] {
                Column::Categorical { .. } => self.best_subset(column, start, end, all),
                Column::Numeric if self.settings.splitter == Splitter::Best => {
                    self.best_threshold(column, start, end, all)
                }
                Column::Numeric => {
                    let threshold = between(low, high, self.stream.uniform());
                    self.threshold(column, start, end, threshold, all)
                }
            };
            if let Some((explained, split)) = found
                && best.as_ref().is_none_or(|(most, ..)| explained > *most)
            {
                best = Some((explained, column, split));
            }
        }
        self.candidates = candidates;
        best.map(|(_, column, split)| (column, split))
    }

    fn explained(&self, left: Mass, all: Mass) -> Option<f64> {
        let right = all.without(left);
        let least = f64::from(self.settings.min_leaf).max(0.5);
        (left.weight >= least && right.weight >= least).then(|| left.explained() + right.explained())
    }

    fn best_threshold(&self, column: usize, start: usize, end: usize, all: Mass) -> Option<(f64, Split)> {
        let values = &self.columns.values[column];
        let mut left = Mass::default();
        let mut best: Option<(f64, Split)> = None;
        for pair in self.orders[column][start..end].windows(2) {
            left.add(self.masses[pair[0] as usize]);
            let (below, above) = (values[pair[0] as usize], values[pair[1] as usize]);
            if below < above
                && let Some(explained) = self.explained(left, all)
                && best.as_ref().is_none_or(|(most, _)| explained > *most)
            {
                best = Some((explained, Split::Between(below, above)));
            }
        }
        best
    }

    fn threshold(&self, column: usize, start: usize, end: usize, at: f64, all: Mass) -> Option<(f64, Split)> {
        let values = &self.columns.values[column];
        let mut left = Mass::default();
        for &row in self.orders[column][start..end].iter().take_while(|&&row| values[row as usize] <= at) {
            left.add(self.masses[row as usize]);
        }
        Some((self.explained(left, all)?, Split::At(at)))
    }

    /// In the order of their mean targets, the best subset of the categories is a prefix (Fisher 1958).
    fn best_subset(&mut self, column: usize, start: usize, end: usize, all: Mass) -> Option<(f64, Split)> {
        let values = &self.columns.values[column];
        self.groups.clear();
        for &row in &self.orders[column][start..end] {
            let category = values[row as usize] as usize;
            if self.groups.last().is_none_or(|(last, _)| *last != category) {
                self.groups.push((category, Mass::default()));
            }
            self.groups.last_mut().expect("a group was just pushed").1.add(self.masses[row as usize]);
        }
        self.groups.sort_by(|(_, a), (_, b)| (a.sum / a.weight).total_cmp(&(b.sum / b.weight)));
        let mut left = Mass::default();
        let mut best: Option<(f64, usize)> = None;
        for index in 1..self.groups.len() {
            left.add(self.groups[index - 1].1);
            if let Some(explained) = self.explained(left, all)
                && best.is_none_or(|(most, _)| explained > most)
            {
                best = Some((explained, index));
            }
        }
        let (explained, index) = best?;
        let categories = |groups: &[(usize, Mass)]| groups.iter().map(|(category, _)| *category).collect();
        let (left, right) = self.groups.split_at(index);
        Some((explained, Split::Categories(categories(left), categories(right))))
    }

    /// The number that a node keeps for a split.
    fn rule(&mut self, column: usize, split: Split) -> f64 {
        match split {
            // Anywhere in the gap, so that trees disagree about what nobody has seen (as in pyrfr).
            Split::Between(low, high) => between(low, high, self.stream.uniform()),
            Split::At(threshold) => threshold,
            Split::Categories(left, right) => {
                let Column::Categorical { choices } = self.columns.kinds[column] else {
                    unreachable!("only categorical columns are split by category")
                };
                let start = self.tree.sets.len();
                // A category that no row of the node has goes to either side by chance.
                self.tree.sets.extend((0..=choices / 64).map(|_| self.stream.bits()));
                let set = &mut self.tree.sets[start..];
                left.into_iter().for_each(|category| set[category / 64] |= 1 << (category % 64));
                right.into_iter().for_each(|category| set[category / 64] &= !(1 << (category % 64)));
                start as f64
            }
        }
    }

    /// Moves the rows that go left to the front of the node's range in every column; how many they are.
    fn divide(&mut self, column: usize, split: f64, start: usize, end: usize) -> usize {
        for &row in &self.orders[0][start..end] {
            let value = self.columns.values[column][row as usize];
            self.goes_left[row as usize] = match self.columns.kinds[column] {
                Column::Numeric => value <= split,
                Column::Categorical { .. } => contains(&self.tree.sets[split as usize..], value as usize),
            };
        }
        let mut left = 0;
        for order in &mut self.orders {
            let range = &mut order[start..end];
            self.scratch.clear();
            left = 0;
            for index in 0..range.len() {
                let row = range[index];
                if self.goes_left[row as usize] {
                    range[left] = row;
                    left += 1;
                } else {
                    self.scratch.push(row);
                }
            }
            range[left..].copy_from_slice(&self.scratch);
        }
        left
    }
}

/// A number in `[low, high)`.
fn between(low: f64, high: f64, share: f64) -> f64 {
    let number = low + share * (high - low);
    if number < high { number } else { low }
}
