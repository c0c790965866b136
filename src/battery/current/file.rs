//! The CSV file of a current profile: a time and a current in each row, in columns that name their units.
use std::path::Path;

use csv::{ReaderBuilder, StringRecord, Trim};

use crate::battery::current::column::{Columns, Quantity};
use crate::document::diagnostic::Diagnostic;
use crate::document::source::{Source, SourceError, read};

/// The least time between two rows that are not at the same time, s.
const LEAST_STEP: f64 = 1e-6;
/// Letters of a field that are quoted in a message.
const QUOTED: usize = 40;

/// A current at given times.
#[derive(Clone, Debug, PartialEq)]
pub struct CurrentFile {
    /// Times, s: they rise by 1 µs at least, but for two rows at one time, which are a step of the current.
    pub time: Vec<f64>,
    /// Current, A, discharge positive.
    pub current: Vec<f64>,
}

/// A quantity at given times.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TimeSeries {
    /// Times, s, as in [`CurrentFile`].
    pub time: Vec<f64>,
    /// Values in the unit of the quantity.
    pub value: Vec<f64>,
}

impl CurrentFile {
    /// Reads a profile.
    ///
    /// # Errors
    /// The file cannot be read, or is not one of [`Self::parse`].
    pub fn read(path: &Path) -> Result<Self, SourceError> {
        Self::parse(path, &read(path)?)
    }

    /// Reads the text of a profile, which `path` names in errors.
    ///
    /// # Errors
    /// A row has another number of fields than the header, a field is not a number, times fall, or more than two rows
    /// are at one time; the error has its place.
    pub fn parse(path: &Path, text: &str) -> Result<Self, SourceError> {
        let series = TimeSeries::parse(path, text, Quantity::Current)?;
        Ok(Self { time: series.time, current: series.value })
    }

    /// The same where the file counts a charging current as positive.
    #[must_use]
    pub fn charge_positive(mut self) -> Self {
        self.current.iter_mut().for_each(|current| *current = -*current);
        self
    }
}

impl TimeSeries {
    /// Reads the file of a quantity.
    ///
    /// # Errors
    /// The file cannot be read, or is not one of [`CurrentFile::parse`] with a column of that quantity.
    pub(crate) fn read(path: &Path, quantity: Quantity) -> Result<Self, SourceError> {
        Self::parse(path, &read(path)?, quantity)
    }

    /// Reads the text of a file like [`CurrentFile::parse`].
    pub(crate) fn parse(path: &Path, text: &str, quantity: Quantity) -> Result<Self, SourceError> {
        let rows = Rows { source: Source::new(path, text) };
        let body = text.strip_prefix('\u{feff}').unwrap_or(text);
        let before = text.len() - body.len();
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .trim(Trim::All)
            .comment(Some(b'#'))
            .from_reader(body.as_bytes());
        let mut file = Self { time: Vec::new(), value: Vec::new() };
        let mut header: Option<(Columns, usize)> = None;
        let mut record = StringRecord::new();
        loop {
            let start = before + reader.position().byte() as usize;
            match reader.read_record(&mut record) {
                Ok(false) => break,
                Ok(true) => {}
                Err(error) => {
                    return Err(SourceError::whole(path, Diagnostic::new(error.to_string()).hint("it must be a text")));
                }
            }
            let start = record.position().map_or(start, |position| before + position.byte() as usize);
            if record.len() == 1 && record.get(0) == Some("") {
                continue;
            }
            let Some((columns, width)) = header else {
                let names: Vec<&str> = record.iter().collect();
                let columns = Columns::of(&names, quantity)
                    .map_err(|wrong| rows.error(start, wrong.index, wrong.message, &wrong.hint))?;
                header = Some((columns, record.len()));
                continue;
            };
            if record.len() != width {
                return Err(rows.wrong_width(start, record.len(), width));
            }
            let time = columns.time.si(rows.number(&record, start, columns.time.index)?);
            let value = columns.value.si(rows.number(&record, start, columns.value.index)?);
            file.check_time(time).map_err(|(message, hint)| rows.error(start, columns.time.index, message, hint))?;
            file.time.push(time);
            file.value.push(value);
        }
        let count = file.time.len();
        if count < 2 || file.time[count - 1] <= file.time[0] {
            let mistake =
                Diagnostic::new(format!("a profile must have at least 2 rows at different times, not {count}"));
            return Err(SourceError::whole(path, mistake.hint("a profile has a header and at least two rows")));
        }
        Ok(file)
    }

    /// Checks that a row may follow those before.
    fn check_time(&self, time: f64) -> Result<(), (String, &'static str)> {
        let Some(&last) = self.time.last() else { return Ok(()) };
        if time < last {
            let hint = "sort the rows by time; two rows at one time are a step of the current";
            return Err((format!("the time {time} s comes after {last} s"), hint));
        }
        if time == last && self.time.len() > 1 && self.time[self.time.len() - 2] == time {
            return Err((
                format!("a third row is at {time} s"),
                "two rows at one time are a step; leave out the others",
            ));
        }
        if time > last && time - last < LEAST_STEP * (1.0 - 1e-3) {
            return Err((format!("{time} s is less than 1 µs after {last} s"), "leave out one of both rows"));
        }
        Ok(())
    }
}

/// The rows of a text, for errors at their places.
struct Rows<'a> {
    source: Source<'a>,
}

impl Rows<'_> {
    /// The error at a field of the row that begins at a byte.
    fn error(&self, start: usize, index: usize, message: String, hint: &str) -> SourceError {
        self.source.error_at(self.field(start, index), Diagnostic::new(message).hint(hint))
    }

    fn wrong_width(&self, start: usize, found: usize, expected: usize) -> SourceError {
        let message = format!("this row has {found} of {expected} fields");
        let hint = match found > expected {
            true => "decimals are written with a point, and a field that has a comma in quotes",
            false => "give every row a field for each name of the first line; a field may be empty",
        };
        self.error(start, found.min(expected), message, hint)
    }

    fn number(&self, record: &StringRecord, start: usize, index: usize) -> Result<f64, SourceError> {
        let field = record.get(index).unwrap_or_default();
        if field.is_empty() {
            let hint = "give every row a time and a current, or leave the row out";
            return Err(self.error(start, index, "this field is empty".to_owned(), hint));
        }
        match field.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(number),
            _ => {
                let shown: String = field.chars().take(QUOTED).collect();
                let hint = match field.contains(',') {
                    true => "write decimals with a point, and nothing between thousands: 1234.5",
                    false => "write numbers such as 12, -0.5 or 1e-3",
                };
                Err(self.error(start, index, format!("`{shown}` is not a number"), hint))
            }
        }
    }

    /// The first byte of a field, or the end of its row.
    fn field(&self, start: usize, index: usize) -> usize {
        let (mut commas, mut is_quoted) = (0, false);
        let row = &self.source.text[start..];
        let row = &row[row.len() - row.trim_start_matches(['\r', '\n']).len()..];
        let start = self.source.text.len() - self.source.text[start..].trim_start_matches(['\r', '\n']).len();
        let mut begins = 0;
        for (at, letter) in row.char_indices() {
            if commas == index {
                break;
            }
            match letter {
                '"' => is_quoted = !is_quoted,
                ',' if !is_quoted => (commas, begins) = (commas + 1, at + 1),
                '\r' | '\n' if !is_quoted => return start + at,
                _ => {}
            }
        }
        let field = &row[begins..];
        start + begins + (field.len() - field.trim_start_matches([' ', '\t']).len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<CurrentFile, String> {
        CurrentFile::parse(Path::new("a.csv"), text).map_err(|error| error.to_string())
    }

    #[test]
    fn columns_are_read_by_name_and_unit() {
        for (text, time, current) in [
            (
                "\u{feff}current_a, time_s\r\n# rest\r\n0,10\r\n\r\n4,12\r\n4,13\r\n",
                [10.0, 12.0, 13.0],
                [0.0, 4.0, 4.0],
            ),
            ("time_min,x,current_ma\n0,,5\n1,\"a, b\",-500\n2,\"\",\"1e3\"\n", [0.0, 60.0, 120.0], [0.005, -0.5, 1.0]),
            ("time_s,current_a\n0,5\n60,5\n60,0", [0.0, 60.0, 60.0], [5.0, 5.0, 0.0]),
            ("time_us,current_a\n0,1\n1,1\n2,1\n", [0.0, 1e-6, 2e-6], [1.0; 3]),
        ] {
            assert_eq!(parse(text), Ok(CurrentFile { time: time.to_vec(), current: current.to_vec() }), "{text}");
        }
        let turned = parse("time_s,current_a\n0,1\n1,-2\n").unwrap().charge_positive();
        assert_eq!(turned.current, [-1.0, 2.0]);
    }

    #[test]
    fn mistakes_are_explained_at_their_place() {
        for (text, place, message) in [
            ("time,current_a\n0,1\n1,1\n", "a.csv:1:1: the column `time` has no unit", "`time_s`"),
            ("time_s,current_a\n0,1\n1,x\n", "a.csv:3:3: `x` is not a number", "12, -0.5"),
            ("time_s,current_a\n0,1\n1,\n", "a.csv:3:3: this field is empty", "leave the row out"),
            ("time_s,current_a\n0,1\n1,NaN\n", "a.csv:3:3: `NaN` is not a number", "12, -0.5"),
            ("time_s,current_a\n0,1\n2\n", "a.csv:3:2: this row has 1 of 2 fields", "may be empty"),
            ("time_s,current_a,note\n0,5\n10,5,b\n", "a.csv:2:4: this row has 2 of 3 fields", "may be empty"),
            ("time_s,current_a\n0,0,0,0\n1,5,0,25\n", "a.csv:2:5: this row has 4 of 2 fields", "with a point"),
            ("time_s,current_a\n\"0\",\"1,5\"\n", "a.csv:2:5: `1,5` is not a number", "with a point"),
            ("time_s,current_a\n0,1\n\"1,000\",2\n", "a.csv:3:1: `1,000` is not a number", "between thousands"),
            ("time_s,current_a\n1,1\n 0,1\n", "a.csv:3:2: the time 0 s comes after 1 s", "sort the rows"),
            ("time_s,current_a\n0,1\n0,2\n0,3\n", "a.csv:4:1: a third row is at 0 s", "a step"),
            ("time_s,current_a\n0,1\n0.0000005,2\n", "a.csv:3:1: 0.0000005 s is less than 1 µs", "leave out"),
            ("time_s,current_a\n0,1\n", "a.csv: a profile must have at least 2 rows at different times, not 1", "two"),
            ("time_s,current_a\n0,1\n0,2\n", "a.csv: a profile must have at least 2 rows at different times", "two"),
            ("", "a.csv: a profile must have at least 2 rows", "two rows"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.starts_with(place) && error.contains(message), "{error}");
        }
    }
}
