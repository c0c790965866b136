//! Datasets: simulated in parallel or measured, stored once, read in windows by any number of processes.
//!
//! Numbers are stored as 16 bits over the feature's range, so a value is off by at most half a step: for Chen 2020
//! 0.2 mA, 14 µV, 1 mK, and 7.7e-6 of state of charge.
pub mod audit;
pub(crate) mod coverage;
pub mod experiment_profile;
pub(crate) mod feature;
pub(crate) mod generation;
pub(crate) mod jitter;
pub(crate) mod measured;
pub mod npy;
#[cfg(any(feature = "battery", test))]
pub(crate) mod scaling;
pub mod specification;
pub(crate) mod storage;

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use crate::battery::dataset::generation::{SeriesBatch, SeriesFactory};
use crate::battery::dataset::storage::{Mapped, Writer};

pub use crate::battery::dataset::feature::{FEATURES, Ranges, UNITS, WIDTH};
pub use crate::battery::dataset::measured::{MeasuredFile, MeasuredPart, MeasuredSeries};
pub use crate::battery::dataset::specification::{Specification, Split};
pub use crate::battery::dataset::storage::DatasetError;

/// The size, in bytes, up to which a file is compared with its checksums whenever it is opened.
const VERIFIED: u64 = 1 << 28;

/// A complete dataset, mapped into memory.
pub struct Dataset {
    file: Mapped,
    ranges: Ranges,
}

/// The result of a generation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Generated {
    /// Series that an interrupted generation had left, whole.
    pub resumed: usize,
    /// Series that were drawn again with more caution, because they left the voltage window or what the model holds for.
    pub redrawn: usize,
}

impl Dataset {
    /// Simulates a dataset into a file that appears under its name only when it is complete.
    ///
    /// Series that a killed generation had finished are kept; a generation in another process is waited for. `progress` gets
    /// the share that is done, from several threads. The bits depend on the specification alone.
    pub fn generate(
        specification: &Specification,
        path: &Path,
        progress: &(dyn Fn(f64) + Sync),
    ) -> Result<Generated, DatasetError> {
        specification.validate().map_err(DatasetError::Specification)?;
        let cell = specification.known_cell();
        let all = specification.all_series();
        let is_there = || Self::open(path).is_ok_and(|dataset| dataset.is_simulated_by(specification));
        let Some(writer) = Writer::create(path, specification, None, is_there)? else {
            progress(1.0);
            return Ok(Generated { resumed: all, redrawn: 0 });
        };
        let resumed = (0..all).filter(|&series| writer.has(series)).count();
        let factory = SeriesFactory::new(specification, &cell);
        let (done, redrawn) = (AtomicUsize::new(resumed), AtomicUsize::new(0));
        if resumed > 0 {
            progress(resumed as f64 / all as f64);
        }
        let made: Result<(), DatasetError> = SeriesBatch::all(specification).into_par_iter().try_for_each(|batch| {
            let first = specification.first(batch.split) + batch.first;
            let left = (first..first + batch.count).filter(|&series| !writer.has(series)).count();
            if left == 0 {
                return Ok(());
            }
            let made = factory.make(batch)?;
            made.numbers.iter().enumerate().try_for_each(|(k, numbers)| writer.series(first + k, numbers))?;
            redrawn.fetch_add(made.redrawn, Ordering::Relaxed);
            progress((done.fetch_add(left, Ordering::Relaxed) + left) as f64 / all as f64);
            Ok(())
        });
        match made {
            Ok(()) => writer.finish()?,
            // Going on would end in the same place.
            Err(error @ DatasetError::Limits { .. }) => {
                writer.discard();
                return Err(error);
            }
            Err(error) => return Err(error),
        }
        Ok(Generated { resumed, redrawn: redrawn.into_inner() })
    }

    /// Maps a dataset; a large one is not compared with its checksums, which [`Self::verify`] does.
    pub fn open(path: &Path) -> Result<Self, DatasetError> {
        let file = Mapped::open(path)?;
        let ranges = file.specification.ranges();
        let dataset = Self { file, ranges };
        if dataset.specification().bytes() <= VERIFIED {
            dataset.verify()?;
        }
        Ok(dataset)
    }

    /// Compares every series with its checksum.
    pub fn verify(&self) -> Result<(), DatasetError> {
        self.file.verify()
    }

    pub fn specification(&self) -> &Specification {
        &self.file.specification
    }

    /// The series that were measured; `None` where all are simulated.
    pub fn measured(&self) -> Option<&MeasuredPart> {
        self.file.measured.as_ref()
    }

    /// True where the dataset is what a specification gives, and nothing else.
    pub fn is_simulated_by(&self, specification: &Specification) -> bool {
        self.specification() == specification && self.measured().is_none()
    }

    /// Number of simulated series of a split, which come first.
    pub fn simulated(&self, split: Split) -> usize {
        self.series(split) - self.measured().map_or(0, |measured| measured.count(split))
    }

    /// The origin of a series, and its file; `None` where it is simulated.
    pub fn origin(&self, split: Split, series: usize) -> Option<(&MeasuredSeries, &MeasuredFile)> {
        let (measured, index) = (self.measured()?, series.checked_sub(self.simulated(split))?);
        let origin = measured.series.iter().filter(|series| series.split == split).nth(index)?;
        Some((origin, &measured.files[origin.file]))
    }

    /// A digest of everything that the data follow from.
    pub fn digest(&self) -> u64 {
        let files = self.measured().map(|measured| serde_json::to_string(measured).expect("it is plain data"));
        self.specification().digest() ^ files.map_or(0, |text| u64::from(crc32fast::hash(text.as_bytes())))
    }

    /// Number of series of a split.
    pub fn series(&self, split: Split) -> usize {
        self.specification().series(split)
    }

    /// Rows of a series.
    pub fn steps(&self) -> usize {
        self.specification().steps()
    }

    /// Rows from `start` on as scaled features, row after row, as many as `out` holds.
    ///
    /// Panics where the series or its rows end before.
    pub fn read(&self, split: Split, series: usize, start: usize, out: &mut [f32]) {
        assert!(series < self.series(split), "`{}` has no series {series}", split.name());
        assert!(out.len().is_multiple_of(WIDTH) && start + out.len() / WIDTH <= self.steps(), "a series has an end");
        let first = self.specification().first(split) + series;
        let numbers = &self.file.numbers()[(first * self.steps() + start) * WIDTH..][..out.len()];
        for (out, &number) in out.iter_mut().zip(numbers) {
            *out = f32::from(u16::from_le(number)) * (1.0 / 65535.0);
        }
    }

    /// The numbers of a series as they are stored, in little-endian order.
    pub(crate) fn stored(&self, split: Split, series: usize) -> &[u16] {
        let length = self.steps() * WIDTH;
        &self.file.numbers()[(self.specification().first(split) + series) * length..][..length]
    }

    /// Rows from `start` to `end` of a series in physical units.
    ///
    /// Panics where the series or its rows end before.
    pub fn rows(&self, split: Split, series: usize, start: usize, end: usize) -> Vec<[f64; WIDTH]> {
        assert!(series < self.series(split), "`{}` has no series {series}", split.name());
        assert!(start <= end && end <= self.steps(), "a series has an end");
        let first = (self.specification().first(split) + series) * self.steps();
        let numbers = &self.file.numbers()[(first + start) * WIDTH..(first + end) * WIDTH];
        let physical = |row: &[u16]| {
            std::array::from_fn(|feature| {
                let (least, largest) = self.ranges[feature];
                least + f64::from(u16::from_le(row[feature])) / 65535.0 * (largest - least)
            })
        };
        numbers.chunks_exact(WIDTH).map(physical).collect()
    }

    /// The values of each feature, in its unit, that are scaled to 0 and 1.
    pub(crate) fn ranges(&self) -> &Ranges {
        &self.ranges
    }

    /// A scaled feature in its unit.
    pub fn unscale(&self, feature: usize, scaled: f32) -> f32 {
        let (least, largest) = self.ranges[feature];
        (least + f64::from(scaled) * (largest - least)) as f32
    }

    /// A feature in its unit, scaled.
    pub fn scale(&self, feature: usize, physical: f32) -> f32 {
        let (least, largest) = self.ranges[feature];
        ((f64::from(physical) - least) / (largest - least)) as f32
    }
}
