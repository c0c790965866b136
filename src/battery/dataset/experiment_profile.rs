//! Experiments of a dataset: protocols in steps, of which each series performs one, at rates that are drawn for it.
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::battery::cell::Cell;
use crate::battery::protocol::Protocol;
use crate::battery::protocol::sampling::samples;
use crate::battery::simulation::thermal::Thermal;
use crate::battery::simulation::trace::Start;
use crate::document::diagnostic::Diagnostic;
use crate::numeric::stream::Stream;

/// The word of a protocol that a rate is put in for.
const RATE: &str = "{rate}";
/// Passes through a protocol with rates of their own; then the first comes again.
const PASSES: usize = 16;
/// The rates that are allowed, in multiples of the current that moves the capacity in an hour.
const POSSIBLE: (f64, f64) = (0.001, 20.0);
/// Characters of a protocol.
const LONGEST: usize = 100_000;

/// The protocols of the series of the kind `Experiment`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExperimentProfiles {
    /// Sentences of protocols, of which one is drawn for each series; it begins again when it is over.
    pub protocols: Vec<String>,
    /// Rates, uniform between both, that are put in for `{rate}`.
    #[serde(default = "usual_rates")]
    pub rates: (f64, f64),
}

fn usual_rates() -> (f64, f64) {
    (0.2, 1.0)
}

impl ExperimentProfiles {
    /// Checks protocols and rates.
    pub(crate) fn validate(&self) -> Result<(), Diagnostic> {
        let wrong = |message: String| Diagnostic::new(message).field("experiment");
        if self.protocols.is_empty() {
            return Err(wrong("`experiment.protocols` must have at least one protocol".to_owned()));
        }
        let ((from, to), (least, largest)) = (self.rates, POSSIBLE);
        if !(least <= from && from <= to && to <= largest) {
            return Err(wrong(format!(
                "`experiment.rates` must rise within {least} and {largest}, not ({from}, {to})"
            )));
        }
        for text in &self.protocols {
            if text.len() > LONGEST {
                return Err(wrong(format!("a protocol has {} letters, at most {LONGEST}", text.len())));
            }
            let protocol = Protocol::of_words(Path::new("experiment.protocols"), &text.replace(RATE, "1 C"))
                .map_err(|error| wrong(error.to_string()))?;
            if protocol.has_temperatures() {
                return Err(wrong(format!("`{text}` has a temperature, but that of a series is `ambient`")));
            }
        }
        Ok(())
    }

    /// The currents of a series, A, 1 s apart; `caution` divides the rates.
    ///
    /// Panics where [`Self::validate`] fails.
    pub(crate) fn profile(
        &self,
        cell: &Cell,
        thermal: Thermal,
        start: Start,
        count: usize,
        caution: f64,
        mut stream: Stream,
    ) -> Vec<f64> {
        let text = &self.protocols[stream.below(self.protocols.len())];
        let (from, to) = self.rates;
        let passes = if text.contains(RATE) { PASSES } else { 1 };
        let mut filled = String::new();
        for _ in 0..passes {
            let mut pieces = text.split(RATE);
            filled += pieces.next().unwrap_or_default();
            for piece in pieces {
                let rate = (from + (to - from) * stream.uniform()) / caution;
                filled += &format!("{rate:.6} C{piece}");
            }
            filled += "\n";
        }
        let protocol = Protocol::of_words(Path::new("experiment.protocols"), &filled).expect("a valid protocol");
        samples(cell, thermal, &protocol, start, count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profiles(text: &str, rates: (f64, f64)) -> ExperimentProfiles {
        ExperimentProfiles { protocols: vec![text.to_owned()], rates }
    }

    #[test]
    fn rates_are_drawn_for_each_place_and_pass() {
        let cell = Cell::named("chen2020").unwrap();
        let start = Start { soc: 0.9, ambient: 25.0 };
        let profiles = profiles("Discharge at {rate} for 100 s; Rest for 20 s", (0.5, 1.0));
        let draw = |caution, series| {
            profiles.profile(&cell, Thermal::Isothermal, start, 400, caution, Stream::of(1, "test", series))
        };
        let currents = draw(1.0, 0);
        assert_eq!((currents[1], currents[110]), (currents[100], 0.0));
        assert!(
            (2.5..=5.0).contains(&currents[1]) && currents[1] != currents[121],
            "{} {}",
            currents[1],
            currents[121]
        );
        assert_eq!(draw(1.0, 0), currents);
        assert_ne!(draw(1.0, 1), currents);
        assert!((draw(2.0, 0)[1] - 0.5 * currents[1]).abs() < 1e-5);
    }

    #[test]
    fn wrong_protocols_and_rates_are_named() {
        let good = "Discharge at {rate} until 3 V; Charge at {rate} until 4.1 V";
        assert_eq!(profiles(good, (0.2, 1.0)).validate(), Ok(()));
        for (text, rates, message) in [
            (good, (1.0, 0.2), "`experiment.rates` must rise"),
            (good, (0.0, 0.2), "`experiment.rates` must rise"),
            ("Discharge at {rate}", (0.2, 1.0), "would never end"),
            ("Run drive.csv (A)", (0.2, 1.0), "`udds`"),
            ("Rest for 1 h at 40 oC", (0.2, 1.0), "has a temperature"),
        ] {
            let error = profiles(text, rates).validate().unwrap_err();
            assert!(error.message.contains(message), "{error}");
        }
        assert!(ExperimentProfiles { protocols: Vec::new(), rates: (0.2, 1.0) }.validate().is_err());
    }
}
