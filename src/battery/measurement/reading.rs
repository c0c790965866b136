//! The reading of one measured file: its rows mended and resampled, in series without gaps.
use std::cell::RefCell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use thiserror::Error;

use crate::battery::cell::Cell;
use crate::battery::dataset::DatasetError;
use crate::battery::dataset::specification::ranges;
use crate::battery::measurement::column_name::Quantity;
use crate::battery::measurement::finding::{FindingKind, Findings};
use crate::battery::measurement::header::{ColumnChoice, ReadColumn};
use crate::battery::measurement::layout::TimeKind;
use crate::battery::measurement::mending::{Mended, Mender, MendingRules, Point};
use crate::battery::measurement::reader::{Reader, Sign};
use crate::battery::measurement::resampling::{EvenRow, Resampler};
use crate::document::diagnostic::Diagnostic;
use crate::document::source::SourceError;

/// Rows at even times of all files at most.
pub(crate) const MOST: u64 = 200_000_000;
/// Rows after which the progress is told.
const TOLD: u64 = 20_000;
/// The share of implausible rows above which the file is taken for another cell's, or for one in other units.
const FOREIGN: f64 = 0.05;
/// The change of a current, as a share of that which empties the cell in an hour, and the time in which it happens, s, that shows
/// a resistance; and the number of such changes.
const STEP: (f64, f64) = (0.05, 5.0);
const STEPS: u32 = 3;

/// The reason why measured data were not read.
#[derive(Debug, Error)]
pub enum MeasurementError {
    #[error("{0}")]
    Source(#[from] SourceError),
    #[error("{0}")]
    Dataset(#[from] DatasetError),
    #[error("{0}")]
    Mistake(#[from] Diagnostic),
    #[error("cannot write beside `{}`: {source}\nhint: its folder must be writable and have room for the rows", .path.display())]
    Spool { path: PathBuf, source: io::Error },
    #[error("interrupted")]
    Interrupted,
}

/// Settings of the reading.
#[derive(Clone, Debug)]
pub struct ReadingSettings {
    pub choice: ColumnChoice,
    /// The sign of the current, where it is not the vendor's.
    pub sign: Option<Sign>,
    /// True where a time that falls begins a new count, whatever the vendor.
    pub joins_resets: bool,
    /// The longest time between two rows of one series, s.
    pub gap: f64,
    /// The temperature where a file has none, °C.
    pub ambient: f64,
    /// s.
    pub interval: f64,
}

impl Default for ReadingSettings {
    fn default() -> Self {
        Self {
            choice: ColumnChoice::default(),
            sign: None,
            joins_resets: false,
            gap: 1800.0,
            ambient: 25.0,
            interval: 1.0,
        }
    }
}

/// A series without gaps in a file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Run {
    /// The time of its first row in the file, s.
    pub start: f64,
    /// Its line.
    pub line: u64,
    /// Rows at even times.
    pub rows: usize,
}

/// The facts about a file that was read.
#[derive(Clone, Debug)]
pub struct ReadFile {
    pub path: PathBuf,
    /// The vendor.
    pub layout: &'static str,
    /// The names of the columns of time, current, voltage and temperature.
    pub columns: [Option<String>; 4],
    pub is_charge_positive: bool,
    pub runs: Vec<Run>,
    pub findings: Findings,
    /// The resistance that steps of the current show, Ω; negative where the sign is wrong. `None` without steps.
    pub resistance: Option<f64>,
    pub bytes: u64,
    pub checksum: u32,
}

/// A reader that computes the checksum of what passes.
struct Checked<R> {
    reader: R,
    hasher: Rc<RefCell<crc32fast::Hasher>>,
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.hasher.borrow_mut().update(&buffer[..count]);
        Ok(count)
    }
}

/// Takes over a row.
pub(crate) type Sink<'a> = dyn FnMut(EvenRow) -> Result<(), MeasurementError> + 'a;
/// Is told of the bytes that were read, and may end the reading.
pub(crate) type Watch<'a> = dyn FnMut(u64) -> ControlFlow<()> + 'a;

/// Reads a file of a cell, and gives its rows at even times to `sink`.
///
/// # Errors
/// The file cannot be read or understood, or a row cannot be where it is; the error has its place.
pub(crate) fn read(
    path: &Path,
    cell: &Cell,
    settings: &ReadingSettings,
    sink: &mut Sink,
    watch: &mut Watch,
) -> Result<ReadFile, MeasurementError> {
    let unreadable = |error: io::Error| {
        let hint = "name a file of a cycler: a table as text";
        SourceError::whole(path, Diagnostic::new(format!("cannot be read: {error}")).hint(hint))
    };
    if path.is_dir() {
        return Err(unreadable(io::ErrorKind::IsADirectory.into()).into());
    }
    let file = File::open(path).map_err(unreadable)?;
    let hasher = Rc::new(RefCell::new(crc32fast::Hasher::new()));
    let checked = Checked { reader: file, hasher: hasher.clone() };
    let mut read = read_from(path, BufReader::with_capacity(1 << 16, checked), cell, settings, sink, watch)?;
    read.checksum = hasher.borrow().clone().finalize();
    Ok(read)
}

/// Reads the bytes of a file like `read`, which `path` names in errors; its rows are held in memory.
///
/// # Errors
/// As of files on the disk.
pub fn read_bytes(
    path: &Path,
    bytes: &[u8],
    cell: &Cell,
    settings: &ReadingSettings,
) -> Result<(ReadFile, Vec<EvenRow>), MeasurementError> {
    let mut rows = Vec::new();
    let mut sink = |row| {
        rows.push(row);
        Ok(())
    };
    let read = read_from(path, bytes, cell, settings, &mut sink, &mut |_| ControlFlow::Continue(()))?;
    Ok((read, rows))
}

fn read_from(
    path: &Path,
    source: impl BufRead,
    cell: &Cell,
    settings: &ReadingSettings,
    sink: &mut Sink,
    watch: &mut Watch,
) -> Result<ReadFile, MeasurementError> {
    let mut reader = Reader::open(path, source, &settings.choice, settings.sign)?;
    let [current, voltage, temperature, ..] = ranges(cell);
    let header = reader.header().clone();
    let mut mender = Mender::new(MendingRules {
        current,
        voltage,
        temperature,
        gap: settings.gap,
        joins_resets: settings.joins_resets || header.resets,
        expects_resets: header.time_kind == TimeKind::Step,
        ambient: settings.ambient,
        has_temperature: header.temperature.is_some(),
    });
    let mut resampler = Resampler::new(settings.interval);
    let mut runs: Vec<Run> = Vec::new();
    let (mut steps, mut before) = (ResistanceSteps::new(cell), None);
    let (mut all, mut told) = (0, 0);
    while let Some(sample) = reader.advance()? {
        let mut findings = std::mem::take(&mut reader.findings);
        let fate = mender.take(sample, &mut findings);
        reader.findings = findings;
        match fate {
            Mended::Nothing => {}
            Mended::Falls(last) => {
                let wrong = Diagnostic::new(format!("the time {} s comes after {last} s", sample.time)).hint(
                    "if it begins anew here, `--join-resets` counts on; else sort the rows, or name another column of time",
                );
                return Err(reader.error(sample.line, Quantity::Time, wrong).into());
            }
            Mended::First(point) => {
                runs.push(Run { start: point.time, line: sample.line, rows: 1 });
                sink(resampler.begin(point))?;
                (before, all) = (Some(point), all + 1);
            }
            Mended::Next(point) => {
                let run = runs.last_mut().expect("a first row begins a run");
                resampler.advance(point, |row| {
                    run.rows += 1;
                    all += 1;
                    sink(row)
                })?;
                if let Some(before) = before.replace(point) {
                    steps.add(before, point);
                }
            }
        }
        if all > MOST {
            let hint = "give a longer `--interval`, or a shorter `--gap`; is the unit of the time right?";
            return Err(Diagnostic::new(format!("more than {MOST} rows at even times")).hint(hint).into());
        }
        if reader.findings.rows >= told {
            told = reader.findings.rows + TOLD;
            if watch(reader.bytes()).is_break() {
                return Err(MeasurementError::Interrupted);
            }
        }
    }
    let name = |column: &ReadColumn| Some(column.name.clone());
    let columns =
        [name(&header.time), name(&header.current), name(&header.voltage), header.temperature.as_ref().and_then(name)];
    let read = ReadFile {
        path: path.to_owned(),
        layout: header.layout,
        columns,
        is_charge_positive: reader.is_charge_positive(),
        runs,
        findings: reader.findings.clone(),
        resistance: steps.resistance(),
        bytes: reader.bytes(),
        checksum: 0,
    };
    judge(&read, (current, voltage))?;
    Ok(read)
}

/// Fails where a file cannot be of the cell.
fn judge(read: &ReadFile, (current, voltage): ((f64, f64), (f64, f64))) -> Result<(), MeasurementError> {
    let Findings { rows, used, .. } = read.findings;
    let implausible = read.findings.count(FindingKind::Implausible);
    if implausible as f64 > FOREIGN * rows as f64 {
        let first =
            read.findings.found().find(|(kind, ..)| *kind == FindingKind::Implausible).map_or(0, |found| found.2);
        let message = format!(
            "{implausible} of {rows} rows, line {first} the first, have currents outside of {} to {} A or voltages outside of {} to {} V",
            current.0, current.1, voltage.0, voltage.1
        );
        let hint = "these are the ranges of the cell: is `--cell` the right one, are the units (`--units current=mA`) and the sign (`--charge-positive`) right?";
        return Err(SourceError::whole(&read.path, Diagnostic::new(message).hint(hint)).into());
    }
    if used < 2 {
        let message = format!("{used} of {rows} rows can be used, which are too few");
        return Err(
            SourceError::whole(&read.path, Diagnostic::new(message).hint("a series has at least 2 rows")).into()
        );
    }
    Ok(())
}

/// Steps of the current and of the voltage beside them, whose quotient is the resistance.
struct ResistanceSteps {
    least: f64,
    count: u32,
    product: f64,
    square: f64,
}

impl ResistanceSteps {
    fn new(cell: &Cell) -> Self {
        Self { least: STEP.0 * cell.capacity_ah, count: 0, product: 0.0, square: 0.0 }
    }

    fn add(&mut self, before: Point, after: Point) {
        let change = after.current - before.current;
        if change.abs() >= self.least && after.time - before.time <= STEP.1 {
            self.count += 1;
            self.product += change * (after.voltage - before.voltage);
            self.square += change * change;
        }
    }

    fn resistance(&self) -> Option<f64> {
        (self.count >= STEPS).then(|| -self.product / self.square)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(ReadFile, Vec<EvenRow>), MeasurementError> {
        let settings = ReadingSettings { interval: 2.0, gap: 60.0, ..Default::default() };
        read_bytes(Path::new("a.csv"), text.as_bytes(), &Cell::named("chen2020").unwrap(), &settings)
    }

    #[test]
    fn a_file_is_runs_of_even_rows() {
        let (file, rows) = read("time_s,current_a,voltage_v\n0,0,4\n1,0,4\n5,2,3.9\n200,0,3.8\n203,0,3.8\n").unwrap();
        assert_eq!((file.layout, file.runs.len(), rows.len()), ("columns with units", 2, 5));
        assert_eq!(file.runs[1], Run { start: 200.0, line: 5, rows: 2 });
        assert!((rows[2].charge - 0.5 * 3.0 * 1.5).abs() < 1e-12, "{rows:?}");
    }

    #[test]
    fn mistakes_have_their_place() {
        let sign: String = (0..20).map(|k| format!("{k},{},{}\n", (k % 2) * 4, 3.7 + 0.1 * f64::from(k % 2))).collect();
        let (file, _) = read(&format!("time_s,current_a,voltage_v\n{sign}")).unwrap();
        assert!((file.resistance.unwrap() + 0.025).abs() < 1e-9, "{:?}", file.resistance);
        for (text, place, hint) in [
            (
                "time_s,current_a,voltage_v\n5,0,4\n1,0,4\n",
                "a.csv:3:1: the time 1 s comes after 5 s",
                "`--join-resets`",
            ),
            ("time_s,current_a,voltage_v\n5,0,4000\n6,0,4000\n", "a.csv: 2 of 2 rows, line 2 the first", "--units"),
            ("time_s,current_a,voltage_v\n5,0,4\n", "a.csv: 1 of 1 rows can be used", "at least 2"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.starts_with(place) && error.contains(hint), "{error}");
        }
    }
}
