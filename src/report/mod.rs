//! Ink for what the analysis found: figures and one page.
pub mod draw;
pub mod figure;

pub mod page;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::analysis::{Findings, ReportInput};
use crate::report::draw::backend;
use crate::report::draw::canvas::Canvas;
use crate::report::figure::{convergence, front, interactions, predictions};

/// The files of a report.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// `report.html`, which needs none of the others.
    pub page: PathBuf,
    /// Everything that was written, the page included.
    pub files: Vec<PathBuf>,
}

/// Why a report could not be written.
#[derive(Debug, Error)]
pub enum ReportError {
    #[error("cannot write `{}`: {source}\nhint: everything found is kept; `galvani report` with `--out` writes the report elsewhere", path.display())]
    Unwritable { path: PathBuf, source: io::Error },
    #[error("cannot write the picture `{}`: {message}", path.display())]
    Picture { path: PathBuf, message: String },
}

/// Writes a drawing as NAME.svg and NAME.png into a folder, which is made where it is missing.
///
/// # Errors
/// Where the folder cannot be made or a file in it cannot be written.
pub fn picture(canvas: &Canvas, folder: &Path, name: &str) -> Result<[PathBuf; 2], ReportError> {
    let unwritable = |path: &Path| {
        let path = path.to_owned();
        move |source| ReportError::Unwritable { path, source }
    };
    fs::create_dir_all(folder).map_err(unwritable(folder))?;
    let [vector, raster] = ["svg", "png"].map(|kind| folder.join(format!("{name}.{kind}")));
    fs::write(&vector, page::with_typeface(&backend::svg(canvas))).map_err(unwritable(&vector))?;
    // plotters reports a file that it cannot make only when the picture is done, and without its name.
    fs::File::create(&raster).map_err(unwritable(&raster))?;
    let drawn = backend::png(canvas, &raster);
    drawn.map_err(|message| ReportError::Picture { path: raster.clone(), message })?;
    Ok([raster, vector])
}

/// Writes `report.html`, `report.json` and each figure as PNG and SVG into a folder, which is made where it is missing.
///
/// # Errors
/// Where the folder cannot be made or a file in it cannot be written.
pub fn write(findings: &Findings, evidence: &ReportInput, folder: &Path) -> Result<Written, ReportError> {
    let unwritable = |path: &Path| {
        let path = path.to_owned();
        move |source| ReportError::Unwritable { path, source }
    };
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
    let predictions = format!("{} · predictions of the best model", findings.experiment);
    let figures: [(&str, Option<Canvas>); 4] = [
        ("interactions", Some(interactions::figure(findings))),
        ("convergence", Some(convergence::figure(findings))),
        ("front", front::figure(findings)),
        ("predictions", predictions::figure(&predictions, evidence.predictions)),
    ];
    let drawn: Vec<(&str, Option<String>)> =
        figures.iter().map(|(name, canvas)| (*name, canvas.as_ref().map(backend::svg))).collect();
    for (name, svg) in &drawn {
        if let Some(svg) = svg {
            put(&format!("{name}.svg"), &page::with_typeface(svg))?;
        }
    }
    let figure = |name: &str| drawn.iter().find(|(each, _)| *each == name).and_then(|(_, svg)| svg.as_deref());
    put("report.html", &page::page(findings, evidence, &figure))?;
    for (name, canvas) in &figures {
        let path = folder.join(format!("{name}.png"));
        match canvas {
            Some(canvas) => {
                // plotters reports a file that it cannot make only when the picture is done, and without its name.
                fs::File::create(&path).map_err(unwritable(&path))?;
                let picture = backend::png(canvas, &path);
                picture.map_err(|message| ReportError::Picture { path: path.clone(), message })?;
                files.push(path);
            }
            None => {
                // What an earlier report left would be taken for this one's.
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
