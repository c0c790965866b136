//! The reader of a cycler's file: its rows one after another, as numbers in SI units.
use std::collections::VecDeque;
use std::io::BufRead;
use std::path::{Path, PathBuf};

use crate::battery::measurement::column_name::Quantity;
use crate::battery::measurement::cycler_state::CyclerState;
use crate::battery::measurement::field;
use crate::battery::measurement::field::{DecimalMark, Notation};
use crate::battery::measurement::finding::{FindingKind, Findings};
use crate::battery::measurement::header;
use crate::battery::measurement::header::{ColumnChoice, Header, HeaderMistake, ReadColumn};
use crate::battery::measurement::line::{LineError, Lines};
use crate::document::diagnostic::Diagnostic;
use crate::document::source::SourceError;

/// Lines among which the header is looked for: those of BioLogic have a hundred before it.
const BEFORE: u64 = 1000;
/// Bytes before the header that are searched for a vendor's name.
const PREAMBLE: usize = 1 << 14;
/// Rows that show the decimal mark and the order of dates.
const SAMPLED: usize = 64;
/// Rows after which most must have been readable.
const JUDGED: u64 = 100;
/// Letters of a field that are quoted.
const QUOTED: usize = 40;

/// The sign of a current.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    ChargePositive,
    DischargePositive,
}

/// One row of a file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sample {
    pub line: u64,
    /// s, as it is written.
    pub time: f64,
    /// A, discharge positive.
    pub current: f64,
    /// V.
    pub voltage: f64,
    /// °C.
    pub temperature: Option<f64>,
}

/// The rows of a file.
pub(crate) struct Reader<R> {
    path: PathBuf,
    lines: Lines<R>,
    header: Header,
    notation: Notation,
    charge_positive: bool,
    /// Lines that were read to find the notation.
    waiting: VecDeque<(u64, String)>,
    /// The last of these that was taken.
    taken: (u64, String),
    /// The last field of a row that is needed.
    last: usize,
    first_mistake: Option<SourceError>,
    pub findings: Findings,
}

impl<R: BufRead> Reader<R> {
    /// Finds the header of a file, which `path` names in errors.
    pub(crate) fn open(path: &Path, reader: R, choice: &ColumnChoice, sign: Option<Sign>) -> Result<Self, SourceError> {
        let mut lines = Lines::new(reader);
        let (mut before, mut widest, mut most) = (String::new(), (0, String::new()), 0);
        let header = loop {
            let is_there = lines.advance().map_err(|error| unreadable(path, &error))?;
            if !is_there || lines.number() > BEFORE {
                let (number, text) = widest;
                if text.is_empty() {
                    let wrong =
                        Diagnostic::new("the file has no lines").hint("a file of a cycler has a header and rows");
                    return Err(SourceError::whole(path, wrong));
                }
                return Err(at(path, number, &text, &header::missing(&text, choice), None));
            }
            let line = lines.text();
            match Header::of(line, &before, choice) {
                Some(Ok(header)) => break header,
                Some(Err(mistake)) => return Err(at(path, lines.number(), line, &mistake, None)),
                None => {}
            }
            // A header has names: of lines with as many fields, the first with letters counts.
            let fields = line.split(['\t', ';', ',']).filter(|field| field.contains(char::is_alphabetic)).count();
            if fields > most || widest.1.is_empty() {
                (most, widest) = (fields, (lines.number(), line.to_owned()));
            }
            if before.len() < PREAMBLE {
                before.push('\n');
                before.push_str(line);
            }
        };
        let columns = [Some(header.time.index), Some(header.current.index), Some(header.voltage.index)];
        let last = columns.into_iter().flatten().max().unwrap_or(0);
        let charge_positive = sign.map_or(header.charge_positive, |sign| sign == Sign::ChargePositive);
        let mut reader = Self {
            path: path.to_owned(),
            lines,
            header,
            notation: Notation { mark: choice.decimal_mark.unwrap_or(DecimalMark::Point), dates: choice.dates },
            charge_positive,
            waiting: VecDeque::new(),
            taken: (0, String::new()),
            last,
            first_mistake: None,
            findings: Findings::default(),
        };
        reader.find_notation(choice)?;
        Ok(reader)
    }

    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    /// Bytes read so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.lines.bytes()
    }

    pub(crate) fn is_charge_positive(&self) -> bool {
        self.charge_positive
    }

    /// The next row that can be read; `None` at the end.
    ///
    /// # Errors
    /// The file cannot be read, or most of its rows cannot.
    pub(crate) fn advance(&mut self) -> Result<Option<Sample>, SourceError> {
        loop {
            let line = match self.waiting.pop_front() {
                Some(taken) => {
                    self.taken = taken;
                    self.taken.0
                }
                None => {
                    if !self.lines.advance().map_err(|error| unreadable(&self.path, &error))? {
                        return self.end();
                    }
                    self.lines.number()
                }
            };
            let text = self.text(line);
            if text.trim().is_empty() || text.starts_with('#') {
                continue;
            }
            let parsed = self.parse(line, text);
            self.findings.rows += 1;
            match parsed {
                Ok(sample) => return Ok(Some(sample)),
                Err((FindingKind::Unreadable, index)) => {
                    if self.first_mistake.is_none() {
                        self.first_mistake = Some(self.mistake(line, index));
                    }
                    self.findings.note(FindingKind::Unreadable, line);
                    let wrong = self.findings.count(FindingKind::Unreadable);
                    if self.findings.rows >= JUDGED
                        && 2 * wrong > self.findings.rows
                        && let Some(mistake) = self.first_mistake.take()
                    {
                        return Err(mistake);
                    }
                }
                Err((kind, _)) => self.findings.note(kind, line),
            }
        }
    }

    /// The end of the file, at which some row must have been readable.
    fn end(&mut self) -> Result<Option<Sample>, SourceError> {
        let wrong = self.findings.count(FindingKind::Unreadable);
        match self.first_mistake.take() {
            Some(mistake) if 2 * wrong > self.findings.rows => Err(mistake),
            _ => Ok(None),
        }
    }

    fn parse(&self, line: u64, text: &str) -> Result<Sample, (FindingKind, usize)> {
        let mut fields = Vec::with_capacity(32);
        field::split(text, self.header.separator, &mut fields);
        if fields.iter().take(self.header.indent).any(|field| !field.is_empty()) {
            return Err((FindingKind::OtherTable, 0));
        }
        if fields.len() <= self.last {
            return Err((FindingKind::Short, fields.len()));
        }
        let number = |column: &ReadColumn| {
            let field = fields.get(column.index).copied().unwrap_or_default();
            let number = field::number(field, self.notation.mark)
                .map(|number| field::scaled(number, column.scale.factor) + column.scale.offset);
            number.ok_or((FindingKind::Unreadable, column.index))
        };
        let time = field::time(fields[self.header.time.index], self.header.time.scale.factor, self.notation);
        let time = time.ok_or((FindingKind::Unreadable, self.header.time.index))?;
        let (current, voltage) = (number(&self.header.current)?, number(&self.header.voltage)?);
        let state = self
            .header
            .state
            .and_then(|index| fields.get(index))
            .map_or(CyclerState::Unknown, |field| CyclerState::of(field));
        let current = match state {
            CyclerState::Charge if self.charge_positive => current.abs(),
            CyclerState::Discharge if self.charge_positive => -current.abs(),
            CyclerState::Charge => -current.abs(),
            CyclerState::Discharge => current.abs(),
            CyclerState::Unknown => current,
        };
        let temperature = self.header.temperature.as_ref().and_then(|column| number(column).ok());
        // A current of zero has no sign.
        let current = if self.charge_positive { 0.0 - current } else { current };
        Ok(Sample { line, time, current, voltage, temperature })
    }

    /// Reads the first rows, and sees by them how decimals and dates are written where the user has not said it.
    fn find_notation(&mut self, choice: &ColumnChoice) -> Result<(), SourceError> {
        while self.waiting.len() < SAMPLED && self.lines.advance().map_err(|error| unreadable(&self.path, &error))? {
            self.waiting.push_back((self.lines.number(), self.lines.text().to_owned()));
        }
        let Header { separator, time, current, voltage, .. } = &self.header;
        let rows: Vec<[&str; 3]> = self
            .waiting
            .iter()
            .map(|(_, text)| {
                let mut fields = Vec::new();
                field::split(text, *separator, &mut fields);
                [voltage, current, time].map(|column| fields.get(column.index).copied().unwrap_or_default())
            })
            .collect();
        if choice.decimal_mark.is_none() {
            self.notation.mark = field::mark_of(rows.iter().flatten().copied(), *separator);
        }
        if choice.dates.is_none() {
            self.notation.dates = field::order_of(rows.iter().map(|[_, _, time]| *time));
        }
        Ok(())
    }

    /// The text of the row that was read last.
    fn text(&self, line: u64) -> &str {
        if self.taken.0 == line { &self.taken.1 } else { self.lines.text() }
    }

    /// The error at a quantity of the row that was read last.
    pub(crate) fn error(&self, line: u64, quantity: Quantity, diagnostic: Diagnostic) -> SourceError {
        let index = match quantity {
            Quantity::Current => self.header.current.index,
            Quantity::Voltage => self.header.voltage.index,
            _ => self.header.time.index,
        };
        at(&self.path, line, self.text(line), &HeaderMistake { index, diagnostic }, Some(self.header.separator))
    }

    fn mistake(&self, line: u64, index: usize) -> SourceError {
        let mut fields = Vec::new();
        let text = self.text(line);
        field::split(text, self.header.separator, &mut fields);
        let quantity = match index {
            index if index == self.header.time.index => Quantity::Time,
            index if index == self.header.current.index => Quantity::Current,
            _ => Quantity::Voltage,
        };
        let field: String = fields.get(index).copied().unwrap_or_default().chars().take(QUOTED).collect();
        let (what, hint) = match (quantity, field.is_empty()) {
            (_, true) => ("is empty".to_owned(), "name another column with `--columns`".to_owned()),
            (Quantity::Time, _) if field::is_ambiguous_date(&field) => (
                format!("has `{field}`, of which the first rows do not show whether the day or the month is first"),
                "`--dates day-first` or `--dates month-first` says it".to_owned(),
            ),
            (Quantity::Time, _) => (
                format!("has `{field}`, which is no time"),
                "times are numbers, clocks such as `00:01:02.5` or `2d 01:02:03`, or dates such as `2024-05-18 16:27:52`; `--columns time=NAME` names another column".to_owned(),
            ),
            (quantity, _) => (
                format!("has `{field}`, which is not a number"),
                format!("`--decimal-mark` tells how decimals are written; `--columns {}=NAME` names another column", quantity.name()),
            ),
        };
        let message = format!("the column of the {} {what}", quantity.name());
        let mistake = HeaderMistake { index, diagnostic: Diagnostic::new(message).hint(hint) };
        at(&self.path, line, text, &mistake, Some(self.header.separator))
    }
}

/// The error of a file that cannot be read.
fn unreadable(path: &Path, error: &LineError) -> SourceError {
    let diagnostic = Diagnostic::new(error.to_string());
    let hint = match error {
        LineError::Io(_) => "it must be a file that can be read",
        LineError::TooLong(_) => "a file of a cycler has a line for each row",
        LineError::Binary(_, remedy) => remedy,
    };
    SourceError::whole(path, diagnostic.hint(hint))
}

/// The error at a field of a line.
fn at(path: &Path, number: u64, text: &str, mistake: &HeaderMistake, separator: Option<char>) -> SourceError {
    let separator = separator.or_else(|| ['\t', ';', ','].into_iter().find(|mark| text.contains(*mark))).unwrap_or(',');
    let byte = field::place(text, separator, mistake.index);
    SourceError {
        path: path.to_owned(),
        line: number as usize,
        column: 1 + text[..byte].chars().count(),
        source_line: text.to_owned(),
        diagnostic: mistake.diagnostic.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::battery::measurement::field::DateOrder;

    /// Time, current, voltage, temperature.
    type Row = (f64, f64, f64, Option<f64>);

    fn read(text: &[u8]) -> Result<(Vec<Row>, Findings), SourceError> {
        let mut reader = Reader::open(Path::new("a.csv"), text, &ColumnChoice::default(), None)?;
        let mut rows = Vec::new();
        while let Some(sample) = reader.advance()? {
            rows.push((sample.time, sample.current, sample.voltage, sample.temperature));
        }
        Ok((rows, reader.findings))
    }

    #[test]
    fn rows_of_every_vendor_are_read() {
        let maccor = b"Today's Date\t1\nRec#\tTestTime\tAmps\tVolts\tState\t\n1\t  0d 00:00:5\t1,000.5\t3.5\tD\t\n2\t  0d 00:00:6\t0.5\t3.5\tC\t\n3\t  0d 00:00:7\t0\t3.5\tR\t\n";
        let (rows, _) = read(maccor).unwrap();
        assert_eq!(rows, [(5.0, 1000.5, 3.5, None), (6.0, -0.5, 3.5, None), (7.0, 0.0, 3.5, None)]);
        let biologic = b"EC-Lab ASCII FILE\r\nNb header lines : 4\r\n\r\ntime/s\tEcell/V\t<I>/mA\tTemperature/\xb0C\r\n1,5E+00\t3,65\t-1250\t25,5\r\n";
        assert_eq!(read(biologic).unwrap().0, [(1.5, 1.25, 3.65, Some(25.5))]);
        let layered = b"Cycle Index,Chg. Cap.(Ah)\n,Step Index,Step Type\n,,DataPoint,Time,Total Time,Current(A),Voltage(V)\n1,0.1,2\n,1,Rest\n,,1,00:00:00,00:00:20,-2,3.5\n";
        let (rows, findings) = read(layered).unwrap();
        assert_eq!((rows, findings.count(FindingKind::OtherTable)), (vec![(20.0, 2.0, 3.5, None)], 2));
    }

    #[test]
    fn dates_are_read_in_the_order_that_the_rows_or_the_user_say() {
        let rows = |second: &str| {
            format!("DataPoint,Date,Current(A),Voltage(V)\n1,05/09/2024 11:59:58 PM,0,4\n2,{second} 12:00:09 AM,0,4\n")
        };
        let passed = |rows: Vec<Row>| rows[1].0 - rows[0].0;
        assert_eq!(passed(read(b"DataPoint,Date,Current(A),Voltage(V)\n1,05/30/2024 11:59:58 PM,0,4\n2,05/31/2024 12:00:09 AM,0,4\n").unwrap().0), 11.0);
        let text = rows("05/10/2024");
        let error = read(text.as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with("a.csv:2:3: ") && error.contains("whether the day or the month"), "{error}");
        assert!(error.contains("--dates month-first"), "{error}");
        for (dates, seconds) in [(DateOrder::MonthFirst, 11.0), (DateOrder::DayFirst, 30.0 * 86400.0 + 11.0 - 86400.0)]
        {
            let choice = ColumnChoice { dates: Some(dates), ..ColumnChoice::default() };
            let mut reader = Reader::open(Path::new("a.csv"), text.as_bytes(), &choice, None).unwrap();
            let times: Vec<f64> = (0..2).map(|_| reader.advance().unwrap().unwrap().time).collect();
            assert_eq!(times[1] - times[0], seconds, "{dates:?}");
        }
    }

    #[test]
    fn rows_that_cannot_be_read_are_counted_and_too_many_are_an_error() {
        let (rows, findings) =
            read(b"time_s,current_a,voltage_v\n0,1,3\n1,,3\n2,1\n3,1,3\n\n# note\n4,1,nan\n5,1,3\n").unwrap();
        assert_eq!((rows.len(), findings.rows), (3, 6));
        let found: Vec<_> = findings.found().collect();
        assert_eq!(found, [(FindingKind::Unreadable, 2, 3), (FindingKind::Short, 1, 4)]);
        for (text, place, hint) in [
            (
                &b"time_s,current_a,voltage_v\n0,x,3\n1,y,3\n"[..],
                "a.csv:2:3: the column of the current has `x`",
                "--decimal-mark",
            ),
            (
                b"time_s,current_a,voltage_v\n10:5,1,3\n",
                "a.csv:2:1: the column of the time has `10:5`, which is no time",
                "clocks",
            ),
            (b"a,b,c\n1,2,3\n", "a.csv:1:1: there is no column that is known to be the time", "`--columns time=NAME"),
            (b"", "a.csv: the file has no lines", "a header and rows"),
            (b"PK\x03\x04xx", "a.csv: this is an Excel workbook, not a text", "save the sheet"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.starts_with(place) && error.contains(hint), "{error}");
        }
    }
}
