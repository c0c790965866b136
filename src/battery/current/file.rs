//! The CSV file of a current profile: columns `time_s,current_a`, discharge positive, linear between its samples.
use std::fs;
use std::path::Path;

use crate::document::diagnostic::Diagnostic;
use crate::document::source::{Source, SourceError};

const COLUMNS: [&str; 2] = ["time_s", "current_a"];
/// The longest simulation, in steps: a year at 1 s.
const LONGEST: f64 = 3.2e7;
/// Allowed numbers of steps a second, coarsest first.
const DIVISIONS: [u32; 10] = [1, 2, 4, 5, 10, 20, 25, 50, 100, 1000];

/// A current on an even grid of times.
#[derive(Clone, Debug, PartialEq)]
pub struct CurrentFile {
    /// Time of the first sample, s.
    pub start: f64,
    /// Time between two samples, s: a whole second, or the fraction of one on whose multiples all samples of the file lie.
    pub step: f64,
    /// Current, A, discharge positive.
    pub current: Vec<f64>,
}

impl CurrentFile {
    /// Reads a profile; times ascend, and may be any multiples of 1 ms apart.
    pub fn read(path: &Path) -> Result<Self, SourceError> {
        let text = fs::read_to_string(path).map_err(|error| {
            let hint = "the file holds the columns `time_s,current_a`";
            SourceError::whole(path, Diagnostic::new(error.to_string()).hint(hint))
        })?;
        Self::parse(path, &text)
    }

    /// Reads the text of a profile, which `path` names in errors.
    pub fn parse(path: &Path, text: &str) -> Result<Self, SourceError> {
        let mut samples: Vec<(f64, f64, usize)> = Vec::new();
        let mut columns: Option<[usize; 2]> = None;
        let mut offset = 0;
        for line in text.split_inclusive('\n') {
            let start = offset;
            offset += line.len();
            let line = line.trim_end().strip_prefix('\u{feff}').unwrap_or(line.trim_end());
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let fields = fields(line);
            let fail = |at: usize, message: String, hint: &str| {
                Source::new(path, text).error_at(start + at, Diagnostic::new(message).hint(hint))
            };
            let Some([time, current]) = columns else {
                columns = Some(header(&fields).map_err(|(at, message)| {
                    fail(at, message, "the first line is `time_s,current_a`: seconds, and amperes of discharge")
                })?);
                continue;
            };
            let number = |column: usize| -> Result<(f64, usize), SourceError> {
                let Some(&(at, field)) = fields.get(column) else {
                    let what = format!("this row has {} of {} fields", fields.len(), 1 + time.max(current));
                    return Err(fail(line.len(), what, "each row gives a time and a current"));
                };
                match field.parse::<f64>() {
                    Ok(number) if number.is_finite() => Ok((number, start + at)),
                    _ => Err(fail(at, format!("`{field}` is not a number"), "write numbers such as 12, -0.5 or 1e-3")),
                }
            };
            let ((time, at), (current, _)) = (number(time)?, number(current)?);
            if let Some(&(before, ..)) = samples.last()
                && time <= before
            {
                let message = format!("the time {time} s does not come after {before} s");
                return Err(fail(at - start, message, "sort the rows by time, and keep one row for each"));
            }
            samples.push((time, current, at));
        }
        if samples.len() < 2 {
            let mistake = Diagnostic::new(format!("a profile must have at least 2 rows, not {}", samples.len()));
            return Err(SourceError::whole(path, mistake.hint("a profile has a header and at least two rows")));
        }
        Self::on_a_grid(Source::new(path, text), &samples)
    }

    fn on_a_grid(source: Source, samples: &[(f64, f64, usize)]) -> Result<Self, SourceError> {
        let start = samples[0].0;
        let position = |time: f64, division: u32| (time - start) * f64::from(division);
        let off = |time: f64, division: u32| {
            let steps = position(time, division);
            (steps - steps.round()).abs() > 1e-6 * (1.0 + time.abs() * f64::EPSILON * 1e9)
        };
        let fits = |division: &&u32| !samples.iter().any(|&(time, ..)| off(time, **division));
        let Some(&division) = DIVISIONS.iter().find(fits) else {
            let finest = DIVISIONS[DIVISIONS.len() - 1];
            let &(time, _, at) = samples.iter().find(|&&(time, ..)| off(time, finest)).expect("one that does not fit");
            let mistake = Diagnostic::new(format!("the time {time} s must be a multiple of 1 ms after the first"));
            return Err(source.error_at(at, mistake.hint("times may be any multiples of 1 ms apart; round them")));
        };
        let &(last, _, at) = samples.last().expect("two samples");
        if position(last, division) > LONGEST {
            let what = format!("{} steps of {} s are too many", position(last, division), 1.0 / f64::from(division));
            let hint = "split the profile, or give its times in whole seconds";
            return Err(source.error_at(at, Diagnostic::new(what).hint(hint)));
        }
        let mut current = vec![samples[0].1];
        let mut before = 0;
        for pair in samples.windows(2) {
            let end = position(pair[1].0, division).round() as usize;
            let slope = (pair[1].1 - pair[0].1) / (end - before) as f64;
            current.extend((1..end - before).map(|step| pair[0].1 + slope * step as f64));
            current.push(pair[1].1);
            before = end;
        }
        Ok(Self { start, step: 1.0 / f64::from(division), current })
    }
}

/// The fields of a line, each with the byte where it begins.
fn fields(line: &str) -> Vec<(usize, &str)> {
    let mut at = 0;
    line.split(',')
        .map(|field| {
            let begin = at + (field.len() - field.trim_start().len());
            at += field.len() + 1;
            (begin, field.trim().trim_matches('"'))
        })
        .collect()
}

/// The indices of the two columns.
fn header(fields: &[(usize, &str)]) -> Result<[usize; 2], (usize, String)> {
    let mut places = [0; 2];
    for (place, name) in places.iter_mut().zip(COLUMNS) {
        *place = fields.iter().position(|(_, field)| *field == name).ok_or_else(|| {
            let found: Vec<&str> = fields.iter().map(|(_, field)| *field).collect();
            (fields[0].0, format!("there is no column `{name}`, but `{}`", found.join("`, `")))
        })?;
    }
    Ok(places)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<CurrentFile, String> {
        CurrentFile::parse(Path::new("a.csv"), text).map_err(|error| error.to_string())
    }

    #[test]
    fn samples_are_joined_by_lines() {
        let file = parse("\u{feff}current_a, time_s\r\n# rest\r\n0,10\r\n\r\n4,12\r\n4,13\r\n").unwrap();
        assert_eq!(file, CurrentFile { start: 10.0, step: 1.0, current: vec![0.0, 2.0, 4.0, 4.0] });
        let file = parse("time_s,current_a\n0,1\n0.5,2\n0.7,0\n").unwrap();
        assert_eq!((file.step, file.current.len()), (0.1, 8));
        assert!((file.current[6] - 1.0).abs() < 1e-12);
        assert_eq!(parse("time_s,current_a\n0,1\n0.001,2\n").unwrap().step, 0.001);
    }

    #[test]
    fn mistakes_are_explained_at_their_place() {
        for (text, place, message) in [
            ("time,current_a\n0,1\n1,1\n", "a.csv:1:1: there is no column `time_s`", "the first line is"),
            ("time_s,current_a\n0,1\n1,x\n", "a.csv:3:3: `x` is not a number", "12, -0.5"),
            ("time_s,current_a\n0,1\n1,NaN\n", "a.csv:3:3: `NaN` is not a number", "12, -0.5"),
            ("time_s,current_a\n0,1\n2\n", "a.csv:3:2: this row has 1 of 2 fields", "a time and a current"),
            ("time_s,current_a\n0,1\n 0,1\n", "a.csv:3:2: the time 0 s does not come after 0 s", "sort the rows"),
            (
                "time_s,current_a\n0,1\n1,1\n1.00005,1\n",
                "a.csv:4:1: the time 1.00005 s must be a multiple",
                "round them",
            ),
            ("time_s,current_a\n0,1\n1e9,1\n", "a.csv:3:1: 1000000000 steps of 1 s are too many", "split the profile"),
            ("time_s,current_a\n0,1\n", "a.csv: a profile must have at least 2 rows, not 1", "two rows"),
            ("", "a.csv: a profile must have at least 2 rows, not 0", "two rows"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.starts_with(place) && error.contains(message), "{error}");
        }
    }
}
