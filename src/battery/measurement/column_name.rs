//! Names of columns as cyclers write them: words and a unit, `Ecell/V`, `Test_Time(s)`, `Voltage [V]`, `current_ampere`.
use std::borrow::Cow;

/// A quantity that is read from a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    Time,
    Current,
    Voltage,
    Temperature,
    /// The state of the cycler, which tells charging from discharging.
    State,
}

/// A unit: value in SI units (temperatures in °C) = factor × number + offset.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scale {
    pub factor: f64,
    pub offset: f64,
}

impl Scale {
    pub(crate) const ONE: Self = Self { factor: 1.0, offset: 0.0 };
}

impl Quantity {
    pub(crate) const ALL: [Self; 5] = [Self::Time, Self::Current, Self::Voltage, Self::Temperature, Self::State];

    /// The word for it on the command line and in messages.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Current => "current",
            Self::Voltage => "voltage",
            Self::Temperature => "temperature",
            Self::State => "state",
        }
    }

    pub(crate) fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|quantity| quantity.name() == name.trim().to_lowercase())
    }

    /// Units of the quantity as users may write them in `--units`.
    pub(crate) fn units(self) -> &'static str {
        match self {
            Self::Time => "`s`, `ms`, `min`, `h`, `d`",
            Self::Current => "`A`, `mA`, `uA`, `kA`",
            Self::Voltage => "`V`, `mV`, `uV`",
            Self::Temperature => "`C`, `K`, `F`",
            Self::State => "no unit",
        }
    }

    /// The scale of a unit; `None` where it is none of this quantity.
    pub(crate) fn scale(self, unit: &str) -> Option<Scale> {
        let unit: String = unit.trim().replace(['µ', 'μ'], "u").to_lowercase();
        let unit = unit.trim_start_matches(['°', 'º', '�']).replace([' ', '.'], "");
        let factor = match (self, unit.as_str()) {
            (Self::Time, "s" | "sec" | "secs" | "second" | "seconds") => 1.0,
            (Self::Time, "ms" | "msec" | "millisecond" | "milliseconds") => 1e-3,
            (Self::Time, "us" | "microsecond" | "microseconds") => 1e-6,
            (Self::Time, "min" | "mins" | "minute" | "minutes") => 60.0,
            (Self::Time, "h" | "hr" | "hrs" | "hour" | "hours") => 3600.0,
            (Self::Time, "d" | "day" | "days") => 86400.0,
            // A clock; `12.5` in such a column is in seconds.
            (Self::Time, "h:min:sms" | "h:m:s" | "h:m:sms" | "hh:mm:ss" | "hh:mm:ssms" | "hh:mm:ssf" | "d:h:m:s") => {
                1.0
            }
            (Self::Current, "a" | "amp" | "amps" | "ampere" | "amperes") => 1.0,
            (Self::Current, "ma" | "milliamp" | "milliamps" | "milliampere" | "milliamperes") => 1e-3,
            (Self::Current, "ua" | "microampere" | "microamperes") => 1e-6,
            (Self::Current, "ka" | "kiloampere" | "kiloamperes") => 1e3,
            (Self::Voltage, "v" | "volt" | "volts") => 1.0,
            (Self::Voltage, "mv" | "millivolt" | "millivolts") => 1e-3,
            (Self::Voltage, "uv" | "microvolt" | "microvolts") => 1e-6,
            // Question marks are what is left of a degree sign that was written in another encoding.
            (Self::Temperature, "c" | "degc" | "celsius" | "degcelsius" | "℃" | "?" | "?c" | "??" | "â°c") => 1.0,
            (Self::Temperature, "k" | "kelvin") => return Some(Scale { factor: 1.0, offset: -273.15 }),
            (Self::Temperature, "f" | "degf" | "fahrenheit") => {
                return Some(Scale { factor: 5.0 / 9.0, offset: -160.0 / 9.0 });
            }
            _ => return None,
        };
        Some(Scale { factor, offset: 0.0 })
    }
}

/// A column's name, divided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ColumnName {
    /// Words in lower case with one space between them.
    pub words: String,
    pub unit: Option<String>,
}

impl ColumnName {
    pub(crate) fn of(text: &str) -> Self {
        let text = from_gbk(text.trim_matches(['\u{feff}', ' ', '\t', '"', '~']));
        let text = text.trim();
        let with = |name: &str, unit: &str| Self {
            words: words(name),
            unit: Some(unit.trim().to_owned()).filter(|unit| !unit.is_empty()),
        };
        for (open, close) in [('(', ')'), ('[', ']'), ('（', '）')] {
            if let Some(inner) = text.strip_suffix(close)
                && let Some(at) = inner.rfind(open)
            {
                return with(&inner[..at], &inner[at + open.len_utf8()..]);
            }
        }
        if let Some((name, unit)) =
            text.rsplit_once('#').filter(|(_, unit)| !unit.contains(|c: char| c.is_ascii_digit()))
        {
            return with(name, unit);
        }
        if let Some((name, unit)) = text.rsplit_once('/').filter(|(_, unit)| !unit.trim().is_empty()) {
            return with(name, unit);
        }
        let all = words(text);
        if let Some((name, last)) = all.rsplit_once(' ') {
            let is_unit = Quantity::ALL.into_iter().any(|quantity| quantity.scale(last).is_some());
            if is_unit {
                return Self { words: name.to_owned(), unit: Some(last.to_owned()) };
            }
        }
        Self { words: all, unit: None }
    }
}

fn words(text: &str) -> String {
    let lower = text.to_lowercase();
    let words = lower.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// Chinese words of headers and states, and the Latin-1 letters that their GBK bytes are taken for.
const GBK: [(&str, &str); 13] = [
    ("\u{a1}\u{e6}", "℃"),
    ("\u{b5}\u{e7}\u{d1}\u{b9}", "电压"),
    ("\u{b5}\u{e7}\u{c1}\u{f7}", "电流"),
    ("\u{b2}\u{e2}\u{ca}\u{d4}\u{ca}\u{b1}\u{bc}\u{e4}", "测试时间"),
    ("\u{d7}\u{dc}\u{ca}\u{b1}\u{bc}\u{e4}", "总时间"),
    ("\u{cf}\u{e0}\u{b6}\u{d4}\u{ca}\u{b1}\u{bc}\u{e4}", "相对时间"),
    ("\u{be}\u{f8}\u{b6}\u{d4}\u{ca}\u{b1}\u{bc}\u{e4}", "绝对时间"),
    ("\u{bc}\u{c7}\u{c2}\u{bc}\u{ca}\u{b1}\u{bc}\u{e4}", "记录时间"),
    ("\u{ca}\u{b1}\u{bc}\u{e4}", "时间"),
    ("\u{ce}\u{c2}\u{b6}\u{c8}", "温度"),
    ("\u{d7}\u{b4}\u{cc}\u{ac}", "状态"),
    ("\u{b7}\u{c5}\u{b5}\u{e7}", "放电"),
    ("\u{b3}\u{e4}\u{b5}\u{e7}", "充电"),
];

/// A text whose bytes were GBK, as far as it has words of cyclers.
pub(crate) fn from_gbk(text: &str) -> Cow<'_, str> {
    if !text.contains(|letter| ('\u{a1}'..='\u{fe}').contains(&letter)) {
        return text.into();
    }
    let mut text = text.to_owned();
    for (latin, chinese) in GBK {
        text = text.replace(latin, chinese);
    }
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_divided_into_words_and_unit() {
        for (text, words, unit) in [
            ("Test_Time(s)", "test time", Some("s")),
            ("Voltage (V)", "voltage", Some("V")),
            ("Ecell/V", "ecell", Some("V")),
            ("<I>/mA", "i", Some("mA")),
            ("control/V/mA", "control v", Some("mA")),
            ("Test Time / s", "test time", Some("s")),
            ("test_time_second", "test time", Some("second")),
            ("surface_temperature_celsius", "surface temperature", Some("celsius")),
            ("current_a", "current", Some("a")),
            ("Program Duration#s", "program duration", Some("s")),
            ("Rec#", "rec", None),
            ("Aux #1", "aux 1", None),
            ("~Time[h]", "time", Some("h")),
            ("TestTime", "testtime", None),
            ("Aux_Temperature_1(C)", "aux temperature 1", Some("C")),
            ("Temperature (C)_1", "temperature c 1", None),
            ("电压(V)", "电压", Some("V")),
            ("\u{b5}\u{e7}\u{c1}\u{f7}(mA)", "电流", Some("mA")),
            ("", "", None),
            ("/", "", None),
        ] {
            let found = ColumnName::of(text);
            assert_eq!((found.words.as_str(), found.unit.as_deref()), (words, unit), "{text}");
        }
    }

    #[test]
    fn units_are_scales() {
        let scale = |quantity: Quantity, unit| quantity.scale(unit).map(|scale| (scale.factor, scale.offset));
        assert_eq!(scale(Quantity::Time, "Sec"), Some((1.0, 0.0)));
        assert_eq!(scale(Quantity::Current, "µA"), Some((1e-6, 0.0)));
        assert_eq!(scale(Quantity::Temperature, "°C"), Some((1.0, 0.0)));
        assert_eq!(scale(Quantity::Temperature, "K"), Some((1.0, -273.15)));
        assert_eq!(scale(Quantity::Voltage, "mA"), None);
        assert_eq!(scale(Quantity::Current, "mA.h"), None);
    }
}
