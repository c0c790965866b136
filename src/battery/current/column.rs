//! The columns of a profile's CSV file: time and a quantity by name, with their units in the name.

/// The units that a name may end in, with their factors to s and to A.
const TIMES: [(&str, f64); 6] = [("s", 1.0), ("ms", 1e-3), ("us", 1e-6), ("min", 60.0), ("h", 3600.0), ("d", 86400.0)];

/// A quantity that a profile has over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quantity {
    /// A.
    Current,
    /// V.
    Voltage,
    /// W.
    Power,
    /// °C.
    Temperature,
}

impl Quantity {
    /// The first word of the column's name.
    fn name(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Voltage => "voltage",
            Self::Power => "power",
            Self::Temperature => "temperature",
        }
    }

    /// The units that the name may end in, with their factors.
    fn units(self) -> &'static [(&'static str, f64)] {
        match self {
            Self::Current => &[("a", 1.0), ("ma", 1e-3), ("ua", 1e-6), ("ka", 1e3)],
            Self::Voltage => &[("v", 1.0), ("mv", 1e-3)],
            Self::Power => &[("w", 1.0), ("mw", 1e-3), ("kw", 1e3)],
            Self::Temperature => &[("c", 1.0), ("degc", 1.0)],
        }
    }

    /// The first line of a file, in words.
    fn first_line(self) -> &'static str {
        match self {
            Self::Current => {
                "the first line is `time_s,current_a`: seconds, and amperes of discharge; or with other units, such as \
                 `time_min` and `current_ma`"
            }
            Self::Voltage => "the first line is `time_s,voltage_v`: seconds and volts",
            Self::Power => "the first line is `time_s,power_w`: seconds, and watts of discharge",
            Self::Temperature => "the first line is `time_s,temperature_c`: seconds and degrees Celsius",
        }
    }
}

/// The two columns that a profile is read from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Columns {
    pub time: Column,
    pub value: Column,
}

/// A column by its place, and the factor from its unit to SI units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Column {
    pub index: usize,
    factor: f64,
}

/// A mistake in the header: the column that it is about, a message and a hint.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct HeaderMistake {
    pub index: usize,
    pub message: String,
    pub hint: String,
}

impl Column {
    /// A number of the column in SI units. Decimal fractions stay what they are: 3 ms are 0.003 s to the last bit.
    pub(crate) fn si(&self, number: f64) -> f64 {
        if self.factor < 1.0 { number / (1.0 / self.factor).round() } else { number * self.factor }
    }
}

impl Columns {
    /// The columns of a header, in any order, among any others.
    pub(crate) fn of(header: &[&str], quantity: Quantity) -> Result<Self, HeaderMistake> {
        if let [line] = header
            && let Some((mark, name)) =
                [(';', "semicolons"), ('\t', "tabs")].into_iter().find(|(mark, _)| line.contains(*mark))
        {
            let message = format!("the fields are separated by {name}, not by commas: `{}`", line.replace('\t', " "));
            let hint =
                format!("separate them by commas, and write decimals with a point: `{}`", line.replace(mark, ","));
            return Err(HeaderMistake { index: 0, message, hint });
        }
        let first_line = quantity.first_line();
        let time = find("time", &TIMES, header, first_line)?;
        Ok(Self { time, value: find(quantity.name(), quantity.units(), header, first_line)? })
    }
}

/// The column of a quantity, whose name is its words: `current_ma`, `Current [mA]`, `Current / mA`.
fn find(quantity: &str, units: &[(&str, f64)], header: &[&str], first_line: &str) -> Result<Column, HeaderMistake> {
    let known = || units.iter().map(|(unit, _)| format!("`{quantity}_{unit}`")).collect::<Vec<_>>().join(", ");
    let mut found: Option<Column> = None;
    let mut near = None;
    for (index, name) in header.iter().enumerate() {
        let lower = name.replace(['µ', 'μ'], "u").to_lowercase();
        let words: Vec<&str> =
            lower.split(|letter: char| !letter.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
        let [first, rest @ ..] = &words[..] else { continue };
        if *first != quantity {
            continue;
        }
        let unit = match rest {
            [unit] => units.iter().find(|(known, _)| known == unit),
            _ => None,
        };
        let Some(&(_, factor)) = unit else {
            near.get_or_insert((index, rest.is_empty()));
            continue;
        };
        if let Some(before) = found {
            let message = format!("`{}` and `{name}` both give the {quantity}", header[before.index]);
            return Err(HeaderMistake { index, message, hint: "leave one of them out".to_owned() });
        }
        found = Some(Column { index, factor });
    }
    found.ok_or_else(|| match near {
        Some((index, true)) => HeaderMistake {
            index,
            message: format!("the column `{}` has no unit", header[index]),
            hint: format!("name it with its unit: {}", known()),
        },
        Some((index, false)) => HeaderMistake {
            index,
            message: format!("`{}` has no unit of {quantity} that is known", header[index]),
            hint: format!("name it {}", known()),
        },
        None => {
            let names = header.join("`, `");
            HeaderMistake {
                index: 0,
                message: format!("there is no column `{quantity}_{}`, but `{names}`", units[0].0),
                hint: first_line.to_owned(),
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_found_by_their_names() {
        for (header, time, current) in [
            (&["time_s", "current_a"][..], (0, 1.0), (1, 1.0)),
            (&["note", "current_ma", "voltage_v", "time_min"], (3, 60.0), (1, 1e-3)),
            (&["Time [h]", "Current [A]"], (0, 3600.0), (1, 1.0)),
            (&["Current / µA", "Test Time / s", "Time / ms"], (2, 1e-3), (0, 1e-6)),
        ] {
            let column = |(index, factor)| Column { index, factor };
            let expected = Columns { time: column(time), value: column(current) };
            assert_eq!(Columns::of(header, Quantity::Current), Ok(expected), "{header:?}");
        }
        assert_eq!(Column { index: 0, factor: 1e-3 }.si(3.0), 0.003);
    }

    #[test]
    fn mistakes_are_explained() {
        for (header, index, message, hint) in [
            (&["time", "current_a"][..], 0, "the column `time` has no unit", "`time_min`"),
            (&["time_s", "current_mv"], 1, "`current_mv` has no unit of current", "`current_ma`"),
            (&["time_s", "current_a", "current_ma"], 2, "`current_a` and `current_ma` both", "leave one"),
            (&["time_s;current_a"], 0, "separated by semicolons", "`time_s,current_a`"),
            (&["time_s\tcurrent_a"], 0, "separated by tabs", "`time_s,current_a`"),
            (&["Zeit;Strom"], 0, "separated by semicolons", "by commas"),
            (&["a", "b"], 0, "there is no column `time_s`, but `a`, `b`", "the first line is"),
        ] {
            let mistake = Columns::of(header, Quantity::Current).unwrap_err();
            assert!(mistake.index == index && mistake.message.contains(message), "{mistake:?}");
            assert!(mistake.hint.contains(hint), "{mistake:?}");
        }
    }
}
