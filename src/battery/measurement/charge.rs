//! The state of charge of measured rows: counted from a point at which it is known.
use crate::battery::cell::{Cell, ZERO_CELSIUS};
use crate::battery::measurement::resampling::EvenRow;
use crate::document::diagnostic::Diagnostic;

/// The largest current of a cell at rest, as a share of that which empties it in an hour.
const REST: f64 = 0.002;
/// The distance from the upper voltage limit at which a charge ends, V, and the current at its end, as a share of that which
/// empties the cell in an hour.
const FULL: (f64, f64) = (0.01, 0.11);
/// The difference between a voltage at rest and the open-circuit voltage that comes nearest to it, V.
const NEAR: f64 = 0.02;
/// The time after which a cell is taken for relaxed, s.
const RELAXED: f64 = 1800.0;
/// The share by which a counted state of charge may be outside of 0 and 1.
pub(crate) const SLACK: f64 = 0.05;

/// The point from which charge is counted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum KnownCharge {
    /// The state of charge at the first row of each file.
    Share(f64),
    /// The voltage at the end of the rest with which a file begins, through the cell's open-circuit voltage.
    Rest,
    /// The end of the first charge to the upper voltage limit is the state of charge 1.
    Full,
}

/// The state of charge at the first row of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct CountedCharge {
    pub first: f64,
    /// The point from which it was counted, in words.
    pub from: String,
    /// A doubt about it.
    pub doubt: Option<String>,
}

/// The state of charge at the first of a file's rows, `interval` seconds apart; `capacity` is in A s.
///
/// # Errors
/// The rows have no such point.
pub fn first_charge(
    known: KnownCharge,
    cell: &Cell,
    capacity: f64,
    rows: &[EvenRow],
    interval: f64,
) -> Result<CountedCharge, Diagnostic> {
    match known {
        KnownCharge::Share(first) => {
            Ok(CountedCharge { first, from: format!("{first} at the first row, as given"), doubt: None })
        }
        KnownCharge::Rest => at_rest(cell, capacity, rows, interval),
        KnownCharge::Full => at_full(cell, capacity, rows, interval),
    }
}

fn at_rest(cell: &Cell, capacity: f64, rows: &[EvenRow], interval: f64) -> Result<CountedCharge, Diagnostic> {
    let rest = REST * cell.capacity_ah;
    let count = rows.iter().take_while(|row| row.current.abs() <= rest).count();
    let Some(row) = count.checked_sub(1).map(|last| rows[last]) else {
        let current = rows.first().map_or(0.0, |row| row.current);
        let message = format!("the first row is not at rest ({current:.4} A), so its voltage tells no state of charge");
        return Err(Diagnostic::new(message).hint(
            "give it: `--initial-charge SHARE` (0 to 1), or `--initial-charge full` where the file has a full charge",
        ));
    };
    let kelvin = row.temperature + ZERO_CELSIUS;
    let soc = cell.state_of_charge(row.voltage, kelvin);
    let apart = cell.open_circuit_voltage_at(soc, kelvin) - row.voltage;
    if apart.abs() > NEAR {
        let (low, high) = cell.possible_charge();
        let at = |soc| cell.open_circuit_voltage_at(soc, kelvin);
        let message = format!(
            "the voltage at rest, {:.4} V, is none that the cell `{}` has at rest ({:.3} to {:.3} V)",
            row.voltage,
            cell.name,
            at(low),
            at(high)
        );
        return Err(Diagnostic::new(message)
            .hint("is `--cell` the right one? `--initial-charge SHARE` gives the state of charge at the first row"));
    }
    let seconds = (count - 1) as f64 * interval;
    let doubt = (seconds < RELAXED).then(|| {
        format!("the rest lasts {seconds:.0} s, after which a cell is hardly relaxed; `--initial-charge SHARE` gives a better value")
    });
    let from = format!("{:.4} V after {seconds:.0} s of rest is {soc:.4}", row.voltage);
    Ok(CountedCharge { first: soc + row.charge / capacity, from, doubt })
}

fn at_full(cell: &Cell, capacity: f64, rows: &[EvenRow], interval: f64) -> Result<CountedCharge, Diagnostic> {
    let limit = cell.limits.voltage.1 - FULL.0;
    let (rest, small) = (REST * cell.capacity_ah, FULL.1 * cell.capacity_ah);
    let is_charging = |row: &EvenRow| row.current < -rest && row.voltage >= limit;
    let ends = |pair: &[EvenRow]| is_charging(&pair[0]) && pair[0].current >= -small && pair[1].current >= -rest;
    // The mean current of the row in which a charge ends may be a part of it.
    let end = rows.windows(2).position(ends).map(|before| before + 1).or_else(|| {
        let last = rows.last()?;
        (is_charging(last) && last.current >= -small).then_some(rows.len() - 1)
    });
    let Some(end) = end else {
        let message =
            format!("there is no end of a charge at {:.3} V with a current below {small:.3} A", cell.limits.voltage.1);
        return Err(
            Diagnostic::new(message).hint("give the state of charge at the first row: `--initial-charge SHARE`")
        );
    };
    let first = 1.0 + rows[end].charge / capacity;
    let from = format!("1 at the end of a charge after {:.2} h", end as f64 * interval / 3600.0);
    Ok(CountedCharge { first, from, doubt: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows 10 s apart: currents and voltages.
    fn rows(parts: &[(usize, f64, f64)]) -> Vec<EvenRow> {
        let (mut charge, mut rows) = (0.0, Vec::new());
        for &(count, current, voltage) in parts {
            for _ in 0..count {
                charge += 10.0 * current;
                rows.push(EvenRow { current, instant: current, voltage, temperature: 25.0, charge });
            }
        }
        rows
    }

    #[test]
    fn charge_is_counted_from_a_known_point() {
        let cell = Cell::named("chen2020").unwrap();
        let capacity = cell.capacity();
        let known = |known, rows: &[EvenRow]| first_charge(known, &cell, capacity, rows, 10.0);
        let open = cell.open_circuit_voltage(0.6);
        let rest = known(KnownCharge::Rest, &rows(&[(200, 0.001, open), (10, 2.0, 3.5)])).unwrap();
        assert!((rest.first - (0.6 + 2.0 / capacity)).abs() < 1e-5 && rest.doubt.is_none(), "{rest:?}");
        assert!(known(KnownCharge::Rest, &rows(&[(20, 0.0, open), (10, 2.0, 3.5)])).unwrap().doubt.is_some());
        let full = known(KnownCharge::Full, &rows(&[(90, -5.0, 4.0), (10, -0.3, 4.2), (10, 0.0, 4.19)])).unwrap();
        assert!((full.first - (1.0 - 4530.0 / capacity)).abs() < 1e-9, "{full:?}");
        for (wanted, parts, message) in [
            (KnownCharge::Rest, &[(10, 1.0, 3.5)][..], "not at rest"),
            (KnownCharge::Rest, &[(10, 0.0, 5.5)], "none that the cell `chen2020` has at rest"),
            (KnownCharge::Full, &[(10, -1.0, 4.2), (10, 0.0, 4.1)], "no end of a charge"),
        ] {
            let error = known(wanted, &rows(parts)).unwrap_err().to_string();
            assert!(error.contains(message) && error.contains("--initial-charge"), "{error}");
        }
    }
}
