//! The file of a dataset: a line of JSON that describes it, 16-bit numbers to map, and checksums.
//!
//! `header JSON \n crc32 of it \n`, spaces up to the offset that it declares (a multiple of 4096 bytes), then
//! `[series][row][feature]` as little-endian `u16` over the declared ranges, then a crc32 for each series and one over
//! these. Python reads it in five lines:
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
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use memmap2::Mmap;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::battery::dataset::feature::{FEATURES, UNITS};
use crate::battery::dataset::measured::MeasuredPart;
use crate::battery::dataset::specification::{GENERATION, Specification, Split};
use crate::document::diagnostic::Diagnostic;

const FORMAT: &str = "galvani battery dataset";
const VERSION: u32 = 1;
/// The header, which holds the text of a user's cell, fills whole pages.
const PAGE: usize = 4096;

/// The reason why a dataset cannot be read or made.
#[derive(Debug, Error)]
pub enum DatasetError {
    #[error("there is no dataset at `{}`\nhint: a run makes its own before the first trial; `galvani battery generate` makes any", .path.display())]
    Missing { path: PathBuf },
    #[error("the dataset `{}` is damaged: {what}\nhint: delete it: the same specification generates it again bit for bit, the same files are imported again", .path.display())]
    Corrupt { path: PathBuf, what: String },
    #[error(
        "the dataset `{}` is cut short: {found} bytes instead of {expected}\nhint: delete it: the same specification generates it again bit for bit, the same files are imported again",
        .path.display()
    )]
    Truncated { path: PathBuf, expected: u64, found: u64 },
    #[error("cannot read `{}`: {source}", .path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("cannot write `{}`: {source}\nhint: its folder must be writable and have {bytes} bytes free", .path.display())]
    Unwritable { path: PathBuf, source: io::Error, bytes: u64 },
    #[error("{0}")]
    Specification(Diagnostic),
    #[error("series {series} of `{}` cannot be kept within the limits: {what}\nhint: narrow `ambient` or `initial_soc`", .split.name())]
    Limits { split: Split, series: usize, what: String },
}

/// The first line of the file.
#[derive(Serialize, Deserialize)]
struct Header {
    format: String,
    version: u32,
    /// The simulator's generation; data of different ones must not be mixed.
    generation: u32,
    /// Offset of the first number, in bytes.
    offset: usize,
    #[serde(rename = "type")]
    kind: String,
    shape: [usize; 3],
    features: Vec<Feature>,
    /// First series and number of series.
    splits: Vec<(Split, usize, usize)>,
    /// The simulated series, and the number of all.
    specification: Specification,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    measured: Option<MeasuredPart>,
}

#[derive(Serialize, Deserialize)]
struct Feature {
    name: String,
    unit: String,
    min: f64,
    max: f64,
}

impl Header {
    fn of(specification: &Specification, measured: Option<&MeasuredPart>) -> Self {
        let splits = Split::ALL.map(|split| (split, specification.first(split), specification.series(split)));
        let ranges = specification.ranges();
        let feature = |k: usize| Feature {
            name: FEATURES[k].to_owned(),
            unit: UNITS[k].to_owned(),
            min: ranges[k].0,
            max: ranges[k].1,
        };
        let mut header = Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            generation: GENERATION,
            offset: PAGE,
            kind: "<u2".to_owned(),
            shape: [specification.all_series(), specification.steps(), FEATURES.len()],
            features: (0..FEATURES.len()).map(feature).collect(),
            splits: splits.to_vec(),
            specification: specification.clone(),
            measured: measured.cloned(),
        };
        // Two newlines and eight digits of the checksum; the offset itself may gain digits.
        let line = header.text().len() + 10;
        if line > PAGE {
            header.offset = (line + PAGE).next_multiple_of(PAGE);
        }
        header
    }

    fn text(&self) -> String {
        serde_json::to_string(self).expect("a header is plain data")
    }

    /// The bytes before the first number.
    fn pages(&self) -> Vec<u8> {
        let text = self.text();
        let mut bytes = format!("{text}\n{:08x}\n", crc32fast::hash(text.as_bytes())).into_bytes();
        bytes.resize(self.offset, b' ');
        bytes
    }
}

/// Size of a whole file whose first number is at `offset`.
fn length(specification: &Specification, offset: usize) -> u64 {
    offset as u64 + specification.bytes() + 4 * (specification.all_series() as u64 + 1)
}

/// A file that is being written as `NAME.partial`, invisible under its name until it is complete.
///
/// A series is complete when its checksum is there, which is written after it. Whoever finds the partial file of a killed
/// writer goes on with the series that match their checksums.
pub(crate) struct Writer<'a> {
    path: &'a Path,
    partial: PathBuf,
    file: File,
    specification: &'a Specification,
    /// The byte of the first number.
    offset: usize,
    /// Series that a killed writer had finished.
    found: Vec<bool>,
}

impl<'a> Writer<'a> {
    /// Begins or continues a file, waiting for another process that writes it; `None` where `is_there` holds after the
    /// wait.
    pub(crate) fn create(
        path: &'a Path,
        specification: &'a Specification,
        measured: Option<&MeasuredPart>,
        is_there: impl Fn() -> bool,
    ) -> Result<Option<Self>, DatasetError> {
        let header = Header::of(specification, measured);
        let offset = header.offset;
        let bytes = length(specification, offset);
        let unwritable = |source| DatasetError::Unwritable { path: path.to_owned(), source, bytes };
        let mut name = path.file_name().ok_or_else(|| unwritable(io::ErrorKind::InvalidInput.into()))?.to_owned();
        name.push(".partial");
        fs::create_dir_all(folder(path)).map_err(unwritable)?;
        let partial = folder(path).join(name);
        let file = loop {
            let open = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&partial);
            let file = open.and_then(|file| file.lock().map(|()| file)).map_err(unwritable)?;
            if is_there() {
                // Ours if nobody wrote to it.
                if file.metadata().is_ok_and(|found| found.len() == 0) {
                    let _ = fs::remove_file(&partial);
                }
                return Ok(None);
            }
            // While we waited, the file that we opened may have been given its name, or been removed.
            let (ours, there) = (file.metadata().map_err(unwritable)?.ino(), fs::metadata(&partial));
            if there.is_ok_and(|there| there.ino() == ours) {
                break file;
            }
        };
        let mut writer = Self { path, partial, file, specification, offset, found: Vec::new() };
        let pages = header.pages();
        writer.found = writer.resume(&pages).map_err(unwritable)?;
        if writer.found.is_empty() {
            writer.found = vec![false; specification.all_series()];
            writer.file.set_len(0).map_err(unwritable)?;
            writer.reserve().map_err(unwritable)?;
            writer.write(&pages, 0)?;
        }
        Ok(Some(writer))
    }

    /// Finds the series that a killed writer of the same file had finished; empty where nothing can be used.
    fn resume(&self, pages: &[u8]) -> io::Result<Vec<bool>> {
        if self.file.metadata()?.len() != self.length() {
            return Ok(Vec::new());
        }
        // SAFETY: we hold the lock.
        let map = unsafe { Mmap::map(&self.file) }?;
        if map[..self.offset] != *pages {
            return Ok(Vec::new());
        }
        let (numbers, table) = map[self.offset..].split_at(self.specification.bytes() as usize);
        let each = numbers.len() / self.specification.all_series();
        let is_whole = |(series, checksum): (&[u8], &[u8])| {
            // Nothing was written where it is zero; a true zero, once in four thousand million, is made again.
            checksum != [0; 4] && crc32fast::hash(series).to_le_bytes() == *checksum
        };
        Ok(numbers.par_chunks_exact(each).zip(table.par_chunks_exact(4)).map(is_whole).collect())
    }

    /// Reserves the room on the disk, so that it does not run out later; sets only the length where the file system cannot.
    fn reserve(&self) -> io::Result<()> {
        let bytes = self.length();
        match rustix::fs::fallocate(&self.file, rustix::fs::FallocateFlags::empty(), 0, bytes) {
            Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => self.file.set_len(bytes),
            result => Ok(result?),
        }
    }

    /// True where a killed writer had finished this series, counted over all splits.
    pub(crate) fn has(&self, series: usize) -> bool {
        self.found[series]
    }

    /// Writes one series, counted over all splits, and then its checksum.
    pub(crate) fn series(&self, series: usize, numbers: &[u16]) -> Result<(), DatasetError> {
        let little: Vec<u16> = numbers.iter().map(|number| number.to_le()).collect();
        let bytes = bytemuck::cast_slice(&little);
        self.write(bytes, (self.offset + series * bytes.len()) as u64)?;
        self.write(&crc32fast::hash(bytes).to_le_bytes(), self.table() + 4 * series as u64)
    }

    /// Makes the file durable and gives it its name.
    pub(crate) fn finish(self) -> Result<(), DatasetError> {
        let unwritable = |source| self.unwritable(source);
        let mut table = vec![0; 4 * self.specification.all_series()];
        self.file.read_exact_at(&mut table, self.table()).map_err(unwritable)?;
        self.write(&crc32fast::hash(&table).to_le_bytes(), self.table() + table.len() as u64)?;
        self.file.sync_all().map_err(unwritable)?;
        fs::rename(&self.partial, self.path).map_err(unwritable)?;
        File::open(folder(self.path)).and_then(|folder| folder.sync_all()).map_err(unwritable)
    }

    /// Removes what was written.
    pub(crate) fn discard(self) {
        let _ = fs::remove_file(&self.partial);
    }

    /// Offset of the checksums, in bytes.
    fn table(&self) -> u64 {
        self.offset as u64 + self.specification.bytes()
    }

    fn length(&self) -> u64 {
        length(self.specification, self.offset)
    }

    fn write(&self, bytes: &[u8], at: u64) -> Result<(), DatasetError> {
        self.file.write_all_at(bytes, at).map_err(|source| self.unwritable(source))
    }

    fn unwritable(&self, source: io::Error) -> DatasetError {
        DatasetError::Unwritable { path: self.path.to_owned(), source, bytes: self.length() }
    }
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A complete file, mapped into memory that all processes share.
pub(crate) struct Mapped {
    path: PathBuf,
    map: Mmap,
    /// The byte of the first number.
    offset: usize,
    pub specification: Specification,
    pub measured: Option<MeasuredPart>,
}

impl Mapped {
    /// Maps a file after checking header, length and the table of checksums.
    pub(crate) fn open(path: &Path) -> Result<Self, DatasetError> {
        let corrupt = |what: &str| DatasetError::Corrupt { path: path.to_owned(), what: what.to_owned() };
        let unreadable = |source: io::Error| match source.kind() {
            io::ErrorKind::NotFound => DatasetError::Missing { path: path.to_owned() },
            _ => DatasetError::Unreadable { path: path.to_owned(), source },
        };
        // A pipe would be waited for, and a folder or a device has no length.
        if fs::metadata(path).map_err(unreadable)?.is_file() {
            Self::map(path, &File::open(path).map_err(unreadable)?)
        } else {
            Err(corrupt("it is not a regular file"))
        }
    }

    fn map(path: &Path, file: &File) -> Result<Self, DatasetError> {
        let corrupt = |what: &str| DatasetError::Corrupt { path: path.to_owned(), what: what.to_owned() };
        let unreadable = |source| DatasetError::Unreadable { path: path.to_owned(), source };
        let found = file.metadata().map_err(unreadable)?.len();
        // SAFETY: a dataset is never written to under its final name.
        let map = unsafe { Mmap::map(file) }.map_err(unreadable)?;
        if map.len() < PAGE {
            return Err(DatasetError::Truncated { path: path.to_owned(), expected: PAGE as u64, found });
        }
        if !map[..64].windows(FORMAT.len()).any(|part| part == FORMAT.as_bytes()) {
            return Err(corrupt("it does not begin with the header of a dataset"));
        }
        let mut lines = map.splitn(3, |byte| *byte == b'\n');
        let mut line = || lines.next().and_then(|line| std::str::from_utf8(line).ok());
        let text = line().ok_or_else(|| corrupt("the header is not text"))?;
        if line().unwrap_or_default() != format!("{:08x}", crc32fast::hash(text.as_bytes())) {
            return Err(corrupt("the header does not match its checksum"));
        }
        let header: Header = serde_json::from_str(text).map_err(|error| corrupt(&error.to_string()))?;
        let measured_held_out = header.measured.as_ref().map_or(0, |measured| measured.count(Split::HeldOut));
        header.specification.validate_beside(measured_held_out).map_err(|wrong| corrupt(&wrong.message))?;
        if header.measured.as_ref().is_some_and(|measured| !measured.suits(&header.specification)) {
            return Err(corrupt("its measured series are not those that it lists"));
        }
        let Header { offset, specification, measured, .. } = header;
        if text != Header::of(&specification, measured.as_ref()).text() {
            return Err(corrupt("it was written by another version of the program"));
        }
        let expected = length(&specification, offset);
        if found != expected {
            return Err(DatasetError::Truncated { path: path.to_owned(), expected, found });
        }
        let mapped = Self { path: path.to_owned(), map, offset, specification, measured };
        let (table, last) = mapped.checksums().split_at(4 * mapped.specification.all_series());
        if last != crc32fast::hash(table).to_le_bytes() {
            return Err(corrupt("the table of checksums does not match its own checksum"));
        }
        Ok(mapped)
    }

    /// Compares every series with its checksum.
    pub(crate) fn verify(&self) -> Result<(), DatasetError> {
        let bytes = &self.map[self.offset..][..self.specification.bytes() as usize];
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

    /// All numbers, series after series, in little-endian order.
    pub(crate) fn numbers(&self) -> &[u16] {
        bytemuck::cast_slice(&self.map[self.offset..][..self.specification.bytes() as usize])
    }

    fn checksums(&self) -> &[u8] {
        &self.map[self.offset + self.specification.bytes() as usize..]
    }
}
