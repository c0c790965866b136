//! Courses: a current, a power, a voltage or a temperature over time, from a file or one of the drive cycles.
use std::path::Path;

use crate::battery::current::column::Quantity;
use crate::battery::current::drive_cycle;
use crate::battery::current::file::TimeSeries;
use crate::document::source::SourceError;

/// The difference of two times that is taken for rounding, s.
const SAME: f64 = 1e-9;

/// A quantity that is linear between its times, which begin at 0.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Course {
    pub quantity: Quantity,
    /// s; two at one time are a step.
    time: Vec<f64>,
    value: Vec<f64>,
}

impl Course {
    /// The course of a file.
    ///
    /// # Errors
    /// The file cannot be read, or has no such column.
    pub(crate) fn read(path: &Path, quantity: Quantity) -> Result<Self, SourceError> {
        Ok(Self::of(TimeSeries::read(path, quantity)?, quantity))
    }

    /// The course of a time series, from its first time on.
    pub(crate) fn of(series: TimeSeries, quantity: Quantity) -> Self {
        let first = series.time.first().copied().unwrap_or(0.0);
        Self { quantity, time: series.time.iter().map(|time| time - first).collect(), value: series.value }
    }

    /// The currents of a drive cycle, 1 s apart.
    pub(crate) fn drive_cycle(name: &str) -> Option<Self> {
        let value = drive_cycle::currents(&name.to_lowercase())?;
        let time = (0..value.len()).map(|second| second as f64).collect();
        Some(Self { quantity: Quantity::Current, time, value })
    }

    /// The last time, s.
    pub(crate) fn length(&self) -> f64 {
        self.time.last().copied().unwrap_or(0.0)
    }

    /// The time after which a repeated course begins again: the first interval after its end, s.
    fn round(&self) -> f64 {
        let first = self.time.windows(2).map(|pair| pair[1] - pair[0]).find(|step| *step > 0.0);
        self.length() + first.unwrap_or(1.0)
    }

    /// The value at a time, after a step where there is one; a course that is over begins again.
    pub(crate) fn at(&self, time: f64) -> f64 {
        let round = self.round();
        let within = time - (time / round).floor() * round;
        self.value_within(within, round)
    }

    /// The value just before a time.
    pub(crate) fn before(&self, time: f64) -> f64 {
        let round = self.round();
        let within = time - (time / round).floor() * round;
        let next = self.time.partition_point(|each| *each < within);
        // At a step the earlier of both rows.
        if next < self.time.len() && self.time[next] == within {
            self.value[next]
        } else {
            self.value_within(within, round)
        }
    }

    fn value_within(&self, within: f64, round: f64) -> f64 {
        let next = self.time.partition_point(|each| *each <= within);
        let Some(last) = next.checked_sub(1) else { return self.value[0] };
        let (from, start) = (self.time[last], self.value[last]);
        let (to, end) =
            if next < self.time.len() { (self.time[next], self.value[next]) } else { (round, self.value[0]) };
        let share = if to > from { ((within - from) / (to - from)).clamp(0.0, 1.0) } else { 0.0 };
        start + (end - start) * share
    }

    /// The first time after another at which the course has a row, s.
    pub(crate) fn next_row(&self, time: f64) -> f64 {
        let round = self.round();
        let begun = (time / round).floor() * round;
        let next = self.time.partition_point(|each| begun + each <= time + SAME);
        // Where rounding has it that the round is over, the first row of the next one is at its end.
        let rest = self.time.get(next).map_or(round, |row| *row);
        if begun + rest > time + SAME {
            begun + rest
        } else {
            begun + round + self.time.get(1).map_or(round, |row| row.max(SAME))
        }
    }

    /// The value at a time, kept before the first row and after the last.
    pub(crate) fn kept_at(&self, time: f64) -> f64 {
        if time >= self.length() { self.value[self.value.len() - 1] } else { self.at(time.max(0.0)) }
    }

    /// The next row of a course that is not repeated.
    pub(crate) fn kept_next_row(&self, time: f64) -> f64 {
        if time >= self.length() { f64::INFINITY } else { self.next_row(time) }
    }

    /// The least and the largest value.
    pub(crate) fn extremes(&self) -> (f64, f64) {
        self.value
            .iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &value| (low.min(value), high.max(value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn course(rows: &[(f64, f64)]) -> Course {
        let (time, value) = rows.iter().copied().unzip();
        Course::of(TimeSeries { time, value }, Quantity::Current)
    }

    #[test]
    fn a_course_is_linear_steps_where_two_rows_are_and_begins_again() {
        let course = course(&[(10.0, 1.0), (12.0, 3.0), (12.0, 7.0), (14.0, 7.0)]);
        for (time, before, at) in
            [(0.0, 1.0, 1.0), (1.0, 2.0, 2.0), (2.0, 3.0, 7.0), (3.0, 7.0, 7.0), (5.0, 4.0, 4.0), (7.0, 2.0, 2.0)]
        {
            assert_eq!((course.before(time), course.at(time)), (before, at), "{time}");
        }
        let rows: Vec<f64> = std::iter::successors(Some(0.0), |time| Some(course.next_row(*time))).take(6).collect();
        assert_eq!(rows, [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        assert_eq!((course.kept_at(-1.0), course.kept_at(99.0)), (1.0, 7.0));
    }

    #[test]
    fn drive_cycles_are_known_by_name() {
        assert_eq!(Course::drive_cycle("US06").unwrap().length(), 600.0);
        assert!(Course::drive_cycle("us07").is_none());
    }
}
