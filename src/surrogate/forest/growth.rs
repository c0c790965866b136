//! How a tree grows: a node's rows lie side by side in every column, and each split parts them.
use super::settings::{Settings, Splitter};
use super::tree::{NOWHERE, Rule, Tree};
use crate::numeric::stream::Stream;
use crate::space::encoding::Column;

/// Sums are kept in so many parts, so that they are computed side by side and always in the same order.
const LANES: usize = 8;

/// Training rows by column, without NaN.
pub(super) struct Sample<'a> {
    pub kinds: &'a [Column],
    pub values: Vec<Vec<f32>>,
    pub targets: Vec<f64>,
}

/// A tree from rows that count `weights` times each, not all of them zero, and the leaf of each row ([`NOWHERE`] where
/// it does not count).
pub(super) fn grow(sample: &Sample, weights: &[u8], settings: &Settings, stream: Stream) -> (Tree, Vec<u32>) {
    let rows: Vec<u32> = (0..weights.len() as u32).filter(|&row| weights[row as usize] > 0).collect();
    let count = rows.len();
    let of = |column: &Vec<f32>| rows.iter().map(|&row| column[row as usize]).collect();
    let mut grower = Grower {
        kinds: sample.kinds,
        settings,
        stream,
        values: sample.values.iter().map(of).collect(),
        targets: rows.iter().map(|&row| sample.targets[row as usize]).collect(),
        weights: rows.iter().map(|&row| f32::from(weights[row as usize])).collect(),
        rows,
        goes_left: vec![false; count],
        spare: (vec![0.0; count], vec![0.0; count], vec![0; count]),
        groups: Vec::new(),
        keys: Vec::new(),
        candidates: (0..sample.kinds.len()).collect(),
        tree: Tree::new(),
        leaf_of: vec![NOWHERE; weights.len()],
    };
    grower.grow(count);
    (grower.tree, grower.leaf_of)
}

/// Weight of some rows, and sum of their targets.
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

/// How a node could be divided.
enum Split {
    /// Somewhere between two neighbouring values.
    Between(f32, f32),
    At(f32),
    /// The categories present in the node that go left, and those that go right.
    Categories(Vec<usize>, Vec<usize>),
}

struct Grower<'a> {
    kinds: &'a [Column],
    settings: &'a Settings,
    stream: Stream,
    /// By column; like the three below, a node owns the same range of each.
    values: Vec<Vec<f32>>,
    targets: Vec<f64>,
    weights: Vec<f32>,
    rows: Vec<u32>,
    goes_left: Vec<bool>,
    spare: (Vec<f32>, Vec<f64>, Vec<u32>),
    /// Categories of the node and column at hand.
    groups: Vec<(usize, Mass)>,
    /// Values of the node and column at hand in ascending order, above their places.
    keys: Vec<u64>,
    candidates: Vec<usize>,
    tree: Tree,
    leaf_of: Vec<u32>,
}

impl Grower<'_> {
    fn grow(&mut self, rows: usize) {
        let mut open = vec![(0, 0, rows, 0)];
        while let Some((node, start, end, depth)) = open.pop() {
            let (mass, variance) = self.describe(start, end);
            let splits = end - start > 1
                && mass.weight >= f64::from(self.settings.min_split)
                && depth < self.settings.max_depth
                && variance > 1e-14 * (1.0 + (mass.sum / mass.weight).powi(2));
            let Some((column, split)) = splits.then(|| self.best_split(start, end, mass)).flatten() else {
                self.rows[start..end].iter().for_each(|&row| self.leaf_of[row as usize] = node);
                continue;
            };
            let rule = self.rule(column, split);
            let middle = start + self.divide(column, &rule, start, end);
            let left = self.tree.split(node, column, self.kinds[column], rule);
            open.push((left, start, middle, depth + 1));
            open.push((left + 1, middle, end, depth + 1));
        }
    }

    fn describe(&self, start: usize, end: usize) -> (Mass, f64) {
        let rows = || self.weights[start..end].iter().zip(&self.targets[start..end]);
        let mut mass = Mass::default();
        rows().for_each(|(&weight, &target)| mass.add(weight, target));
        let mean = mass.sum / mass.weight;
        (mass, rows().map(|(&weight, target)| f64::from(weight) * (target - mean).powi(2)).sum::<f64>() / mass.weight)
    }

    /// The split that explains most, over as many columns in random order as the settings want, constant ones apart.
    fn best_split(&mut self, start: usize, end: usize, all: Mass) -> Option<(usize, Split)> {
        let mut wanted = ((self.settings.columns * self.candidates.len() as f64).round() as usize).max(1);
        let mut candidates = std::mem::take(&mut self.candidates);
        if wanted < candidates.len() {
            self.stream.shuffle(&mut candidates);
        }
        let mut best: Option<(f64, usize, Split)> = None;
        for &column in &candidates {
            if wanted == 0 {
                break;
            }
            let (low, high) = extremes(&self.values[column][start..end]);
            if low == high {
                continue;
            }
            wanted -= 1;
            let found = match self.kinds[column] {
                Column::Categorical { .. } => self.best_subset(column, start, end, all),
                Column::Numeric if self.settings.splitter == Splitter::Best => {
                    self.best_threshold(column, start, end, all)
                }
                Column::Numeric => {
                    let threshold = between(low, high, self.stream.uniform());
                    self.explained(self.below(column, start, end, threshold), all)
                        .map(|explained| (explained, Split::At(threshold)))
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

    /// What is at most `threshold`.
    fn below(&self, column: usize, start: usize, end: usize, threshold: f32) -> Mass {
        let values = self.values[column][start..end].chunks(LANES);
        let weights = self.weights[start..end].chunks(LANES);
        let targets = self.targets[start..end].chunks(LANES);
        let (mut weight, mut sum) = ([0_f32; LANES], [0_f64; LANES]);
        for ((values, weights), targets) in values.zip(weights).zip(targets) {
            for lane in 0..values.len() {
                let counted = if values[lane] <= threshold { weights[lane] } else { 0.0 };
                weight[lane] += counted;
                sum[lane] += f64::from(counted) * targets[lane];
            }
        }
        Mass { weight: weight.iter().copied().map(f64::from).sum(), sum: sum.iter().sum() }
    }

    fn best_threshold(&mut self, column: usize, start: usize, end: usize, all: Mass) -> Option<(f64, Split)> {
        let values = &self.values[column][start..end];
        self.keys.clear();
        self.keys.extend(values.iter().enumerate().map(|(place, &value)| ascending(value) << 32 | place as u64));
        self.keys.sort_unstable();
        let mut left = Mass::default();
        let mut best: Option<(f64, Split)> = None;
        for pair in self.keys.windows(2) {
            let [this, next] = [pair[0], pair[1]].map(|key| (key & u64::from(u32::MAX)) as usize);
            left.add(self.weights[start + this], self.targets[start + this]);
            if values[this] < values[next]
                && let Some(explained) = self.explained(left, all)
                && best.as_ref().is_none_or(|(most, _)| explained > *most)
            {
                best = Some((explained, Split::Between(values[this], values[next])));
            }
        }
        best
    }

    /// In the order of their mean targets, the best subset of the categories is a prefix (Fisher 1958).
    fn best_subset(&mut self, column: usize, start: usize, end: usize, all: Mass) -> Option<(f64, Split)> {
        self.groups.clear();
        for index in start..end {
            let category = self.values[column][index] as usize;
            let known = self.groups.iter().position(|(each, _)| *each == category);
            let place = known.unwrap_or_else(|| {
                self.groups.push((category, Mass::default()));
                self.groups.len() - 1
            });
            self.groups[place].1.add(self.weights[index], self.targets[index]);
        }
        // Of equal means, the smaller category first, whatever order the rows had.
        let mean = |mass: &Mass| mass.sum / mass.weight;
        self.groups.sort_unstable_by(|(a, of_a), (b, of_b)| mean(of_a).total_cmp(&mean(of_b)).then(a.cmp(b)));
        let mut left = Mass::default();
        let mut best: Option<(f64, usize)> = None;
        for index in 1..self.groups.len() {
            left.join(self.groups[index - 1].1);
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

    fn rule(&mut self, column: usize, split: Split) -> Rule {
        match split {
            // Anywhere in the gap, so that trees disagree about what nobody has seen (as in pyrfr).
            Split::Between(low, high) => Rule::AtMost(between(low, high, self.stream.uniform())),
            Split::At(threshold) => Rule::AtMost(threshold),
            Split::Categories(left, right) => {
                let Column::Categorical { choices } = self.kinds[column] else {
                    unreachable!("only categorical columns are split by category")
                };
                // A category that no row of the node has goes to either side by chance.
                let bits = |word: usize| (choices + 1 - 64 * word).min(64);
                let mut set: Vec<u64> =
                    (0..=choices / 64).map(|word| self.stream.bits() >> (64 - bits(word))).collect();
                left.into_iter().for_each(|category| set[category / 64] |= 1 << (category % 64));
                right.into_iter().for_each(|category| set[category / 64] &= !(1 << (category % 64)));
                Rule::Among(set)
            }
        }
    }

    /// Moves the rows that go left to the front of the node's range in every column; how many they are.
    fn divide(&mut self, column: usize, rule: &Rule, start: usize, end: usize) -> usize {
        let goes_left = &mut self.goes_left[..end - start];
        for (left, &value) in goes_left.iter_mut().zip(&self.values[column][start..end]) {
            *left = match rule {
                Rule::AtMost(threshold) => value <= *threshold,
                Rule::Among(set) => set[value as usize / 64] >> (value as usize % 64) & 1 == 1,
            };
        }
        for column in self.values.iter_mut().chain([&mut self.weights]) {
            part(&mut column[start..end], goes_left, &mut self.spare.0);
        }
        part(&mut self.targets[start..end], goes_left, &mut self.spare.1);
        part(&mut self.rows[start..end], goes_left, &mut self.spare.2)
    }
}

/// Moves the items that go left to the front, in their order; how many they are.
fn part<T: Copy>(items: &mut [T], goes_left: &[bool], spare: &mut [T]) -> usize {
    let (mut left, mut right) = (0, 0);
    for index in 0..items.len() {
        let item = items[index];
        // Written to both places, of which one is kept: that is cheaper than a jump which no one can foresee.
        items[left] = item;
        spare[right] = item;
        left += usize::from(goes_left[index]);
        right += usize::from(!goes_left[index]);
    }
    items[left..].copy_from_slice(&spare[..right]);
    left
}

fn extremes(values: &[f32]) -> (f32, f32) {
    let (mut low, mut high) = ([f32::INFINITY; LANES], [f32::NEG_INFINITY; LANES]);
    for values in values.chunks(LANES) {
        for (lane, &value) in values.iter().enumerate() {
            low[lane] = if value < low[lane] { value } else { low[lane] };
            high[lane] = if value > high[lane] { value } else { high[lane] };
        }
    }
    (low.into_iter().fold(f32::INFINITY, f32::min), high.into_iter().fold(f32::NEG_INFINITY, f32::max))
}

/// Bits that are ordered like the numbers.
fn ascending(value: f32) -> u64 {
    let bits = value.to_bits();
    u64::from(if bits >> 31 == 1 { !bits } else { bits | 1 << 31 })
}

/// A number in `[low, high)`.
fn between(low: f32, high: f32, share: f64) -> f32 {
    let number = low + share as f32 * (high - low);
    if number < high { number } else { low }
}
