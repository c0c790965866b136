//! What a dataset holds: cell, profiles, splits, sampling; from it alone the data follow bit for bit.
use serde::{Deserialize, Serialize};

use crate::battery::cell::Cell;
use crate::battery::current::Kind;
use crate::battery::thermal::Thermal;

/// Columns of a row, in this order everywhere; units as in `UNITS`.
pub const FEATURES: [&str; 6] = ["current", "voltage", "surface_temperature", "soc", "core_temperature", "ocv"];
pub const UNITS: [&str; 6] = ["A", "V", "degC", "1", "degC", "V"];
/// What 0 and 1 mean after scaling. Constants, so that nothing of one split leaks into another.
pub const RANGES: [(f64, f64); 6] = [(-5.0, 20.0), (2.5, 4.25), (-10.0, 90.0), (0.0, 1.0), (-10.0, 90.0), (2.5, 4.25)];

/// Part of the file's name: another number where the same specification would give other data.
const GENERATION: u32 = 1;

/// Which series a dataset is read for; the splits' random streams are disjoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Split {
    Train,
    Validation,
    Test,
}

impl Split {
    pub const ALL: [Self; 3] = [Self::Train, Self::Validation, Self::Test];

    /// The word for it in files and listings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }
}

/// A dataset's description, as it stands in an experiment file; every field may be left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Specification {
    /// Name of a built-in cell.
    pub cell: String,
    /// Of all random streams.
    pub seed: u64,
    /// Number of series to learn from.
    pub train: usize,
    /// Number of series to compare configurations on.
    pub validation: usize,
    /// Number of series that no choice ever sees.
    pub test: usize,
    /// Length of a series.
    pub hours: f64,
    /// Seconds from row to row; a row's current is the mean of the samples since the row before.
    pub interval_s: u32,
    /// Kinds of current profile, in turn.
    pub kinds: Vec<Kind>,
    /// How the cell warms up.
    pub thermal: Thermal,
    /// Where the state of charge of a series begins, uniform between both.
    pub initial_soc: (f64, f64),
    /// Temperature around the cell in °C, one for each series, uniform between both.
    pub ambient: (f64, f64),
}

impl Default for Specification {
    fn default() -> Self {
        Self {
            cell: "chen2020".to_owned(),
            seed: 420,
            train: 48,
            validation: 8,
            test: 8,
            hours: 12.0,
            interval_s: 1,
            kinds: vec![Kind::Step, Kind::DriveCycle, Kind::Mixed],
            thermal: Thermal::default(),
            initial_soc: (0.1, 0.95),
            ambient: (25.0, 25.0),
        }
    }
}

impl Specification {
    /// Which field is wrong, and what is allowed.
    pub fn validate(&self) -> Result<(), String> {
        let Some(cell) = Cell::named(&self.cell) else {
            return Err(format!("`cell` is `{}`, but the known cells are `{}`", self.cell, Cell::names().join("`, `")));
        };
        for (name, count) in [("train", self.train), ("validation", self.validation), ("test", self.test)] {
            if !(1..=100_000).contains(&count) {
                return Err(format!("`{name}` is {count}, but a split has 1 to 100000 series"));
            }
        }
        if !(self.hours > 0.0 && self.hours <= 10_000.0) {
            return Err(format!("`hours` is {}, but must be above 0 and at most 10000", self.hours));
        }
        if !(1..=3600).contains(&self.interval_s) {
            return Err(format!("`interval_s` is {}, but must be 1 to 3600", self.interval_s));
        }
        if self.steps() < 2 {
            return Err(format!("`hours` is {}, which gives a series fewer than 2 rows", self.hours));
        }
        if self.kinds.is_empty() {
            return Err("`kinds` is empty, but must name at least one of `Step`, `DriveCycle`, `Mixed`".to_owned());
        }
        let within = |name: &str, (from, to): (f64, f64), (least, largest): (f64, f64)| {
            if least <= from && from <= to && to <= largest {
                return Ok(());
            }
            Err(format!("`{name}` is ({from}, {to}), but must rise within {least} and {largest}"))
        };
        within("initial_soc", self.initial_soc, cell.limits.soc)?;
        within("ambient", self.ambient, (0.0, 45.0))
    }

    /// Rows of a series.
    pub fn steps(&self) -> usize {
        (self.hours * 3600.0 / f64::from(self.interval_s)).round() as usize
    }

    /// Series of a split.
    pub fn series(&self, split: Split) -> usize {
        match split {
            Split::Train => self.train,
            Split::Validation => self.validation,
            Split::Test => self.test,
        }
    }

    /// Series of all splits.
    pub fn all_series(&self) -> usize {
        Split::ALL.map(|split| self.series(split)).iter().sum()
    }

    /// Size of the data in a file.
    pub fn bytes(&self) -> u64 {
        (self.all_series() * self.steps() * FEATURES.len() * size_of::<u16>()) as u64
    }

    /// A number to name the file with: equal where the data are.
    pub fn digest(&self) -> u64 {
        let text = serde_json::to_string(&(GENERATION, self)).expect("a specification is plain data");
        // FNV-1a
        text.bytes()
            .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_field_is_named() {
        type Change = fn(&mut Specification);
        let cases: [(Change, &str); 10] = [
            (|s| s.cell = "lgm50".to_owned(), "known cells are `chen2020`"),
            (|s| s.train = 0, "`train` is 0"),
            (|s| s.validation = 1_000_000, "`validation` is 1000000"),
            (|s| s.hours = f64::NAN, "`hours`"),
            (|s| s.hours = 1e-4, "fewer than 2 rows"),
            (|s| s.interval_s = 0, "`interval_s`"),
            (|s| s.kinds.clear(), "`kinds`"),
            (|s| s.initial_soc = (0.5, 0.4), "`initial_soc`"),
            (|s| s.initial_soc = (0.0, 0.4), "`initial_soc`"),
            (|s| s.ambient = (-40.0, 0.0), "`ambient`"),
        ];
        assert_eq!(Specification::default().validate(), Ok(()));
        for (change, message) in cases {
            let mut specification = Specification::default();
            change(&mut specification);
            let error = specification.validate().unwrap_err();
            assert!(error.contains(message), "{error}");
        }
    }

    #[test]
    fn every_field_may_be_left_out_and_none_misspelt() {
        let read = |text| ron::from_str::<Specification>(text);
        assert_eq!(read("()").unwrap(), Specification::default());
        assert_eq!(read("(kinds: [Mixed], thermal: Lumped, hours: 2)").unwrap().steps(), 7200);
        assert!(read("(hour: 2)").is_err());
    }

    #[test]
    fn the_digest_names_the_data() {
        let one = Specification::default();
        let other = Specification { seed: 421, ..one.clone() };
        assert_eq!(one.digest(), one.clone().digest());
        assert_ne!(one.digest(), other.digest());
    }
}
