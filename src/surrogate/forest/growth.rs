//! Growth of a tree: the rows of a node lie side by side, and each split partitions them.
use super::sample::{LANES, Sample};
use super::settings::{ForestSettings, Splitter};
use super::tree::{NOWHERE, Rule, Tree};
use crate::numeric::stream::Stream;
use crate::space::encoding::Column;

/// Grows a tree from rows that count `weights` times each, not all of them zero. Returns it with the leaf of each row,
/// [`NOWHERE`] for rows of weight 0.
pub(super) fn grow(sample: &Sample, weights: &[u8], settings: &ForestSettings, stream: Stream) -> (Tree, Vec<u32>) {
    let rows: Vec<u32> = (0..weights.len() as u32).filter(|&row| weights[row as usize] > 0).collect();
    let count = rows.len();
    let width = sample.groups() * LANES;
    let mut grower = Grower {
        sample,
        settings,
        stream,
        targets: rows.iter().map(|&row| sample.targets[row as usize]).collect(),
        weights: rows.iter().map(|&row| f32::from(weights[row as usize])).collect(),
        rows,
        goes_left: vec![false; count],
        spare: (vec![0.0; count], vec![0.0; count], vec![0; count]),
        low: vec![0.0; width],
        high: vec![0.0; width],
        thresholds: vec![0.0; width],
        below: vec![Mass::default(); width],
        groups: Vec::new(),
        keys: Vec::new(),
        candidates: (0..sample.kinds.len()).collect(),
        tree: Tree::new(),
        leaf_of: vec![NOWHERE; weights.len()],
    };
    grower.grow(count);
    (grower.tree, grower.leaf_of)
}

/// The total weight of some rows, and the weighted sum of their targets.
#[derive(Clone, Copy, Default)]
struct Mass {
    weight: f64,
    sum: f64,
}

impl Mass {
    /// The sum of squares that the mean of these rows explains.
    fn explained(self) -> f64 {
        self.sum * self.sum / self.weight
    }

    fn add(&mut self, weight: f32, target: f64) {
        self.weight += f64::from(weight);
        self.sum += f64::from(weight) * target;
    }

    fn join(&mut self, other: Self) {
        self.weight += other.weight;
        self.sum += other.sum;
    }

    fn without(self, other: Self) -> Self {
        Self { weight: self.weight - other.weight, sum: self.sum - other.sum }
    }
}

/// A candidate split of a node.
#[derive(Clone, Copy)]
enum Split {
    /// At a threshold to be drawn between two neighbouring values.
    Between(f32, f32),
    /// At this threshold.
    At(f32),
    /// The number of the node's categories that go left, from the one with the lowest mean.
    Categories(usize),
}

struct Grower<'a> {
    sample: &'a Sample<'a>,
    settings: &'a ForestSettings,
    stream: Stream,
    /// A node owns a range of rows, targets and weights.
    rows: Vec<u32>,
    targets: Vec<f64>,
    weights: Vec<f32>,
    goes_left: Vec<bool>,
    spare: (Vec<f32>, Vec<f64>, Vec<u32>),
    /// Scratch of the current node by column: extremes, a threshold between them, and the mass at or below it.
    low: Vec<f32>,
    high: Vec<f32>,
    thresholds: Vec<f32>,
    below: Vec<Mass>,
    /// Categories of the current node and column.
    groups: Vec<(usize, Mass)>,
    /// Values of the current node and column in ascending order; the lower half of each key is the row's position.
    keys: Vec<u64>,
    candidates: Vec<usize>,
    tree: Tree,
    leaf_of: Vec<u32>,
}

impl Grower<'_> {
    fn grow(&mut self, rows: usize) {
        let mut open = vec![(0, 0, rows, 0)];
        while let Some((node, start, end, depth)) = open.pop() {
            let (mass, differs) = self.describe(start, end);
            let splits =
                differs && mass.weight >= f64::from(self.settings.min_split) && depth < self.settings.max_depth;
            let Some((column, split)) = splits.then(|| self.best_split(start, end, mass)).flatten() else {
                let leaf = self.tree.end(node);
                self.rows[start..end].iter().for_each(|&row| self.leaf_of[row as usize] = leaf);
                continue;
            };
            let rule = self.rule(column, split, start, end);
            let middle = start + self.divide(column, &rule, start, end);
            let left = self.tree.split(node, column, self.sample.kinds[column], rule);
            open.push((left, start, middle, depth + 1));
            open.push((left + 1, middle, end, depth + 1));
        }
    }

    /// The mass of a node, and true where its targets differ by more than rounding.
    fn describe(&self, start: usize, end: usize) -> (Mass, bool) {
        let mut mass = Mass::default();
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for (&weight, &target) in self.weights[start..end].iter().zip(&self.targets[start..end]) {
            mass.add(weight, target);
            low = low.min(target);
            high = high.max(target);
        }
        (mass, high - low > 1e-7 * (1.0 + (mass.sum / mass.weight).abs()))
    }

    /// The split that explains most, the first of equals, over as many columns in random order as the settings want; constant
    /// columns do not count.
    fn best_split(&mut self, start: usize, end: usize, all: Mass) -> Option<(usize, Split)> {
        let mut candidates = std::mem::take(&mut self.candidates);
        let wanted = ((self.settings.columns * candidates.len() as f64).round() as usize).max(1);
        if wanted < candidates.len() {
            self.stream.shuffle(&mut candidates);
        } else {
            // Where all columns are considered, the order only decides between equals.
            let first = self.stream.below(candidates.len());
            candidates.rotate_left(first);
        }
        let is_random = self.settings.splitter == Splitter::Random;
        if is_random && end - start == 2 {
            let pair = self.split_pair(&candidates, start, all);
            self.candidates = candidates;
            return pair;
        }
        self.extremes(start, end);
        if is_random {
            self.thresholds(start, end);
        }
        let mut best: Option<(f64, usize, Split)> = None;
        let mut left = wanted;
        for &column in &candidates {
            if left == 0 || self.low[column] == self.high[column] {
                continue;
            }
            left -= 1;
            let found = match self.sample.kinds[column] {
                Column::Categorical { .. } => self.best_subset(column, start, end, all),
                Column::Numeric if is_random => {
                    let split = |explained| (explained, Split::At(self.thresholds[column]));
                    self.explained(self.below[column], all).map(split)
                }
                Column::Numeric => self.best_threshold(column, start, end, all),
            };
            if let Some((explained, split)) = found
                && best.is_none_or(|(most, ..)| explained > most)
            {
                best = Some((explained, column, split));
            }
        }
        self.candidates = candidates;
        best.map(|(_, column, split)| (column, split))
    }

    /// The split of a node of two rows: the first column that can, as every split of two rows explains the same. A third of
    /// all splits are such.
    fn split_pair(&mut self, candidates: &[usize], start: usize, all: Mass) -> Option<(usize, Split)> {
        let [first, second] = [0, 1].map(|index| self.rows[start + index]);
        let value = |row, column| self.sample.value(row, column);
        let column = *candidates.iter().find(|&&column| value(first, column) != value(second, column))?;
        let mut left = Mass::default();
        left.add(self.weights[start], self.targets[start]);
        self.explained(left, all)?;
        let split = match self.sample.kinds[column] {
            Column::Categorical { .. } => Split::Categories(1),
            Column::Numeric => {
                let (one, other) = (value(first, column), value(second, column));
                Split::At(between(one.min(other), one.max(other), self.stream.uniform()))
            }
        };
        Some((column, split))
    }

    /// The smallest and the largest value of each column.
    fn extremes(&mut self, start: usize, end: usize) {
        for group in 0..self.sample.groups() {
            let (mut low, mut high) = ([f32::INFINITY; LANES], [f32::NEG_INFINITY; LANES]);
            for &row in &self.rows[start..end] {
                let values = self.sample.lanes(row, group);
                for lane in 0..LANES {
                    low[lane] = if values[lane] < low[lane] { values[lane] } else { low[lane] };
                    high[lane] = if values[lane] > high[lane] { values[lane] } else { high[lane] };
                }
            }
            self.low[group * LANES..][..LANES].copy_from_slice(&low);
            self.high[group * LANES..][..LANES].copy_from_slice(&high);
        }
    }

    /// Draws a threshold for each column, and sums the mass at or below it.
    fn thresholds(&mut self, start: usize, end: usize) {
        for group in 0..self.sample.groups() {
            let mut thresholds = [0.0; LANES];
            for (lane, threshold) in thresholds.iter_mut().enumerate() {
                let (low, high) = (self.low[group * LANES + lane], self.high[group * LANES + lane]);
                if low < high {
                    *threshold = between(low, high, self.stream.uniform());
                }
            }
            let (mut weight, mut sum) = ([0_f32; LANES], [0_f64; LANES]);
            let rows = self.rows[start..end].iter().zip(&self.weights[start..end]).zip(&self.targets[start..end]);
            for ((&row, &each), &target) in rows {
                let values = self.sample.lanes(row, group);
                for lane in 0..LANES {
                    let counted = if values[lane] <= thresholds[lane] { each } else { 0.0 };
                    weight[lane] += counted;
                    sum[lane] += f64::from(counted) * target;
                }
            }
            for lane in 0..LANES {
                self.thresholds[group * LANES + lane] = thresholds[lane];
                self.below[group * LANES + lane] = Mass { weight: f64::from(weight[lane]), sum: sum[lane] };
            }
        }
    }

    fn explained(&self, left: Mass, all: Mass) -> Option<f64> {
        let right = all.without(left);
        let least = f64::from(self.settings.min_leaf).max(0.5);
        (left.weight >= least && right.weight >= least).then(|| left.explained() + right.explained())
    }

    /// The best split of a numeric column between two neighbouring values.
    fn best_threshold(&mut self, column: usize, start: usize, end: usize, all: Mass) -> Option<(f64, Split)> {
        let sample = self.sample;
        let value = |offset: usize| sample.value(self.rows[start + offset], column);
        self.keys.clear();
        self.keys.extend((0..end - start).map(|offset| ascending(value(offset)) << 32 | offset as u64));
        self.keys.sort_unstable();
        let mut left = Mass::default();
        let mut best: Option<(f64, Split)> = None;
        for pair in self.keys.windows(2) {
            let [this, next] = [pair[0], pair[1]].map(|key| (key & u64::from(u32::MAX)) as usize);
            left.add(self.weights[start + this], self.targets[start + this]);
            let (low, high) = (value(this), value(next));
            if low < high
                && let Some(explained) = self.explained(left, all)
                && best.as_ref().is_none_or(|(most, _)| explained > *most)
            {
                best = Some((explained, Split::Between(low, high)));
            }
        }
        best
    }

    /// The best split of a categorical column: ordered by mean target, the best subset is a prefix (Fisher 1958).
    fn best_subset(&mut self, column: usize, start: usize, end: usize, all: Mass) -> Option<(f64, Split)> {
        self.group(column, start, end);
        let mut left = Mass::default();
        let mut best: Option<(f64, Split)> = None;
        for index in 1..self.groups.len() {
            left.join(self.groups[index - 1].1);
            if let Some(explained) = self.explained(left, all)
                && best.is_none_or(|(most, _)| explained > most)
            {
                best = Some((explained, Split::Categories(index)));
            }
        }
        best
    }

    /// Sums the mass of each category of a column, in the order of their mean targets.
    fn group(&mut self, column: usize, start: usize, end: usize) {
        self.groups.clear();
        for index in start..end {
            let category = self.sample.value(self.rows[index], column) as usize;
            let known = self.groups.iter().position(|(each, _)| *each == category);
            let group = known.unwrap_or_else(|| {
                self.groups.push((category, Mass::default()));
                self.groups.len() - 1
            });
            self.groups[group].1.add(self.weights[index], self.targets[index]);
        }
        // Of equal means, the smaller category first, whatever order the rows had.
        let mean = |mass: &Mass| mass.sum / mass.weight;
        self.groups.sort_unstable_by(|(a, of_a), (b, of_b)| mean(of_a).total_cmp(&mean(of_b)).then(a.cmp(b)));
    }

    fn rule(&mut self, column: usize, split: Split, start: usize, end: usize) -> Rule {
        match (split, self.sample.kinds[column]) {
            // Anywhere in the gap, so that trees disagree where there is no data (as in pyrfr).
            (Split::Between(low, high), _) => Rule::AtMost(between(low, high, self.stream.uniform())),
            (Split::At(threshold), _) => Rule::AtMost(threshold),
            (Split::Categories(count), Column::Categorical { choices }) => {
                self.group(column, start, end);
                // A category that no row of the node has goes to either side by chance.
                let bits = |word: usize| (choices + 1 - 64 * word).min(64);
                let mut set: Vec<u64> =
                    (0..=choices / 64).map(|word| self.stream.bits() >> (64 - bits(word))).collect();
                let (left, right) = self.groups.split_at(count);
                left.iter().for_each(|(category, _)| set[category / 64] |= 1 << (category % 64));
                right.iter().for_each(|(category, _)| set[category / 64] &= !(1 << (category % 64)));
                Rule::Among(set)
            }
            (Split::Categories(_), Column::Numeric) => unreachable!("only categorical columns are split by category"),
        }
    }

    /// Moves the rows that go left to the front of the node's range, and returns their number.
    fn divide(&mut self, column: usize, rule: &Rule, start: usize, end: usize) -> usize {
        let goes_left = &mut self.goes_left[..end - start];
        for (left, &row) in goes_left.iter_mut().zip(&self.rows[start..end]) {
            let value = self.sample.value(row, column);
            *left = match rule {
                Rule::AtMost(threshold) => value <= *threshold,
                Rule::Among(set) => set[value as usize / 64] >> (value as usize % 64) & 1 == 1,
            };
        }
        partition(&mut self.weights[start..end], goes_left, &mut self.spare.0);
        partition(&mut self.targets[start..end], goes_left, &mut self.spare.1);
        partition(&mut self.rows[start..end], goes_left, &mut self.spare.2)
    }
}

/// Moves the items that go left to the front, in their order, and returns their number.
fn partition<T: Copy>(items: &mut [T], goes_left: &[bool], spare: &mut [T]) -> usize {
    let (mut left, mut right) = (0, 0);
    for index in 0..items.len() {
        let item = items[index];
        // Written to both positions, of which one is kept: cheaper than a branch that cannot be predicted.
        items[left] = item;
        spare[right] = item;
        left += usize::from(goes_left[index]);
        right += usize::from(!goes_left[index]);
    }
    items[left..].copy_from_slice(&spare[..right]);
    left
}

/// The bits of a number, changed so that they are ordered like the numbers.
fn ascending(value: f32) -> u64 {
    let bits = value.to_bits();
    u64::from(if bits >> 31 == 1 { !bits } else { bits | 1 << 31 })
}

/// A number in `[low, high)`.
fn between(low: f32, high: f32, share: f64) -> f32 {
    let number = low + share as f32 * (high - low);
    if number < high { number } else { low }
}
