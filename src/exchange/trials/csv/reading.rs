//! Reads a table of trials, as galvani, a spreadsheet or pandas writes it.
use csv::{Reader, ReaderBuilder, StringRecord};
use serde_json::Value as Json;

use crate::exchange::trials::csv::cell::{NULL, meant};
use crate::exchange::trials::csv::column::{Column, of_optuna};
use crate::exchange::trials::fit::value;
use crate::exchange::trials::found::{FoundResult, FoundResults, UnreadableResults};
use crate::space::Space;
use crate::space::hyperparameter::{Hyperparameter, Value};

/// The separators that a table may have, in the order in which they are tried.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// The beginning of a line in which a spreadsheet names its separator, before the heading.
const SEPARATOR_LINE: &str = "sep=";

/// Words for a value that is missing, as pandas, R and spreadsheets write them.
const MISSING: [&str; 10] = ["", "nan", "NaN", "NAN", "NA", "N/A", "<NA>", "null", "NULL", "None"];

/// Quotes without an end after which the lines behind them are read again.
const MOST_OPEN_QUOTES: usize = 1_000;

/// Reads a table with a heading, of which only `cost` must be there, or of several objectives their names; a cell without a
/// value is empty or says `nan`. The separator is the one that makes `cost` a column. A column that is neither a
/// hyperparameter nor one of ours is passed over, and named; so is a line that cannot be read.
pub fn read(text: &str, space: &Space, objectives: &[String]) -> Result<FoundResults, UnreadableResults> {
    let text = text.trim_start_matches('\u{feff}');
    if text.trim().is_empty() {
        return Err(UnreadableResults::whole("the file is empty").hint("the first line names the columns"));
    }
    let (separator, names) = heading(text, objectives, space)?;
    // The name of a hyperparameter may begin or end with spaces.
    let name = |written: String| if space.index(&written).is_some() { written } else { written.trim().to_owned() };
    let (names, is_of_optuna) = of_optuna(names.into_iter().map(name).collect(), space);
    let columns = Column::of_heading(&names, space, objectives);
    let columns =
        columns.map_err(|wrong| UnreadableResults { hint: wrong.hint, ..UnreadableResults::at(1, wrong.message) })?;
    let mut found = FoundResults::default();
    if is_of_optuna {
        found.notes.push("this table of Optuna does not say whether values were maximized: then add `--negate`".into());
    }
    let ignored: Vec<&str> = (names.iter().zip(&columns))
        .filter(|(name, column)| **column == Column::Other && !name.is_empty())
        .map(|(name, _)| name.as_str())
        .collect();
    if !ignored.is_empty() {
        found.notes.push(format!("ignored the columns {}", ignored.join(", ")));
    }
    let (mut rest, mut open_quotes) = (text, 0);
    let mut headings = 1 + usize::from(text.starts_with(SEPARATOR_LINE));
    'table: loop {
        let mut reader = table(rest, separator);
        let mut record = StringRecord::new();
        while reader.read_record(&mut record).map_err(|error| UnreadableResults::whole(error.to_string()))? {
            if headings > 0 {
                headings -= 1;
                continue;
            }
            let from = |byte: u64| rest.get(usize::try_from(byte).unwrap_or(usize::MAX)..).unwrap_or_default();
            let start = record.position().map_or(0, |place| place.byte());
            let whole = from(start).trim_start_matches(['\r', '\n']);
            let raw = &whole[..whole.len().saturating_sub(from(reader.position().byte()).len())];
            let row = |line: &StringRecord| result(line, &columns, separator, space);
            let is_endless = hides_rows(raw, &record, separator, &row);
            let read = match is_endless {
                true => Err(UnreadableResults::whole("a quote opens a cell and does not end in this row")),
                false => row(&record),
            };
            match read {
                Ok(result) => found.add(result)?,
                Err(fault) => {
                    // Lines are counted for the first fault only, which alone is shown.
                    if found.faults == 0 {
                        let before = &text[..text.len() - whole.len()];
                        found.pass_over(UnreadableResults { line: Some(1 + before.matches('\n').count()), ..fault });
                    } else {
                        found.pass_over(fault);
                    }
                    // A quote without an end hides all lines behind it: they are read again without this one.
                    let is_open = is_endless || record.iter().any(|cell| cell.contains('\n'));
                    if is_open && open_quotes < MOST_OPEN_QUOTES {
                        rest = whole.split_once('\n').map_or("", |(_, rest)| rest);
                        open_quotes += 1;
                        continue 'table;
                    }
                }
            }
        }
        return Ok(found);
    }
}

/// A reader of all lines, the first one too.
fn table(text: &str, separator: u8) -> Reader<&[u8]> {
    let mut builder = ReaderBuilder::new();
    builder.has_headers(false).flexible(true).delimiter(separator).from_reader(text.as_bytes())
}

/// True where a quote of a record has no end, or ends only behind lines that are rows themselves; a text may have lines.
fn hides_rows(
    raw: &str,
    record: &StringRecord,
    separator: u8,
    row: &impl Fn(&StringRecord) -> Result<FoundResult, UnreadableResults>,
) -> bool {
    if !raw.contains('"') {
        return false;
    }
    let first = |text: &str| table(text, separator).records().next()?.ok();
    // A cell more becomes one of its own only where no quote is open.
    let ended = raw.trim_end_matches(['\r', '\n']);
    let longer = first(&format!("{ended}{}0", char::from(separator)));
    let has_end = longer.is_some_and(|longer| longer.len() > record.len());
    let is_row = |line: &str| {
        first(line).is_some_and(|line| row(&line).is_ok_and(|found| found.costs.iter().any(|cost| cost.is_finite())))
    };
    // Behind a text in the first column the last line has all cells in any case.
    let own = usize::from(record.iter().next().is_some_and(|cell| cell.contains('\n')));
    let inner = ended.lines().count().saturating_sub(1 + own);
    !has_end || ended.lines().skip(1).take(inner).any(is_row)
}

/// The separator and the names of the columns.
fn heading(text: &str, objectives: &[String], space: &Space) -> Result<(u8, Vec<String>), UnreadableResults> {
    let skipped = usize::from(text.starts_with(SEPARATOR_LINE));
    let first = |separator: &u8| {
        let record = table(text, *separator).records().nth(skipped)?.ok()?;
        Some((*separator, record.iter().map(str::to_owned).collect::<Vec<_>>()))
    };
    let headings: Vec<_> = SEPARATORS.iter().filter_map(first).collect();
    let is_value = |name: &String| name.trim() == "value" || name.trim().starts_with("values_");
    let is_parameter = |name: &String| name.trim().starts_with("params_");
    let has_cost = |names: &[String]| {
        let is_of_optuna = names.iter().any(is_value) && names.iter().any(is_parameter);
        is_of_optuna || names.iter().any(|name| Column::is_cost(name.trim(), objectives, space))
    };
    if let Some(heading) = headings.iter().find(|(_, names)| has_cost(names)) {
        return Ok(heading.clone());
    }
    let widest = headings.into_iter().max_by_key(|(_, names)| names.len()).map(|(_, names)| names).unwrap_or_default();
    let hint = match widest.is_empty() {
        true => "the first line names the columns".into(),
        false => format!("rename the column that is to be small; there are {}", widest.join(", ")),
    };
    let missing = match objectives {
        [] => "there is no column `cost`".to_owned(),
        names => format!("there is no column for the objectives {}", names.join(", ")),
    };
    Err(UnreadableResults::at(1, missing).hint(hint))
}

/// The result of a line, or the reason why it has none.
fn result(
    record: &StringRecord,
    columns: &[Column],
    separator: u8,
    space: &Space,
) -> Result<FoundResult, UnreadableResults> {
    let surplus = record.iter().skip(columns.len());
    if record.len() < columns.len() || surplus.into_iter().any(|cell| !cell.trim().is_empty()) {
        let reason = format!("it has {} cells, and the heading {}", record.len(), columns.len());
        return Err(UnreadableResults::whole(reason));
    }
    let number = |name: &str, cell: &str| match cell.trim() {
        missing if MISSING.contains(&missing) => Ok(None),
        _ => decimal(cell, separator)
            .map(Some)
            .ok_or_else(|| UnreadableResults::whole(format!("`{name}` cannot be {cell:?}"))),
    };
    let (mut found, mut outcome) = (FoundResult::default(), None);
    for (column, cell) in columns.iter().zip(record.iter()) {
        match *column {
            Column::Hyperparameter(index) => {
                let hyperparameter = &space.hyperparameters()[index];
                let json = Json::from(cell);
                let json = match (meant(hyperparameter, cell), value(hyperparameter, &json)) {
                    (Some(meant), _) => meant,
                    (None, Some(_)) if NULL.contains(&cell.trim()) => Json::Null,
                    (None, Some(_)) => json,
                    // pandas writes a choice that is null as an empty cell.
                    (None, None) if MISSING.contains(&cell.trim()) && has_null(hyperparameter) => Json::Null,
                    (None, None) if MISSING.contains(&cell.trim()) => continue,
                    (None, None) => decimal(cell, separator).map_or(json, Json::from),
                };
                found.config.insert(hyperparameter.name.clone(), json);
            }
            Column::Cost(objective) => {
                found.costs.resize(found.costs.len().max(objective + 1), f64::NAN);
                found.costs[objective] = number("cost", cell)?.unwrap_or(f64::NAN);
            }
            Column::Budget => found.budget = number("budget", cell)?,
            Column::Outcome => outcome = Some(cell.trim()).filter(|word| !MISSING.contains(word)),
            Column::Known | Column::Other => {}
        }
    }
    if found.costs.iter().all(|cost| cost.is_nan()) {
        found.costs.clear();
    }
    match outcome {
        Some(word) => found.ended(word),
        None => Ok(found),
    }
}

fn has_null(hyperparameter: &Hyperparameter) -> bool {
    hyperparameter.domain.values().contains(&Value::Null)
}

/// A number; where another separator than a comma parts the cells, it may have a decimal comma.
fn decimal(cell: &str, separator: u8) -> Option<f64> {
    let cell = cell.trim();
    let has_comma = separator != b',' && cell.matches(',').count() == 1 && !cell.contains('.');
    if has_comma { cell.replace(',', ".").parse().ok() } else { cell.parse().ok() }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::trial::outcome::OutcomeKind;

    fn space() -> Space {
        let text = r#"(parameters: {
            "rate": Float(min: 0, max: 1), "kind": Categorical(choices: ["a b", "None", "x;y"]), "trial": Integer(min: 1, max: 9),
            "seed": Integer(min: 0, max: 9),
        }, conditions: { "trial": "kind == 'None'" })"#;
        Space::parse(text, Path::new("s.ron")).unwrap()
    }

    fn configs(found: &FoundResults) -> String {
        let config = |result: &FoundResult| format!("{} {:?}", Json::from_iter(result.config.clone()), result.costs);
        found.results.iter().map(config).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn tables_of_spreadsheets_and_of_pandas_open() {
        let expected = "{\"rate\":\"0.5\",\"kind\":\"a b\",\"seed\":\"3\"} [1.5]";
        for text in [
            "rate,kind,seed,cost\n0.5,a b,3,1.5\n",
            "\u{feff}rate;kind;seed;cost\r\n0.5;\"a b\";3;1,5\r\n",
            "sep=;\nrate;kind;seed;cost\n0.5;a b;3;1,5\n",
            "rate\tkind\tseed\tcost\n0.5\ta b\t3\t1.5",
            ",rate,kind,trial,seed,cost\n0,0.5,a b,nan,3,1.5\n",
            "trial,rate,kind,trial,seed,budget,seed,outcome,cost\n7,0.5,a b,,3,,99,finished,1.5,\n\n",
        ] {
            let found = read(text, &space(), &[]).unwrap();
            assert_eq!((configs(&found).as_str(), found.faults), (expected, 0), "{text}");
        }
        let comma = read("rate;kind;cost\n0,25;None;1\n", &space(), &[]).unwrap();
        assert_eq!(configs(&comma), "{\"rate\":0.25,\"kind\":null} [1.0]");
    }

    #[test]
    fn tables_of_optuna_are_read_with_their_own_names() {
        let heading =
            "number,value,datetime_start,duration,params_kind,params_rate,params_seed,user_attrs_budget,state";
        let rows = "0,1.5,2024-05-01 10:00:00,0 days 00:00:01,a b,0.5,3,9,COMPLETE\n1,,2024-05-01 10:00:00,,None,0.1,4,,FAIL\n";
        let found = read(&format!("{heading}\n{rows}2,7,,,a b,0.2,5,,RUNNING\n"), &space(), &[]).unwrap();
        assert_eq!((found.results.len(), found.faults, found.notes.len()), (3, 0, 1), "{found:?}");
        assert_eq!((found.results[0].budget, &found.results[0].costs), (Some(9.0), &vec![1.5]));
        assert_eq!(found.results[1].outcome, Some(OutcomeKind::Crashed));
        assert!(found.results[2].costs.is_empty());
        let several = read("values_0,values_1,params_rate,state\n1,2,0.5,COMPLETE\n", &space(), &[]).unwrap();
        assert_eq!(several.results[0].costs, [1.0, 2.0]);
        let own = read("cost,value,params_rate\n1,2,0.5\n", &space(), &[]).unwrap();
        assert_eq!(own.notes, ["ignored the columns value, params_rate"]);
    }

    #[test]
    fn a_bad_line_costs_that_line() {
        let text = "rate,kind,cost\n0.1,a b,1\n0.2,a b\n0.3,a b,low\n0.4,\"a b,2\n0.5,a b,3\n0.6,a b,inf\n0.7,a b,\n";
        let found = read(text, &space(), &[]).unwrap();
        let costs: Vec<f64> = found.results.iter().flat_map(|result| result.costs.clone()).collect();
        assert_eq!((costs, found.results.len(), found.faults), (vec![1.0, 3.0, f64::INFINITY], 4, 3));
        let fault = found.first_fault.unwrap().to_string();
        assert_eq!(fault, "line 3: it has 2 cells, and the heading 3");
        let wrong = read("rate,value\n1,2\n", &space(), &[]).unwrap_err();
        assert_eq!(wrong.to_string(), "line 1: there is no column `cost`");
        assert_eq!(wrong.hint.unwrap(), "rename the column that is to be small; there are rate, value");
        for (heading, name) in
            [("rate,rate,cost", "rate"), ("rate,cost,cost", "cost"), ("budget,budget,cost", "budget")]
        {
            let twice = read(&format!("{heading}\n1,2,3\n"), &space(), &[]).unwrap_err();
            assert_eq!(twice.to_string(), format!("line 1: there are two columns named `{name}`"));
        }
    }

    #[test]
    fn a_quote_without_an_end_hides_no_rows() {
        for (text, costs, faults) in [
            ("rate,cost,note\n0.1,1,\"hi\n0.2,2,b\n0.3,3,c\n", vec![2.0, 3.0], 1),
            ("rate,note,cost\n0.1,a,1\n0.2,\"b,2\n0.3,c\",3\n", vec![1.0, 3.0], 1),
            ("rate,cost\n0.1,\"1\n", vec![], 1),
            ("rate,cost\n0.1,\"1", vec![], 1),
            ("rate,cost\n\"0.1,1\n0.2,2\n\"0.3\",3\n", vec![2.0, 3.0], 1),
            ("cost,message\n1,\"line, one\nline, \"\"two\"\"\n\n3\"\n2,b\n", vec![1.0, 2.0], 0),
            ("message,cost\n\"a\r\nb\",1\r\n\"c,\nd\",2", vec![1.0, 2.0], 0),
        ] {
            let found = read(text, &space(), &[]).unwrap();
            let read: Vec<f64> = found.results.iter().flat_map(|result| result.costs.clone()).collect();
            assert_eq!((read, found.faults), (costs, faults), "{text}");
        }
    }

    #[test]
    fn outcomes_are_known_words() {
        let text = "rate,cost,outcome\n0.1,1,crashed\n0.2,2,finished\n0.3,3,\n0.4,4,running\n0.5,5,odd\n";
        let found = read(text, &space(), &[]).unwrap();
        let kinds: Vec<_> = found.results.iter().map(|result| (result.costs.len(), result.outcome)).collect();
        let (crashed, finished) = (Some(OutcomeKind::Crashed), Some(OutcomeKind::Finished));
        assert_eq!(kinds, [(1, crashed), (1, finished), (1, None), (0, None)]);
        assert!(found.first_fault.unwrap().to_string().starts_with("line 6: there is no outcome \"odd\"; there are "));
    }

    #[test]
    fn objectives_are_columns_of_their_names() {
        let names = ["loss", "seed", "rate"].map(str::to_owned);
        let heading: Vec<String> = (0..3).map(|objective| Column::of_cost(objective, &names, &space())).collect();
        assert_eq!(heading, ["loss", "cost seed", "cost rate"], "a name that another column has is told apart");
        for heading in ["rate;kind;loss;cost seed;cost rate", "rate;kind;cost;cost_2;cost_3"] {
            let found = read(&format!("{heading}\n0,5;a b;1;2;3\n"), &space(), &names).unwrap();
            assert_eq!(configs(&found), "{\"rate\":0.5,\"kind\":\"a b\"} [1.0, 2.0, 3.0]", "{heading}");
        }
        let wrong = read("rate,value\n1,2\n", &space(), &names).unwrap_err();
        assert_eq!(wrong.to_string(), "line 1: there is no column for the objectives loss, seed, rate");
    }
}
