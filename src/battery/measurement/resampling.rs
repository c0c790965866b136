//! Resampling at even times: the mean current since the row before, so that charge is kept, and voltages in between.
use crate::battery::measurement::mending::Point;

/// A row at an even time.
#[derive(Clone, Copy, Debug, Default, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub struct EvenRow {
    /// The mean since the row before, A, discharge positive; in the first row of a series that of its instant.
    pub current: f64,
    /// The current of the instant, A.
    pub instant: f64,
    /// V.
    pub voltage: f64,
    /// °C.
    pub temperature: f64,
    /// Charge taken out since the beginning of the file, A s; nothing is counted in gaps.
    pub charge: f64,
}

/// A resampler of the points of one file, whose current is linear between them.
pub(crate) struct Resampler {
    /// s.
    interval: f64,
    start: f64,
    /// The next row of the series.
    next: u64,
    last: Option<Point>,
    /// The charge at the last point, and at the last row.
    charge: f64,
    row_charge: f64,
}

impl Resampler {
    pub(crate) fn new(interval: f64) -> Self {
        Self { interval, start: 0.0, next: 0, last: None, charge: 0.0, row_charge: 0.0 }
    }

    /// Begins a series.
    pub(crate) fn begin(&mut self, point: Point) -> EvenRow {
        (self.start, self.next, self.last, self.row_charge) = (point.time, 1, Some(point), self.charge);
        let Point { current, voltage, temperature, .. } = point;
        EvenRow { current, instant: current, voltage, temperature, charge: self.charge }
    }

    /// Goes on to a point, and calls `emit` with each row up to it; ends early where that fails.
    pub(crate) fn advance<E>(&mut self, point: Point, mut emit: impl FnMut(EvenRow) -> Result<(), E>) -> Result<(), E> {
        let Some(last) = self.last else { return Ok(()) };
        let span = point.time - last.time;
        loop {
            let elapsed = self.start + self.next as f64 * self.interval - last.time;
            if elapsed > span + 1e-9 * self.interval || span <= 0.0 {
                break;
            }
            let share = (elapsed / span).clamp(0.0, 1.0);
            let between = |from: f64, to: f64| from + share * (to - from);
            let current = between(last.current, point.current);
            let charge = self.charge + 0.5 * (last.current + current) * share * span;
            emit(EvenRow {
                current: (charge - self.row_charge) / self.interval,
                instant: current,
                voltage: between(last.voltage, point.voltage),
                temperature: between(last.temperature, point.temperature),
                charge,
            })?;
            self.row_charge = charge;
            self.next += 1;
        }
        self.charge += 0.5 * (last.current + point.current) * span;
        self.last = Some(point);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn point(time: f64, current: f64) -> Point {
        Point { time, current, voltage: 3.0 + 0.1 * time, temperature: 25.0 }
    }

    #[test]
    fn charge_is_kept_and_voltages_lie_in_between() {
        let mut resampler = Resampler::new(2.0);
        let mut rows = vec![resampler.begin(point(10.3, 1.0))];
        // A step of the current at 13 s, and a row far behind.
        for each in [point(12.0, 1.0), point(13.0, 3.0), point(13.0, -2.0), point(13.4, -2.0), point(20.3, 0.0)] {
            let keep = |row| {
                rows.push(row);
                Ok::<(), Infallible>(())
            };
            resampler.advance(each, keep).unwrap();
        }
        assert_eq!(rows.len(), 6);
        assert_eq!((rows[0].current, rows[0].charge), (1.0, 0.0));
        // 1.7 s of 1 A; a ramp from 1 to 3 A in 1 s; then -2 A.
        let expected = 1.7 + 0.3 * 0.5 * (1.0 + 1.6);
        assert!((rows[1].charge - expected).abs() < 1e-12 && (rows[1].current - expected / 2.0).abs() < 1e-12);
        assert!((rows[1].voltage - 4.23).abs() < 1e-12, "{:?}", rows[1]);
        let sum: f64 = rows[1..].iter().map(|row| 2.0 * row.current).sum();
        let whole = 1.7 + 2.0 - 0.8 - 0.5 * 2.0 * 6.9;
        assert!((sum - whole).abs() < 1e-9 && (rows[5].charge - whole).abs() < 1e-9, "{sum} {whole}");
        // The next series counts on.
        assert!((resampler.begin(point(5000.0, 1.0)).charge - whole).abs() < 1e-9);
    }
}
