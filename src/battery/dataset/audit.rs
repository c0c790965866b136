//! The audit of a dataset: every stored row against the limits of the datasheet, and the span of the rows.
use rayon::prelude::*;

use crate::battery::cell::Cell;
use crate::battery::current::ProfileKind;
use crate::battery::current::limits::{Limit, Violation, check_rows};
use crate::battery::dataset::feature::WIDTH;
use crate::battery::dataset::generation::{SeriesBatch, SeriesFactory};
use crate::battery::dataset::jitter::cell_of;
use crate::battery::dataset::{Dataset, Split};

/// The tolerance in measured series: of currents, as a share of that which empties the cell in an hour, of voltages, V, and of
/// states of charge. Cyclers switch a little beyond a limit.
const MEASURED: (f64, f64, f64) = (0.005, 0.005, 0.01);

/// The findings of an audit.
#[derive(Clone, Debug, PartialEq)]
pub struct Audit {
    /// The first violation of each series that has one.
    pub violations: Vec<(Split, usize, Violation)>,
    /// Least and largest value of each feature, in its unit, for each split that has series.
    pub spans: Vec<(Split, [(f64, f64); WIDTH])>,
    /// True where every limit could be checked. The duration of a pulse, and the reduction of the current near empty or
    /// full, can be checked only for rows 1 s apart.
    pub is_complete: bool,
    /// Series that are not what their specification gives, simulated anew: an earlier build kept some in which the
    /// electrolyte runs dry.
    pub differing: Vec<(Split, usize)>,
    /// The first violation of each measured series that has one: a fact about a measurement, no mistake of the dataset.
    pub measured: Vec<(Split, usize, Violation)>,
}

/// Reads every row of a dataset, and simulates it anew where it is simulated.
pub fn audit(dataset: &Dataset) -> Audit {
    let specification = dataset.specification();
    let examined = Examined::of(dataset);
    let mut audit = Audit {
        violations: Vec::new(),
        spans: Vec::new(),
        is_complete: specification.interval_s == 1,
        differing: differing(dataset),
        measured: Vec::new(),
    };
    for split in Split::ALL.into_iter().filter(|&split| dataset.series(split) > 0) {
        let found: Vec<_> =
            (0..dataset.series(split)).into_par_iter().map(|series| examined.series(split, series)).collect();
        audit.spans.push((split, found.iter().map(|(_, span)| *span).reduce(joined).expect("the split has series")));
        for (series, violation) in
            found.into_iter().enumerate().filter_map(|(series, (found, _))| Some((series, found?)))
        {
            let list = if series < dataset.simulated(split) { &mut audit.violations } else { &mut audit.measured };
            list.push((split, series, violation));
        }
    }
    audit
}

/// The first violation of each measured series that has one; nothing is simulated.
pub fn measured_violations(dataset: &Dataset) -> Vec<(Split, usize, Violation)> {
    let examined = Examined::of(dataset);
    let of_split = |split| {
        let series = dataset.simulated(split)..dataset.series(split);
        let found =
            series.into_par_iter().filter_map(|series| Some((split, series, examined.series(split, series).0?)));
        found.collect::<Vec<_>>()
    };
    Split::ALL.into_iter().flat_map(of_split).collect()
}

/// A dataset whose rows are examined.
struct Examined<'a> {
    dataset: &'a Dataset,
    nominal: Cell,
    /// Half a step of each feature's stored values, and a little.
    half: [f64; WIDTH],
}

impl<'a> Examined<'a> {
    fn of(dataset: &'a Dataset) -> Self {
        // A stored value is off by half a step; the state of charge at which a limit changes, by one more.
        let half = dataset.ranges().map(|(least, largest)| 0.51 * (largest - least) / 65535.0);
        Self { dataset, nominal: dataset.specification().known_cell(), half }
    }

    /// The first violation in a series, and the span of its rows.
    fn series(&self, split: Split, series: usize) -> (Option<Violation>, [(f64, f64); WIDTH]) {
        let Self { dataset, nominal, half } = self;
        let specification = dataset.specification();
        let rows = dataset.rows(split, series, 0, dataset.steps());
        let limits = match series < dataset.simulated(split) {
            true => cell_of(specification, nominal, split, series).limits,
            false => nominal.limits.widened(MEASURED.0 * nominal.capacity_ah, MEASURED.1, MEASURED.2),
        };
        let mut limits = limits.widened(half[0], half[1], half[3]);
        if specification.interval_s != 1 {
            for side in [&mut limits.discharge, &mut limits.charge] {
                (side.critical, side.continuous) = (side.short, side.short);
            }
        }
        let voltages: Vec<f64> = rows.iter().map(|row| row[1]).collect();
        let kinds = &specification.kinds;
        let violation = match kinds[series % kinds.len()] {
            // The currents of a protocol are its author's.
            ProfileKind::Experiment if series < dataset.simulated(split) => outside(limits.voltage, &voltages),
            _ => check_rows(&limits, half[0], rows.iter().map(|row| (row[0], row[3])), &voltages).err(),
        };
        (violation, span(&rows))
    }
}

/// The first voltage outside of a window.
fn outside((low, high): (f64, f64), voltages: &[f64]) -> Option<Violation> {
    let second = voltages.iter().position(|voltage| !(low..=high).contains(voltage))?;
    Some(Violation { limit: Limit::Voltage, second, value: voltages[second] })
}

/// The series that are not what their specification gives.
fn differing(dataset: &Dataset) -> Vec<(Split, usize)> {
    let specification = dataset.specification();
    let cell = specification.known_cell();
    let factory = SeriesFactory::new(specification, &cell);
    let of_batch = |batch: SeriesBatch| -> Vec<(Split, usize)> {
        let made = factory.make(batch).map(|made| made.numbers).unwrap_or_default();
        let series = (0..batch.count).filter(|&k| {
            made.get(k).is_none_or(|numbers| {
                let stored = dataset.stored(batch.split, batch.first + k);
                !numbers.iter().copied().eq(stored.iter().map(|number| u16::from_le(*number)))
            })
        });
        series.map(|k| (batch.split, batch.first + k)).collect()
    };
    let simulated = |split| dataset.simulated(split);
    SeriesBatch::of(simulated).into_par_iter().flat_map_iter(of_batch).collect()
}

fn span(rows: &[[f64; WIDTH]]) -> [(f64, f64); WIDTH] {
    let empty = [(f64::INFINITY, f64::NEG_INFINITY); WIDTH];
    rows.iter().fold(empty, |span, row| {
        std::array::from_fn(|feature| (span[feature].0.min(row[feature]), span[feature].1.max(row[feature])))
    })
}

fn joined(one: [(f64, f64); WIDTH], other: [(f64, f64); WIDTH]) -> [(f64, f64); WIDTH] {
    std::array::from_fn(|feature| (one[feature].0.min(other[feature].0), one[feature].1.max(other[feature].1)))
}
