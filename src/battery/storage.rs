//! The file of a dataset: a line of JSON that describes it, 16-bit numbers to map, and checksums.
//!
//! `header JSON \n crc32 of it \n`, spaces up to byte 4096, then `[series][row][feature]` as little-endian `u16` over
//! the declared ranges, then a crc32 for each series and one over these. Python reads it in five lines:
//!
//! ```python
//! import json, numpy
//! header = json.loads(open(path, "rb").readline())
//! rows = numpy.memmap(path, "<u2", "r", header["offset"], tuple(header["shape"]))
//! low, high = numpy.array([[feature["min"], feature["max"]] for feature in header["features"]]).T
//! physical = low + rows[0] / 65535 * (high - low)
//! ```
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use memmap2::Mmap;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::battery::specification::{FEATURES, RANGES, Specification, Split, UNITS};

const FORMAT: &str = "galvani battery dataset";
const VERSION: u32 = 1;
const OFFSET: usize = 4096;

/// Why there is no dataset.
#[derive(Debug, Error)]
pub enum DatasetError {
    #[error("there is no dataset at `{}`\nhint: a run makes it before its first trial", .path.display())]
    Missing { path: PathBuf },
    #[error("the dataset `{}` is damaged: {what}\nhint: delete it, it will be generated again, bit for bit", .path.display())]
    Corrupt { path: PathBuf, what: String },
    #[error(
        "the dataset `{}` is cut short: {found} bytes instead of {expected}\nhint: delete it, it will be generated again, bit for bit",
        .path.display()
    )]
    Truncated { path: PathBuf, expected: u64, found: u64 },
    #[error("cannot read `{}`: {source}", .path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("cannot write `{}`: {source}\nhint: its folder must be writable and have {bytes} bytes free", .path.display())]
    Unwritable { path: PathBuf, source: io::Error, bytes: u64 },
    #[error("{0}")]
    Specification(String),
    #[error("series {series} of `{}` cannot be kept within the limits: {what}\nhint: narrow `ambient` or `initial_soc`", .split.name())]
    Limits { split: Split, series: usize, what: String },
}

/// The first line of the file.
#[derive(Serialize, Deserialize)]
struct Header {
    format: String,
    version: u32,
    /// Of the first number, in bytes.
    offset: usize,
    #[serde(rename = "type")]
    kind: String,
    shape: [usize; 3],
    features: Vec<Feature>,
    /// First series and number of series.
    splits: Vec<(Split, usize, usize)>,
    specification: Specification,
}

#[derive(Serialize, Deserialize)]
struct Feature {
    name: String,
    unit: String,
    min: f64,
    max: f64,
}

impl Header {
    fn of(specification: &Specification) -> Self {
        let mut first = 0;
        let splits = Split::ALL.map(|split| {
            first += specification.series(split);
            (split, first - specification.series(split), specification.series(split))
        });
        let feature = |k: usize| Feature {
            name: FEATURES[k].to_owned(),
            unit: UNITS[k].to_owned(),
            min: RANGES[k].0,
            max: RANGES[k].1,
        };
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            offset: OFFSET,
            kind: "<u2".to_owned(),
            shape: [specification.all_series(), specification.steps(), FEATURES.len()],
            features: (0..FEATURES.len()).map(feature).collect(),
            splits: splits.to_vec(),
            specification: specification.clone(),
        }
    }

    fn text(&self) -> String {
        serde_json::to_string(self).expect("a header is plain data")
    }
}

/// Size of a whole file.
fn length(specification: &Specification) -> u64 {
    OFFSET as u64 + specification.bytes() + 4 * (specification.all_series() as u64 + 1)
}

/// A file that is being written, invisible under its name until it is complete.
pub(crate) struct Writer<'a> {
    path: &'a Path,
    temporary: PathBuf,
    file: File,
    specification: &'a Specification,
}

impl<'a> Writer<'a> {
    pub fn create(path: &'a Path, specification: &'a Specification) -> Result<Self, DatasetError> {
        let unwritable =
            |source| DatasetError::Unwritable { path: path.to_owned(), source, bytes: length(specification) };
        let name = path.file_name().ok_or_else(|| unwritable(io::ErrorKind::InvalidInput.into()))?;
        let prefix = format!("{}.partial-", name.to_string_lossy());
        let folder = folder(path);
        fs::create_dir_all(folder).map_err(unwritable)?;
        remove_abandoned(folder, &prefix).map_err(unwritable)?;
        let temporary = folder.join(format!("{prefix}{}", std::process::id()));
        let file = OpenOptions::new().create(true).truncate(true).write(true).open(&temporary).map_err(unwritable)?;
        let writer = Self { path, temporary, file, specification };
        // Whoever finds a partial file unlocked knows that its writer is gone.
        writer.file.try_lock().map_err(|error| unwritable(error.into()))?;
        let text = Header::of(specification).text();
        let line = format!("{text}\n{:08x}\n", crc32fast::hash(text.as_bytes()));
        assert!(line.len() <= OFFSET, "a header fits into its page");
        writer.write(&format!("{line:<OFFSET$}").into_bytes(), 0)?;
        Ok(writer)
    }

    /// Writes one series of all splits and returns its checksum.
    pub fn series(&self, series: usize, numbers: &[u16]) -> Result<u32, DatasetError> {
        let little: Vec<u16> = numbers.iter().map(|number| number.to_le()).collect();
        let bytes = bytemuck::cast_slice(&little);
        self.write(bytes, (OFFSET + series * bytes.len()) as u64)?;
        Ok(crc32fast::hash(bytes))
    }

    /// Makes the file durable and gives it its name.
    pub fn finish(self, checksums: &[u32]) -> Result<(), DatasetError> {
        let mut bytes: Vec<u8> = checksums.iter().flat_map(|checksum| checksum.to_le_bytes()).collect();
        bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
        self.write(&bytes, OFFSET as u64 + self.specification.bytes())?;
        self.file.sync_all().map_err(|source| self.unwritable(source))?;
        fs::rename(&self.temporary, self.path).map_err(|source| self.unwritable(source))?;
        let folder = File::open(folder(self.path)).and_then(|folder| folder.sync_all());
        folder.map_err(|source| self.unwritable(source))
    }

    fn write(&self, bytes: &[u8], at: u64) -> Result<(), DatasetError> {
        self.file.write_all_at(bytes, at).map_err(|source| self.unwritable(source))
    }

    fn unwritable(&self, source: io::Error) -> DatasetError {
        DatasetError::Unwritable { path: self.path.to_owned(), source, bytes: length(self.specification) }
    }
}

impl Drop for Writer<'_> {
    fn drop(&mut self) {
        // After a rename there is nothing left to remove.
        let _ = fs::remove_file(&self.temporary);
    }
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Removes partial files whose writers were killed.
fn remove_abandoned(folder: &Path, prefix: &str) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(prefix)
            && File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok())
        {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// A complete file, mapped into memory that all processes share.
pub(crate) struct Mapped {
    path: PathBuf,
    map: Mmap,
    pub specification: Specification,
}

impl Mapped {
    /// Maps a file after checking header, length and the table of checksums.
    pub fn open(path: &Path) -> Result<Self, DatasetError> {
        let corrupt = |what: &str| DatasetError::Corrupt { path: path.to_owned(), what: what.to_owned() };
        let unreadable = |source: io::Error| match source.kind() {
            io::ErrorKind::NotFound => DatasetError::Missing { path: path.to_owned() },
            _ => DatasetError::Unreadable { path: path.to_owned(), source },
        };
        let file = File::open(path).map_err(unreadable)?;
        let found = file.metadata().map_err(unreadable)?.len();
        // SAFETY: a dataset is never written to under its final name.
        let map = unsafe { Mmap::map(&file) }.map_err(unreadable)?;
        if map.len() < OFFSET {
            return Err(DatasetError::Truncated { path: path.to_owned(), expected: OFFSET as u64, found });
        }
        let page = std::str::from_utf8(&map[..OFFSET]).map_err(|_| corrupt("the header is not text"))?;
        let mut lines = page.lines();
        let (text, checksum) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
        if !text.contains(FORMAT) {
            return Err(corrupt("it does not begin as a dataset does"));
        }
        if checksum != format!("{:08x}", crc32fast::hash(text.as_bytes())) {
            return Err(corrupt("the header does not match its checksum"));
        }
        let header: Header = serde_json::from_str(text).map_err(|error| corrupt(&error.to_string()))?;
        if text != Header::of(&header.specification).text() {
            return Err(corrupt("it was written by another version of the program"));
        }
        let expected = length(&header.specification);
        if found != expected {
            return Err(DatasetError::Truncated { path: path.to_owned(), expected, found });
        }
        let mapped = Self { path: path.to_owned(), map, specification: header.specification };
        let (table, last) = mapped.checksums().split_at(4 * mapped.specification.all_series());
        if last != crc32fast::hash(table).to_le_bytes() {
            return Err(corrupt("the table of checksums does not match its own"));
        }
        Ok(mapped)
    }

    /// Compares every series with its checksum.
    pub fn verify(&self) -> Result<(), DatasetError> {
        let bytes = &self.map[OFFSET..OFFSET + self.specification.bytes() as usize];
        let each = bytes.len() / self.specification.all_series();
        let series = bytes.par_chunks_exact(each).zip(self.checksums().par_chunks_exact(4));
        match series.position_first(|(series, checksum)| crc32fast::hash(series).to_le_bytes() != *checksum) {
            Some(series) => Err(DatasetError::Corrupt {
                path: self.path.clone(),
                what: format!("series {series} does not match its checksum"),
            }),
            None => Ok(()),
        }
    }

    /// All numbers, series after series; on a big-endian machine they are still to be swapped.
    pub fn numbers(&self) -> &[u16] {
        bytemuck::cast_slice(&self.map[OFFSET..OFFSET + self.specification.bytes() as usize])
    }

    fn checksums(&self) -> &[u8] {
        &self.map[OFFSET + self.specification.bytes() as usize..]
    }
}
