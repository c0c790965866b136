//! `battery export`: series of a dataset as NumPy arrays, for other programs.
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::export_file;
use crate::battery::dataset::npy;
use crate::battery::dataset::{Dataset, FEATURES, Split, UNITS};
use crate::cli::failure::Failure;
use crate::cli::message::{narrate, number, say};
use crate::cli::number_argument::whole;
use crate::cli::output::{Existing, Output};

/// Write series as NumPy arrays, CSV, Parquet or HDF5
///
/// The ending of OUT chooses: `.csv` and `.parquet` are one table with the columns `split`, `series`, `time_s` and the
/// features; `.h5` (HDF5) has an array for each split. Everything else is a folder:
///
/// writes OUT/SPLIT.npy, series × rows × features in physical units as 32-bit floats, for each split, and
/// OUT/dataset.json, which names the features, their units, and everything that made them.
///
/// NumPy also reads the dataset itself, without a copy: the guide, "Datasets".
#[derive(Args)]
pub(crate) struct Arguments {
    /// The dataset's file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The folder for the arrays, or a file: .csv, .parquet or .h5
    #[arg(long, value_name = "OUT")]
    out: PathBuf,
    /// The most series of each split
    #[arg(long, value_name = "N", value_parser = whole::<usize>, allow_negative_numbers = true)]
    series: Option<usize>,
}

pub(crate) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    let dataset = Dataset::open(&arguments.file).map_err(Failure::input)?;
    if let Some(format) = export_file::format_of(&arguments.out)? {
        let output = Output::to(&arguments.out, Existing::Replace, &[&arguments.file])?;
        export_file::write(&dataset, format, &output, arguments.series.unwrap_or(usize::MAX))?;
        say(&output.shown());
        return Ok(());
    }
    fs::create_dir_all(&arguments.out).map_err(|error| {
        let path = arguments.out.display();
        Failure::Input(format!("cannot write `{path}`: {error}\nhint: `--out` is a folder that is writable"))
    })?;
    let output = |name: &str| Output::to(&arguments.out.join(name), Existing::Replace, &[&arguments.file]);
    let mut shapes = serde_json::Map::new();
    for split in Split::ALL.into_iter().filter(|&split| dataset.series(split) > 0) {
        let count = arguments.series.unwrap_or(usize::MAX).min(dataset.series(split));
        let output = output(&format!("{}.npy", split.name()))?;
        output.write(|out| array(out, &dataset, split, count))?;
        let shape = [count, dataset.steps(), FEATURES.len()];
        narrate(&format!("{}: {} GB", output.shown(), number(shape.iter().product::<usize>() as f64 * 4e-9)));
        say(&output.shown());
        shapes.insert(split.name().into(), json!(shape));
    }
    let features = FEATURES.into_iter().zip(UNITS).map(|(name, unit)| json!({"name": name, "unit": unit}));
    let mut description = json!({
        "features": features.collect::<Vec<_>>(),
        "shapes": shapes,
        "specification": dataset.specification(),
    });
    if let Some(measured) = dataset.measured() {
        description["measured"] = json!(measured);
    }
    let output = output("dataset.json")?;
    output.write(|out| writeln!(out, "{description:#}"))?;
    say(&output.shown());
    Ok(())
}

/// Series in NumPy's format, one after the other.
fn array(out: &mut dyn Write, dataset: &Dataset, split: Split, count: usize) -> io::Result<()> {
    out.write_all(&npy::header(&[count, dataset.steps(), FEATURES.len()]))?;
    for series in 0..count {
        for row in dataset.rows(split, series, 0, dataset.steps()) {
            for value in row {
                out.write_all(&(value as f32).to_le_bytes())?;
            }
        }
    }
    Ok(())
}
