//! A folder of SMAC 2 as a foreign run: its run history, search space and scenario.
use std::path::Path;

use serde_json::Value as Json;

use crate::document::diagnostic::Diagnostic;
use crate::document::source::SourceError;
use crate::exchange::configspace;
use crate::exchange::trials::foreign::{ForeignHead, ForeignRun};
use crate::exchange::trials::found::{FoundResults, UnreadableResults};
use crate::exchange::trials::json::parse;
use crate::exchange::trials::smac::reading::read;
use crate::trial::direction::{Direction, Directions};

/// The texts of a folder; the scenario may be absent.
#[derive(Clone, Copy, Debug)]
pub struct SmacTexts<'a> {
    pub history: &'a str,
    pub space: &'a str,
    pub scenario: Option<&'a str>,
}

/// The reason why a folder is no run of SMAC.
#[derive(Debug, thiserror::Error)]
pub enum ForeignError {
    #[error("{0}")]
    Results(UnreadableResults),
    #[error("{0}")]
    Space(#[from] SourceError),
    #[error("{0}")]
    Run(#[from] Diagnostic),
}

/// The run of a folder. SMAC minimizes: where its costs are negated values, `maximized` turns them back.
///
/// # Errors
/// A text cannot be read, or no result fits the search space.
pub fn run(texts: SmacTexts, space_path: &Path, maximized: bool) -> Result<ForeignRun, ForeignError> {
    let FoundResults { results, notes, faults, first_fault, .. } =
        read(texts.history).map_err(ForeignError::Results)?;
    let space = configspace::read(texts.space, space_path)?;
    let scenario = texts.scenario.and_then(|text| parse(text).ok()).unwrap_or(Json::Null);
    let name = scenario["name"].as_str().filter(|name| !name.is_empty()).unwrap_or("SMAC3").to_owned();
    let listed: Vec<String> = match &scenario["objectives"] {
        Json::Array(names) => names.iter().filter_map(|name| Some(name.as_str()?.to_owned())).collect(),
        _ => vec![],
    };
    let costs = results.iter().map(|result| result.costs.len()).max().unwrap_or(1).max(1);
    let objectives = match costs {
        1 => vec![],
        costs if costs == listed.len() => listed,
        costs => (1..=costs).map(|number| format!("cost {number}")).collect(),
    };
    let direction = if maximized { Direction::Maximize } else { Direction::Minimize };
    // Learning curves are kept here.
    let mut notes: Vec<String> = notes.into_iter().filter(|note| !note.contains("learning curves")).collect();
    notes.extend(space.notes);
    if let Some(fault) = first_fault {
        notes.push(format!("{faults} entries that cannot be read left out, the first: {fault}"));
    }
    let has_budgets = results.iter().any(|result| result.budget.is_some());
    let head = ForeignHead {
        name,
        space: space.space,
        directions: Directions::of(vec![direction; costs]),
        objectives,
        unit: if has_budgets { "budget units" } else { "evaluations" },
        notes,
    };
    Ok(ForeignRun::of(head, &results, false)?)
}
