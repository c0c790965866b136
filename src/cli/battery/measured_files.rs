//! Arguments of verbs that read measured files: columns, units, sign, gaps.
use clap::{Args, ValueEnum};

use crate::battery::measurement::charge::KnownCharge;
use crate::battery::measurement::column_name::Quantity;
use crate::battery::measurement::field::{DateOrder, DecimalMark};
use crate::battery::measurement::header::ColumnChoice;
use crate::battery::measurement::reader::Sign;
use crate::battery::measurement::reading::{MeasurementError, ReadFile, ReadingSettings};
use crate::cli::failure::Failure;
use crate::cli::message::{amount, number};
use crate::cli::number_argument::real;
use crate::document::diagnostic::Diagnostic;
use crate::document::spelling::suggestion;

/// The way in which files are read.
#[derive(Args)]
pub(super) struct FileArguments {
    /// Columns: time=NAME,current=NAME,voltage=NAME,temperature=NAME [default: the names of the vendor]
    ///
    /// `state=NAME` is a column that tells charging from discharging, where the current has no sign. What is not named is
    /// found by the names that Arbin, Maccor, Neware, BioLogic and the Battery Data Format give to it, or by plain names with
    /// units, such as `time_s`, `current_a`, `voltage_v`, `temperature_c`.
    #[arg(long, value_name = "QUANTITY=NAME,...", value_parser = assignments)]
    columns: Option<Assignments>,
    /// Units: time=min,current=mA,voltage=mV,temperature=K [default: those in the columns' names]
    #[arg(long, value_name = "QUANTITY=UNIT,...", value_parser = assignments)]
    units: Option<Assignments>,
    /// Take positive currents for charging, as all cyclers do [default for their files]
    #[arg(long)]
    charge_positive: bool,
    /// Take positive currents for discharging [default for plain names with units]
    #[arg(long, conflicts_with = "charge_positive")]
    discharge_positive: bool,
    /// Count on where the time begins anew, instead of an error
    #[arg(long)]
    join_resets: bool,
    /// The mark before decimals [default: as the first rows show it]
    #[arg(long, value_enum)]
    decimal_mark: Option<MarkArgument>,
    /// The order of dates such as 03/04/2024 [default: as the first rows show it]
    #[arg(long, value_enum)]
    dates: Option<DatesArgument>,
    /// The longest time between two rows of one series; a longer one divides it
    #[arg(long, default_value_t = 1800.0, value_name = "SECONDS", value_parser = real, allow_negative_numbers = true)]
    gap: f64,
    /// The temperature of the cell where a file has none, °C
    #[arg(long, default_value_t = 25.0, value_name = "CELSIUS", value_parser = real, allow_negative_numbers = true)]
    ambient: f64,
}

#[derive(Clone, Copy, ValueEnum)]
enum MarkArgument {
    Point,
    Comma,
}

#[derive(Clone, Copy, ValueEnum)]
enum DatesArgument {
    DayFirst,
    MonthFirst,
}

/// Assignments to quantities.
#[derive(Clone, Debug, PartialEq)]
struct Assignments(Vec<(Quantity, String)>);

/// Parses `time=A,current=B`; a comma that no quantity follows belongs to a name.
fn assignments(text: &str) -> Result<Assignments, Diagnostic> {
    let known = || Quantity::ALL.into_iter().map(Quantity::name);
    let mut all: Vec<(Quantity, String)> = Vec::new();
    for part in text.split(',') {
        let assigned =
            part.split_once('=').and_then(|(name, value)| Some((Quantity::of(name)?, value.trim().to_owned())));
        if let Some((quantity, name)) = assigned {
            if all.iter().any(|(other, _)| *other == quantity) {
                return Err(Diagnostic::new(format!("`{}` is assigned twice", quantity.name())));
            }
            all.push((quantity, name));
            continue;
        }
        match all.last_mut().filter(|_| !part.contains('=')) {
            Some((_, name)) => {
                name.push(',');
                name.push_str(part);
            }
            None => {
                let name = part.split('=').next().unwrap_or_default().trim();
                let wrong = Diagnostic::new(format!("`{}` assigns nothing to a quantity", part.trim()));
                return Err(wrong.hint(format!("write QUANTITY=NAME,...; {}", suggestion(name, known()))));
            }
        }
    }
    match all.iter().find(|(_, value)| value.is_empty()) {
        Some((quantity, _)) => Err(Diagnostic::new(format!("`{}=` has nothing behind it", quantity.name()))),
        None => Ok(Assignments(all)),
    }
}

impl FileArguments {
    /// The settings of the reading, at rows `interval` seconds apart.
    pub(super) fn settings(&self, interval: f64) -> Result<ReadingSettings, Failure> {
        if !(interval..=1e7).contains(&self.gap) {
            return Err(Failure::Input(format!("`--gap` must be {interval} to 10000000 s, not {}", self.gap)));
        }
        if !(-10.0..=90.0).contains(&self.ambient) {
            return Err(Failure::Input(format!("`--ambient` must be -10 to 90 °C, not {}", self.ambient)));
        }
        let list = |assigned: &Option<Assignments>| assigned.clone().map_or_else(Vec::new, |all| all.0);
        let sign = match (self.charge_positive, self.discharge_positive) {
            (true, _) => Some(Sign::ChargePositive),
            (_, true) => Some(Sign::DischargePositive),
            _ => None,
        };
        let decimal_mark = self.decimal_mark.map(|mark| match mark {
            MarkArgument::Point => DecimalMark::Point,
            MarkArgument::Comma => DecimalMark::Comma,
        });
        let dates = self.dates.map(|order| match order {
            DatesArgument::DayFirst => DateOrder::DayFirst,
            DatesArgument::MonthFirst => DateOrder::MonthFirst,
        });
        Ok(ReadingSettings {
            choice: ColumnChoice { columns: list(&self.columns), units: list(&self.units), decimal_mark, dates },
            sign,
            joins_resets: self.join_resets,
            gap: self.gap,
            ambient: self.ambient,
            interval,
        })
    }
}

/// The value of `--initial-charge`: a share, `rest` or `full`.
pub(super) fn known_charge(text: &str) -> Result<KnownCharge, Diagnostic> {
    match text {
        "rest" => Ok(KnownCharge::Rest),
        "full" => Ok(KnownCharge::Full),
        _ => match real(text) {
            Ok(share) if (0.0..=1.0).contains(&share) => Ok(KnownCharge::Share(share)),
            Ok(_) => Err(Diagnostic::new("a state of charge is 0 to 1").hint("0.8 is 80 %")),
            Err(_) => Err(Diagnostic::new("it must be a state of charge from 0 to 1, `rest` or `full`")),
        },
    }
}

/// The failure of an error.
pub(super) fn failed(error: MeasurementError) -> Failure {
    match error {
        MeasurementError::Interrupted => Failure::Interrupted,
        other => Failure::input(other),
    }
}

/// The lines that say how a file was read.
pub(super) fn told(file: &ReadFile) -> String {
    let [time, current, voltage, temperature] = &file.columns;
    let name = |column: &Option<String>| column.as_deref().map_or("none".to_owned(), |name| format!("`{name}`"));
    let sign = if file.is_charge_positive { "charging" } else { "discharging" };
    let resistance = match file.resistance {
        Some(ohm) => format!("; steps of the current show {} mΩ", number(1e3 * ohm)),
        None => String::new(),
    };
    let findings = &file.findings;
    format!(
        "{}: {}, {} of {} rows used, {} series without a gap\n  time {}, current {} ({sign} is positive), voltage {}, temperature {}{resistance}",
        file.path.display(),
        file.layout,
        amount(findings.used as f64),
        amount(findings.rows as f64),
        amount(file.runs.len() as f64),
        name(time),
        name(current),
        name(voltage),
        name(temperature),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assignments_are_read_with_commas_in_names() {
        let read = |text| assignments(text).map(|all| all.0);
        let expected = vec![(Quantity::Time, "T, total (s)".to_owned()), (Quantity::Current, "I".to_owned())];
        assert_eq!(read("time=T, total (s),current=I"), Ok(expected));
        for (text, message) in [
            ("tim=a", "did you mean `time`?"),
            ("a", "assigns nothing"),
            ("time=a,time=b", "twice"),
            ("time=", "nothing behind"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
        assert_eq!((known_charge("0.5"), known_charge("full")), (Ok(KnownCharge::Share(0.5)), Ok(KnownCharge::Full)));
        assert!(known_charge("50").is_err() && known_charge("x").is_err());
    }
}
