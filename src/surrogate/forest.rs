//! A random forest: trees on bootstrap samples whose disagreement is the uncertainty.
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::tree::{Columns, Tree};
use super::{Prediction, Rows, Surrogate};
use crate::numeric::stream::Stream;
use crate::space::encoding::Column;

/// How a threshold on a number is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Splitter {
    /// The best gap between two values, a random place in it.
    Best,
    /// A random place between the smallest and the largest value (extremely randomized trees).
    Random,
}

/// What counts as uncertainty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Uncertainty {
    /// The variance of the trees' means.
    Trees,
    /// That, and the mean of the variances inside their leaves: the law of total variance.
    Total,
}

/// The knobs of a forest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// How many trees; more are smoother and slower. 16: with 32 the search is no better on one rung, and trusts the
    /// lower of several too much.
    pub trees: u32,
    /// How thresholds are found. `Random`: smoother, and the trees disagree more where nobody has been, which found
    /// better configurations than `Best` on every function tried.
    pub splitter: Splitter,
    /// The share of columns that each split considers. 1: random thresholds make trees differ enough.
    pub columns: f64,
    /// A node of fewer observations is not split. 2, as in SMAC.
    pub min_split: u32,
    /// A leaf has at least so many observations. 1: few trials, none to waste.
    pub min_leaf: u32,
    /// No leaf is deeper. 1,048,576: without limit.
    pub max_depth: u32,
    /// Whether each tree sees its own sample with replacement. True: without it, all trees believe a lucky cost.
    pub bootstrap: bool,
    /// What counts as uncertainty. `Trees`: the total variance was found to make SMAC worse.
    pub uncertainty: Uncertainty,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            trees: 16,
            splitter: Splitter::Random,
            columns: 1.0,
            min_split: 2,
            min_leaf: 1,
            max_depth: 1 << 20,
            bootstrap: true,
            uncertainty: Uncertainty::Trees,
        }
    }
}

/// A fitted forest.
#[derive(Clone, Debug)]
pub struct Forest {
    trees: Vec<Tree>,
    columns: Vec<Column>,
    uncertainty: Uncertainty,
}

impl Forest {
    /// Fits `targets`, one a row and at least one; tree `i` draws from the stream at `(seed, purpose, i)`.
    pub fn fit(
        rows: &Rows,
        columns: &[Column],
        targets: &[f64],
        settings: &Settings,
        seed: u64,
        purpose: &str,
    ) -> Self {
        assert!(!rows.is_empty() && rows.len() == targets.len(), "a forest is fitted to rows with a target each");
        let mut values = vec![Vec::with_capacity(rows.len()); columns.len()];
        for index in 0..rows.len() {
            let mut filled = Vec::with_capacity(columns.len());
            impute(rows.row(index), columns, &mut filled);
            values.iter_mut().zip(&filled).for_each(|(column, &value)| column.push(value));
        }
        let order = |column: &Vec<f64>| {
            let mut order: Vec<u32> = (0..column.len() as u32).collect();
            order.sort_by(|&a, &b| column[a as usize].total_cmp(&column[b as usize]));
            order
        };
        let orders = values.iter().map(order).collect();
        let training = Columns { kinds: columns, values, orders, targets };
        let grow = |tree: u32| {
            let mut stream = Stream::of(seed, purpose, u64::from(tree));
            let mut weights = vec![u32::from(!settings.bootstrap); rows.len()];
            if settings.bootstrap {
                (0..rows.len()).for_each(|_| weights[stream.below(rows.len())] += 1);
            }
            Tree::grow(&training, &weights, settings, stream)
        };
        let trees = (0..settings.trees.max(1)).into_par_iter().map(grow).collect();
        Self { trees, columns: columns.to_vec(), uncertainty: settings.uncertainty }
    }

    /// The expectations of rows without NaN, `width` numbers each.
    fn expect(&self, rows: &[f64]) -> Vec<Prediction> {
        let rows = || rows.chunks_exact(self.columns.len());
        // Relative to the first tree's mean, so that the difference of squares does not cancel.
        let origins: Vec<f64> = rows().map(|row| self.trees[0].leaf(row, &self.columns).mean).collect();
        let mut sums = vec![(0.0, 0.0, 0.0); origins.len()];
        // Tree by tree, so that one tree at a time is in the cache.
        for tree in &self.trees {
            for ((row, origin), (sum, squares, within)) in rows().zip(&origins).zip(&mut sums) {
                let leaf = tree.leaf(row, &self.columns);
                *sum += leaf.mean - origin;
                *squares += (leaf.mean - origin).powi(2);
                *within += leaf.variance;
            }
        }
        let n = self.trees.len() as f64;
        let prediction = |(origin, (sum, squares, within)): (f64, (f64, f64, f64))| {
            let between = (squares / n - (sum / n).powi(2)).max(0.0);
            let variance = match self.uncertainty {
                Uncertainty::Trees => between,
                Uncertainty::Total => between + within / n,
            };
            Prediction { mean: origin + sum / n, variance }
        };
        origins.into_iter().zip(sums).map(prediction).collect()
    }
}

/// Rows that one thread takes at a time: below some hundred, waking another takes longer than walking the trees.
const BLOCK: usize = 256;

impl Surrogate for Forest {
    fn predict(&self, rows: &Rows) -> Vec<Prediction> {
        let block = |block: usize| {
            let end = rows.len().min((block + 1) * BLOCK);
            let mut filled = Vec::with_capacity(BLOCK * self.columns.len());
            (block * BLOCK..end).for_each(|index| impute(rows.row(index), &self.columns, &mut filled));
            self.expect(&filled)
        };
        (0..rows.len().div_ceil(BLOCK)).into_par_iter().flat_map_iter(block).collect()
    }

    fn believe(&mut self, rows: &Rows) {
        for index in 0..rows.len() {
            let mut filled = Vec::new();
            impute(rows.row(index), &self.columns, &mut filled);
            let mean = self.expect(&filled)[0].mean;
            self.trees.iter_mut().for_each(|tree| tree.absorb(&filled, &self.columns, mean));
        }
    }
}

/// Appends the row with a value of its own for the inactive: below the range of numbers, one more category.
fn impute(row: &[f64], columns: &[Column], filled: &mut Vec<f64>) {
    let fill = |(&value, column): (&f64, &Column)| match column {
        _ if !value.is_nan() => value,
        Column::Numeric => -1.0,
        Column::Categorical { choices } => *choices as f64,
    };
    filled.extend(row.iter().zip(columns).map(fill));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(rows: &Rows, columns: &[Column], targets: &[f64], settings: Settings) -> Forest {
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
            let settings = Settings { splitter, ..Settings::default() };
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
        let stump = Settings { splitter: Splitter::Best, max_depth: 1, bootstrap: false, ..Settings::default() };
        let as_category = fit(&rows, &[Column::Categorical { choices: 70 }], &targets, stump.clone());
        assert_eq!(r_squared(&as_category, &rows, &targets), 1.0);
        let as_number = fit(&rows, &[Column::Numeric], &targets, stump);
        assert!(r_squared(&as_number, &rows, &targets) < 0.1);
    }

    #[test]
    fn the_inactive_is_a_value_of_its_own() {
        let mut rows = Rows::new(2);
        let mut targets = Vec::new();
        for index in 0..60 {
            let active = index % 3 != 0;
            rows.push(if active { &[0.1, 1.0] } else { &[f64::NAN, f64::NAN] });
            targets.push(if active { 1.0 } else { -1.0 });
        }
        for kept in [[Column::Numeric, Column::Numeric], [Column::Categorical { choices: 1 }, Column::Numeric]] {
            assert_eq!(r_squared(&fit(&rows, &kept, &targets, Settings::default()), &rows, &targets), 1.0);
        }
    }

    #[test]
    fn threads_do_not_matter() {
        let rows = numbers(700, 5, &mut Stream::of(2, "test", 0));
        let targets: Vec<f64> = (0..rows.len()).map(|index| rows.row(index)[1]).collect();
        let predict = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| fit(&rows, &[Column::Numeric; 5], &targets, Settings::default()).predict(&rows))
        };
        assert_eq!(predict(1), predict(4));
    }

    #[test]
    fn variance_is_larger_where_nobody_has_been_and_shrinks_where_somebody_is() {
        let rows = numbers(40, 2, &mut Stream::of(3, "test", 0));
        let targets: Vec<f64> = (0..rows.len()).map(|index| (6.0 * rows.row(index)[0]).sin()).collect();
        let mut forest = fit(&rows, &[Column::Numeric; 2], &targets, Settings::default());
        let average = |forest: &Forest, rows: &Rows| {
            forest.predict(rows).iter().map(|prediction| prediction.variance).sum::<f64>() / rows.len() as f64
        };
        let elsewhere = numbers(200, 2, &mut Stream::of(3, "test", 1));
        assert!(average(&forest, &elsewhere) > average(&forest, &rows));
        let before = average(&forest, &elsewhere);
        let first = forest.predict(&elsewhere)[0];
        forest.believe(&elsewhere.select([0]));
        let again = forest.predict(&elsewhere)[0];
        assert!((again.mean - first.mean).abs() < 0.5 * first.variance.sqrt() && again.variance < 0.8 * first.variance);
        forest.believe(&elsewhere);
        assert!(average(&forest, &elsewhere) < 0.5 * before);
    }

    #[test]
    fn total_variance_adds_what_is_inside_the_leaves() {
        let rows = numbers(100, 2, &mut Stream::of(5, "test", 0));
        let targets: Vec<f64> = (0..100).map(|index| f64::from(index % 2)).collect();
        let settings = |uncertainty| Settings { min_leaf: 10, uncertainty, ..Settings::default() };
        let between = fit(&rows, &[Column::Numeric; 2], &targets, settings(Uncertainty::Trees)).predict(&rows);
        let total = fit(&rows, &[Column::Numeric; 2], &targets, settings(Uncertainty::Total)).predict(&rows);
        assert!(between.iter().zip(total).all(|(between, total)| total.variance > between.variance + 0.05));
    }
}
