//! Units of a protocol's sentences: ampere, volt, watt, ohm, C-rates, charge, temperature, time.

/// The quantity that a unit measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Measure {
    /// A.
    Current,
    /// Multiples of the current that moves the capacity in an hour.
    Rate,
    /// V.
    Voltage,
    /// W.
    Power,
    /// Ω.
    Resistance,
    /// A s.
    Charge,
    /// A share of the capacity.
    Share,
    /// °C.
    Temperature,
    /// s.
    Time,
}

/// Units as they are listed in hints, with their measures, their factors and further spellings.
const UNITS: [(&str, Measure, f64, &[&str]); 24] = [
    ("A", Measure::Current, 1.0, &["amp", "amps", "ampere", "amperes"]),
    ("mA", Measure::Current, 1e-3, &[]),
    ("uA", Measure::Current, 1e-6, &["µA", "μA"]),
    ("C", Measure::Rate, 1.0, &[]),
    ("V", Measure::Voltage, 1.0, &["volt", "volts"]),
    ("mV", Measure::Voltage, 1e-3, &[]),
    ("W", Measure::Power, 1.0, &["watt", "watts"]),
    ("mW", Measure::Power, 1e-3, &[]),
    ("kW", Measure::Power, 1e3, &[]),
    ("Ohm", Measure::Resistance, 1.0, &["Ohms", "Ω", "Ω"]),
    ("mOhm", Measure::Resistance, 1e-3, &["mOhms", "mΩ", "mΩ"]),
    ("Ah", Measure::Charge, 3600.0, &["A.h"]),
    ("mAh", Measure::Charge, 3.6, &["mA.h"]),
    ("%", Measure::Share, 1e-2, &[]),
    ("oC", Measure::Temperature, 1.0, &["°C", "ºC", "degC", "celsius"]),
    ("K", Measure::Temperature, 1.0, &["kelvin"]),
    ("seconds", Measure::Time, 1.0, &["s", "sec", "secs", "second"]),
    ("minutes", Measure::Time, 60.0, &["m", "min", "mins", "minute"]),
    ("hours", Measure::Time, 3600.0, &["h", "hr", "hrs", "hour"]),
    ("days", Measure::Time, 86400.0, &["d", "day"]),
    ("ms", Measure::Time, 1e-3, &["millisecond", "milliseconds"]),
    ("kA", Measure::Current, 1e3, &[]),
    ("weeks", Measure::Time, 604_800.0, &["week"]),
    ("uV", Measure::Voltage, 1e-6, &["µV", "μV"]),
];

/// The measure of a unit and its factor, in capital or small letters; `None` where there is no such unit.
pub(crate) fn unit(word: &str) -> Option<(Measure, f64)> {
    let spelt = |same: &dyn Fn(&str) -> bool| {
        let found = UNITS.iter().find(|(name, _, _, others)| same(name) || others.iter().any(|other| same(other)));
        found.map(|(_, measure, factor, _)| (*measure, *factor))
    };
    let small = word.to_lowercase();
    // A capital M is a million, of which there is nothing here.
    let is_mega = word.len() > 1 && word.starts_with('M') && !small.starts_with("mi");
    spelt(&|name| name == word).or_else(|| spelt(&|name| !is_mega && name.to_lowercase() == small))
}

/// The units of some measures, for a hint.
pub(crate) fn units(measures: &[Measure]) -> Vec<&'static str> {
    UNITS.iter().filter(|(_, measure, ..)| measures.contains(measure)).map(|(name, ..)| *name).collect()
}

/// A value in a unit as a number of the measure: kelvin become °C.
pub(crate) fn converted(value: f64, word: &str, factor: f64) -> f64 {
    let is_kelvin = ["k", "kelvin"].contains(&word.to_lowercase().as_str());
    if is_kelvin { value - crate::battery::cell::ZERO_CELSIUS } else { value * factor }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_known_in_any_case_but_for_millions() {
        for (word, found) in [
            ("A", Some((Measure::Current, 1.0))),
            ("ma", Some((Measure::Current, 1e-3))),
            ("mW", Some((Measure::Power, 1e-3))),
            ("MW", None),
            ("MINUTES", Some((Measure::Time, 60.0))),
            ("Minute", Some((Measure::Time, 60.0))),
            ("m", Some((Measure::Time, 60.0))),
            ("A.h", Some((Measure::Charge, 3600.0))),
            ("ohm", Some((Measure::Resistance, 1.0))),
            ("oC", Some((Measure::Temperature, 1.0))),
            ("c", Some((Measure::Rate, 1.0))),
            ("furlong", None),
        ] {
            assert_eq!(unit(word), found, "{word}");
        }
        assert_eq!(converted(298.15, "K", 1.0), 25.0);
        assert!(units(&[Measure::Voltage]).contains(&"mV"));
    }
}
