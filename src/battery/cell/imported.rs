//! A cell's file that is made of a file of another program, which says less of the cell.
use std::path::Path;

use crate::battery::cell::file;
use crate::battery::cell::parameters::Cell;
use crate::document::diagnostic::Diagnostic;
use crate::document::source::SourceError;

/// A cell's file that was made of another program's.
pub(crate) struct ImportedCell {
    pub text: String,
    pub cell: Cell,
    /// Parts that were not kept or are estimates, a sentence each.
    pub notes: Vec<String>,
}

/// Temperatures in which the cell's functions are taken to hold, K, as other programs' files say none.
pub(crate) const TEMPERATURE: (f64, f64) = (233.15, 373.15);
/// Narrower ones, for functions that are not defined in all of them.
const NARROWER: [(f64, f64); 4] = [(253.15, 353.15), (263.15, 343.15), (273.15, 333.15), (283.15, 323.15)];
/// Candidates for the largest concentration up to which the electrolyte's functions hold, mol/m³.
const LARGEST: [f64; 6] = [4000.0, 3500.0, 3000.0, 2500.0, 2000.0, 1500.0];

/// The ranges in which a cell's functions are taken to hold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Domain {
    /// The largest concentration of the electrolyte, mol/m³.
    pub largest: f64,
    /// K.
    pub temperature: (f64, f64),
}

/// Writes the text of a cell's file for a domain, and for states of charge that are known.
type CellWriter<'a> = dyn FnMut(Domain, Option<&Cell>) -> Result<String, SourceError> + 'a;

/// The text of a cell's file and its cell, for the largest concentration, and then the widest range of temperatures, in which
/// its functions are defined.
///
/// `text` makes it: first with the file's own state, from which the voltage limits give 0 and 1 of the charge, then with the
/// cell whose states of charge 0 and 1 are written out.
///
/// # Errors
/// A value is missing or wrong.
pub(crate) fn settle(path: &Path, text: &mut CellWriter) -> Result<(String, Cell), SourceError> {
    let parse = |text: &str| {
        file::parse(path, text).map_err(|SourceError { diagnostic: Diagnostic { message, hint, .. }, .. }| {
            let hint = hint.unwrap_or_default();
            SourceError::whole(path, Diagnostic::new(message).hint(hint))
        })
    };
    // A mistake that is left in the narrowest range of temperatures is the file's own.
    let narrowest = Domain { largest: LARGEST[0], temperature: NARROWER[NARROWER.len() - 1] };
    let temperatures = || [TEMPERATURE].into_iter().chain(NARROWER);
    let domains =
        LARGEST.into_iter().flat_map(|largest| temperatures().map(move |temperature| Domain { largest, temperature }));
    let mut found = None;
    for domain in domains {
        // A file that is wrong in itself is not tried again.
        let written = text(domain, None)?;
        if let Ok(cell) = parse(&written) {
            found = Some((domain, cell));
            break;
        }
    }
    let (domain, cell) = match found {
        Some(found) => found,
        None => (narrowest, parse(&text(narrowest, None)?)?),
    };
    let text = text(domain, Some(&cell))?;
    let cell = parse(&text)?;
    Ok((text, cell))
}

/// A name for the cell: that of its file.
pub(crate) fn name(path: &Path) -> String {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    stem.chars().map(|letter| if letter.is_alphanumeric() || "-_. ".contains(letter) { letter } else { '_' }).collect()
}

/// Limits for generated profiles, which files of other programs do not have: in the ratio of chen2020 to the capacity.
pub(crate) fn limits(nominal: f64, (low, high): (f64, f64)) -> String {
    let ampere = |share: f64| format!("\"{:?} [A]\"", share * nominal);
    format!(
        "    limits: ( // voltages of the file; the others, which generated profiles keep to, in the ratio of chen2020 to the capacity\n        voltage: (\"{low:?} [V]\", \"{high:?} [V]\"),\n        soc: (0.01, 0.98),\n        critical_soc: (0.2, 0.8),\n        discharge: (critical: {}, continuous: {}, short: {}),\n        charge: (critical: {}, continuous: {}, short: {}),\n        short_time: \"10 [s]\",\n        least_current: {},\n        resistance: \"{:?} [ohm]\",\n    ),\n",
        ampere(0.194),
        ampere(1.455),
        ampere(3.8096),
        ampere(0.291),
        ampere(0.679),
        ampere(0.679),
        ampere(0.1),
        0.425 / nominal
    )
}
