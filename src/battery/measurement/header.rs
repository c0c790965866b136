//! The header of a cycler's file: which column holds what, in which unit, found by the vendor's names or by the user's.
use crate::battery::measurement::column_name::{ColumnName, Quantity, Scale, from_gbk};
use crate::battery::measurement::field;
use crate::battery::measurement::field::{DateOrder, DecimalMark};
use crate::battery::measurement::layout::{LAYOUTS, Layout, TimeKind};
use crate::document::diagnostic::Diagnostic;
use crate::document::spelling::{backticked, nearest};

/// Separators of fields, in the order in which they are tried.
const SEPARATORS: [char; 3] = ['\t', ';', ','];
/// Columns that an error lists.
const LISTED: usize = 40;

/// The choices of a user that go before what a file says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ColumnChoice {
    /// Names of columns.
    pub columns: Vec<(Quantity, String)>,
    /// Units of columns.
    pub units: Vec<(Quantity, String)>,
    pub decimal_mark: Option<DecimalMark>,
    /// The order of dates whose year is last.
    pub dates: Option<DateOrder>,
}

/// A column that is read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ReadColumn {
    pub index: usize,
    pub name: String,
    pub scale: Scale,
}

/// The columns of a file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Header {
    /// The vendor.
    pub layout: &'static str,
    pub separator: char,
    pub time: ReadColumn,
    pub time_kind: TimeKind,
    pub current: ReadColumn,
    pub voltage: ReadColumn,
    pub temperature: Option<ReadColumn>,
    pub state: Option<usize>,
    pub charge_positive: bool,
    /// True where a time that falls begins a new count.
    pub resets: bool,
    /// Empty names at the beginning: records of a nested table, whose other rows fill these fields.
    pub indent: usize,
}

/// A mistake in a header, and the column that has it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct HeaderMistake {
    pub index: usize,
    pub diagnostic: Diagnostic,
}

impl Header {
    /// The header that a line is, given the lines before it; `None` where it is none.
    pub(crate) fn of(line: &str, before: &str, choice: &ColumnChoice) -> Option<Result<Self, HeaderMistake>> {
        let mut fields = Vec::new();
        for separator in SEPARATORS {
            field::split(line, separator, &mut fields);
            if fields.len() < 3 {
                continue;
            }
            let names: Vec<ColumnName> = fields.iter().map(|field| ColumnName::of(field)).collect();
            let line = HeaderLine { fields: &fields, names: &names, choice, separator };
            let text = from_gbk(&format!("{before}\n{line}", line = fields.join("\u{1f}"))).to_lowercase();
            for layout in LAYOUTS.iter().filter(|layout| layout.is_signed(&text)) {
                if let Some(found) = line.by(layout) {
                    return Some(found);
                }
            }
        }
        None
    }
}

struct HeaderLine<'a> {
    fields: &'a [&'a str],
    names: &'a [ColumnName],
    choice: &'a ColumnChoice,
    separator: char,
}

impl HeaderLine<'_> {
    /// The columns by a vendor's names; `None` where time, current or voltage has no column.
    fn by(&self, layout: &Layout) -> Option<Result<Header, HeaderMistake>> {
        let found = |quantity| self.find(quantity, layout);
        let (time, time_kind) = found(Quantity::Time)?;
        let ((current, _), (voltage, _)) = (found(Quantity::Current)?, found(Quantity::Voltage)?);
        let temperature = found(Quantity::Temperature).map(|(index, _)| index);
        let state = found(Quantity::State).map(|(index, _)| index);
        let column = |quantity, index| self.column(quantity, index, layout);
        let header = || {
            Ok(Header {
                layout: layout.name,
                separator: self.separator,
                time: column(Quantity::Time, time)?,
                time_kind,
                current: column(Quantity::Current, current)?,
                voltage: column(Quantity::Voltage, voltage)?,
                temperature: temperature.map(|index| column(Quantity::Temperature, index)).transpose()?,
                state,
                charge_positive: layout.charge_positive,
                resets: layout.resets || time_kind == TimeKind::Step,
                indent: self.fields.iter().take_while(|field| field.is_empty()).count(),
            })
        };
        Some(header())
    }

    /// The column of a quantity: the user's, or the best of the vendor's names.
    fn find(&self, quantity: Quantity, layout: &Layout) -> Option<(usize, TimeKind)> {
        if let Some((_, wanted)) = self.choice.columns.iter().find(|(of, _)| *of == quantity) {
            let index = self.named(wanted)?;
            let words = &self.names[index].words;
            let kind = layout.names(quantity).find(|(name, _)| name == words).map_or(TimeKind::Test, |(_, kind)| kind);
            return Some((index, kind));
        }
        let has_unit = |index: &usize| match &self.names[*index].unit {
            // A step's number has the name of its time.
            None => quantity != Quantity::Time || layout.has_default_units,
            Some(_) => true,
        };
        layout.names(quantity).find_map(|(name, kind)| {
            let mut indices = (0..self.names.len()).filter(|index| self.names[*index].words == name);
            let index = match quantity {
                Quantity::State => indices.next(),
                _ if layout.has_default_units => indices.find(has_unit),
                _ => indices.next(),
            };
            index.map(|index| (index, kind))
        })
    }

    /// The column that a user names: exactly, or but for case and signs.
    fn named(&self, wanted: &str) -> Option<usize> {
        let exact = self.fields.iter().position(|field| *field == wanted.trim());
        let like = ColumnName::of(wanted);
        let alike = || self.names.iter().position(|name| *name == like);
        let words = || self.names.iter().position(|name| like.unit.is_none() && name.words == like.words);
        exact.or_else(alike).or_else(words)
    }

    fn column(&self, quantity: Quantity, index: usize, layout: &Layout) -> Result<ReadColumn, HeaderMistake> {
        let name = from_gbk(self.fields[index]).into_owned();
        let chosen = self.choice.units.iter().find(|(of, _)| *of == quantity).map(|(_, unit)| unit.as_str());
        let unit = chosen.or(self.names[index].unit.as_deref());
        let mistake =
            |message: String, hint: String| HeaderMistake { index, diagnostic: Diagnostic::new(message).hint(hint) };
        let quantity_name = quantity.name();
        let known = quantity.units();
        let scale = match unit {
            Some(unit) => quantity.scale(unit).ok_or_else(|| {
                let message = format!("`{unit}` is no unit of {quantity_name} that is known (the column `{name}`)");
                mistake(message, format!("units of {quantity_name} are {known}: `--units {quantity_name}=UNIT`, or `--columns {quantity_name}=NAME` for another column"))
            })?,
            None if layout.has_default_units => Scale::ONE,
            None => {
                let message = format!("the column `{name}` has no unit");
                return Err(mistake(message, format!("give it: `--units {quantity_name}=UNIT`, one of {known}")));
            }
        };
        Ok(ReadColumn { index, name, scale })
    }
}

/// The mistake of a file in which no header was found, at the line that comes nearest to one.
pub(crate) fn missing(line: &str, choice: &ColumnChoice) -> HeaderMistake {
    let mut best: Vec<&str> = Vec::new();
    for separator in SEPARATORS {
        let mut fields = Vec::new();
        field::split(line, separator, &mut fields);
        if fields.len() > best.len() {
            best = fields;
        }
    }
    let there: Vec<&str> = best.iter().copied().filter(|field| !field.is_empty()).collect();
    let listed = backticked(there.iter().copied().take(LISTED));
    let listed = if there.len() > LISTED { format!("{listed} and {} more", there.len() - LISTED) } else { listed };
    let unknown = choice.columns.iter().find(|(_, wanted)| {
        let like = ColumnName::of(wanted);
        !best.iter().any(|field| field == wanted || ColumnName::of(field).words == like.words)
    });
    let diagnostic = match unknown {
        Some((quantity, wanted)) => {
            let near = nearest(wanted, there.iter().copied())
                .map(|near| format!("did you mean `{near}`? "))
                .unwrap_or_default();
            Diagnostic::new(format!("there is no column `{wanted}` for the {}", quantity.name()))
                .hint(format!("{near}there are {listed}"))
        }
        None => {
            let names: Vec<ColumnName> = best.iter().map(|field| ColumnName::of(field)).collect();
            let needed = [Quantity::Time, Quantity::Current, Quantity::Voltage].into_iter().find(|quantity| {
                let is_chosen = choice.columns.iter().any(|(of, _)| of == quantity);
                let is_known = |name: &ColumnName| {
                    LAYOUTS.iter().any(|layout| layout.names(*quantity).any(|(known, _)| known == name.words))
                };
                !is_chosen && !names.iter().any(is_known)
            });
            let what = needed.map_or("columns that can be told apart".to_owned(), |quantity| {
                format!("column that is known to be the {}", quantity.name())
            });
            let name = needed.map_or("time", Quantity::name);
            let there = if there.len() < 3 {
                "fields are separated by commas, semicolons or tabs".to_owned()
            } else {
                format!("there are {listed}")
            };
            Diagnostic::new(format!("there is no {what}"))
                .hint(format!("name it: `--columns {name}=NAME,...`; {there}"))
        }
    };
    HeaderMistake { index: 0, diagnostic }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(line: &str, before: &str) -> Header {
        Header::of(line, before, &ColumnChoice::default()).unwrap().unwrap()
    }

    #[test]
    fn vendors_are_known_by_their_headers() {
        for (line, before, layout, columns, kind) in [
            ("Test Time / s,Voltage / V,Current / A", "", "Battery Data Format", [0, 2, 1], TimeKind::Test),
            ("test_time_second,current_ampere,voltage_volt", "", "Battery Data Format", [0, 1, 2], TimeKind::Test),
            (
                "mode\tox/red\ttime/s\tEcell/V\t<I>/mA\tcycle number",
                "EC-Lab ASCII FILE",
                "BioLogic",
                [2, 4, 3],
                TimeKind::Test,
            ),
            (
                "Rec#\tCyc#\tStep\tTestTime\tStepTime\tAmp-hr\tWatt-hr\tAmps\tVolts\tState\tES\t",
                "Today's Date",
                "Maccor",
                [3, 7, 8],
                TimeKind::Test,
            ),
            (
                "Rec#\tCyc#\tStep\tTest(Sec)\tStep(Sec)\tAmp-hr\tAmps\tVolts\tState",
                "",
                "Maccor",
                [3, 6, 7],
                TimeKind::Test,
            ),
            (
                "Rec,Cycle C,Step,Test Time (sec),Step Time (sec),Current,Voltage",
                "Date of Test:",
                "Maccor",
                [3, 5, 6],
                TimeKind::Test,
            ),
            (
                "Record Index,Status,Cycle,Step,Cur(mA),Voltage(V),Relative Time(h:min:s.ms),Absolute Time",
                "",
                "Neware",
                [6, 4, 5],
                TimeKind::Step,
            ),
            (",,DataPoint,Time,Total Time,Current(A),Voltage(V),Date", "", "Neware", [4, 5, 6], TimeKind::Test),
            ("记录序号,总时间,电流(mA),电压(V)", "", "Neware", [1, 2, 3], TimeKind::Test),
            (
                "Data_Point,Test_Time(s),Step_Index,Current(A),Voltage(V),Aux_Temperature_1(C)",
                "",
                "Arbin",
                [1, 3, 4],
                TimeKind::Test,
            ),
            (
                "Data Point,Date Time,Test Time (s),Step Time (s),Cycle Index,Current (A),Voltage (V)",
                "",
                "Arbin",
                [2, 5, 6],
                TimeKind::Test,
            ),
            ("current_ma;voltage_v;time_min", "", "columns with units", [2, 0, 1], TimeKind::Test),
        ] {
            let found = header(line, before);
            let indices = [found.time.index, found.current.index, found.voltage.index];
            assert_eq!((found.layout, indices, found.time_kind), (layout, columns, kind), "{line}");
        }
        let layered = header(",,DataPoint,Time,Total Time,Current(A),Voltage(V),T1(?)", "");
        assert!(layered.indent == 2 && layered.temperature.unwrap().index == 7);
    }

    #[test]
    fn the_user_has_the_last_word() {
        let choice = ColumnChoice {
            columns: vec![(Quantity::Voltage, "aux voltage".into())],
            units: vec![(Quantity::Time, "min".into()), (Quantity::Voltage, "mV".into())],
            decimal_mark: None,
            dates: None,
        };
        let found =
            Header::of("Test_Time(s),Step_Index,Current(A),Voltage(V),Aux_Voltage(V)", "", &choice).unwrap().unwrap();
        assert_eq!((found.voltage.index, found.voltage.scale.factor, found.time.scale.factor), (4, 1e-3, 60.0));
    }

    #[test]
    fn mistakes_are_explained() {
        let plain = ColumnChoice::default();
        for (line, message, hint) in [
            ("time,current_a,voltage_v", "the column `time` has no unit", "`--units time=UNIT`"),
            ("time_s,current_a,Voltage(mW)", "`mW` is no unit of voltage", "`mV`"),
        ] {
            let mistake = Header::of(line, "", &plain).unwrap().unwrap_err().diagnostic.to_string();
            assert!(mistake.contains(message) && mistake.contains(hint), "{mistake}");
        }
        assert!(Header::of("1,2,3,4", "", &plain).is_none());
        let missing = |line, choice| missing(line, choice).diagnostic.to_string();
        let error = missing("Zeit,Strom,Spannung", &plain);
        assert!(
            error.contains("the time") && error.contains("`Strom`") && error.contains("--columns time=NAME"),
            "{error}"
        );
        let error = missing("time_s,current_a,Spannung", &plain);
        assert!(error.contains("to be the voltage"), "{error}");
        let choice = ColumnChoice { columns: vec![(Quantity::Voltage, "Voltge(V)".into())], ..ColumnChoice::default() };
        let error = missing("Test_Time(s),Current(A),Voltage(V)", &choice);
        assert!(
            error.contains("no column `Voltge(V)` for the voltage") && error.contains("did you mean `Voltage(V)`?"),
            "{error}"
        );
    }
}
