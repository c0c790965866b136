//! The table of trials: those that a reader filters for, sorted, a page at a time.
use std::cmp::Ordering;

use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::document::diagnostic::Diagnostic;
use crate::serve::condition::{Term, terms};
use crate::serve::run_view::Run;
use crate::trial::Trial;
use crate::trial::outcome::Outcome;

/// The rows of a page, where a reader asks for no number, and at most.
const ROWS: usize = 50;
const MOST: usize = 200;

/// A request for rows of the table.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct TableQuery {
    outcome: String,
    budget: String,
    configuration: String,
    find: String,
    sort: String,
    descending: bool,
    offset: usize,
    rows: usize,
}

impl TableQuery {
    /// The request for the latest trials, which a page begins with.
    pub(crate) fn newest_first() -> Self {
        Self { descending: true, ..Self::default() }
    }
}

/// The rows of a run that a query asks for.
///
/// # Errors
/// The query's filter is wrong.
pub(crate) fn table(run: &Run, query: &TableQuery) -> Result<Json, Diagnostic> {
    let number = |name: &str, text: &str| match text {
        "" => Ok(None),
        text => text
            .parse::<f64>()
            .map(Some)
            .map_err(|_| Diagnostic::new(format!("`{name}` must be a number, not `{text}`"))),
    };
    let (budget, configuration) = (number("budget", &query.budget)?, number("configuration", &query.configuration)?);
    let terms = terms(&query.find, &run.experiment.space)?;
    let is_wanted = |trial: &&Trial| {
        (query.outcome.is_empty() || trial.word() == query.outcome)
            && budget.is_none_or(|budget| trial.proposal.budget.amount() == budget)
            && configuration.is_none_or(|number| f64::from(trial.proposal.configuration_id.0) == number)
            && terms.iter().all(|term: &Term| term.holds(run, trial))
    };
    let mut found: Vec<&Trial> = run.replay.history.trials().iter().filter(is_wanted).collect();
    sort(&mut found, run, query)?;
    let rows = if query.rows == 0 { ROWS } else { query.rows.min(MOST) };
    let shown: Vec<Json> = found.iter().skip(query.offset).take(rows).map(|trial| row(run, trial)).collect();
    Ok(json!({ "all": run.replay.history.trials().len(), "found": found.len(), "offset": query.offset, "rows": shown }))
}

fn sort(found: &mut [&Trial], run: &Run, query: &TableQuery) -> Result<(), Diagnostic> {
    let direction = run.experiment.direction();
    let key = |trial: &Trial| match query.sort.as_str() {
        "" | "trial" => Some(f64::from(trial.proposal.trial.0)),
        "configuration" => Some(f64::from(trial.proposal.configuration_id.0)),
        "budget" => Some(trial.proposal.budget.amount()),
        "seconds" => trial.seconds,
        _ => trial.outcome.as_ref().and_then(Outcome::cost).map(|cost| direction.turn(cost)),
    };
    if !["", "trial", "configuration", "budget", "seconds", "cost"].contains(&query.sort.as_str()) {
        return Err(Diagnostic::new(format!("the table cannot be sorted by `{}`", query.sort)));
    }
    let turned = |order: Ordering| if query.descending { order.reverse() } else { order };
    // What has no cost comes last either way.
    found.sort_by(|a, b| match (key(a), key(b)) {
        (Some(a), Some(b)) => turned(a.total_cmp(&b)),
        (a, b) => b.is_some().cmp(&a.is_some()),
    });
    Ok(())
}

/// A trial as a row.
pub(crate) fn row(run: &Run, trial: &Trial) -> Json {
    let proposal = &trial.proposal;
    let space = &run.experiment.space;
    let values = run.configurations.row(space, proposal.configuration_id.index());
    json!({
        "trial": proposal.trial,
        "configuration": proposal.configuration_id,
        "budget": proposal.budget.amount(),
        "bracket": proposal.bracket,
        "rung": proposal.rung,
        "instance": proposal.instance.as_deref(),
        "origin": proposal.origin.name(),
        "outcome": trial.word(),
        "costs": trial.outcome.as_ref().map_or(Vec::new(), |outcome| run.experiment.directions.turn(outcome.costs())),
        "message": match &trial.outcome {
            Some(Outcome::Crashed { message }) => Some(message),
            _ => None,
        },
        "seconds": trial.seconds,
        "values": values.map(|(name, value)| json!([name, value])).collect::<Vec<_>>(),
    })
}
