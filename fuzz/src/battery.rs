//! The battery task's files: a cell in RON or as BPX, a current profile in CSV, a protocol in sentences or in RON, a file of a cycler.
use std::path::Path;
use std::sync::OnceLock;

use galvani::battery::cell::Cell;
use galvani::battery::current::file::CurrentFile;
use galvani::battery::current::knot::{Course, RowTimes};
use galvani::battery::protocol::Protocol;
use galvani::battery::protocol::conditions::Conditions;
use galvani::battery::protocol::cycler::perform;
use galvani::battery::simulation::thermal::Thermal;
use galvani::battery::simulation::trace::Start;

use galvani::battery::measurement::reading::{MeasurementError, ReadingSettings, read_bytes};

use super::{check_error, check_words, path, text};

/// A file of a cell, in RON or as BPX.
pub fn cells(data: &[u8]) {
    let Some(text) = text(data) else { return };
    match Cell::parse(path(), text) {
        Ok(cell) => {
            assert!(cell.capacity() > 0.0 && cell.capacity().is_finite(), "{}", cell.capacity());
            for step in 0..=8 {
                let soc = f64::from(step) / 8.0;
                let voltage = cell.open_circuit_voltage(soc);
                assert!(voltage.is_finite(), "{voltage} V at a state of charge of {soc}");
            }
            let resistance = cell.collector_resistance();
            assert!(resistance >= 0.0 && resistance.is_finite(), "{resistance} ohm");
        }
        Err(error) => check_error(&error, text),
    }
}

/// A CSV file of a current profile.
pub fn currents(data: &[u8]) {
    let Some(text) = text(data) else { return };
    match CurrentFile::parse(path(), text) {
        Ok(file) => {
            assert!(file.time.len() >= 2 && file.time.len() == file.current.len(), "{} samples", file.time.len());
            assert!(file.time.is_sorted() && file.time[0] < file.time[file.time.len() - 1], "times do not rise");
            assert!(file.time.iter().chain(&file.current).all(|number| number.is_finite()), "a number is none");
            let span = file.time[file.time.len() - 1] - file.time[0];
            for (course, rows) in
                [(Course::Linear, RowTimes::Even), (Course::Hold, RowTimes::Even), (Course::Hold, RowTimes::Input)]
            {
                if span > 1e3 {
                    continue;
                }
                let knots = file.knots(course, rows).expect("a short profile has knots");
                assert!(knots.iter().all(|knot| knot.current.is_finite()), "a current is no number");
                assert!(knots.is_sorted_by(|a, b| a.time <= b.time), "knots do not rise");
            }
        }
        Err(error) => check_error(&error, text),
    }
}

/// A protocol: its sentences, or its file. Short ones are performed for a moment.
pub fn protocols(data: &[u8]) {
    static CELL: OnceLock<Cell> = OnceLock::new();
    let Some(text) = text(data) else { return };
    for parsed in [Protocol::parse(path(), text, Path::new("nowhere")), Protocol::parse_file(path(), text)] {
        let protocol = match parsed {
            Ok(protocol) => protocol,
            Err(error) => {
                check_error(&error, text);
                continue;
            }
        };
        assert!((1..=1_000_000).contains(&protocol.steps()), "{} steps", protocol.steps());
        if protocol.steps() > 3 {
            continue;
        }
        let cell = CELL.get_or_init(|| Cell::named("chen2020").expect("a built-in cell"));
        let conditions = Conditions::relaxed(Thermal::Lumped, Start { soc: 0.5, ambient: 25.0 });
        let mut looks = 0;
        let mut watch = |_: &_| {
            looks += 1;
            looks < 3
        };
        let done = perform(cell, &protocol, &conditions, &mut watch).expect("no state to continue from");
        for step in &done.steps {
            let numbers = [step.duration, step.charge, step.energy, step.end_voltage, step.end_current];
            assert!(numbers.iter().all(|number| number.is_finite()), "{step:?}");
        }
    }
}

/// A file of a cycler, in whatever encoding.
pub fn measurements(data: &[u8]) {
    let cell = Cell::named("chen2020").expect("a built-in cell");
    for (interval, joins_resets) in [(60.0, true), (3600.0, false)] {
        let settings = ReadingSettings { interval, joins_resets, ..Default::default() };
        match read_bytes(path(), data, &cell, &settings) {
            Ok((file, rows)) => {
                assert_eq!(file.runs.iter().map(|run| run.rows).sum::<usize>(), rows.len(), "rows of series");
                assert!(file.findings.used >= 2 && file.findings.used <= file.findings.rows, "{:?}", file.findings);
                for row in &rows {
                    let numbers = [row.current, row.instant, row.voltage, row.temperature, row.charge];
                    assert!(numbers.iter().all(|number| number.is_finite()), "{row:?}");
                    assert!(
                        (-10.0..=90.0).contains(&row.temperature) && (2.5..=4.25).contains(&row.voltage),
                        "{row:?}"
                    );
                    assert!((-5.0..=20.0).contains(&row.instant), "{row:?}");
                }
            }
            Err(MeasurementError::Source(error)) => {
                assert!(error.to_string().starts_with("fuzzed") && !error.diagnostic.message.is_empty(), "{error:?}");
                assert!(error.column <= error.source_line.chars().count() + 1, "{error:?}");
                check_words(&error.diagnostic.to_string(), data);
            }
            Err(other) => assert!(!other.to_string().is_empty()),
        }
    }
}
