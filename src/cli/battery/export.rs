//! `battery export`: series of a dataset as NumPy arrays, for other programs.
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use crate::battery::dataset::npy;
use crate::battery::dataset::{Dataset, FEATURES, Split, UNITS};
use crate::cli::failure::Failure;
use crate::cli::message::{narrate, number, say};

/// Write series as NumPy arrays
///
/// Writes FOLDER/SPLIT.npy, series × rows × features in physical units as 32-bit floats, for each split, and
/// FOLDER/dataset.json, which names the features, their units, and everything that made them.
///
/// NumPy also reads the dataset itself, without a copy: README, "Datasets of a simulated cell".
#[derive(Args)]
pub(crate) struct Arguments {
    /// The dataset's file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The folder for the arrays
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// The most series of each split
    #[arg(long, value_name = "N")]
    series: Option<usize>,
}

pub(crate) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    let dataset = Dataset::open(&arguments.file).map_err(Failure::input)?;
    let unwritable = |path: &Path, error: io::Error| {
        let path = path.display();
        Failure::Input(format!(
            "cannot write `{path}`: {error}\nhint: `--out` is a folder that is writable and has room"
        ))
    };
    fs::create_dir_all(&arguments.out).map_err(|error| unwritable(&arguments.out, error))?;
    let mut shapes = serde_json::Map::new();
    for split in Split::ALL.into_iter().filter(|&split| dataset.series(split) > 0) {
        let count = arguments.series.unwrap_or(usize::MAX).min(dataset.series(split));
        let path = arguments.out.join(format!("{}.npy", split.name()));
        atomically(&path, |out| array(out, &dataset, split, count)).map_err(|error| unwritable(&path, error))?;
        let shape = [count, dataset.steps(), FEATURES.len()];
        narrate(&format!("{}: {} GB", path.display(), number(shape.iter().product::<usize>() as f64 * 4e-9)));
        say(&path.display().to_string());
        shapes.insert(split.name().into(), json!(shape));
    }
    let features = FEATURES.into_iter().zip(UNITS).map(|(name, unit)| json!({"name": name, "unit": unit}));
    let description = json!({
        "features": features.collect::<Vec<_>>(),
        "shapes": shapes,
        "specification": dataset.specification(),
    });
    let path = arguments.out.join("dataset.json");
    atomically(&path, |out| writeln!(out, "{description:#}")).map_err(|error| unwritable(&path, error))?;
    say(&path.display().to_string());
    Ok(())
}

/// Writes a file under another name first, so that it is whole or absent.
fn atomically(path: &Path, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> io::Result<()> {
    let partial = path.with_extension("partial");
    let written = File::create(&partial).and_then(|file| {
        let mut out = BufWriter::with_capacity(1 << 20, file);
        write(&mut out)?;
        out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
    });
    if let Err(error) = written {
        let _ = fs::remove_file(&partial);
        return Err(error);
    }
    fs::rename(&partial, path)
}

/// Series in NumPy's format, one after the other.
fn array(out: &mut impl Write, dataset: &Dataset, split: Split, count: usize) -> io::Result<()> {
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
