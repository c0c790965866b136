//! Interaction of two hyperparameters: the predicted cost tile by tile, over legal configurations only.
use serde::Serialize;

use super::bin::{RARE, Scale};
use super::dependence::Dimension;
use super::importance::variance;
use super::model::FittedModel;
use super::probe::{Probe, ProbeAnswer};
use super::sample::Sample;
use crate::numeric::stream::Stream;
use crate::surrogate::Rows;

/// Failures within one bin of a tile without successes that make it a failing one.
const FAILING: usize = 2;
/// Further random points that are tried before a tile counts as forbidden.
const TRIED: u64 = 400;

/// Predictions over two hyperparameters of the matrix: the row is the vertical axis, the column the horizontal one.
#[derive(Clone, Debug, Serialize)]
pub struct PairInteraction {
    pub row: usize,
    pub column: usize,
    /// Tiles by level of the row, then by level of the column.
    pub tiles: Vec<Vec<Tile>>,
    /// The share of the model's variance that the two explain beyond the sum of their effects.
    pub strength: f64,
}

/// A pair of values, one of each hyperparameter.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tile {
    /// The predicted cost; `near` if a trial of the sample is within one bin on both axes.
    Cost { cost: f64, near: bool },
    /// The predicted cost of a category that fewer than three trials of the sample have: no more than a guess.
    Rare { cost: f64 },
    /// Trials within one bin on both axes have failed, and none has succeeded.
    Failing,
    /// No legal configuration has both values.
    Forbidden,
    /// One of the two hyperparameters is inactive.
    Inactive,
}

/// The trials' positions along all hyperparameters of the space, `None` where inactive.
pub(super) type Positions = Vec<Option<f64>>;

/// The model of the tiles, and the probe that asks it.
pub(super) struct TileModel<'a> {
    pub probe: &'a Probe<'a>,
    pub model: &'a FittedModel,
    pub sample: &'a Sample,
    /// The variance of the model's predictions over legal configurations.
    pub total: f64,
    /// The positions of the trials of the sample, and of those that failed.
    pub trials: &'a [Positions],
    pub failed: &'a [Positions],
    /// Drawn configurations whose predictions are averaged for each tile.
    pub asked: usize,
    /// The number of columns of a row.
    pub width: usize,
}

impl PairInteraction {
    /// Predicts each tile of two dimensions.
    pub(super) fn of(tiles_of: &TileModel, dimensions: &[Dimension], (row, column): (usize, usize)) -> Self {
        let TileModel { model, sample, total, .. } = *tiles_of;
        let (vertical, horizontal) = (&dimensions[row], &dimensions[column]);
        let levels = |trials: &[Positions]| (levels_of(vertical, trials), levels_of(horizontal, trials));
        let (succeeded, failed) = (levels(tiles_of.trials), levels(tiles_of.failed));
        let near = |(along, across): &(Vec<Option<usize>>, Vec<Option<usize>>), r: usize, c: usize| {
            let both = along.iter().zip(across);
            both.filter(|(own, other)| is_near(vertical, **own, r) && is_near(horizontal, **other, c)).count()
        };
        let rare = [rare(vertical, &succeeded.0), rare(horizontal, &succeeded.1)];
        let mut means = Vec::new();
        let mut tiles = Vec::new();
        for (r, level) in vertical.levels.iter().enumerate() {
            let mut line = Vec::new();
            for (c, other) in horizontal.levels.iter().enumerate() {
                let fixed = [(vertical.index, level.bin.place), (horizontal.index, other.bin.place)];
                line.push(match tiles_of.ask(&fixed) {
                    Ok(rows) => {
                        let mean = model.mean(&rows).expect("a legal tile has rows");
                        means.push((r, c, mean, rows.len() as f64));
                        let (is_near, cost) = (near(&succeeded, r, c) > 0, sample.cost(mean));
                        match is_near {
                            false if near(&failed, r, c) >= FAILING => Tile::Failing,
                            _ if rare[0][r] || rare[1][c] => Tile::Rare { cost },
                            near => Tile::Cost { cost, near },
                        }
                    }
                    Err(tile) => tile,
                });
            }
            tiles.push(line);
        }
        let together = not_additive(&means, vertical.levels.len(), horizontal.levels.len());
        Self { row, column, tiles, strength: if total > 1e-18 { together / total } else { 0.0 } }
    }
}

impl TileModel<'_> {
    /// The rows of legal configurations with two values, or the kind of tile that has none.
    fn ask(&self, fixed: &[(usize, f64)]) -> Result<Rows, Tile> {
        let (mut rows, mut inactive) = (Rows::new(self.width), false);
        for base in 0..self.probe.len().min(self.asked) {
            match self.probe.replaced(base, fixed) {
                ProbeAnswer::Row(row) => rows.push(&row),
                ProbeAnswer::Inactive => inactive = true,
                ProbeAnswer::Forbidden => {}
            }
        }
        // A rare tile may be missed by configurations that were drawn without it.
        for index in 0..TRIED {
            if inactive || rows.len() >= 4 {
                break;
            }
            let mut stream = Stream::of(0, "rare tile", index);
            let anywhere: Vec<f64> = (0..self.probe.width()).map(|_| stream.uniform()).collect();
            match self.probe.with(&anywhere, fixed) {
                ProbeAnswer::Row(row) => rows.push(&row),
                ProbeAnswer::Inactive => inactive = true,
                ProbeAnswer::Forbidden => {}
            }
        }
        match rows.is_empty() {
            false => Ok(rows),
            true if inactive => Err(Tile::Inactive),
            true => Err(Tile::Forbidden),
        }
    }
}

/// The level of each trial along a dimension, `None` where it is inactive.
fn levels_of(dimension: &Dimension, trials: &[Positions]) -> Vec<Option<usize>> {
    let level = |trial: &Positions| trial[dimension.index].map(|position| dimension.binning.bin_of(position));
    trials.iter().map(level).collect()
}

/// For each level of a dimension, true if it is a category that few trials have.
fn rare(dimension: &Dimension, trials: &[Option<usize>]) -> Vec<bool> {
    let count = |level: usize| trials.iter().filter(|trial| **trial == Some(level)).count();
    let is_categorical = dimension.scale == Scale::Categorical;
    (0..dimension.levels.len()).map(|level| is_categorical && count(level) < RARE).collect()
}

/// True if a trial's level is within one step of another; categories must be equal.
fn is_near(dimension: &Dimension, trial: Option<usize>, level: usize) -> bool {
    let steps = if dimension.scale == Scale::Categorical { 0 } else { 1 };
    trial.is_some_and(|trial| trial.abs_diff(level) <= steps)
}

/// The weighted variance that remains of a table after fitting the sum of a row effect and a column effect.
///
/// Fitted by backfitting, because the table has holes where combinations are forbidden.
fn not_additive(cells: &[(usize, usize, f64, f64)], rows: usize, columns: usize) -> f64 {
    let (mut by_row, mut by_column) = (vec![0.0; rows], vec![0.0; columns]);
    for _ in 0..50 {
        for first in [true, false] {
            let n = if first { rows } else { columns };
            let (mut sums, mut weights) = (vec![0.0; n], vec![0.0; n]);
            for &(r, c, value, weight) in cells {
                let (own, other) = if first { (r, by_column[c]) } else { (c, by_row[r]) };
                sums[own] += weight * (value - other);
                weights[own] += weight;
            }
            let effects = if first { &mut by_row } else { &mut by_column };
            for index in 0..n {
                effects[index] = if weights[index] > 0.0 { sums[index] / weights[index] } else { 0.0 };
            }
        }
    }
    let left: Vec<(f64, f64)> = cells.iter().map(|&(r, c, v, w)| (v - by_row[r] - by_column[c], w)).collect();
    variance(&left)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_not_a_sum_counts() {
        let table = |law: &dyn Fn(f64, f64) -> f64, hole: bool| -> Vec<(usize, usize, f64, f64)> {
            let cells = (0..5).flat_map(|r| (0..4).map(move |c| (r, c)));
            cells.filter(|cell| !hole || *cell != (0, 3)).map(|(r, c)| (r, c, law(r as f64, c as f64), 1.0)).collect()
        };
        for hole in [false, true] {
            let sum = not_additive(&table(&|r, c| r * r - 3.0 * c, hole), 5, 4);
            let product = not_additive(&table(&|r, c| r * c, hole), 5, 4);
            assert!(sum < 1e-6, "{sum}");
            assert!(product > 1.0, "{product}");
        }
    }
}
