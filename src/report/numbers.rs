//! Numbers behind a figure: a part of `report.json` as tables of CSV.
use indexmap::{IndexMap, IndexSet};
use serde_json::Value as Json;

/// Fields by which the rows of a nested table say what they belong to, at most `NAMED` of them.
const NAMES: [&str; 12] = [
    "name",
    "hyperparameter",
    "title",
    "trial",
    "configuration_id",
    "configuration",
    "budget",
    "low",
    "high",
    "row",
    "column",
    "outcome",
];
const NAMED: usize = 2;
/// Ends of the names of pairs that are the ends of an interval.
const INTERVALS: [&str; 4] = ["interval", "band", "range", "bounds"];

/// A table: rows of cells by the name of their column.
#[derive(Clone, Debug, Default, PartialEq)]
struct NumberTable {
    rows: Vec<IndexMap<String, String>>,
}

/// The tables of a value as CSV, by their names: `name` for its own numbers, and `name.field` for a list in it. Lists in the
/// elements of a list are tables of their own, whose first columns say which element a row belongs to.
pub(crate) fn tables(name: &str, value: &Json) -> Vec<(String, String)> {
    let mut tables: IndexMap<String, NumberTable> = IndexMap::new();
    collect(name, value, &IndexMap::new(), &mut tables);
    tables.into_iter().filter(|(_, table)| !table.rows.is_empty()).map(|(name, table)| (name, table.text())).collect()
}

impl NumberTable {
    /// The table as CSV: every column that any row has, in the order of first appearance.
    fn text(&self) -> String {
        let columns: IndexSet<&str> = self.rows.iter().flat_map(IndexMap::keys).map(String::as_str).collect();
        let mut writer = csv::Writer::from_writer(Vec::new());
        let mut put = |row: Vec<&str>| writer.write_record(row).expect("memory takes every row");
        put(columns.iter().copied().collect());
        for row in &self.rows {
            put(columns.iter().map(|name| row.get(*name).map_or("", String::as_str)).collect());
        }
        String::from_utf8(writer.into_inner().expect("memory takes every row")).expect("the cells are text")
    }
}

/// Adds the tables of a value at a path; `keys` are the columns that say what its rows belong to.
fn collect(path: &str, value: &Json, keys: &IndexMap<String, String>, tables: &mut IndexMap<String, NumberTable>) {
    match value {
        Json::Array(elements) => {
            // The table has its place before those of the lists in it.
            tables.entry(path.to_owned()).or_default();
            let field = path.rsplit('.').next().unwrap_or(path);
            for (index, element) in elements.iter().enumerate() {
                let mut own = keys.clone();
                // Elements of a list of lists are found by their places.
                if !element.is_object() || keys.contains_key(&format!("{field}.index")) {
                    own.insert(index_name(field, keys), index.to_string());
                }
                collect_element(path, element, &own, tables);
            }
        }
        other => collect_element(path, other, keys, tables),
    }
}

/// Adds an element of a list, or the value itself: its numbers as a row, its lists as further tables.
fn collect_element(
    path: &str,
    element: &Json,
    keys: &IndexMap<String, String>,
    tables: &mut IndexMap<String, NumberTable>,
) {
    if let Json::Array(_) = element {
        return collect(path, element, keys, tables);
    }
    let mut row = keys.clone();
    let mut lists = Vec::new();
    flatten("", element, &mut row, &mut lists);
    if row.len() > keys.len() {
        let mut nested = keys.clone();
        let named = NAMES.iter().filter_map(|name| Some((*name, row.get(*name)?))).take(NAMED);
        let singular = path.rsplit('.').next().unwrap_or(path);
        nested.extend(named.map(|(name, value)| {
            let name = if keys.contains_key(name) { format!("{singular}.{name}") } else { name.to_owned() };
            (name, value.clone())
        }));
        tables.entry(path.to_owned()).or_default().rows.push(row);
        for (field, list) in lists {
            collect(&format!("{path}.{field}"), list, &nested, tables);
        }
        return;
    }
    for (field, list) in lists {
        collect(&format!("{path}.{field}"), list, keys, tables);
    }
}

/// Adds the scalars of a value to a row, those of objects in it under dotted names, and its lists to `lists`.
fn flatten<'a>(name: &str, value: &'a Json, row: &mut IndexMap<String, String>, lists: &mut Vec<(String, &'a Json)>) {
    let called = |field: &str| if name.is_empty() { field.to_owned() } else { format!("{name}.{field}") };
    let own = || if name.is_empty() { "value".to_owned() } else { name.to_owned() };
    match value {
        Json::Null => {}
        Json::Object(fields) => fields.iter().for_each(|(field, value)| flatten(&called(field), value, row, lists)),
        Json::Array(pair) if pair.len() == 2 && pair.iter().all(Json::is_number) && !name.is_empty() => {
            let is_interval = INTERVALS.iter().any(|word| name.ends_with(word));
            let ends = if is_interval { ["from", "to"] } else { ["first", "second"] };
            ends.iter().zip(pair).for_each(|(end, number)| drop(row.insert(called(end), number.to_string())));
        }
        Json::Array(_) => lists.push((name.to_owned(), value)),
        Json::String(text) => drop(row.insert(own(), text.clone())),
        other => drop(row.insert(own(), other.to_string())),
    }
}

/// The name of the column with the place of an element in a list without names.
fn index_name(field: &str, keys: &IndexMap<String, String>) -> String {
    let mut name = format!("{field}.index");
    while keys.contains_key(&name) {
        name += ".inner";
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_a_cell() {
        let value = serde_json::json!({
            "spent": 12.5,
            "nothing": null,
            "curves": [
                {"budget": 1.0, "interval": [0.1, 0.2], "steps": [{"trial": 1, "cost": 0.5}, {"trial": 3, "cost": 0.25}]},
                {"budget": 3.0, "interval": null, "steps": [{"trial": 7, "cost": 0.125}]}
            ],
            "tiles": [["forbidden", {"cost": {"cost": 1.5, "near": true}}]],
        });
        let found = tables("convergence", &value);
        let expected = [
            ("convergence", "spent\n12.5\n"),
            ("convergence.curves", "budget,interval.from,interval.to\n1.0,0.1,0.2\n3.0,,\n"),
            ("convergence.curves.steps", "budget,trial,cost\n1.0,1,0.5\n1.0,3,0.25\n3.0,7,0.125\n"),
            (
                "convergence.tiles",
                "tiles.index,tiles.index.inner,value,cost.cost,cost.near\n0,0,forbidden,,\n0,1,,1.5,true\n",
            ),
        ];
        let expected: Vec<(String, String)> = expected.map(|(name, text)| (name.into(), text.into())).to_vec();
        assert_eq!(found, expected);
    }
}
