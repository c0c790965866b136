//! Report: the figures of an analysis, and one page that shows them.
pub mod draw;
pub mod figure;
mod numbers;
mod page;
pub(crate) mod part;
pub mod print;

use std::fs;
use std::io;
use std::io::Write;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::analysis::{Findings, ReportInput, Unwatched, Watcher};
use crate::report::draw::backend;
use crate::report::draw::backend::{PngError, Resolution};
use crate::report::draw::canvas::Canvas;
use crate::report::draw::markup;
use crate::report::draw::room::Room;
use crate::report::figure::list::{FIGURES, FigureEntry};

/// The files of a report.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// `report.html`, which needs none of the others.
    pub page: PathBuf,
    /// All files that were written, the page included.
    pub files: Vec<PathBuf>,
}

/// The error of writing a report.
#[derive(Debug, Error)]
pub enum ReportError {
    #[error("cannot write `{}`: {source}\nhint: the run itself is kept; `galvani report --out FOLDER` writes its report elsewhere", path.display())]
    Unwritable { path: PathBuf, source: io::Error },
    #[error("cannot write the picture `{}`: {source}", path.display())]
    Picture { path: PathBuf, source: PngError },
    #[error(
        "the figure `{figure}` cannot be read at this width\nhint: its text is large enough from `--width {least}mm`"
    )]
    Narrow { figure: &'static str, least: f64 },
    #[error("the report was interrupted")]
    Interrupted,
}

/// Writes a drawing as NAME.svg and NAME.png into a folder, which is created if it does not exist.
///
/// # Errors
/// If the folder cannot be created or a file in it cannot be written.
pub(crate) fn picture(canvas: &Canvas, folder: &Path, name: &str) -> Result<[PathBuf; 2], ReportError> {
    fs::create_dir_all(folder).map_err(unwritable(folder))?;
    let [vector, raster] = ["svg", "png"].map(|kind| folder.join(format!("{name}.{kind}")));
    fs::write(&vector, markup::with_typeface(&backend::svg(canvas))).map_err(unwritable(&vector))?;
    write_png(canvas, &raster, backend::SCREEN)?;
    Ok([raster, vector])
}

/// Writes a PNG file.
fn write_png(canvas: &Canvas, path: &Path, resolution: Resolution) -> Result<(), ReportError> {
    // plotters reports a file that it cannot create only when the picture is finished, and without its name.
    fs::File::create(path).map_err(unwritable(path))?;
    backend::png_at(canvas, path, resolution).map_err(|source| ReportError::Picture { path: path.to_owned(), source })
}

/// The error of a file that cannot be written.
fn unwritable(path: &Path) -> impl FnOnce(io::Error) -> ReportError {
    let path = path.to_owned();
    move |source| ReportError::Unwritable { path, source }
}

/// Writes `report.html`, `report.json`, each figure as PNG and SVG, and the numbers behind them as CSV in `numbers/`. The
/// folder is created if it does not exist.
///
/// # Errors
/// If the folder cannot be created or a file in it cannot be written.
pub fn write(findings: &Findings, input: &ReportInput, folder: &Path) -> Result<Written, ReportError> {
    write_watched(findings, input, folder, &Unwatched)
}

/// As [`write`], and tells a watcher how far it is.
///
/// # Errors
/// As [`write`], and if the watcher ends it; the files that were there already are then partly new.
pub fn write_watched(
    findings: &Findings,
    input: &ReportInput,
    folder: &Path,
    watcher: &dyn Watcher,
) -> Result<Written, ReportError> {
    let numbers = folder.join("numbers");
    fs::create_dir_all(&numbers).map_err(unwritable(&numbers))?;
    let mut files = Vec::new();
    files.push(write_json(findings, folder.join("report.json"))?);
    let mut pages = Vec::new();
    for (index, figure) in FIGURES.iter().enumerate() {
        if watcher.is_cancelled() {
            return Err(ReportError::Interrupted);
        }
        let [vector, raster] = ["svg", "png"].map(|kind| folder.join(format!("{}.{kind}", figure.name)));
        let Some(canvas) = figure.draw(findings, input, Room::PAGE) else {
            // A figure that an earlier report left would be taken for one of this report.
            [vector, raster].iter().try_for_each(|stale| remove(stale))?;
            continue;
        };
        // A figure that has no narrow layout is shown as it is.
        let narrow = figure.draw(findings, input, Room::of(page::NARROW)).filter(|narrow| narrow.width <= page::NARROW);
        let wide = backend::svg(&canvas);
        put(&mut files, vector, &markup::with_typeface(&wide))?;
        pages.push((figure.name, [Some(wide), narrow.as_ref().map(backend::svg)]));
        for (name, text) in figure_numbers(figure, findings) {
            put(&mut files, numbers.join(format!("{name}.csv")), &text)?;
        }
        write_png(&canvas, &raster, backend::SCREEN)?;
        files.push(raster);
        watcher.progress("figures", index + 1, FIGURES.len());
    }
    let figure = |name: &str| {
        let (_, [wide, narrow]) = pages.iter().find(|(each, _)| *each == name)?;
        Some((wide.as_deref()?, narrow.as_deref()))
    };
    put(&mut files, folder.join("report.html"), &page::page(findings, input, &figure))?;
    Ok(Written { page: folder.join("report.html"), files })
}

/// The tables of the numbers behind a figure, by name.
pub fn figure_numbers(figure: &FigureEntry, findings: &Findings) -> Vec<(String, String)> {
    let of = |field: &&'static str| {
        let part = part::part(findings, field)?;
        let own = field.rsplit('/').next().unwrap_or(field);
        let name = if figure.fields.len() == 1 || own == figure.name {
            figure.name.to_owned()
        } else {
            format!("{}.{own}", figure.name)
        };
        Some(numbers::tables(&name, &part))
    };
    figure.fields.iter().filter_map(of).flatten().collect()
}

/// Writes the findings as JSON, piece by piece: as one text, those of a long run are large. Returns the path.
fn write_json(findings: &Findings, path: PathBuf) -> Result<PathBuf, ReportError> {
    let written = fs::File::create(&path).and_then(|file| {
        let mut writer = io::BufWriter::new(file);
        serde_json::to_writer_pretty(&mut writer, findings)?;
        writer.flush()
    });
    written.map_err(unwritable(&path))?;
    Ok(path)
}

/// Writes a text file and adds it to the list.
fn put(files: &mut Vec<PathBuf>, path: PathBuf, text: &str) -> Result<(), ReportError> {
    fs::write(&path, text).map_err(unwritable(&path))?;
    files.push(path);
    Ok(())
}

/// Removes a file where there is one.
fn remove(path: &Path) -> Result<(), ReportError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(unwritable(path)(error)),
        _ => Ok(()),
    }
}
