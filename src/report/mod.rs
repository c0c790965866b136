//! Report: the figures of an analysis, and one page that shows them.
pub mod draw;
pub mod figure;
mod page;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::analysis::{Findings, ReportInput};
use crate::report::draw::backend;
use crate::report::draw::backend::PngError;
use crate::report::draw::canvas::Canvas;
use crate::report::draw::markup;
use crate::report::figure::{convergence, front, interactions, metrics, predictions};

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
}

/// Writes a drawing as NAME.svg and NAME.png into a folder, which is created if it does not exist.
///
/// # Errors
/// If the folder cannot be created or a file in it cannot be written.
#[cfg(feature = "simulator")]
pub(crate) fn picture(canvas: &Canvas, folder: &Path, name: &str) -> Result<[PathBuf; 2], ReportError> {
    fs::create_dir_all(folder).map_err(unwritable(folder))?;
    let [vector, raster] = ["svg", "png"].map(|kind| folder.join(format!("{name}.{kind}")));
    fs::write(&vector, markup::with_typeface(&backend::svg(canvas))).map_err(unwritable(&vector))?;
    write_png(canvas, &raster)?;
    Ok([raster, vector])
}

/// Writes a PNG file.
fn write_png(canvas: &Canvas, path: &Path) -> Result<(), ReportError> {
    // plotters reports a file that it cannot create only when the picture is finished, and without its name.
    fs::File::create(path).map_err(unwritable(path))?;
    backend::png(canvas, path).map_err(|source| ReportError::Picture { path: path.to_owned(), source })
}

/// The error of a file that cannot be written.
fn unwritable(path: &Path) -> impl FnOnce(io::Error) -> ReportError {
    let path = path.to_owned();
    move |source| ReportError::Unwritable { path, source }
}

/// Writes `report.html`, `report.json` and each figure as PNG and SVG into a folder, which is created if it does not
/// exist.
///
/// # Errors
/// If the folder cannot be created or a file in it cannot be written.
pub fn write(findings: &Findings, input: &ReportInput, folder: &Path) -> Result<Written, ReportError> {
    fs::create_dir_all(folder).map_err(unwritable(folder))?;
    let mut files = Vec::new();
    let mut put = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::write(&path, text).map_err(unwritable(&path))?;
        files.push(path);
        Ok(())
    };
    let json = serde_json::to_string_pretty(findings).expect("findings are plain data");
    put("report.json", &json)?;
    drop(json);
    let predictions = format!("{} · predictions of the best model", findings.experiment);
    let figures: [(&str, Option<Canvas>); 5] = [
        ("interactions", Some(interactions::figure(findings))),
        ("convergence", Some(convergence::figure(findings))),
        ("front", front::figure(findings)),
        ("metrics", metrics::figure(findings)),
        ("predictions", predictions::figure(&predictions, input.predictions)),
    ];
    let drawn: Vec<(&str, Option<String>)> =
        figures.iter().map(|(name, canvas)| (*name, canvas.as_ref().map(backend::svg))).collect();
    for (name, svg) in &drawn {
        if let Some(svg) = svg {
            put(&format!("{name}.svg"), &markup::with_typeface(svg))?;
        }
    }
    let figure = |name: &str| drawn.iter().find(|(each, _)| *each == name).and_then(|(_, svg)| svg.as_deref());
    put("report.html", &page::page(findings, input, &figure))?;
    for (name, canvas) in &figures {
        let path = folder.join(format!("{name}.png"));
        match canvas {
            Some(canvas) => {
                write_png(canvas, &path)?;
                files.push(path);
            }
            None => {
                // A figure that an earlier report left would be taken for one of this report.
                for stale in [path, folder.join(format!("{name}.svg"))] {
                    match fs::remove_file(&stale) {
                        Err(error) if error.kind() != io::ErrorKind::NotFound => {
                            return Err(unwritable(&stale)(error));
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    Ok(Written { page: folder.join("report.html"), files })
}
