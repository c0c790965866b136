//! Saved states of a cell: files that a simulation leaves behind and another one continues from.
//!
//! A file is JSON: `{"galvani": "cell state", "version": 1, "cell": ..., "parameters": ..., "thermal": ..., "time_s": ...,
//! "numbers": [...], "checksum": ...}`. `parameters` is a digest of the cell's parameters, `checksum` the CRC-32 of the rest.
use std::fmt::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::battery::cell::{Cell, Electrode};
use crate::battery::simulation::thermal::Thermal;
use crate::document::diagnostic::Diagnostic;
use crate::document::source::{SourceError, read};

/// The version of the numbers: raised where the simulator's state has others.
const VERSION: u32 = 1;
const KIND: &str = "cell state";

/// The state of a cell at the end of a simulation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedState {
    galvani: String,
    version: u32,
    /// The cell's name.
    pub cell: String,
    parameters: String,
    thermal: Thermal,
    /// Time since the first start, s.
    pub time_s: f64,
    pub(crate) numbers: Vec<f64>,
    checksum: u32,
}

impl SavedState {
    pub(crate) fn new(cell: &Cell, thermal: Thermal, time_s: f64, numbers: Vec<f64>) -> Self {
        let mut state = Self {
            galvani: KIND.to_owned(),
            version: VERSION,
            cell: cell.name.clone(),
            parameters: digest(cell),
            thermal,
            time_s,
            numbers,
            checksum: 0,
        };
        state.checksum = state.sum();
        state
    }

    /// The file's text.
    pub fn text(&self) -> String {
        serde_json::to_string(self).expect("a state is plain data") + "\n"
    }

    /// The state of a file, for a cell with a thermal model.
    ///
    /// # Errors
    /// The file cannot be read, or is not one of [`Self::parse`].
    pub fn read(path: &Path, cell: &Cell, thermal: Thermal) -> Result<Self, SourceError> {
        let text = read(path)?;
        Self::parse(&text, cell, thermal).map_err(|wrong| SourceError::whole(path, wrong))
    }

    /// The state of a file's text.
    ///
    /// # Errors
    /// It is damaged, or was saved by another version, for another cell or another thermal model.
    pub fn parse(text: &str, cell: &Cell, thermal: Thermal) -> Result<Self, Diagnostic> {
        let hint = "`--state-out` of `battery simulate` writes such files";
        let state: Self = serde_json::from_str(text)
            .map_err(|_| Diagnostic::new("this is not the saved state of a cell, or is cut short").hint(hint))?;
        if state.galvani != KIND {
            return Err(Diagnostic::new("this is not the saved state of a cell").hint(hint));
        }
        if state.version != VERSION {
            let message =
                format!("this state is of version {}, and this program reads version {VERSION}", state.version);
            return Err(Diagnostic::new(message).hint("simulate the first part again"));
        }
        if state.checksum != state.sum() {
            return Err(Diagnostic::new("this state was changed after it was saved: its checksum differs")
                .hint("simulate the part before it again"));
        }
        if state.parameters != digest(cell) {
            let message = match state.cell == cell.name {
                true => format!("this state is of a cell `{}` with other parameters", state.cell),
                false => format!("this state is of the cell `{}`, not of `{}`", state.cell, cell.name),
            };
            return Err(Diagnostic::new(message).hint("give the cell that the state was saved with"));
        }
        if state.thermal != thermal {
            let message = format!("this state has the thermal model {:?}, not {thermal:?}", state.thermal);
            return Err(Diagnostic::new(message).hint("give the same `--thermal` as before"));
        }
        let is_sound = state.time_s.is_finite() && state.time_s >= 0.0;
        match is_sound && state.numbers.iter().all(|number| number.is_finite()) {
            true => Ok(state),
            false => Err(Diagnostic::new("this state has numbers that are none").hint(hint)),
        }
    }

    fn sum(&self) -> u32 {
        let mut hasher = crc32fast::Hasher::new();
        for text in [&self.galvani, &self.cell, &self.parameters, &format!("{:?}", self.thermal)] {
            hasher.update(text.as_bytes());
            hasher.update(&[0]);
        }
        hasher.update(&self.version.to_le_bytes());
        hasher.update(&self.time_s.to_bits().to_le_bytes());
        for number in &self.numbers {
            hasher.update(&number.to_bits().to_le_bytes());
        }
        hasher.finalize()
    }
}

/// A digest of a cell's parameters: of its numbers, and of its functions at some points.
fn digest(cell: &Cell) -> String {
    let mut numbers = vec![cell.capacity_ah, cell.area, cell.contact_resistance, cell.reference_temperature];
    let kelvin = [cell.reference_temperature, cell.temperature.0, cell.temperature.1];
    for electrode in [&cell.negative, &cell.positive] {
        let Electrode { thickness, porosity, bruggeman, active_fraction, radius, capacity, full, exchange, .. } =
            electrode;
        numbers.extend([thickness, porosity, bruggeman, active_fraction, radius, capacity, full].map(|number| *number));
        numbers.extend(exchange.orders);
        for t in kelvin {
            numbers.extend([exchange.rate(t), electrode.conductivity.at(&[0.0, 0.0, t])]);
            for tenth in 1..10 {
                let point = [0.0, 0.1 * f64::from(tenth), t];
                let functions = [&electrode.potential, &electrode.entropy, &electrode.diffusivity];
                numbers.extend(functions.map(|function| function.at(&point)));
            }
        }
    }
    numbers.extend([cell.separator.thickness, cell.separator.porosity, cell.separator.bruggeman]);
    let salt = &cell.electrolyte;
    numbers.push(salt.concentration);
    for (share, t) in [(0.5, kelvin[0]), (1.0, kelvin[1]), (1.5, kelvin[2])] {
        let point = [share * salt.concentration, 0.0, t];
        let functions = [&salt.transference, &salt.thermodynamic_factor, &salt.diffusivity, &salt.conductivity];
        numbers.extend(functions.map(|function| function.at(&point)));
    }
    if let Some(thermal) = &cell.thermal {
        numbers.extend([thermal.volume, thermal.cooling_area, thermal.lumped, thermal.two_temperature]);
        numbers.extend([thermal.surface_share, thermal.conductance, cell.collector_resistance()]);
        numbers.extend(cell.heat_capacity(cell.reference_temperature));
    }
    // FNV-1a
    let hash = numbers
        .iter()
        .flat_map(|number| number.to_bits().to_le_bytes())
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    let mut text = String::new();
    write!(text, "{hash:016x}").expect("a text takes any text");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_read_back_and_any_other_refused() {
        let cell = Cell::named("chen2020").unwrap();
        let state = SavedState::new(&cell, Thermal::Lumped, 12.5, vec![0.1, 1.0 / 3.0]);
        let text = state.text();
        assert_eq!(SavedState::parse(&text, &cell, Thermal::Lumped), Ok(state));
        let mut larger = cell.clone();
        larger.area *= 1.01;
        let other = Cell::named("marquis2019").unwrap();
        for (text, cell, thermal, message) in [
            ("{}", &cell, Thermal::Lumped, "not the saved state"),
            (&text[..text.len() / 2], &cell, Thermal::Lumped, "cut short"),
            (&text.replace("12.5", "13.5"), &cell, Thermal::Lumped, "its checksum differs"),
            (&text.replace("\"version\":1", "\"version\":7"), &cell, Thermal::Lumped, "version 7"),
            (&text, &larger, Thermal::Lumped, "`chen2020` with other parameters"),
            (&text, &other, Thermal::Lumped, "of the cell `chen2020`, not of `marquis2019`"),
            (&text, &cell, Thermal::Isothermal, "the thermal model Lumped, not Isothermal"),
        ] {
            let error = SavedState::parse(text, cell, thermal).unwrap_err();
            assert!(error.message.contains(message) && error.hint.is_some(), "{error}");
        }
    }
}
