//! Arguments of `battery fit`.
use std::path::PathBuf;

use clap::Args;

use crate::battery::fit::parameter::Parameter;
use crate::battery::measurement::charge::KnownCharge;
use crate::cli::battery::measured_files::{FileArguments, known_charge};
use crate::cli::battery::split::SplitArgument;
use crate::cli::battery::subject_cell::ThermalArgument;
use crate::cli::number_argument::{real, whole, within};
use crate::cli::table::Format;
use crate::document::diagnostic::Diagnostic;

/// Fit parameters of a cell to measured voltages
///
/// Simulates the cell (single particle model with electrolyte) under the measured current, and finds the parameters with the
/// least squares of the difference of the voltages: from several starts, within a factor of 1000 (the capacity: 3). Prints for
/// each parameter its 95 % interval and whether the data determine it, and writes the cell's file with the fitted values.
///
/// Parameters: `contact_resistance`, `capacity` (the area changes alike), `initial_charge` (the state of charge at the first
/// row), `negative.diffusivity`, `positive.diffusivity`, `negative.exchange_current`, `positive.exchange_current`,
/// `electrolyte.conductivity`, `electrolyte.diffusivity`. Values of functions are those at half of the stoichiometry, at the
/// electrolyte's rest and at the cell's reference temperature; a function keeps its form.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The cell from which the fit begins: a built-in one, or a file
    #[arg(long, value_name = "NAME|FILE")]
    pub(super) cell: String,
    /// The measurement: files of cyclers (as for `battery import`), or a dataset
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    pub(super) data: Vec<PathBuf>,
    /// Parameters to fit, with commas between them
    #[arg(long, value_name = "NAMES", value_parser = parameters)]
    pub(super) parameters: ParameterList,
    /// The file for the fitted cell
    #[arg(long, value_name = "CELL.ron")]
    pub(super) out: PathBuf,
    /// The folder for pictures of measured and fitted voltages
    #[arg(long, value_name = "FOLDER")]
    pub(super) pictures: Option<PathBuf>,
    #[command(flatten)]
    pub(super) reading: FileArguments,
    /// The known state of charge: that at the first row of each file (0 to 1), `rest` or `full`
    #[arg(long, default_value = "rest", value_name = "SHARE|rest|full", value_parser = known_charge, allow_negative_numbers = true)]
    pub(super) initial_charge: KnownCharge,
    /// Seconds from row to row to which files are taken
    #[arg(long, default_value_t = 1, value_name = "SECONDS", value_parser = within::<u32, 1, 3600>)]
    pub(super) interval: u32,
    /// The split of a dataset whose series are fitted
    #[arg(long, value_enum, default_value_t = SplitArgument::Train)]
    pub(super) split: SplitArgument,
    /// Series of a dataset at most
    #[arg(long, default_value_t = 4, value_name = "N", value_parser = whole::<usize>, allow_negative_numbers = true)]
    pub(super) series: usize,
    /// Seconds at the beginning of each series whose voltages do not count [default: 0, or 1200 for a dataset]
    #[arg(long, value_name = "SECONDS", value_parser = real, allow_negative_numbers = true)]
    pub(super) skip: Option<f64>,
    /// The thermal model [default: isothermal, at the mean temperature of each series]
    #[arg(long, value_enum)]
    pub(super) thermal: Option<ThermalArgument>,
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(super) format: Format,
}

/// Parameters in the order of the command line.
#[derive(Clone)]
pub(super) struct ParameterList(pub Vec<Parameter>);

fn parameters(text: &str) -> Result<ParameterList, Diagnostic> {
    Parameter::list(text).map(ParameterList)
}
