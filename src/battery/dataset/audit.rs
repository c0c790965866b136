//! The audit of a dataset: every stored row against the limits of the datasheet, and the span of the rows.
use rayon::prelude::*;

use crate::battery::current::ProfileKind;
use crate::battery::current::limits::{Limit, Violation, check_rows};
use crate::battery::dataset::feature::WIDTH;
use crate::battery::dataset::generation::{SeriesBatch, SeriesFactory};
use crate::battery::dataset::jitter::cell_of;
use crate::battery::dataset::{Dataset, Split};

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
}

/// Reads every row of a dataset, and simulates it anew.
pub fn audit(dataset: &Dataset) -> Audit {
    let specification = dataset.specification();
    let nominal = specification.known_cell();
    // A stored value is off by half a step; the state of charge at which a limit changes, by one more.
    let half = dataset.ranges().map(|(least, largest)| 0.51 * (largest - least) / 65535.0);
    let mut audit = Audit {
        violations: Vec::new(),
        spans: Vec::new(),
        is_complete: specification.interval_s == 1,
        differing: differing(dataset),
    };
    for split in Split::ALL.into_iter().filter(|&split| dataset.series(split) > 0) {
        let of_series = |series: usize| {
            let rows = dataset.rows(split, series, 0, dataset.steps());
            let mut limits = cell_of(specification, &nominal, split, series).limits.widened(half[0], half[1], half[3]);
            if !audit.is_complete {
                for side in [&mut limits.discharge, &mut limits.charge] {
                    (side.critical, side.continuous) = (side.short, side.short);
                }
            }
            let voltages: Vec<f64> = rows.iter().map(|row| row[1]).collect();
            let kinds = &specification.kinds;
            let violation = match kinds[series % kinds.len()] {
                // The currents of a protocol are its author's.
                ProfileKind::Experiment => outside(limits.voltage, &voltages),
                _ => check_rows(&limits, half[0], rows.iter().map(|row| (row[0], row[3])), &voltages).err(),
            };
            (violation.map(|violation| (split, series, violation)), span(&rows))
        };
        let found: Vec<_> = (0..dataset.series(split)).into_par_iter().map(of_series).collect();
        audit.spans.push((split, found.iter().map(|(_, span)| *span).reduce(joined).expect("the split has series")));
        audit.violations.extend(found.into_iter().filter_map(|(violation, _)| violation));
    }
    audit
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
    SeriesBatch::all(specification).into_par_iter().flat_map_iter(of_batch).collect()
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
