//! Trials as comma-separated values: a column for each hyperparameter, and `budget`, `outcome`, `cost`, `cost_2` and on.
use serde_json::Value as Json;

use crate::exchange::trials::{FoundResult, UnreadableResults, config, costs, outcome};
use crate::space::Space;
use crate::trial::history::History;

/// The names of the columns that hold no hyperparameter and no cost.
const OTHERS: [&str; 4] = ["trial", "budget", "seed", "outcome"];

/// The objective whose cost a column holds, from 0.
fn objective(name: &str) -> Option<usize> {
    match name.strip_prefix("cost")? {
        "" => Some(0),
        number => {
            number.strip_prefix('_')?.parse::<usize>().ok().filter(|number| (2..100).contains(number)).map(|n| n - 1)
        }
    }
}

/// The column of an objective's cost.
fn column(objective: usize) -> String {
    if objective == 0 { "cost".into() } else { format!("cost_{}", objective + 1) }
}

/// Reads a table with a heading, of which only `cost` must be there; an empty cell is no value. A column that is neither a
/// hyperparameter nor one of ours is passed over, and named.
pub fn read(text: &str, space: &Space) -> Result<(Vec<FoundResult>, Vec<String>), UnreadableResults> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::Fields).from_reader(text.as_bytes());
    let wrong = |error: csv::Error| UnreadableResults {
        line: error.position().map(|position| position.line() as usize),
        reason: error.to_string(),
    };
    // The name of a hyperparameter may begin or end with spaces.
    let name = |written: &str| if space.index(written).is_some() { written } else { written.trim() }.to_owned();
    let names: Vec<String> = reader.headers().map_err(wrong)?.iter().map(name).collect();
    // Of two columns with one name, one is ours: the first of `trial`, the last of all others.
    let is_value = |index: usize| {
        let mut places = (0..names.len()).filter(|place| names[*place] == names[index]);
        let place = if names[index] == OTHERS[0] { places.next_back() } else { places.next() };
        space.index(&names[index]).is_some() && place == Some(index)
    };
    if !names.iter().any(|name| name == "cost") {
        return Err(UnreadableResults { line: Some(1), reason: "there is no column `cost`".into() });
    }
    let is_ours =
        |name: &String| space.index(name).is_some() || OTHERS.contains(&name.as_str()) || objective(name).is_some();
    let passed_over = names.iter().filter(|name| !is_ours(name)).cloned().collect();
    let mut found = Vec::new();
    for record in reader.records() {
        let record = record.map_err(wrong)?;
        let mut each = FoundResult::default();
        for (index, (name, cell)) in
            names.iter().zip(record.iter()).enumerate().filter(|(_, (_, cell))| !cell.is_empty())
        {
            if is_value(index) {
                each.config.insert(name.clone(), Json::from(cell));
            } else if let Some(objective) = objective(name) {
                each.costs.resize(each.costs.len().max(objective + 1), f64::NAN);
                each.costs[objective] = cell.parse().unwrap_or(f64::NAN);
            } else if name == "budget" {
                each.budget = cell.parse().ok();
            }
        }
        found.push(each);
    }
    Ok((found, passed_over))
}

/// Every trial of a history; a hyperparameter named like one of the other columns keeps its place before them.
pub fn write(space: &Space, history: &History) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let names = space.hyperparameters().iter().map(|each| each.name.as_str());
    let mut put = |row: Vec<String>| writer.write_record(row).expect("memory takes every row");
    let objectives = history.trials().iter().map(|trial| costs(trial).len()).max().unwrap_or(0).max(1);
    let heading = ["trial"].into_iter().chain(names.clone()).chain(OTHERS.into_iter().skip(1)).map(str::to_owned);
    put(heading.chain((0..objectives).map(column)).collect());
    for trial in history.trials() {
        let config = config(space, trial);
        let cell = |json: &Json| json.as_str().map_or_else(|| json.to_string(), str::to_owned);
        let mut row = vec![trial.proposal.trial.to_string()];
        row.extend(names.clone().map(|name| config.get(name).map(cell).unwrap_or_default()));
        row.extend([
            trial.proposal.budget.amount().to_string(),
            trial.proposal.seed.to_string(),
            outcome(trial).to_owned(),
        ]);
        let costs = costs(trial);
        row.extend((0..objectives).map(|index| costs.get(index).map(f64::to_string).unwrap_or_default()));
        put(row);
    }
    String::from_utf8(writer.into_inner().expect("memory takes every row")).expect("the rows are text")
}
