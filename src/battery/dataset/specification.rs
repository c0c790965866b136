//! The specification of a dataset: cell, profiles, splits, sampling. The data follow from it alone, bit for bit.
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::battery::cell::Cell;
use crate::battery::current::drive_cycle;
use crate::battery::current::{Coverage, ProfileKind};
use crate::battery::dataset::experiment_profile::ExperimentProfiles;
use crate::battery::dataset::feature::{Ranges, WIDTH};
use crate::battery::simulation::thermal::Thermal;
use crate::document::diagnostic::Diagnostic;
use crate::document::source::{Source, SourceError, parse, read};

/// Ambient temperatures at which a cell may be charged, °C.
const AMBIENT: (f64, f64) = (0.0, 45.0);

/// The largest current of a protocol that is stored, in short currents of the cell.
const HELD: f64 = 4.0;

/// The generation of the simulator, a part of the file and of its name: raised where the same specification gives other data.
pub(crate) const GENERATION: u32 = 2;

/// A split of a dataset; the splits' random streams are disjoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Split {
    Train,
    Validation,
    Test,
    /// Series under drive cycles and ambient temperatures that no other split has.
    HeldOut,
}

impl Split {
    pub(crate) const ALL: [Self; 4] = [Self::Train, Self::Validation, Self::Test, Self::HeldOut];

    /// The name of the split in files and listings.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
            Self::HeldOut => "held_out",
        }
    }
}

/// A dataset's description, as it stands in an experiment file; every field may be left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Specification {
    /// Name of a built-in cell; or of a cell's file beside this one, ending in `.ron`.
    pub cell: String,
    /// The text of the cell's file where the cell is not built in, so that the data describe themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cell_text: Option<String>,
    /// Seed of all random streams.
    pub seed: u64,
    /// Number of series to learn from.
    pub train: usize,
    /// Number of series to compare configurations on.
    pub validation: usize,
    /// Number of series for the test at the end of a run, which no trial is evaluated on.
    pub test: usize,
    /// Number of series under drive cycles and ambient temperatures that no other split has; may be 0.
    pub held_out: usize,
    /// Length of a series.
    pub hours: f64,
    /// Seconds from row to row; a row's current is the mean of the samples since the row before.
    pub interval_s: u32,
    /// Kinds of current profile, in turn.
    pub kinds: Vec<ProfileKind>,
    /// Protocols of the kind `Experiment`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub experiment: Option<ExperimentProfiles>,
    /// The thermal model of the cell.
    pub thermal: Thermal,
    /// Range of the first state of charge of a series, uniform between both.
    pub initial_soc: (f64, f64),
    /// Temperature around the cell in °C, one for each series, uniform between both.
    pub ambient: (f64, f64),
    /// Ambient temperature of the held-out series in °C, uniform between both.
    pub held_out_ambient: (f64, f64),
    /// Drive cycles whose pieces the profiles are made of.
    pub cycles: Vec<String>,
    /// Drive cycles whose pieces the held-out series are made of.
    pub held_out_cycles: Vec<String>,
    /// Coverage of states of charge and ambient temperatures by the series.
    pub coverage: Coverage,
    /// Relative deviation of the parameters of cells, at most; eight series in a row are of one cell.
    pub jitter: f64,
}

impl Default for Specification {
    fn default() -> Self {
        Self {
            cell: "chen2020".to_owned(),
            cell_text: None,
            seed: 420,
            train: 48,
            validation: 8,
            test: 8,
            held_out: 0,
            hours: 12.0,
            interval_s: 1,
            kinds: vec![ProfileKind::Step, ProfileKind::DriveCycle, ProfileKind::Mixed],
            experiment: None,
            thermal: Thermal::default(),
            initial_soc: (0.1, 0.95),
            ambient: (25.0, 25.0),
            held_out_ambient: (35.0, 45.0),
            cycles: ["udds", "us06", "wltc_3b"].map(str::to_owned).to_vec(),
            held_out_cycles: vec!["hwfet".to_owned()],
            coverage: Coverage::Random,
            jitter: 0.0,
        }
    }
}

impl Specification {
    /// Reads a file that holds a specification; an error names its place.
    pub fn read(path: &Path) -> Result<Self, SourceError> {
        let text = read(path)?;
        let mut specification: Self = parse(path, &text)?;
        specification.load_cell(path.parent().unwrap_or(Path::new("")))?;
        specification.validate().map_err(|wrong| {
            let hint = wrong.hint.clone().unwrap_or_else(|| "every field may be left out and has a default".to_owned());
            Source::new(path, &text).error(wrong.hint(hint))
        })?;
        Ok(specification)
    }

    /// Takes over the text of the cell's file, named from `folder`, where the cell is not built in.
    ///
    /// # Errors
    /// The file cannot be read, or is not that of a cell.
    pub(crate) fn load_cell(&mut self, folder: &Path) -> Result<(), SourceError> {
        if self.cell_text.is_none() && Cell::is_file_name(&self.cell) {
            let file = folder.join(&self.cell);
            Cell::load(&file)?;
            self.cell_text = Some(read(&file)?);
        }
        Ok(())
    }

    /// Checks every field; fails with the field that is wrong, and what is allowed there.
    pub(crate) fn validate(&self) -> Result<(), Diagnostic> {
        self.validate_beside(0)
    }

    /// Checks every field of a dataset of which some held-out series are measured.
    pub(crate) fn validate_beside(&self, measured_held_out: usize) -> Result<(), Diagnostic> {
        let wrong = |field: &'static str, message: String| Err(Diagnostic::new(message).field(field));
        let cell = self.find_cell()?;
        if cell.thermal.is_none() && self.thermal != Thermal::Isothermal {
            let message = format!("`thermal` must be `Isothermal`: the cell `{}` has no thermal parameters", self.cell);
            return wrong("thermal", message);
        }
        for split in Split::ALL {
            let (name, count) = (split.name(), self.series(split));
            let least = usize::from(split != Split::HeldOut);
            if !(least..=100_000).contains(&count) {
                return wrong(name, format!("`{name}` must be {least} to 100000 series, not {count}"));
            }
        }
        if !(self.hours > 0.0 && self.hours <= 10_000.0) {
            return wrong("hours", format!("`hours` must be above 0 and at most 10000, not {}", self.hours));
        }
        if !(1..=3600).contains(&self.interval_s) {
            return wrong("interval_s", format!("`interval_s` must be 1 to 3600, not {}", self.interval_s));
        }
        if self.steps() < 2 {
            return wrong("hours", format!("`hours` is {}, which gives a series fewer than 2 rows", self.hours));
        }
        if self.kinds.is_empty() {
            return wrong(
                "kinds",
                "`kinds` must name at least one of `Step`, `DriveCycle`, `Mixed`, `Experiment`".to_owned(),
            );
        }
        match (&self.experiment, self.kinds.contains(&ProfileKind::Experiment)) {
            (Some(experiment), true) => experiment.validate()?,
            (None, true) => {
                let example =
                    "experiment: (protocols: [\"Discharge at {rate} until 3 V; Charge at {rate} until 4.1 V\"])";
                let message = format!("`kinds` has `Experiment`, which needs `{example}`");
                return wrong("kinds", message);
            }
            (Some(_), false) => {
                return wrong("experiment", "`experiment` needs the kind `Experiment` in `kinds`".to_owned());
            }
            (None, false) => {}
        }
        let within = |name: &'static str, (from, to): (f64, f64), (least, largest): (f64, f64)| {
            if least <= from && from <= to && to <= largest {
                return Ok(());
            }
            wrong(name, format!("`{name}` must rise within {least} and {largest}, not ({from}, {to})"))
        };
        within("initial_soc", self.initial_soc, cell.limits.soc)?;
        within("ambient", self.ambient, AMBIENT)?;
        if !(0.0..=0.2).contains(&self.jitter) {
            return wrong("jitter", format!("`jitter` must be 0 to 0.2, not {}", self.jitter));
        }
        let known = drive_cycle::names();
        for (name, cycles) in [("cycles", &self.cycles), ("held_out_cycles", &self.held_out_cycles)] {
            if cycles.is_empty() {
                return wrong(name, format!("`{name}` must name at least one of `{}`", known.join("`, `")));
            }
            if let Some(unknown) = cycles.iter().find(|cycle| !known.contains(&cycle.as_str())) {
                let message = format!("`{name}` has `{unknown}`, but the drive cycles are `{}`", known.join("`, `"));
                return wrong(name, message);
            }
        }
        if self.held_out <= measured_held_out {
            return Ok(());
        }
        within("held_out_ambient", self.held_out_ambient, AMBIENT)?;
        if let Some(seen) = self.held_out_cycles.iter().find(|cycle| self.cycles.contains(cycle)) {
            let message = format!("`held_out_cycles` must share no drive cycle with `cycles`, but both have `{seen}`");
            return wrong("held_out_cycles", message);
        }
        let ((from, to), (least, largest)) = (self.held_out_ambient, self.ambient);
        if from <= largest && least <= to {
            return wrong(
                "held_out_ambient",
                format!("`held_out_ambient` must not overlap `ambient`, but ({from}, {to}) meets ({least}, {largest})"),
            );
        }
        Ok(())
    }

    /// The values that are scaled to 0 and 1. They are those of the cell's datasheet, so that nothing of one split leaks into another.
    ///
    /// Panics where the cell is unknown.
    pub(crate) fn ranges(&self) -> Ranges {
        let mut ranges = ranges(&self.known_cell());
        if self.kinds.contains(&ProfileKind::Experiment) {
            // A held voltage takes whatever current it needs at first.
            let (charge, discharge) = ranges[0];
            let largest = HELD * discharge.max(-charge);
            ranges[0] = (-largest, largest);
        }
        ranges
    }

    /// The cell that is named.
    ///
    /// Panics where it is unknown, which `validate` tells.
    pub(crate) fn known_cell(&self) -> Cell {
        self.find_cell().expect("a valid specification has a cell")
    }

    fn find_cell(&self) -> Result<Cell, Diagnostic> {
        if let Some(text) = &self.cell_text {
            return Cell::parse(Path::new(&self.cell), text)
                .map_err(|error| Diagnostic::new(format!("`cell_text`: {error}")).field("cell_text"));
        }
        Cell::named(&self.cell).ok_or_else(|| {
            let known = Cell::names().join("`, `");
            Diagnostic::new(format!("there is no built-in cell `{}`: the known cells are `{known}`", self.cell))
                .hint("a cell of your own is a file: `cell: \"mine.ron\"`, named from the folder of this file")
                .field("cell")
        })
    }

    /// Rows of a series.
    pub fn steps(&self) -> usize {
        (self.hours * 3600.0 / f64::from(self.interval_s)).round() as usize
    }

    /// Series of a split.
    pub(crate) fn series(&self, split: Split) -> usize {
        match split {
            Split::Train => self.train,
            Split::Validation => self.validation,
            Split::Test => self.test,
            Split::HeldOut => self.held_out,
        }
    }

    /// Index of a split's first series among those of all.
    pub(crate) fn first(&self, split: Split) -> usize {
        Split::ALL.into_iter().take_while(|&other| other != split).map(|other| self.series(other)).sum()
    }

    /// Series of all splits.
    pub fn all_series(&self) -> usize {
        Split::ALL.map(|split| self.series(split)).iter().sum()
    }

    /// Size of the data in a file.
    pub fn bytes(&self) -> u64 {
        (self.all_series() * self.steps() * WIDTH * size_of::<u16>()) as u64
    }

    /// A digest for the name of the file; equal specifications of data have equal digests.
    pub fn digest(&self) -> u64 {
        let text = serde_json::to_string(&(GENERATION, self)).expect("a specification is plain data");
        // FNV-1a
        text.bytes()
            .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
    }
}

/// The ranges of a cell's features: currents to the next whole multiple of the capacity, voltages with 0.05 V above the limit.
pub(crate) fn ranges(cell: &Cell) -> Ranges {
    let (limits, hour) = (&cell.limits, cell.capacity_ah);
    let current = (-(limits.charge.short / hour).ceil() * hour, (limits.discharge.short / hour).ceil() * hour);
    let voltage = (limits.voltage.0, limits.voltage.1 + 0.05);
    [current, voltage, (-10.0, 90.0), (0.0, 1.0), (-10.0, 110.0), voltage]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_field_is_named() {
        type Change = fn(&mut Specification);
        let cases: [(Change, &str); 15] = [
            (|s| s.cell = "lgm50".to_owned(), "known cells are `chen2020`, "),
            (|s| s.train = 0, "`train` must be 1 to 100000 series, not 0"),
            (|s| s.validation = 1_000_000, "`validation` must be 1 to 100000 series"),
            (|s| s.hours = f64::NAN, "`hours`"),
            (|s| s.hours = 1e-4, "fewer than 2 rows"),
            (|s| s.interval_s = 0, "`interval_s`"),
            (|s| s.kinds.clear(), "`kinds`"),
            (|s| s.initial_soc = (0.5, 0.4), "`initial_soc`"),
            (|s| s.initial_soc = (0.0, 0.4), "`initial_soc`"),
            (|s| s.ambient = (-40.0, 0.0), "`ambient`"),
            (|s| s.jitter = 0.5, "`jitter`"),
            (|s| s.cycles = vec!["nedc".to_owned()], "`cycles` has `nedc`, but the drive cycles are `udds`"),
            (|s| s.held_out_cycles.clear(), "`held_out_cycles` must name"),
            (|s| (s.held_out, s.held_out_cycles) = (1, vec!["us06".to_owned()]), "both have `us06`"),
            (|s| (s.held_out, s.ambient) = (1, (20.0, 35.0)), "must not overlap `ambient`"),
        ];
        assert_eq!(Specification::default().validate(), Ok(()));
        for (change, message) in cases {
            let mut specification = Specification::default();
            change(&mut specification);
            let error = specification.validate().unwrap_err();
            assert!(error.message.contains(message), "{error}");
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
    fn ranges_are_those_of_the_datasheet() {
        let expected = [(-5.0, 20.0), (2.5, 4.25), (-10.0, 90.0), (0.0, 1.0), (-10.0, 110.0), (2.5, 4.25)];
        assert_eq!(Specification::default().ranges(), expected);
    }

    #[test]
    fn the_digest_names_the_data() {
        let one = Specification::default();
        let other = Specification { seed: 421, ..one.clone() };
        assert_eq!(one.digest(), one.clone().digest());
        assert_ne!(one.digest(), other.digest());
    }
}
