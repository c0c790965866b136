//! Cells in JSON: BPX, or the parameters of PyBaMM.
use std::path::Path;

use serde_json::Value as Json;

use crate::battery::cell::bpx::import::{import_bpx, is_bpx};
use crate::battery::cell::imported::ImportedCell;
use crate::battery::cell::pybamm::import::{import_pybamm, is_pybamm};
use crate::document::diagnostic::Diagnostic;
use crate::document::json::JsonError;
use crate::document::source::{Source, SourceError};

/// True where a text is JSON and not RON: a cell's file is a struct in parentheses.
pub(crate) fn is_json(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').trim_start().starts_with('{')
}

/// The cell of a JSON file, which `path` names in errors.
///
/// # Errors
/// The text is not JSON, or neither of BPX nor of PyBaMM, or holds a cell that cannot be kept.
pub(crate) fn import(path: &Path, text: &str) -> Result<ImportedCell, SourceError> {
    let text = text.trim_start_matches('\u{feff}');
    let source = Source::new(path, text);
    let json: Json = serde_json::from_str(text).map_err(|error| {
        let start: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
        let message = format!("this is not JSON: {}", JsonError::of(&error, text));
        let offset = start + error.column().saturating_sub(1);
        source.error_at(offset, Diagnostic::new(message).hint("a cell in JSON is a BPX file, or PyBaMM's parameters"))
    })?;
    match json.as_object() {
        Some(object) if is_bpx(&json) => import_bpx(source, object),
        Some(object) if is_pybamm(object) => import_pybamm(source, object),
        _ => {
            let hint = "a cell is the file of `galvani battery cell chen2020`, BPX, which has {\"Header\": {\"BPX\": ...}}, or what PyBaMM's `ParameterValues.to_json` writes";
            Err(SourceError::whole(path, Diagnostic::new("this is JSON, but not BPX").hint(hint)))
        }
    }
}
