//! The import of measured files into a dataset: their series cut to one length, scaled, and written beside those that are there.
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use crate::battery::cell::{Cell, ZERO_CELSIUS};
use crate::battery::dataset::feature::{Ranges, WIDTH};
use crate::battery::dataset::storage::Writer;
use crate::battery::dataset::{Dataset, MeasuredFile, MeasuredPart, MeasuredSeries, Specification, Split};
use crate::battery::measurement::charge::{CountedCharge, KnownCharge, SLACK, first_charge};
use crate::battery::measurement::finding::FindingKind;
use crate::battery::measurement::reading::{MeasurementError, ReadFile, ReadingSettings, Run, read};
use crate::battery::measurement::resampling::EvenRow;
use crate::battery::measurement::spool::Spool;
use crate::battery::simulation::thermal::Thermal;
use crate::document::diagnostic::Diagnostic;
use crate::numeric::stream::Stream;

/// The longest series where nobody says how long they are, h.
const LONGEST: f64 = 12.0;
/// Series of which one is for validation, and one for the test.
const TURN: usize = 8;
/// The share of the work that is reading.
const READING: f64 = 0.7;

/// Settings of an import.
#[derive(Clone, Debug)]
pub struct ImportSettings {
    /// Cell, sampling and length of the series; the numbers of series are not read.
    pub specification: Specification,
    /// False where the length of the series is to follow from the files.
    pub has_length: bool,
    /// The sampling interval is that of the specification.
    pub reading: ReadingSettings,
    pub known: KnownCharge,
    /// The capacity by which charge is counted, A h, where it is not that of the cell.
    pub capacity_ah: Option<f64>,
    /// The split of all series, where they are not dealt out.
    pub split: Option<Split>,
}

/// The result of an import.
pub struct Imported {
    pub files: Vec<(ReadFile, CountedCharge)>,
    /// Series that were written, of the files alone.
    pub series: usize,
    pub hours: f64,
}

/// A series that is to be written.
struct Piece {
    file: usize,
    first: usize,
    start_s: f64,
    /// The state of charge at the file's first row, and the capacity, A s.
    charge: (f64, f64),
}

/// Imports files into a dataset at `out`, behind the series of `base` where it is given; `progress` gets the share that is done.
///
/// # Errors
/// A file cannot be read, no point of known charge is in it, or its series are too few or too short.
pub fn import(
    paths: &[PathBuf],
    settings: &ImportSettings,
    base: Option<&Dataset>,
    out: &Path,
    progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
) -> Result<Imported, MeasurementError> {
    let cell = settings.specification.known_cell();
    let interval = f64::from(settings.specification.interval_s);
    let capacity = 3600.0 * settings.capacity_ah.unwrap_or(cell.capacity_ah);
    let reading = ReadingSettings { interval, ..settings.reading.clone() };
    let whole: u64 = paths.iter().map(|path| path.metadata().map_or(0, |data| data.len())).sum();
    let (mut spool, mut read_files, mut before) = (Spool::beside(out)?, Vec::new(), 0);
    for path in paths {
        let first = spool.rows();
        let mut watch = |bytes: u64| progress(READING * ((before + bytes) as f64 / whole.max(1) as f64).min(1.0));
        let file = read(path, &cell, &reading, &mut |row| spool.push(row), &mut watch)?;
        before += file.bytes;
        read_files.push((file, first..spool.rows()));
    }
    let spooled = spool.finish()?;
    let rows = spooled.rows();

    let mut files = Vec::new();
    for (mut file, range) in read_files {
        let told =
            |wrong: Diagnostic| Diagnostic { message: format!("{}: {}", file.path.display(), wrong.message), ..wrong };
        check_sign(&file, settings).map_err(told)?;
        let charge = first_charge(settings.known, &cell, capacity, &rows[range.clone()], interval).map_err(told)?;
        let outside = check_charge(&charge, capacity, &rows[range.clone()]).map_err(told)?;
        if outside > 0 {
            let line = file.runs.first().map_or(0, |run| run.line);
            file.findings.note_many(FindingKind::LimitedCharge, line, outside);
        }
        files.push((file, charge, range));
    }

    let runs = || files.iter().flat_map(|(file, ..)| &file.runs).map(|run: &Run| run.rows);
    let steps = match settings.has_length {
        true => settings.specification.steps(),
        false => length(runs, (LONGEST * 3600.0 / interval) as usize),
    };
    let mut pieces = Vec::new();
    for (index, (file, charge, range)) in files.iter_mut().enumerate() {
        let mut first = range.start;
        for run in file.runs.clone() {
            let count = run.rows.checked_div(steps).unwrap_or(0);
            pieces.extend((0..count).map(|k| Piece {
                file: index,
                first: first + k * steps,
                start_s: run.start + (k * steps) as f64 * interval,
                charge: (charge.first, capacity),
            }));
            let rest = run.rows - count * steps;
            if rest > 0 {
                file.findings.note_many(FindingKind::Rest, run.line, rest as u64);
            }
            first += run.rows;
        }
    }
    let dealt = deal(pieces.len(), settings.split, settings.specification.seed);
    let hours = match settings.has_length {
        true => settings.specification.hours,
        false => steps as f64 * interval / 3600.0,
    };
    let (specification, part) = describe(settings, base, &files, &pieces, &dealt, hours, capacity);
    too_few(&specification, base.is_some(), pieces.len(), hours, settings)?;
    specification.validate_beside(part.count(Split::HeldOut)).map_err(MeasurementError::Mistake)?;

    let Some(writer) = Writer::create(out, &specification, Some(&part), || out.exists())? else {
        let wrong = Diagnostic::new(format!("`{}` exists already", out.display()));
        return Err(wrong.hint("give another name with `--out`").into());
    };
    let target = Target { writer: &writer, specification: &specification, base, cell: &cell, steps };
    let written = target.write(rows, &pieces, &dealt, progress);
    if let Err(error) = written {
        writer.discard();
        return Err(error);
    }
    writer.finish()?;
    let files = files.into_iter().map(|(file, charge, _)| (file, charge)).collect();
    Ok(Imported { files, series: pieces.len(), hours })
}

/// Fails where the current has the wrong sign and nobody has said that it is right.
fn check_sign(file: &ReadFile, settings: &ImportSettings) -> Result<(), Diagnostic> {
    match file.resistance {
        Some(resistance) if resistance < 0.0 && settings.reading.sign.is_none() => {
            let (now, other) = match file.is_charge_positive {
                true => ("charging", "--discharge-positive"),
                false => ("discharging", "--charge-positive"),
            };
            let message = format!(
                "the sign of the current looks wrong: the voltage rises where the cell is discharged harder, as if its resistance were {:.1} mΩ",
                1e3 * resistance
            );
            Err(Diagnostic::new(message)
                .hint(format!("positive currents were taken for {now}; `{other}` takes them for the other")))
        }
        _ => Ok(()),
    }
}

/// Rows whose state of charge is a little outside of 0 and 1; fails where it is far outside.
fn check_charge(charge: &CountedCharge, capacity: f64, rows: &[EvenRow]) -> Result<u64, Diagnostic> {
    let at = |row: &EvenRow| charge.first - row.charge / capacity;
    let (least, largest) =
        rows.iter().map(at).fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), soc| (a.min(soc), b.max(soc)));
    if least < -SLACK || largest > 1.0 + SLACK {
        let message = format!(
            "the counted state of charge runs from {least:.3} to {largest:.3}, outside of 0 to 1 (counted from: {})",
            charge.from
        );
        let (low, high) = (2.0 * charge.first - largest, 2.0 * charge.first - least);
        let hint = match (-SLACK..=1.0 + SLACK).contains(&low) && (-SLACK..=1.0 + SLACK).contains(&high) {
            true => {
                "with the other sign of the current it would stay inside: `--charge-positive` or `--discharge-positive`"
            }
            false => "is `--capacity` (A h) right, and the state of charge at the start (`--initial-charge`)?",
        };
        return Err(Diagnostic::new(message).hint(hint));
    }
    Ok(rows.iter().filter(|row| !(0.0..=1.0).contains(&at(row))).count() as u64)
}

/// The longest series of which there are enough.
fn length<I: Iterator<Item = usize>>(runs: impl Fn() -> I, most: usize) -> usize {
    let enough = |steps: usize, wanted: usize| runs().map(|rows| rows / steps).sum::<usize>() >= wanted;
    for wanted in [TURN, 3, 1] {
        let (mut low, mut high) = (1, most.max(2) + 1);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if enough(middle, wanted) { low = middle } else { high = middle }
        }
        if low >= 2 {
            return low;
        }
    }
    2
}

/// The split of each series: of eight, one is for validation and one for the test, drawn by the seed; of fewer, one each.
fn deal(count: usize, split: Option<Split>, seed: u64) -> Vec<Split> {
    if let Some(split) = split {
        return vec![split; count];
    }
    let mut order: Vec<usize> = (0..count).collect();
    Stream::of(seed, "measured splits", 0).shuffle(&mut order);
    let each = (count / TURN).max(1);
    let mut dealt = vec![Split::Train; count];
    order.iter().take(each).for_each(|index| dealt[*index] = Split::Validation);
    order.iter().skip(each).take(each).for_each(|index| dealt[*index] = Split::Test);
    dealt
}

fn describe(
    settings: &ImportSettings,
    base: Option<&Dataset>,
    files: &[(ReadFile, CountedCharge, std::ops::Range<usize>)],
    pieces: &[Piece],
    dealt: &[Split],
    hours: f64,
    capacity: f64,
) -> (Specification, MeasuredPart) {
    let there = |split| base.map_or(0, |base| base.series(split));
    let count = |split| there(split) + dealt.iter().filter(|own| **own == split).count();
    let mut specification = Specification { hours, ..settings.specification.clone() };
    specification.train = count(Split::Train);
    specification.validation = count(Split::Validation);
    specification.test = count(Split::Test);
    specification.held_out = count(Split::HeldOut);
    if base.is_none() {
        let cell = specification.known_cell();
        let ((low, high), (least, largest)) = (specification.initial_soc, cell.limits.soc);
        specification.initial_soc = (low.clamp(least, largest), high.clamp(least, largest));
        if cell.thermal.is_none() {
            specification.thermal = Thermal::Isothermal;
        }
    }
    let mut part = base.and_then(Dataset::measured).cloned().unwrap_or(MeasuredPart { files: vec![], series: vec![] });
    let known = part.files.len();
    part.files.extend(files.iter().map(|(file, charge, _)| MeasuredFile {
        name: file.path.file_name().unwrap_or(file.path.as_os_str()).to_string_lossy().into_owned(),
        bytes: file.bytes,
        crc32: format!("{:08x}", file.checksum),
        layout: file.layout.to_owned(),
        capacity_ah: capacity / 3600.0,
        initial_soc: charge.first,
        counted_from: charge.from.clone(),
    }));
    let new = pieces.iter().zip(dealt);
    part.series.extend(new.map(|(piece, split)| MeasuredSeries {
        split: *split,
        file: known + piece.file,
        start_s: piece.start_s,
    }));
    // Stable: older series stay before newer ones.
    part.series.sort_by_key(|series| Split::ALL.iter().position(|split| *split == series.split));
    (specification, part)
}

/// Fails where the files give no series, or a split would have none.
fn too_few(
    specification: &Specification,
    is_appended: bool,
    pieces: usize,
    hours: f64,
    settings: &ImportSettings,
) -> Result<(), Diagnostic> {
    if pieces == 0 {
        let message = format!("the files have no {hours:.3} h without a gap, which a series takes");
        let hint = match is_appended {
            true => "series of one dataset have one length; a longer `--gap` joins more rows",
            false => "give shorter `--hours`; a longer `--gap` joins more rows",
        };
        return Err(Diagnostic::new(message).hint(hint));
    }
    let empty =
        [Split::Train, Split::Validation, Split::Test].into_iter().find(|split| specification.series(*split) == 0);
    let Some(empty) = empty else { return Ok(()) };
    let message = format!("{pieces} series of {hours:.3} h leave none for the split `{}`", empty.name());
    let hint = match settings.split {
        Some(_) => {
            "leave out `--split`, which deals them out, or `--append` them to a dataset that has the other splits"
        }
        None => "give shorter `--hours`, more files, or `--append` them to a dataset that has all splits",
    };
    Err(Diagnostic::new(message).hint(hint))
}

/// The dataset that is being written.
struct Target<'a> {
    writer: &'a Writer<'a>,
    specification: &'a Specification,
    base: Option<&'a Dataset>,
    cell: &'a Cell,
    steps: usize,
}

impl Target<'_> {
    fn write(
        &self,
        rows: &[EvenRow],
        pieces: &[Piece],
        dealt: &[Split],
        progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
    ) -> Result<(), MeasurementError> {
        let mut jobs: Vec<(usize, SeriesSource)> = Vec::new();
        for split in Split::ALL {
            let first = self.specification.first(split);
            let there = self.base.map_or(0, |base| base.series(split));
            jobs.extend((0..there).map(|k| (first + k, SeriesSource::Base(split, k))));
            let new = dealt.iter().zip(pieces).filter(|(own, _)| **own == split);
            jobs.extend(new.enumerate().map(|(k, (_, piece))| (first + there + k, SeriesSource::Piece(piece))));
        }
        let ranges = self.specification.ranges();
        let done = AtomicUsize::new(0);
        // In parts, between which the progress is told and an interruption obeyed.
        for part in jobs.chunks(64) {
            part.par_iter().try_for_each(|(series, source)| {
                let numbers = match source {
                    SeriesSource::Base(split, k) => {
                        let base = self.base.expect("its series are listed");
                        base.stored(*split, *k).iter().map(|number| u16::from_le(*number)).collect()
                    }
                    SeriesSource::Piece(piece) => self.numbers(&rows[piece.first..][..self.steps], piece, &ranges),
                };
                self.writer.series(*series, &numbers)
            })?;
            let done = done.fetch_add(part.len(), Ordering::Relaxed) + part.len();
            if progress(READING + (1.0 - READING) * done as f64 / jobs.len() as f64).is_break() {
                return Err(MeasurementError::Interrupted);
            }
        }
        Ok(())
    }

    /// The stored numbers of a series. The core is taken to be as warm as the surface, and the open-circuit voltage is the cell's.
    fn numbers(&self, rows: &[EvenRow], piece: &Piece, ranges: &Ranges) -> Vec<u16> {
        let (first, capacity) = piece.charge;
        let mut numbers = Vec::with_capacity(rows.len() * WIDTH);
        for row in rows {
            let soc = (first - row.charge / capacity).clamp(0.0, 1.0);
            let celsius = row.temperature;
            let open = self.cell.open_circuit_voltage_at(soc, celsius + ZERO_CELSIUS);
            for (value, (least, largest)) in
                [row.current, row.voltage, celsius, soc, celsius, open].into_iter().zip(ranges)
            {
                let scaled = ((value - least) / (largest - least)).clamp(0.0, 1.0);
                numbers.push((scaled * 65535.0 + 0.5) as u16);
            }
        }
        numbers
    }
}

/// The source of a series.
enum SeriesSource<'a> {
    Base(Split, usize),
    Piece(&'a Piece),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_are_as_long_as_leaves_enough_of_them() {
        let steps = |runs: &[usize], most| length(|| runs.iter().copied(), most);
        assert_eq!(steps(&[800], 1000), 100);
        assert_eq!(steps(&[800, 30], 50), 50);
        assert_eq!(steps(&[7], 1000), 2);
        assert_eq!((steps(&[1], 1000), steps(&[], 10)), (2, 2));
    }

    #[test]
    fn every_split_has_its_share() {
        let counts = |count| {
            let dealt = deal(count, None, 420);
            [Split::Train, Split::Validation, Split::Test]
                .map(|split| dealt.iter().filter(|own| **own == split).count())
        };
        assert_eq!((counts(3), counts(7), counts(8), counts(64)), ([1, 1, 1], [5, 1, 1], [6, 1, 1], [48, 8, 8]));
        assert!(deal(3, Some(Split::HeldOut), 1).iter().all(|split| *split == Split::HeldOut));
    }
}
