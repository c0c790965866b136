//! Batches: windows of series, drawn at addressed positions, as the inputs and targets of a model.
use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use crate::battery::dataset::feature::WIDTH;
use crate::battery::dataset::specification::Split;
use crate::battery::dataset::{Dataset, Ranges};
use crate::battery::model::statistics::{LinearChanges, Statistics};
use crate::document::diagnostic::Diagnostic;
use crate::numeric::linear::Cholesky;
use crate::numeric::stream::Stream;

/// Series of equal length that a model learns from or is judged on.
pub trait Source: Sync {
    /// Number of series.
    fn series(&self) -> usize;
    /// Rows of each series.
    fn steps(&self) -> usize;
    /// The values of each feature, in its unit, that are scaled to 0 and 1.
    fn ranges(&self) -> Ranges;
    /// The provenance of the rows, which models that learn from them keep.
    fn provenance(&self) -> Provenance;
    /// Copies `out.len() / 6` rows of scaled features, row after row, from row `start` on.
    fn read(&self, series: usize, start: usize, out: &mut [f32]);
}

/// The kind of rows that a model was trained on; it cannot predict those of another cell or at another interval.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    pub cell: String,
    /// Seconds from row to row.
    pub interval_s: u32,
    /// The values of each feature, in its unit, that are scaled to 0 and 1.
    pub ranges: Ranges,
    /// Digest of the dataset's specification, in hexadecimal digits.
    pub digest: String,
}

impl Provenance {
    /// Checks that a model of rows from here can predict rows from there; fails where it cannot.
    pub(crate) fn suits(&self, other: &Self) -> Result<(), Diagnostic> {
        let Self { cell, interval_s, ranges, .. } = other;
        let message = if self.cell != *cell {
            format!("the model was trained on the cell `{}`, but the series are of `{cell}`", self.cell)
        } else if self.interval_s != *interval_s {
            let own = self.interval_s;
            format!("the model was trained on rows {own} s apart, but those of the series are {interval_s} s apart")
        } else if self.ranges != *ranges {
            "the features of model and series are scaled differently".to_owned()
        } else {
            return Ok(());
        };
        Err(Diagnostic::new(message))
    }
}

/// One split of a dataset as a source.
pub(crate) struct SplitSource<'a>(pub &'a Dataset, pub Split);

impl Source for SplitSource<'_> {
    fn series(&self) -> usize {
        self.0.series(self.1)
    }

    fn steps(&self) -> usize {
        self.0.steps()
    }

    fn ranges(&self) -> Ranges {
        *self.0.ranges()
    }

    fn provenance(&self) -> Provenance {
        let specification = self.0.specification();
        Provenance {
            cell: specification.cell.clone(),
            interval_s: specification.interval_s,
            ranges: *self.0.ranges(),
            digest: format!("{:016x}", self.0.digest()),
        }
    }

    fn read(&self, series: usize, start: usize, out: &mut [f32]) {
        self.0.read(self.1, series, start, out);
    }
}

/// The start of a window: series and first row.
pub(crate) type WindowStart = (usize, usize);

/// `count` starts of windows of `rows` rows, which depend on the address of `stream` alone.
pub(crate) fn window_starts(source: &dyn Source, rows: usize, count: usize, mut stream: Stream) -> Vec<WindowStart> {
    let starts = source.steps() + 1 - rows;
    (0..count).map(|_| (stream.below(source.series()), stream.below(starts))).collect()
}

/// The rows of windows, one window after the other: places × rows × 6.
pub(crate) fn windows(source: &dyn Source, window_starts: &[WindowStart], rows: usize) -> Vec<f32> {
    let mut out = vec![0.0; window_starts.len() * rows * WIDTH];
    for ((series, start), window) in window_starts.iter().zip(out.chunks_exact_mut(rows * WIDTH)) {
        source.read(*series, *start, window);
    }
    out
}

/// Inputs and targets, places × length × 6 each, of windows with `length + 1` rows.
///
/// The current of an input is that of the next row, which drives the cell there (`I` at t + 1 beside the rest at t),
/// so a model is given it, and the target repeats it.
pub(crate) struct Batch {
    pub input: Vec<f32>,
    pub target: Vec<f32>,
    shape: [usize; 3],
}

impl Batch {
    /// The batch of `windows` with `length + 1` rows each.
    pub(crate) fn new(windows: &[f32], length: usize) -> Self {
        let window = (length + 1) * WIDTH;
        let shape = [windows.len() / window, length, WIDTH];
        let mut input = Vec::with_capacity(shape.iter().product());
        let mut target = Vec::with_capacity(shape.iter().product());
        for window in windows.chunks_exact(window) {
            target.extend_from_slice(&window[WIDTH..]);
            for (row, next) in window.chunks_exact(WIDTH).zip(window[WIDTH..].chunks_exact(WIDTH)) {
                input.push(next[0]);
                input.extend_from_slice(&row[1..]);
            }
        }
        Self { input, target, shape }
    }

    /// Adds normal noise to what a free-running model would have predicted itself, in deviations of a row's change.
    pub(crate) fn disturb(&mut self, noise: f64, statistics: &Statistics, mut stream: Stream) {
        for row in self.input.chunks_exact_mut(WIDTH) {
            for (value, change) in row.iter_mut().zip(statistics.change).skip(1) {
                *value += (noise * stream.normal()) as f32 * change;
            }
        }
    }

    /// Number of windows.
    pub(crate) fn windows(&self) -> usize {
        self.shape[0]
    }

    /// Divides the batch into pieces of `windows` windows; the last piece has the rest.
    pub(crate) fn pieces(self, windows: usize) -> Vec<Self> {
        if windows >= self.windows() {
            return vec![self];
        }
        let each = windows * self.shape[1] * WIDTH;
        let parts = self.input.chunks(each).zip(self.target.chunks(each));
        let part = |(input, target): (&[f32], &[f32])| Self {
            shape: [input.len() / (self.shape[1] * WIDTH), self.shape[1], WIDTH],
            input: input.to_vec(),
            target: target.to_vec(),
        };
        parts.map(part).collect()
    }

    /// Inputs and targets as tensors.
    pub(crate) fn tensors(self, device: &Device) -> (Tensor<3>, Tensor<3>) {
        let tensor = |values| Tensor::from_data(TensorData::new(values, self.shape), device);
        (tensor(self.input), tensor(self.target))
    }
}

impl Statistics {
    /// The statistics of a thousand addressed windows, the same for every trial on the source.
    pub fn of(source: &dyn Source) -> Self {
        let rows = source.steps().min(64);
        let sample = windows(source, &window_starts(source, rows, 1024, Stream::of(0, "statistics", 0)), rows);
        let mut statistics = Self::default();
        for feature in 0..WIDTH {
            let value = |row: &[f32]| f64::from(row[feature]);
            let (mean, deviation) = moments(sample.chunks_exact(WIDTH).map(value));
            let changes = sample.chunks_exact(rows * WIDTH).flat_map(|window| {
                let next = window[WIDTH..].chunks_exact(WIDTH);
                window.chunks_exact(WIDTH).zip(next).map(|(row, next)| value(next) - value(row))
            });
            let (drift, spread) = moments(changes);
            statistics.mean[feature] = mean as f32;
            // A feature that never varies must not be divided by zero.
            statistics.deviation[feature] = deviation.max(1e-4) as f32;
            statistics.change[feature] = drift.hypot(spread).max(1e-6) as f32;
        }
        statistics.linear = statistics.fit(&Batch::new(&sample, rows - 1));
        statistics
    }

    /// The linear part of the changes in a batch.
    fn fit(&self, batch: &Batch) -> LinearChanges {
        let input = |row: &[f32]| -> [f64; WIDTH + 1] {
            std::array::from_fn(|index| match index {
                WIDTH => 1.0,
                _ => f64::from(row[index] - self.mean[index]) / f64::from(self.deviation[index].max(1e-6)),
            })
        };
        let pairs = || batch.input.chunks_exact(WIDTH).zip(batch.target.chunks_exact(WIDTH));
        let change = |row: &[f32], next: &[f32], feature: usize| f64::from(next[feature]) - f64::from(row[feature]);
        let (mut square, mut product) = ([[0.0; WIDTH + 1]; WIDTH + 1], [[0.0; WIDTH + 1]; WIDTH]);
        for (row, next) in pairs() {
            let x = input(row);
            for (i, a) in x.iter().enumerate() {
                x[..=i].iter().enumerate().for_each(|(j, b)| square[i][j] += a * b);
                (1..WIDTH).for_each(|feature| product[feature][i] += a * change(row, next, feature));
            }
        }
        // Features that say the same as others are left to those: a little of a ridge, far below what is resolved.
        let count = pairs().count().max(1) as f64;
        let factor = Cholesky::of(WIDTH + 1, |i, j| square[i][j] + if i == j { 1e-9 * count } else { 0.0 });
        let mut linear = LinearChanges::default();
        for (feature, product) in product.iter().enumerate().skip(1) {
            let Some(factor) = &factor else { break };
            let weights = factor.solve(product);
            (0..WIDTH).for_each(|index| linear.slope[index][feature] = weights[index] as f32);
            linear.offset[feature] = weights[WIDTH] as f32;
            let left = |(row, next): (&[f32], &[f32])| {
                let expected: f64 = input(row).iter().zip(&weights).map(|(x, weight)| x * weight).sum();
                change(row, next, feature) - expected
            };
            let (drift, spread) = moments(pairs().map(left));
            linear.residual[feature] = drift.hypot(spread).max(1e-6) as f32;
        }
        linear
    }
}

/// Mean and standard deviation.
fn moments(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (mut count, mut sum, mut square) = (0.0, 0.0, 0.0);
    for value in values {
        count += 1.0;
        sum += value;
        square += value * value;
    }
    let mean = sum / f64::max(count, 1.0);
    (mean, (square / f64::max(count, 1.0) - mean * mean).max(0.0).sqrt())
}
