//! `battery import`: turns files of battery cyclers into series of a dataset, and says what was left out and mended.
use std::cell::RefCell;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::Instant;

use clap::Args;
use serde_json::{Map, Value as Json, json};

use super::generate::describe;
use super::measured_files::{FileArguments, failed, known_charge, told};
use super::split::SplitArgument;
use crate::battery::cell::Cell;
use crate::battery::dataset::audit::measured_violations;
use crate::battery::dataset::{Dataset, Specification, Split};
use crate::battery::measurement::charge::KnownCharge;
use crate::battery::measurement::finding::FindingKind;
use crate::battery::measurement::import::{ImportSettings, Imported, import};
use crate::cli::battery::subject_cell;
use crate::cli::failure::Failure;
use crate::cli::interrupt;
use crate::cli::live::Live;
use crate::cli::message::{amount, duration, narrate, number, say};
use crate::cli::number_argument::real;
use crate::cli::output::behind_links;
use crate::cli::table;
use crate::cli::table::Format;

const COLUMNS: [&str; 5] = ["file", "finding", "rows", "first_line", "treatment"];
/// Violations that are listed.
const LISTED: usize = 5;

/// Turn files of battery cyclers into series of a dataset
///
/// Reads CSV and text exports of Arbin, Maccor, Neware (step-relative times, nested tables, Chinese headers) and BioLogic
/// (.mpt), the Battery Data Format, and any table with named columns; separators, decimal marks and encodings are found out. Rows
/// are taken to even times: a row's current is the mean since the row before, so that charge is kept; voltages and temperatures
/// lie on straight lines between the rows of the file. What was left out and what was mended is printed by kind, with the line of
/// the first.
///
/// The state of charge is counted from a known point. The core is taken to be as warm as the surface, and the open-circuit
/// voltage is the cell's at the counted state of charge: neither is measured. `inspect`, `plot`, `baseline`, `export`, `train` and
/// `evaluate` take the dataset like a simulated one. With `--append`, the series come behind those of another dataset.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Files of a cycler
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// The file for the dataset
    #[arg(long, value_name = "DATASET")]
    out: PathBuf,
    /// The cell that was measured: a built-in one, or a file [default: that of `--append`]
    #[arg(long, value_name = "NAME|FILE", required_unless_present = "append")]
    cell: Option<String>,
    /// A dataset whose series come first; cell, interval and length of the series are its own
    #[arg(long, value_name = "DATASET", conflicts_with_all = ["cell", "interval", "hours"])]
    append: Option<PathBuf>,
    #[command(flatten)]
    reading: FileArguments,
    /// The known state of charge: that at the first row of each file (0 to 1), `rest` or `full`
    ///
    /// `rest` is the voltage at the end of the rest with which a file begins, through the cell's open-circuit voltage; `full` is
    /// state of charge 1 at the end of the first charge to the upper voltage limit.
    #[arg(long, default_value = "rest", value_name = "SHARE|rest|full", value_parser = known_charge, allow_negative_numbers = true)]
    initial_charge: KnownCharge,
    /// The capacity by which charge is counted, A h [default: that of the cell]
    #[arg(long, value_name = "AMPERE_HOURS", value_parser = real, allow_negative_numbers = true)]
    capacity: Option<f64>,
    /// Seconds from row to row [default: 1]
    #[arg(long, value_name = "SECONDS", value_parser = crate::cli::number_argument::within::<u32, 1, 3600>)]
    interval: Option<u32>,
    /// Length of a series [default: at most 12 h, and so that there are 8]
    #[arg(long, value_name = "HOURS", value_parser = real, allow_negative_numbers = true)]
    hours: Option<f64>,
    /// The split of all series [default: drawn; of eight, six train, one validation, one test]
    #[arg(long, value_enum)]
    split: Option<SplitArgument>,
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

pub(crate) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    let out = behind_links(&arguments.out);
    if out.as_os_str() == "-" {
        let message = "a dataset is written in many places at once, which stdout cannot be";
        return Err(Failure::Input(format!("{message}\nhint: give the name of a file with `--out`")));
    }
    if out.exists() {
        let hint = "give another name with `--out`, or remove it; `--append` adds to a dataset under a new name";
        return Err(Failure::Input(format!("`{}` exists already\nhint: {hint}", out.display())));
    }
    let base = arguments.append.as_deref().map(Dataset::open).transpose().map_err(Failure::input)?;
    let settings = settings(arguments, base.as_ref())?;
    let interrupts = interrupt::count().map_err(Failure::input)?;
    let (begun, view) = (Instant::now(), RefCell::new(Live::new(false)));
    let mut progress = |share: f64| {
        view.borrow_mut().share("import", share);
        match interrupts.load(Ordering::Relaxed) {
            0 => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        }
    };
    let imported = import(&arguments.files, &settings, base.as_ref(), &out, &mut progress);
    drop(view);
    let imported = imported.map_err(failed).inspect_err(|failure| {
        if matches!(failure, Failure::Interrupted) {
            narrate("interrupted; nothing was written");
        }
    })?;
    report(&imported, &out, arguments.format)?;
    narrate(&format!("{} series in {}", amount(imported.series as f64), duration(begun.elapsed().as_secs_f64())));
    Ok(())
}

fn settings(arguments: &Arguments, base: Option<&Dataset>) -> Result<ImportSettings, Failure> {
    let mut specification = base.map_or_else(Specification::default, |base| base.specification().clone());
    if let Some(name) = &arguments.cell {
        // Its own words for a name that is unknown.
        subject_cell::cell(name)?;
        specification.cell.clone_from(name);
        if !Cell::is_file_name(name) && Cell::text(name).is_none() {
            return Err(Failure::Input(format!("the file of a cell ends in `.ron` or `.json`, not `{name}`")));
        }
        specification.load_cell(Path::new("")).map_err(Failure::input)?;
    }
    if let Some(interval) = arguments.interval {
        specification.interval_s = interval;
    }
    let least = 2.0 * f64::from(specification.interval_s) / 3600.0;
    if let Some(hours) = arguments.hours {
        if !(least..=10_000.0).contains(&hours) {
            return Err(Failure::Input(format!("`--hours` must be {} to 10000, not {hours}", number(least))));
        }
        specification.hours = hours;
    }
    if let Some(capacity) = arguments.capacity.filter(|capacity| !(1e-5..=1e5).contains(capacity)) {
        return Err(Failure::Input(format!("`--capacity` must be 0.00001 to 100000 A h, not {capacity}")));
    }
    Ok(ImportSettings {
        has_length: base.is_some() || arguments.hours.is_some(),
        reading: arguments.reading.settings(f64::from(specification.interval_s))?,
        specification,
        known: arguments.initial_charge,
        capacity_ah: arguments.capacity,
        split: arguments.split.map(Split::from),
    })
}

/// Prints how each file was read, what was found in it, and the dataset.
fn report(imported: &Imported, out: &Path, format: Format) -> Result<(), Failure> {
    let mut rows: Vec<Map<String, Json>> = Vec::new();
    for (file, charge) in &imported.files {
        narrate(&told(file));
        narrate(&format!("  state of charge {:.4} at the first row (counted from: {})", charge.first, charge.from));
        if let Some(doubt) = &charge.doubt {
            narrate(&format!("note: {}: {doubt}", file.path.display()));
        }
        if file.resistance.is_some_and(|ohm| ohm < 0.0) {
            narrate(&format!(
                "note: {}: the voltage rises where the cell is discharged harder: is the sign right?",
                file.path.display()
            ));
        }
        if file.findings.count(FindingKind::Gap) > 0 {
            narrate(&format!("note: {}: no charge is counted in the time without rows", file.path.display()));
        }
        rows.extend(file.findings.found().map(|(kind, count, line)| {
            let values = [
                json!(file.path.display().to_string()),
                json!(kind.words()),
                json!(count),
                json!(line),
                json!(kind.treatment()),
            ];
            COLUMNS.into_iter().map(str::to_owned).zip(values).collect()
        }));
    }
    let dataset = Dataset::open(out).map_err(Failure::input)?;
    match format {
        Format::Json => say(&json(imported, &dataset, &rows).to_string()),
        Format::Csv => table::print(Format::Csv, &COLUMNS, &rows),
        Format::Table => {
            match rows.is_empty() {
                true => narrate("nothing was left out, and nothing mended"),
                false => table::print(Format::Table, &COLUMNS, &rows),
            }
            describe(out, &dataset);
        }
    }
    let violations = measured_violations(&dataset);
    if !violations.is_empty() {
        narrate(&format!(
            "note: {} of the measured series leave the limits of the datasheet:",
            amount(violations.len() as f64)
        ));
        for (split, series, violation) in violations.iter().take(LISTED) {
            narrate(&format!("  {} {series}: {violation}", split.name()));
        }
    }
    Ok(())
}

fn json(imported: &Imported, dataset: &Dataset, findings: &[Map<String, Json>]) -> Json {
    let files = imported.files.iter().map(|(file, charge)| {
        json!({
            "file": file.path.display().to_string(),
            "layout": file.layout,
            "columns": file.columns,
            "charge_positive": file.is_charge_positive,
            "rows": file.findings.rows,
            "used": file.findings.used,
            "series_without_gap": file.runs.len(),
            "resistance_ohm": file.resistance,
            "initial_soc": charge.first,
            "counted_from": charge.from,
        })
    });
    json!({
        "files": files.collect::<Vec<_>>(),
        "findings": findings,
        "series": imported.series,
        "hours": imported.hours,
        "specification": dataset.specification(),
    })
}
