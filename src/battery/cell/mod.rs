//! The parameters of a cell, from a built-in or a user's file, in SI units throughout.
pub(crate) mod bpx;
pub(crate) mod charge_window;
pub(crate) mod constants;
pub(crate) mod exchange_current;
pub(crate) mod file;
pub(crate) mod formula;
pub(crate) mod function;
pub(crate) mod imported;
pub(crate) mod json_import;
mod json_section;
pub(crate) mod parameters;
mod pybamm;
pub(crate) mod section;
pub(crate) mod unit;

use std::path::Path;

use crate::document::source::{SourceError, read};

pub use constants::{FARADAY, GAS, ZERO_CELSIUS};
use json_import::{import, is_json};
pub use parameters::{Cell, Electrode};
pub(crate) use parameters::{CurrentLimits, DatasheetLimits};

/// The built-in cells: name and file.
const CELLS: [(&str, &str); 6] = [
    ("chen2020", include_str!("cells/chen2020.ron")),
    ("marquis2019", include_str!("cells/marquis2019.ron")),
    ("ecker2015", include_str!("cells/ecker2015.ron")),
    ("oregan2022", include_str!("cells/oregan2022.ron")),
    ("ai2020", include_str!("cells/ai2020.ron")),
    ("prada2013", include_str!("cells/prada2013.ron")),
];

impl Cell {
    /// The built-in cell of that name.
    pub fn named(name: &str) -> Option<Self> {
        let text = Self::text(name)?;
        Some(file::parse(Path::new(name), text).expect("a built-in cell is written correctly"))
    }

    /// The file of a built-in cell, to be copied and edited.
    pub fn text(name: &str) -> Option<&'static str> {
        CELLS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
    }

    /// True where a text names the file of a cell, and not a built-in one.
    pub(crate) fn is_file_name(name: &str) -> bool {
        Self::text(name).is_none() && Path::new(name).extension().is_some()
    }

    /// A cell from a file.
    pub fn load(path: &Path) -> Result<Self, SourceError> {
        Self::parse(path, &read(path)?)
    }

    /// A cell from the text of a file, which `path` names in errors: RON, or JSON, of BPX or
    /// PyBaMM.
    ///
    /// # Errors
    /// A value is missing or wrong; the error has its place.
    pub fn parse(path: &Path, text: &str) -> Result<Self, SourceError> {
        match is_json(text) {
            true => import(path, text).map(|imported| imported.cell),
            false => file::parse(path, text),
        }
    }

    /// Names of the built-in cells.
    pub fn names() -> Vec<String> {
        CELLS.iter().map(|(name, _)| (*name).to_owned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_quantities_are_those_of_the_paper() {
        let cell = Cell::named("chen2020").unwrap();
        let check = |found: f64, expected: f64| assert!((found / expected - 1.0).abs() < 1e-5, "{found} {expected}");
        check(cell.negative.specific_surface(), 383959.0);
        check(cell.positive.specific_surface(), 382184.0);
        check(cell.heat_capacity(298.15).unwrap(), 42.7753);
        check(cell.negative.efficiency(), 0.125);
        let [negative, positive] = cell.stoichiometries(cell.capacity());
        check(negative, 0.0434135);
        check(positive, 0.842576);
    }

    #[test]
    fn a_cell_is_found_by_its_name() {
        for name in Cell::names() {
            let cell = Cell::named(&name).unwrap();
            assert_eq!(cell.name, name);
            let (full, empty) = (cell.open_circuit_voltage(1.0), cell.open_circuit_voltage(0.02));
            assert!(full > empty && cell.limits.voltage.0 < empty && full < cell.limits.voltage.1 + 0.01, "{name}");
        }
        assert!(Cell::named("Chen").is_none());
    }
}
