//! The measured part of a dataset: series that came out of files and cannot be simulated anew.
use serde::{Deserialize, Serialize};

use crate::battery::dataset::specification::{Specification, Split};

/// Measured series and their files. Within a split they follow the simulated ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeasuredPart {
    pub files: Vec<MeasuredFile>,
    /// The series in the order of the splits, and in that of the dataset within a split.
    pub series: Vec<MeasuredSeries>,
}

/// A file that series came out of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeasuredFile {
    pub name: String,
    pub bytes: u64,
    /// CRC-32 of the file, in hexadecimal digits.
    pub crc32: String,
    /// The layout in which it was read.
    pub layout: String,
    /// The capacity by which charge was counted, A h.
    pub capacity_ah: f64,
    /// The state of charge at the first row, and the point from which it was counted.
    pub initial_soc: f64,
    pub counted_from: String,
}

/// A series of a dataset that was measured.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeasuredSeries {
    pub split: Split,
    /// Index among the files.
    pub file: usize,
    /// The time of its first row in the file, s.
    pub start_s: f64,
}

impl MeasuredPart {
    /// Series of a split.
    pub fn count(&self, split: Split) -> usize {
        self.series.iter().filter(|series| series.split == split).count()
    }

    /// True where all indices are those of files, and a dataset has as many series.
    pub(crate) fn suits(&self, specification: &Specification) -> bool {
        let order = |split| Split::ALL.iter().position(|other| *other == split);
        self.series.iter().all(|series| series.file < self.files.len())
            && self.series.is_sorted_by_key(|series| order(series.split))
            && Split::ALL.into_iter().all(|split| self.count(split) <= specification.series(split))
    }
}
