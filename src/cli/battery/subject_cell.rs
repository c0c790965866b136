//! The cell that a verb works on, by its name or from its file, and its thermal model.
use std::path::Path;

use clap::ValueEnum;

use crate::battery::cell::Cell;
use crate::battery::simulation::thermal::Thermal;
use crate::cli::failure::Failure;
use crate::cli::message::narrate;

/// A thermal model, as it is written on the command line.
#[derive(Clone, Copy, ValueEnum)]
pub(super) enum ThermalArgument {
    /// The ambient temperature everywhere
    Isothermal,
    /// One temperature
    Lumped,
    /// Surface and core, as in Cell-Li-Gent; energy is not conserved
    TwoTemperature,
    /// Surface and core; energy is conserved
    TwoNode,
}

impl From<ThermalArgument> for Thermal {
    fn from(choice: ThermalArgument) -> Self {
        match choice {
            ThermalArgument::Isothermal => Self::Isothermal,
            ThermalArgument::Lumped => Self::Lumped,
            ThermalArgument::TwoTemperature => Self::TwoTemperature,
            ThermalArgument::TwoNode => Self::TwoNode,
        }
    }
}

/// A built-in cell, or that of a file.
pub(super) fn cell(name: &str) -> Result<Cell, Failure> {
    if let Some(cell) = Cell::named(name) {
        return Ok(cell);
    }
    let path = Path::new(name);
    if Cell::is_file_name(name) || path.exists() {
        return Cell::load(path).map_err(Failure::input);
    }
    Err(unknown(name))
}

/// The thermal model of a choice, or the default of the cell.
pub(super) fn thermal(cell: &Cell, choice: Option<ThermalArgument>) -> Result<Thermal, Failure> {
    match (choice.map(Thermal::from), &cell.thermal) {
        (None, None) => {
            narrate("note: the cell has no thermal parameters, so it is simulated at the ambient temperature");
            Ok(Thermal::Isothermal)
        }
        (None, Some(_)) => Ok(Thermal::default()),
        (Some(thermal), None) if thermal != Thermal::Isothermal => Err(Failure::Input(format!(
            "the cell `{}` has no thermal parameters\nhint: use `--thermal isothermal`, or add `thermal: (...)` to a copy of its file",
            cell.name
        ))),
        (Some(thermal), _) => Ok(thermal),
    }
}

/// The failure of a name that is neither a built-in cell nor a file.
pub(super) fn unknown(name: &str) -> Failure {
    let known = Cell::names().join("`, `");
    Failure::Input(format!(
        "there is no cell `{name}`\nhint: the built-in cells are `{known}`; a file ends in `.ron`, or in `.json` (BPX)"
    ))
}
