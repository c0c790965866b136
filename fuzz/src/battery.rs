//! The battery task's files: a cell in RON, and a current profile in CSV.
use galvani::battery::cell::Cell;
use galvani::battery::current::file::CurrentFile;

use super::{check_error, path, text};

/// A RON file of a cell.
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
            assert!(file.start.is_finite() && file.step > 0.0 && file.step <= 1.0, "{} s, {} s", file.start, file.step);
            assert!(file.current.len() >= 2, "{} samples", file.current.len());
            assert!(file.current.iter().all(|current| current.is_finite()), "a current is no number");
        }
        Err(error) => check_error(&error, text),
    }
}
