//! A random forest: trees on bootstrap samples, whose disagreement is the uncertainty.
mod expectation;
mod growth;
mod renewal;
mod sample;
mod settings;
mod tree;

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::{Prediction, Rows, Surrogate, Targets};
use crate::numeric::stream::Stream;
use crate::space::encoding::Column;
use expectation::Expectations;
use growth::grow;
use renewal::renewed;
use sample::Sample;
pub use settings::{ForestSettings, Leaves, Splitter, Uncertainty};
use tree::{NOWHERE, Tree, cell, position};

/// A forest whose trees are regrown in turn as results come; their random streams are at `(seed, purpose, ..)`.
#[derive(Clone, Debug)]
pub struct Forest {
    trees: Vec<Rooted>,
    columns: Vec<Column>,
    settings: ForestSettings,
    seed: u64,
    purpose: &'static str,
}

/// A tree with the leaf and the weight of each row.
#[derive(Clone, Debug)]
struct Rooted {
    /// The number of first results that it was grown from.
    results: usize,
    tree: Tree,
    expectations: Expectations,
    leaf_of: Vec<u32>,
    /// The weight of each row in the bootstrap sample; [`UNSEEN`] where it is not drawn yet.
    weights: Vec<u8>,
}

const UNSEEN: u8 = u8::MAX;

/// Rows that one thread takes at a time.
const BLOCK: usize = 256;

/// Rows times trees below which waking another thread takes longer than the work.
const SMALL: usize = 1 << 16;

impl Forest {
    /// A forest without results; it must be updated before it predicts.
    pub(crate) fn new(columns: &[Column], settings: &ForestSettings, seed: u64, purpose: &'static str) -> Self {
        Self { trees: Vec::new(), columns: columns.to_vec(), settings: settings.clone(), seed, purpose }
    }

    /// A forest fitted to `targets`, one a row and at least one.
    pub fn fit(
        rows: &Rows,
        columns: &[Column],
        targets: &[f64],
        settings: &ForestSettings,
        seed: u64,
        purpose: &'static str,
    ) -> Self {
        assert!(!rows.is_empty() && rows.len() == targets.len(), "a forest is fitted to rows with a target each");
        let targets: Targets = targets.iter().copied().enumerate().collect();
        let mut forest = Self::new(columns, settings, seed, purpose);
        forest.renew(rows, &targets, &vec![rows.len(); forest.size()], &|_| targets.clone());
        forest
    }

    fn size(&self) -> usize {
        self.settings.trees.max(1) as usize
    }

    /// Regrows the trees that were not grown from as many results as `due` says, and computes all leaves anew.
    fn renew(&mut self, rows: &Rows, targets: &Targets, due: &[usize], earlier: &dyn Fn(usize) -> Targets) {
        let old = |tree: &usize| self.trees.get(*tree).is_none_or(|rooted| rooted.results != due[*tree]);
        let old: Vec<usize> = (0..due.len()).filter(old).collect();
        let samples: BTreeMap<usize, (Vec<usize>, Sample)> =
            old.iter().map(|&tree| due[tree]).map(|results| (results, self.sample(rows, earlier(results)))).collect();
        let forest = &*self;
        let grow = |&tree: &usize| {
            let (indices, sample) = &samples[&due[tree]];
            (tree, forest.grow(tree, due[tree], indices, sample, rows.len()))
        };
        let grown: Vec<(usize, Rooted)> = if old.len() * targets.len() < SMALL / 16 {
            old.iter().map(grow).collect()
        } else {
            old.par_iter().map(grow).collect()
        };
        for (tree, rooted) in grown {
            match self.trees.get_mut(tree) {
                Some(old) => *old = rooted,
                None => self.trees.push(rooted),
            }
        }
        for tree in 0..self.trees.len() {
            self.settle(tree, rows, targets);
        }
    }

    fn sample(&self, rows: &Rows, targets: Targets) -> (Vec<usize>, Sample<'_>) {
        let (indices, targets): (Vec<usize>, Vec<f64>) = targets.into_iter().unzip();
        let sample = Sample::new(&self.columns, indices.iter().map(|&row| rows.row(row)), targets);
        (indices, sample)
    }

    fn grow(&self, tree: usize, results: usize, indices: &[usize], sample: &Sample, rows: usize) -> Rooted {
        let mut stream = Stream::of(self.seed, self.purpose, (tree as u64) << 32 | results as u64);
        let mut drawn: Vec<u8> = vec![1; indices.len()];
        if self.settings.bootstrap {
            drawn.iter_mut().for_each(|weight| *weight = poisson(stream.uniform()));
            if drawn.iter().all(|&weight| weight == 0) {
                drawn.fill(1);
            }
        }
        let (tree, found) = grow(sample, &drawn, &self.settings, stream);
        let mut rooted = Rooted {
            results,
            expectations: Expectations::new(tree.leaves(), &self.settings),
            tree,
            leaf_of: vec![NOWHERE; rows],
            weights: vec![UNSEEN; rows],
        };
        let (mut out, mut cells) = (Vec::new(), Vec::new());
        for (index, ((&row, weight), leaf)) in indices.iter().zip(drawn).zip(found).enumerate() {
            rooted.weights[row] = weight;
            rooted.leaf_of[row] = leaf;
            if weight == 0 {
                out.push(row);
                let cell = |(column, &kind)| cell(kind, sample.value(index as u32, column));
                cells.extend(sample.kinds.iter().enumerate().map(cell));
            }
        }
        let mut leaves = vec![0; out.len()];
        rooted.tree.find(&cells, sample.kinds.len(), &mut leaves);
        out.into_iter().zip(leaves).for_each(|(row, leaf)| rooted.leaf_of[row] = leaf);
        rooted
    }

    /// Computes the leaves of a tree from the targets of all rows, also of those that came after it was grown.
    fn settle(&mut self, tree: usize, rows: &Rows, targets: &Targets) {
        let Rooted { tree: grown, expectations, leaf_of, weights, .. } = &mut self.trees[tree];
        leaf_of.resize(rows.len(), NOWHERE);
        weights.resize(rows.len(), UNSEEN);
        for &(row, _) in targets {
            if weights[row] != UNSEEN {
                continue;
            }
            let address = (tree as u64) << 32 | row as u64;
            let late = || poisson(Stream::of(self.seed, "late row", address).uniform());
            weights[row] = if self.settings.bootstrap { late() } else { 1 };
            let cells = cells(&self.columns, rows.row(row));
            grown.find(&cells, self.columns.len(), std::slice::from_mut(&mut leaf_of[row]));
        }
        expectations.settle(targets.iter().map(|&(row, target)| (leaf_of[row], f64::from(weights[row]), target)));
    }

    /// The predictions of rows of cells.
    fn expect(&self, cells: &[u32]) -> Vec<Prediction> {
        let width = self.columns.len();
        let mut found = vec![0; cells.len() / width];
        // Relative to the first tree's mean, so that the difference of squares does not cancel.
        let mut origins = Vec::new();
        let mut sums = vec![(0.0, 0.0, 0.0); found.len()];
        // Tree by tree, so that one tree at a time is in the cache.
        for Rooted { tree, expectations, .. } in &self.trees {
            tree.find(cells, width, &mut found);
            if origins.is_empty() {
                origins.extend(found.iter().map(|&leaf| expectations.mean(leaf)));
            }
            for ((&leaf, origin), (sum, squares, within)) in found.iter().zip(&origins).zip(&mut sums) {
                let difference = expectations.mean(leaf) - origin;
                *sum += difference;
                *squares += difference.powi(2);
                *within += expectations.variance(leaf);
            }
        }
        let n = self.trees.len() as f64;
        let prediction = |(origin, (sum, squares, within)): (f64, (f64, f64, f64))| {
            let between = (squares / n - (sum / n).powi(2)).max(0.0);
            let variance = match self.settings.uncertainty {
                Uncertainty::Trees => between,
                Uncertainty::Total => between + within / n,
            };
            Prediction { mean: origin + sum / n, variance }
        };
        origins.into_iter().zip(sums).map(prediction).collect()
    }
}

impl Surrogate for Forest {
    fn update(&mut self, rows: &Rows, targets: &Targets, results: usize, earlier: &dyn Fn(usize) -> Targets) {
        let due: Vec<usize> = (0..self.size()).map(|tree| renewed(tree, results)).collect();
        let earlier = |before: usize| if before == results { targets.clone() } else { earlier(before) };
        self.renew(rows, targets, &due, &earlier);
    }

    fn means(&self, _: &Rows, targets: &Targets) -> Vec<f64> {
        let mut means = vec![0.0; targets.len()];
        for Rooted { expectations, leaf_of, .. } in &self.trees {
            targets.iter().zip(&mut means).for_each(|((row, _), mean)| *mean += expectations.mean(leaf_of[*row]));
        }
        means.iter_mut().for_each(|mean| *mean /= self.trees.len() as f64);
        means
    }

    fn predict(&self, rows: &Rows) -> Vec<Prediction> {
        let block = |block: usize| {
            let end = rows.len().min((block + 1) * BLOCK);
            let mut cells = Vec::with_capacity((end - block * BLOCK) * self.columns.len());
            for index in block * BLOCK..end {
                let row = self.columns.iter().zip(rows.row(index));
                cells.extend(row.map(|(&kind, &value)| cell(kind, position(kind, value))));
            }
            self.expect(&cells)
        };
        let blocks = rows.len().div_ceil(BLOCK);
        if rows.len() * self.trees.len() < SMALL {
            return (0..blocks).flat_map(block).collect();
        }
        (0..blocks).into_par_iter().flat_map_iter(block).collect()
    }

    fn condition_on(&mut self, rows: &Rows, target: Option<f64>) {
        for index in 0..rows.len() {
            let cells = cells(&self.columns, rows.row(index));
            let mean = target.unwrap_or_else(|| self.expect(&cells)[0].mean);
            for Rooted { tree, expectations, .. } in &mut self.trees {
                let mut leaf = [0];
                tree.find(&cells, self.columns.len(), &mut leaf);
                expectations.absorb(leaf[0], mean);
            }
        }
    }

    /// The prediction of one tree, drawn at random.
    fn sample_posterior(&self, rows: &Rows, stream: &mut Stream) -> Vec<f64> {
        let Rooted { tree, expectations, .. } = &self.trees[stream.below(self.trees.len())];
        let cells: Vec<u32> = (0..rows.len()).flat_map(|index| cells(&self.columns, rows.row(index))).collect();
        let mut found = vec![0; rows.len()];
        tree.find(&cells, self.columns.len(), &mut found);
        found.into_iter().map(|leaf| expectations.mean(leaf)).collect()
    }
}

fn cells(columns: &[Column], row: &[f64]) -> Vec<u32> {
    columns.iter().zip(row).map(|(&kind, &value)| cell(kind, position(kind, value))).collect()
}

/// The weight of a row in a bootstrap sample: Poisson's law of mean 1, so that it depends on no other row (Oza and Russell
/// 2001).
fn poisson(uniform: f64) -> u8 {
    let (mut count, mut probability, mut below) = (0, (-1.0_f64).exp(), 0.0);
    loop {
        below += probability;
        if uniform < below || count == 16 {
            return count;
        }
        count += 1;
        probability /= f64::from(count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(rows: &Rows, columns: &[Column], targets: &[f64], settings: ForestSettings) -> Forest {
        Forest::fit(rows, columns, targets, &settings, 4, "forest")
    }

    fn numbers(points: usize, width: usize, stream: &mut Stream) -> Rows {
        let mut rows = Rows::new(width);
        for _ in 0..points {
            let row: Vec<f64> = (0..width).map(|_| stream.uniform()).collect();
            rows.push(&row);
        }
        rows
    }

    fn r_squared(forest: &Forest, rows: &Rows, truth: &[f64]) -> f64 {
        let mean = truth.iter().sum::<f64>() / truth.len() as f64;
        let predictions = forest.predict(rows);
        let residual: f64 = predictions.iter().zip(truth).map(|(p, y)| (p.mean - y).powi(2)).sum();
        1.0 - residual / truth.iter().map(|y| (y - mean).powi(2)).sum::<f64>()
    }

    #[test]
    fn friedman_function_is_learnt() {
        let friedman = |x: &[f64]| {
            10.0 * (std::f64::consts::PI * x[0] * x[1]).sin() + 20.0 * (x[2] - 0.5).powi(2) + 10.0 * x[3] + 5.0 * x[4]
        };
        let mut stream = Stream::of(1, "test", 0);
        let (train, test) = (numbers(1000, 10, &mut stream), numbers(500, 10, &mut stream));
        let truth = |rows: &Rows| (0..rows.len()).map(|index| friedman(rows.row(index))).collect::<Vec<f64>>();
        for splitter in [Splitter::Best, Splitter::Random] {
            let settings = ForestSettings { splitter, ..ForestSettings::default() };
            let score = r_squared(&fit(&train, &[Column::Numeric; 10], &truth(&train), settings), &test, &truth(&test));
            assert!(score > 0.85, "{splitter:?} {score}");
        }
    }

    #[test]
    fn one_split_separates_any_two_sets_of_categories() {
        // Odd categories are good; no threshold on the index separates them.
        let mut rows = Rows::new(1);
        (0..140).for_each(|index| rows.push(&[f64::from(index % 70)]));
        let targets: Vec<f64> = (0..140).map(|index| f64::from(index % 2)).collect();
        let stump =
            ForestSettings { splitter: Splitter::Best, max_depth: 1, bootstrap: false, ..ForestSettings::default() };
        let as_category = fit(&rows, &[Column::Categorical { choices: 70 }], &targets, stump.clone());
        assert_eq!(r_squared(&as_category, &rows, &targets), 1.0);
        let as_number = fit(&rows, &[Column::Numeric], &targets, stump);
        assert!(r_squared(&as_number, &rows, &targets) < 0.1);
    }

    #[test]
    fn inactive_is_a_value_of_its_own() {
        let mut rows = Rows::new(2);
        let mut targets = Vec::new();
        for index in 0..60 {
            let active = index % 3 != 0;
            rows.push(if active { &[0.1, 1.0] } else { &[f64::NAN, f64::NAN] });
            targets.push(if active { 1.0 } else { -1.0 });
        }
        for kept in [[Column::Numeric, Column::Numeric], [Column::Categorical { choices: 1 }, Column::Numeric]] {
            assert_eq!(r_squared(&fit(&rows, &kept, &targets, ForestSettings::default()), &rows, &targets), 1.0);
        }
    }

    #[test]
    fn threads_do_not_matter() {
        let rows = numbers(700, 5, &mut Stream::of(2, "test", 0));
        let targets: Vec<f64> = (0..rows.len()).map(|index| rows.row(index)[1]).collect();
        let predict = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| fit(&rows, &[Column::Numeric; 5], &targets, ForestSettings::default()).predict(&rows))
        };
        assert_eq!(predict(1), predict(4));
    }

    #[test]
    fn variance_is_larger_where_nobody_has_been_and_shrinks_where_somebody_is() {
        let rows = numbers(40, 2, &mut Stream::of(3, "test", 0));
        let targets: Vec<f64> = (0..rows.len()).map(|index| (6.0 * rows.row(index)[0]).sin()).collect();
        let mut forest = fit(&rows, &[Column::Numeric; 2], &targets, ForestSettings::default());
        let average = |forest: &Forest, rows: &Rows| {
            forest.predict(rows).iter().map(|prediction| prediction.variance).sum::<f64>() / rows.len() as f64
        };
        let elsewhere = numbers(200, 2, &mut Stream::of(3, "test", 1));
        assert!(average(&forest, &elsewhere) > average(&forest, &rows));
        let before = average(&forest, &elsewhere);
        let first = forest.predict(&elsewhere)[0];
        forest.condition_on(&elsewhere.select([0]), None);
        let again = forest.predict(&elsewhere)[0];
        assert!((again.mean - first.mean).abs() < 0.5 * first.variance.sqrt() && again.variance < 0.8 * first.variance);
        forest.condition_on(&elsewhere, None);
        assert!(average(&forest, &elsewhere) < 0.5 * before);
    }

    #[test]
    fn total_variance_adds_what_is_inside_the_leaves() {
        let rows = numbers(100, 2, &mut Stream::of(5, "test", 0));
        let targets: Vec<f64> = (0..100).map(|index| f64::from(index % 2)).collect();
        let settings = |uncertainty| ForestSettings { min_leaf: 10, uncertainty, ..ForestSettings::default() };
        let between = fit(&rows, &[Column::Numeric; 2], &targets, settings(Uncertainty::Trees)).predict(&rows);
        let total = fit(&rows, &[Column::Numeric; 2], &targets, settings(Uncertainty::Total)).predict(&rows);
        assert!(between.iter().zip(total).all(|(between, total)| total.variance > between.variance + 0.05));
    }
}
