//! The coverage of a dataset: how densely its series visit current, voltage, temperature and state of charge.
use rayon::prelude::*;
use serde::Serialize;

use crate::battery::dataset::{Dataset, FEATURES, Split, UNITS};

/// Indices of the features that are counted.
pub(crate) const SHOWN: [usize; 4] = [0, 1, 2, 3];
/// Parts of an axis.
pub(crate) const BINS: usize = 60;
/// The most rows that are counted; of a larger split, windows at even distances.
const ROWS: usize = 20_000_000;
const WINDOW: usize = 1024;
/// The share of the short-time current below which a cell rests.
const REST: f64 = 1e-3;

/// The axis of one feature.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct FeatureAxis {
    pub name: String,
    pub unit: String,
    pub least: f64,
    pub largest: f64,
}

/// Counts of rows in the parts of each axis, and of each pair of axes.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SplitCoverage {
    pub cell: String,
    pub split: Split,
    pub series: usize,
    /// Rows of the split, and how many of them were counted.
    pub rows: usize,
    pub counted: usize,
    pub axes: Vec<FeatureAxis>,
    /// Kinds of profiles, and `Measured` where there are measured series.
    pub kinds: Vec<String>,
    /// Shares of a kind's rows in each part, for each kind of profile and each axis.
    pub single: Vec<Vec<Vec<f64>>>,
    /// Rows in each part of the later axis, for each part of the earlier one, for each pair of axes of [`pairs`].
    pub double: Vec<Vec<Vec<u64>>>,
    /// Share of the rows with hardly any current.
    pub resting: f64,
    /// Share of the rows in the states of charge where the datasheet asks for small currents.
    pub critical: f64,
}

/// The pairs of axes that `double` holds: of a later and an earlier one.
pub(crate) fn pairs() -> impl Iterator<Item = (usize, usize)> {
    (0..SHOWN.len()).flat_map(|later| (0..later).map(move |earlier| (later, earlier)))
}

/// Counts the rows of a split.
///
/// Panics where it has no series.
pub(crate) fn coverage(dataset: &Dataset, split: Split) -> SplitCoverage {
    let specification = dataset.specification();
    let cell = specification.known_cell();
    let (series, steps) = (dataset.series(split), dataset.steps());
    // How far apart windows begin, so that about as many rows as wanted are counted.
    let apart = WINDOW.max(series * steps * WINDOW / ROWS);
    let windows: Vec<(usize, usize)> =
        (0..series).flat_map(|series| (0..steps).step_by(apart).map(move |start| (series, start))).collect();
    let read = |&(series, start): &(usize, usize)| dataset.rows(split, series, start, (start + WINDOW).min(steps));

    let span = |rows: Vec<[f64; FEATURES.len()]>| {
        let empty = [(f64::INFINITY, f64::NEG_INFINITY); SHOWN.len()];
        rows.iter().fold(empty, |span, row| {
            std::array::from_fn(|axis| (span[axis].0.min(row[SHOWN[axis]]), span[axis].1.max(row[SHOWN[axis]])))
        })
    };
    let spans: Vec<[(f64, f64); SHOWN.len()]> = windows.par_iter().map(|window| span(read(window))).collect();
    let joined = |axis: usize| {
        let least = spans.iter().map(|span| span[axis].0).fold(f64::INFINITY, f64::min);
        let largest = spans.iter().map(|span| span[axis].1).fold(f64::NEG_INFINITY, f64::max);
        // Without any extent there is nothing to divide.
        if largest > least { (least, largest) } else { (least - 0.5, least + 0.5) }
    };
    let spans: [(f64, f64); SHOWN.len()] = std::array::from_fn(joined);

    let profiles = specification.kinds.len();
    let simulated = dataset.simulated(split);
    let mut kinds: Vec<String> = specification.kinds.iter().map(|kind| format!("{kind:?}")).collect();
    if simulated == 0 {
        kinds.clear();
    }
    if simulated < series {
        kinds.push("Measured".to_owned());
    }
    let is_resting = |current: f64| current.abs() < REST * cell.limits.discharge.short;
    let (low, high) = cell.limits.critical_soc;
    let count = |mut counts: Counts, window: &(usize, usize)| {
        let kind = if window.0 < simulated { window.0 % profiles } else { kinds.len() - 1 };
        for row in read(window) {
            let parts: [usize; SHOWN.len()] = std::array::from_fn(|axis| {
                let (least, largest) = spans[axis];
                (((row[SHOWN[axis]] - least) / (largest - least) * BINS as f64) as usize).min(BINS - 1)
            });
            for (axis, part) in parts.into_iter().enumerate() {
                counts.single[kind][axis][part] += 1;
            }
            for (pair, (later, earlier)) in pairs().enumerate() {
                counts.double[pair][parts[earlier]][parts[later]] += 1;
            }
            counts.resting += u64::from(is_resting(row[0]));
            counts.critical += u64::from(!(low..=high).contains(&row[3]));
            counts.rows += 1;
        }
        counts
    };
    // Whole numbers: their sum does not depend on who counted what.
    let counts =
        windows.par_iter().fold(|| Counts::new(kinds.len()), count).reduce(|| Counts::new(kinds.len()), Counts::joined);
    let axis = |axis: usize| FeatureAxis {
        name: FEATURES[SHOWN[axis]].to_owned(),
        unit: UNITS[SHOWN[axis]].to_owned(),
        least: spans[axis].0,
        largest: spans[axis].1,
    };
    let shares = |parts: &Vec<u64>| {
        let all = parts.iter().sum::<u64>().max(1) as f64;
        parts.iter().map(|&rows| rows as f64 / all).collect()
    };
    SplitCoverage {
        cell: specification.cell.clone(),
        split,
        series,
        rows: series * steps,
        counted: counts.rows as usize,
        axes: (0..SHOWN.len()).map(axis).collect(),
        kinds,
        single: counts.single.iter().map(|axes| axes.iter().map(shares).collect()).collect(),
        double: counts.double,
        resting: counts.resting as f64 / counts.rows.max(1) as f64,
        critical: counts.critical as f64 / counts.rows.max(1) as f64,
    }
}

struct Counts {
    single: Vec<Vec<Vec<u64>>>,
    double: Vec<Vec<Vec<u64>>>,
    resting: u64,
    critical: u64,
    rows: u64,
}

impl Counts {
    fn new(kinds: usize) -> Self {
        Self {
            single: vec![vec![vec![0; BINS]; SHOWN.len()]; kinds],
            double: vec![vec![vec![0; BINS]; BINS]; pairs().count()],
            resting: 0,
            critical: 0,
            rows: 0,
        }
    }

    fn joined(mut self, other: Self) -> Self {
        for (mine, theirs) in [(&mut self.single, &other.single), (&mut self.double, &other.double)] {
            let mine = mine.iter_mut().flatten().flatten();
            mine.zip(theirs.iter().flatten().flatten()).for_each(|(sum, more)| *sum += more);
        }
        self.resting += other.resting;
        self.critical += other.critical;
        self.rows += other.rows;
        self
    }
}
