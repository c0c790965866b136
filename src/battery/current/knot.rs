//! Knots of a current: the times at which it is known, and those at which its effect is asked for.
use crate::battery::current::file::CurrentFile;
use crate::document::diagnostic::Diagnostic;

/// The longest step of the simulation, s.
pub(crate) const STEP: f64 = 1.0;
/// The longest simulation, in steps: a year at 1 s.
const LONGEST: f64 = 3.2e7;
/// Numbers of rows a second of which the coarsest that meets all times is chosen.
const DIVISIONS: [u32; 10] = [1, 2, 4, 5, 10, 20, 25, 50, 100, 1000];

/// A time at which the current is known. Between two knots it is linear; two at one time are a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Knot {
    /// s.
    pub time: f64,
    /// A, discharge positive.
    pub current: f64,
    /// True where the observables are asked for.
    pub is_row: bool,
}

/// The times of the rows of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowTimes {
    /// Evenly spaced: the coarsest even grid of a whole part of a second, down to 1 ms, that meets all times of the
    /// profile; where there is none, every second, and the end.
    Even,
    /// The times of the profile's own rows.
    Input,
}

/// The course of the current between two rows of its profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    Linear,
    /// Constant until the next row.
    Hold,
}

/// Knots at even times from 0 on, each a row.
pub(crate) fn even(current: &[f64], step: f64) -> Vec<Knot> {
    let knot = |(k, &current): (usize, &f64)| Knot { time: k as f64 * step, current, is_row: true };
    current.iter().enumerate().map(knot).collect()
}

impl CurrentFile {
    /// The knots of the profile.
    ///
    /// # Errors
    /// They are too many, or too far apart.
    pub fn knots(&self, course: Course, rows: RowTimes) -> Result<Vec<Knot>, Diagnostic> {
        let start = self.time[0];
        let span = self.time[self.time.len() - 1] - start;
        let off = |time: f64, division: f64| {
            let position = (time - start) * division;
            (position - position.round()).abs() > 1e-6 * (1.0 + time.abs() * f64::EPSILON * 1e9)
        };
        let fits = |division: &f64| !self.time.iter().any(|&time| off(time, *division));
        let division = match rows {
            RowTimes::Even => DIVISIONS.into_iter().map(f64::from).find(fits),
            RowTimes::Input => None,
        };
        let steps = (span * division.unwrap_or(1.0)).max(span / STEP);
        if steps > LONGEST {
            let hint = "split the profile; are its times in the unit that the column's name says?";
            return Err(Diagnostic::new(format!("{steps:.0} steps are too many, at most {LONGEST:.0}")).hint(hint));
        }
        let own = self.own_knots(course);
        Ok(match (rows, division) {
            (RowTimes::Input, _) => own,
            (RowTimes::Even, Some(division)) => on_grid(&own, start, division),
            (RowTimes::Even, None) => beside_grid(&own, start),
        })
    }

    /// The rows of the profile as knots.
    fn own_knots(&self, course: Course) -> Vec<Knot> {
        let mut knots: Vec<Knot> = Vec::with_capacity(self.time.len());
        for (&time, &current) in self.time.iter().zip(&self.current) {
            if let (Course::Hold, Some(before)) = (course, knots.last())
                && time > before.time
                && current != before.current
            {
                knots.push(Knot { time, current: before.current, is_row: false });
            }
            knots.push(Knot { time, current, is_row: true });
        }
        knots
    }
}

/// Knots at every multiple of a part of a second, where all of the profile's own lie.
fn on_grid(own: &[Knot], start: f64, division: f64) -> Vec<Knot> {
    let position = |knot: &Knot| ((knot.time - start) * division).round();
    let at = |position: f64| start + position / division;
    let mut knots = vec![Knot { time: start, ..own[0] }];
    for pair in own.windows(2) {
        let (from, to) = (position(&pair[0]), position(&pair[1]));
        let slope = (pair[1].current - pair[0].current) / (to - from).max(1.0);
        let between = (1..(to - from) as usize).map(|step| {
            let current = pair[0].current + slope * step as f64;
            Knot { time: at(from + step as f64), current, is_row: true }
        });
        knots.extend(between);
        knots.push(Knot { time: at(to), ..pair[1] });
    }
    knots
}

/// Knots at every second and at the profile's own times, of which only the last is a row.
fn beside_grid(own: &[Knot], start: f64) -> Vec<Knot> {
    let mut knots = vec![Knot { is_row: true, ..own[0] }];
    let mut next = 1.0;
    let last = own[own.len() - 1].time;
    for pair in own.windows(2) {
        let [from, to] = [pair[0], pair[1]];
        while start + next < to.time - 1e-6 {
            let time = start + next;
            if time > from.time + 1e-6 {
                let share = (time - from.time) / (to.time - from.time);
                knots.push(Knot { time, current: from.current + share * (to.current - from.current), is_row: true });
            }
            next += 1.0;
        }
        let is_second = (start + next - to.time).abs() <= 1e-6;
        knots.push(Knot { is_row: to.is_row && (is_second || to.time == last), ..to });
    }
    knots
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(rows: &[(f64, f64)]) -> CurrentFile {
        let (time, current) = rows.iter().copied().unzip();
        CurrentFile { time, current }
    }

    fn rows(file: &CurrentFile, course: Course, rows: RowTimes) -> Vec<(f64, f64)> {
        let knots = file.knots(course, rows).unwrap();
        knots.iter().filter(|knot| knot.is_row).map(|knot| (knot.time, knot.current)).collect()
    }

    #[test]
    fn even_rows_meet_all_times_where_a_grid_does() {
        let whole = file(&[(10.0, 0.0), (12.0, 4.0), (13.0, 4.0)]);
        let expected = [(10.0, 0.0), (11.0, 2.0), (12.0, 4.0), (13.0, 4.0)];
        assert_eq!(rows(&whole, Course::Linear, RowTimes::Even), expected);
        let tenths = rows(&file(&[(0.0, 1.0), (0.5, 2.0), (0.7, 0.0)]), Course::Linear, RowTimes::Even);
        assert!(tenths.len() == 8 && (tenths[6].1 - 1.0).abs() < 1e-12 && (tenths[6].0 - 0.6).abs() < 1e-12);
        assert_eq!(rows(&file(&[(0.0, 1.0), (0.001, 2.0)]), Course::Linear, RowTimes::Even).len(), 2);
        let step = file(&[(0.0, 5.0), (2.0, 5.0), (2.0, 0.0), (3.0, 0.0)]);
        let expected = [(0.0, 5.0), (1.0, 5.0), (2.0, 5.0), (2.0, 0.0), (3.0, 0.0)];
        assert_eq!(rows(&step, Course::Linear, RowTimes::Even), expected);
    }

    #[test]
    fn times_off_any_grid_are_rows_of_seconds_or_the_profiles_own() {
        let jitter = file(&[(0.0, 0.0), (1.250_000_4, 1.0), (3.000_1, 0.0)]);
        let even = rows(&jitter, Course::Linear, RowTimes::Even);
        assert_eq!(even.iter().map(|row| row.0).collect::<Vec<_>>(), [0.0, 1.0, 2.0, 3.0, 3.000_1]);
        assert!((even[1].1 - 1.0 / 1.250_000_4).abs() < 1e-12, "{even:?}");
        assert_eq!(rows(&jitter, Course::Linear, RowTimes::Input).len(), 3);
        let wide = file(&[(0.0, 1.0), (20_000.099_609_375, 1.0)]);
        assert_eq!(rows(&wide, Course::Linear, RowTimes::Even).len(), 20_002);
    }

    #[test]
    fn a_held_current_is_a_row_once() {
        let file = file(&[(0.0, 1.0), (2.0, 3.0), (3.0, 3.0)]);
        let expected = [(0.0, 1.0), (1.0, 1.0), (2.0, 3.0), (3.0, 3.0)];
        assert_eq!(rows(&file, Course::Hold, RowTimes::Even), expected);
        assert_eq!(file.knots(Course::Hold, RowTimes::Input).unwrap().len(), 4);
    }

    #[test]
    fn too_long_is_said() {
        let long = file(&[(0.0, 1.0), (1e9, 1.0)]).knots(Course::Linear, RowTimes::Input).unwrap_err();
        assert!(long.to_string().contains("1000000000 steps are too many"), "{long}");
    }
}
