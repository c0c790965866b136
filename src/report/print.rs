//! Print: one figure for a paper, laid out for a width, with its caption and the numbers behind it.
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::analysis::{Findings, ReportInput};
use crate::report::draw::backend;
use crate::report::draw::markup;
use crate::report::draw::room::Room;
use crate::report::draw::theme::SMALL;
use crate::report::figure::list::FigureEntry;
use crate::report::{ReportError, figure_numbers, put, unwritable, write_png};

/// Units of a canvas in an inch, and millimetres in one.
const UNITS: f64 = 96.0;
const INCH: f64 = 25.4;

/// The width of a printed figure, in millimetres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PrintWidth(f64);

/// The reason why a text is no width of a figure.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum PrintWidthError {
    #[error("`{0}` is no width: give a number with a unit, mm, cm, in, pt or px, such as `90mm`")]
    Unreadable(String),
    #[error("a figure is from 61mm to 1058mm wide; for a smaller one, scale it where it is used")]
    OutOfRange,
}

impl std::str::FromStr for PrintWidth {
    type Err = PrintWidthError;

    fn from_str(text: &str) -> Result<Self, PrintWidthError> {
        let units = [("mm", 1.0), ("cm", 10.0), ("in", INCH), ("pt", INCH / 72.0), ("px", INCH / UNITS)];
        let text = text.trim();
        let found = units.iter().find_map(|(unit, millimetres)| Some((text.strip_suffix(unit)?, millimetres)));
        let number = found.and_then(|(number, unit)| Some(number.trim().parse::<f64>().ok()? * unit));
        let width = number.filter(|width| width.is_finite());
        let width = Self(width.ok_or_else(|| PrintWidthError::Unreadable(text.to_owned()))?);
        let is_within = (Room::LEAST..=Room::MOST).contains(&width.units());
        if is_within { Ok(width) } else { Err(PrintWidthError::OutOfRange) }
    }
}

impl PrintWidth {
    fn units(self) -> f64 {
        self.0 / INCH * UNITS
    }
}

/// The smallest text that can be read in print, in points.
const LEAST_TEXT: f64 = 5.0;

/// The format of a printed figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrintFormat {
    Svg,
    Png,
    /// The numbers behind it.
    Csv,
}

/// Writes a figure into a folder as NAME.svg, NAME.png or tables NAME*.csv, and its caption as NAME.txt; returns the files
/// and the caption, or `None` where the run has nothing to draw. With a width, it is laid out for that width.
///
/// # Errors
/// If the folder cannot be created or a file in it cannot be written.
pub fn print(
    figure: &FigureEntry,
    (findings, input): (&Findings, &ReportInput),
    folder: &Path,
    (format, width): (PrintFormat, Option<PrintWidth>),
) -> Result<Option<(Vec<PathBuf>, String)>, ReportError> {
    let room = width.map_or(Room::PAGE, |width| Room::of(width.units()));
    let Some(canvas) = figure.draw(findings, input, room) else { return Ok(None) };
    if let Some(width) = width {
        // A figure without a layout of its own for the width is drawn smaller, as long as it can be read.
        let points = SMALL * 72.0 / UNITS * (width.units() / canvas.width).min(1.0);
        if points < LEAST_TEXT {
            let least = (width.0 * LEAST_TEXT / points).ceil();
            return Err(ReportError::Narrow { figure: figure.name, least });
        }
    }
    fs::create_dir_all(folder).map_err(unwritable(folder))?;
    let mut files = Vec::new();
    match format {
        PrintFormat::Svg => {
            let svg = backend::svg(&canvas);
            let svg = match width {
                Some(width) => in_millimetres(&svg, (canvas.width, canvas.height), width),
                None => svg,
            };
            put(&mut files, folder.join(format!("{}.svg", figure.name)), &markup::with_typeface(&svg))?;
        }
        PrintFormat::Png => {
            let path = folder.join(format!("{}.png", figure.name));
            write_png(&canvas, &path, backend::PRINT)?;
            let bytes = fs::read(&path).map_err(unwritable(&path))?;
            let mut file = fs::File::create(&path).map_err(unwritable(&path))?;
            file.write_all(&with_resolution(&bytes, 4.0 * UNITS)).map_err(unwritable(&path))?;
            files.push(path);
        }
        PrintFormat::Csv => {
            for (name, text) in figure_numbers(figure, findings) {
                put(&mut files, folder.join(format!("{name}.csv")), &text)?;
            }
        }
    }
    let caption = figure.caption(findings);
    put(&mut files, folder.join(format!("{}.txt", figure.name)), &format!("{caption}\n"))?;
    Ok(Some((files, caption)))
}

/// An SVG whose size is in millimetres, so that programs that typeset place it as wide as it was asked for.
fn in_millimetres(svg: &str, (width, height): (f64, f64), asked: PrintWidth) -> String {
    let head = format!("<svg width=\"{width:.0}\" height=\"{height:.0}\"");
    let high = asked.0 * height / width;
    svg.replacen(&head, &format!("<svg width=\"{:.2}mm\" height=\"{high:.2}mm\"", asked.0), 1)
}

/// A PNG file with the pixels of an inch written into it.
fn with_resolution(png: &[u8], per_inch: f64) -> Vec<u8> {
    // The signature has 8 bytes, the header's chunk 25.
    const HEAD: usize = 33;
    let per_metre = (per_inch / INCH * 1000.0).round() as u32;
    let mut chunk = b"pHYs".to_vec();
    chunk.extend([per_metre.to_be_bytes(), per_metre.to_be_bytes()].concat());
    chunk.push(1);
    let sum = crc32fast::hash(&chunk);
    let head = &png[..HEAD.min(png.len())];
    [head, &9_u32.to_be_bytes(), &chunk, &sum.to_be_bytes(), &png[head.len()..]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_width_has_a_unit() {
        let millimetres = |text: &str| text.parse::<PrintWidth>().map(|width| width.0);
        assert_eq!(millimetres("90mm"), Ok(90.0));
        assert_eq!(millimetres(" 9 cm "), Ok(90.0));
        assert!(
            (millimetres("3.5in").unwrap() - 88.9).abs() < 1e-9 && (millimetres("340px").unwrap() - 89.96).abs() < 0.01
        );
        for wrong in ["90", "wide", "-90mm", "NaNmm", "infmm", "10mm", "99999cm", "mm"] {
            assert!(millimetres(wrong).is_err(), "{wrong}");
        }
    }
}
