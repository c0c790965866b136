//! Series of a dataset as one file: CSV and Parquet with a row a row, HDF5 with an array a split.
use std::path::Path;

use crate::battery::dataset::{Dataset, FEATURES, Split};
use crate::cli::columns::csv::write_csv;
use crate::cli::columns::{Column, ColumnFormat, ColumnValues, Columns, Digits};
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::document::diagnostic::Diagnostic;

/// The names of the features' columns, with their units.
const COLUMNS: [&str; FEATURES.len()] =
    ["current_a", "voltage_v", "surface_temperature_c", "soc", "core_temperature_c", "ocv_v"];
/// The most numbers of an HDF5 file, which is built in memory: 4 GB.
#[cfg(feature = "tables")]
const LARGEST: usize = 1_000_000_000;

/// The format of one file that a name asks for; `None` where it names a folder.
///
/// # Errors
/// This build cannot write the format, or it cannot hold a dataset.
pub(super) fn format_of(out: &Path) -> Result<Option<ColumnFormat>, Diagnostic> {
    let ending = out.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default();
    if out.is_dir() || !["csv", "npz", "npy", "parquet", "pq", "h5", "hdf5"].contains(&ending.as_str()) {
        return Ok(None);
    }
    if ["npz", "npy"].contains(&ending.as_str()) {
        let message = format!("`{}`: NumPy's arrays of a dataset are several files", out.display());
        return Err(Diagnostic::new(message).hint("name a folder, or a file that ends in .csv, .parquet or .h5"));
    }
    ColumnFormat::of(out).map(Some)
}

/// Writes at most `most` series of each split.
///
/// # Errors
/// The output cannot be written, or the format cannot hold as many numbers.
pub(super) fn write(dataset: &Dataset, format: ColumnFormat, output: &Output, most: usize) -> Result<(), Failure> {
    let splits: Vec<(Split, usize)> = Split::ALL.map(|split| (split, dataset.series(split).min(most))).to_vec();
    #[cfg(feature = "tables")]
    if format == ColumnFormat::Hdf5 {
        return hdf5(dataset, &splits, output);
    }
    let all = splits.iter().flat_map(|(split, count)| (0..*count).map(|series| (*split, series)));
    let mut tables = all.map(|(split, series)| Columns { columns: columns(dataset, split, series), about: Vec::new() });
    output.write(|out| match format {
        #[cfg(feature = "tables")]
        ColumnFormat::Parquet => crate::cli::columns::parquet::write_parquet(out, &described(dataset), &mut tables),
        _ => write_csv(out, &mut tables),
    })
}

/// The cell, the program and the command as in other files, the specification, and the files that were measured.
#[cfg(feature = "tables")]
fn described(dataset: &Dataset) -> Vec<(String, String)> {
    let specification = serde_json::to_string(dataset.specification()).expect("a specification is a struct");
    let measured = dataset.measured().map(|measured| serde_json::to_string(measured).expect("files are plain data"));
    let own = [Some(("specification".to_owned(), specification)), measured.map(|text| ("measured".to_owned(), text))];
    crate::cli::columns::about().into_iter().chain(own.into_iter().flatten()).collect()
}

/// A series as columns, after its split, its number and the time.
fn columns(dataset: &Dataset, split: Split, series: usize) -> Vec<Column> {
    let steps = dataset.steps();
    let rows = dataset.rows(split, series, 0, steps);
    let step = f64::from(dataset.specification().interval_s);
    let time = (0..steps).map(|row| row as f64 * step).collect();
    let mut columns = vec![
        Column::new("split", ColumnValues::Text(vec![split.name().to_owned(); steps])),
        Column::new("series", ColumnValues::Whole(vec![series as i64; steps])),
        Column::new("time_s", ColumnValues::Real(time, Digits::AtMost(7))),
    ];
    columns.extend(COLUMNS.into_iter().enumerate().map(|(feature, name)| {
        let values = rows.iter().map(|row| row[feature]).collect();
        Column::new(name, ColumnValues::Real(values, Digits::Fixed(7)))
    }));
    columns
}

/// An array of 32-bit floats for each split: series, rows, features.
#[cfg(feature = "tables")]
fn hdf5(dataset: &Dataset, splits: &[(Split, usize)], output: &Output) -> Result<(), Failure> {
    use crate::cli::columns::hdf5::{attributes, finish};
    use hdf5_pure::{AttrValue, FileBuilder};

    let numbers: usize = splits.iter().map(|(_, count)| count * dataset.steps() * FEATURES.len()).sum();
    if numbers > LARGEST {
        let message = format!("HDF5 of {numbers} numbers is too large, as it is built in memory; at most {LARGEST}");
        return Err(Diagnostic::new(message).hint("limit it by `--series N`, or write Parquet or a folder").into());
    }
    let mut file = FileBuilder::new();
    attributes(&mut file, &described(dataset));
    for (split, count) in splits.iter().filter(|(_, count)| *count > 0) {
        let rows = (0..*count).flat_map(|series| dataset.rows(*split, series, 0, dataset.steps()));
        let values: Vec<f32> = rows.flatten().map(|value| value as f32).collect();
        let array = file.create_dataset(split.name());
        array.with_f32_data(&values).with_shape(&[*count as u64, dataset.steps() as u64, FEATURES.len() as u64]);
        array.set_attr("axes", AttrValue::StringArray(["series", "row", "column"].map(str::to_owned).to_vec()));
        array.set_attr("columns", AttrValue::StringArray(COLUMNS.map(str::to_owned).to_vec()));
        array.set_attr("step_s", AttrValue::F64(f64::from(dataset.specification().interval_s)));
    }
    output.write(|out| finish(out, file))
}
