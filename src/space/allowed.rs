//! Allowed combinations: tables of the only values that some hyperparameters may have together.
use std::collections::{BTreeSet, HashMap, HashSet};

use crate::document::diagnostic::Diagnostic;
use crate::document::spelling::suggestion;
use crate::space::hyperparameter::Hyperparameter;
use crate::space::value::Value;

/// Rows of the largest table.
const MOST: usize = 50_000;

/// Values of a hyperparameter of a table, beyond which its legal combinations are not drawn directly.
const WIDEST: u64 = 60_000;

/// A row as it is written: values by name, and whatever it does not name may be anything.
pub type AllowedRow = Vec<(String, Value)>;

/// The combinations of values that some hyperparameters may have. A configuration agrees with a row where every active
/// hyperparameter that the row names has its value, and must agree with at least one.
#[derive(Clone, Debug)]
pub(crate) struct AllowedTable {
    /// The hyperparameters that are named, ascending.
    columns: Vec<usize>,
    /// The indices of each row's values in their domains, one a column, `None` where anything is allowed.
    rows: Vec<Vec<Option<u16>>>,
    /// The rows that name every column.
    complete: HashSet<Vec<u16>>,
    /// The indices of the values of each column.
    indices: Vec<HashMap<Value, u16>>,
    /// The positions of the values of each column, one a row, NaN where anything is allowed.
    positions: Vec<Vec<f64>>,
}

/// The number of a wrong row, from 0, and its mistake; without a number where the table as a whole is wrong.
pub(crate) type WrongRow = (Option<usize>, Diagnostic);

impl AllowedTable {
    /// The table of these rows; fails at the first that is wrong.
    pub(crate) fn new(rows: &[AllowedRow], hyperparameters: &[Hyperparameter]) -> Result<Self, WrongRow> {
        let whole = |message: &str, hint: &str| Err((None, Diagnostic::new(message).hint(hint)));
        if rows.is_empty() {
            return whole("no combination is allowed", "list at least one, or leave `allowed` out");
        }
        if rows.len() > MOST {
            let message = format!("there are {} allowed combinations, and may be {MOST}", rows.len());
            return whole(&message, "write a part of them as an expression in `forbidden`");
        }
        let places: HashMap<&str, usize> = hyperparameters.iter().map(|each| each.name.as_str()).zip(0..).collect();
        let mut named = BTreeSet::new();
        for (number, row) in rows.iter().enumerate() {
            let fail = |message: String, hint: String| Err((Some(number), Diagnostic::new(message).hint(hint)));
            for (index, (name, _)) in row.iter().enumerate() {
                let Some(&column) = places.get(name.as_str()) else {
                    let hint = suggestion(name, hyperparameters.iter().map(|each| each.name.as_str()));
                    return fail(format!("an allowed combination names `{name}`, which is no parameter"), hint);
                };
                if row[..index].iter().any(|(other, _)| other == name) {
                    return fail(format!("an allowed combination names `{name}` twice"), "take one of them out".into());
                }
                if hyperparameters[column].size().is_none_or(|size| size > WIDEST) {
                    let message = format!("`{name}` has too many values for a list of allowed combinations");
                    return fail(message, "list its values: Ordinal(values: [...])".into());
                }
                named.insert(column);
            }
            if row.is_empty() {
                return fail("an allowed combination names no parameter".into(), "for example {\"layers\": 2}".into());
            }
        }
        let columns: Vec<usize> = named.into_iter().collect();
        let mut table = Self {
            indices: vec![HashMap::new(); columns.len()],
            positions: vec![Vec::new(); columns.len()],
            columns,
            rows: Vec::new(),
            complete: HashSet::new(),
        };
        let mut seen = HashSet::new();
        for (number, row) in rows.iter().enumerate() {
            let mut cells = vec![None; table.columns.len()];
            let mut positions = vec![f64::NAN; table.columns.len()];
            for (name, written) in row {
                let hyperparameter = &hyperparameters[places[name.as_str()]];
                let value = hyperparameter.matching(written).ok_or_else(|| {
                    let message = format!("`{name}` cannot be {}", written.to_ron());
                    (Some(number), Diagnostic::new(message).hint(format!("it is {}", hyperparameter.domain)))
                })?;
                let column = table.columns.binary_search(&places[name.as_str()]).expect("it was named");
                let index = hyperparameter.domain.index(&value).expect("it was matched");
                let index = u16::try_from(index).expect("the domain is small");
                positions[column] = hyperparameter.position(&value).expect("it was matched");
                table.indices[column].insert(value, index);
                cells[column] = Some(index);
            }
            if !seen.insert(cells.clone()) {
                continue;
            }
            table.complete.extend(cells.iter().copied().collect::<Option<Vec<u16>>>());
            table.rows.push(cells);
            table.positions.iter_mut().zip(positions).for_each(|(column, place)| column.push(place));
        }
        Ok(table)
    }

    /// The hyperparameters that are named, ascending.
    pub(crate) fn columns(&self) -> &[usize] {
        &self.columns
    }

    /// The rows, without repetitions: the index of a value for each column, `None` where anything is allowed.
    pub(crate) fn rows(&self) -> &[Vec<Option<u16>>] {
        &self.rows
    }

    /// True for values that agree with a row; `None` is an inactive hyperparameter, with which every row agrees.
    pub(crate) fn lists(&self, value: impl Fn(usize) -> Option<Value>) -> bool {
        let mut wanted = Vec::with_capacity(self.columns.len());
        for (column, indices) in self.columns.iter().zip(&self.indices) {
            wanted.push(match value(*column) {
                None => None,
                Some(value) => match indices.get(&value) {
                    Some(index) => Some(*index),
                    // No row has this value, but some may allow anything.
                    None => Some(u16::MAX),
                },
            });
        }
        if let Some(key) = wanted.iter().copied().collect::<Option<Vec<u16>>>() {
            if self.complete.contains(&key) {
                return true;
            }
            if self.complete.len() == self.rows.len() {
                return false;
            }
        }
        self.rows.iter().any(|row| row.iter().zip(&wanted).all(|(cell, wanted)| agree(*cell, *wanted)))
    }

    /// The row with this rank among those nearest to these positions of all hyperparameters, 0 for the nearest; the last
    /// where there are not so many.
    pub(crate) fn nearest(&self, hyperparameters: &[Hyperparameter], positions: &[f64], rank: usize) -> usize {
        let mut distances: Vec<(f64, usize)> = std::iter::repeat_n(0.0, self.rows.len()).zip(0..).collect();
        for (&column, places) in self.columns.iter().zip(&self.positions) {
            let hyperparameter = &hyperparameters[column];
            // Another choice is as far away as the other end of a range; half a choice away is another one.
            let choice =
                hyperparameter.size().filter(|_| hyperparameter.is_categorical()).map(|size| 0.5 / size as f64);
            let own = positions[column];
            let apart = |place: f64| match choice {
                Some(choice) => f64::from(u8::from((place - own).abs() > choice)),
                None => (place - own).abs(),
            };
            let cells = distances.iter_mut().zip(places).filter(|(_, place)| !place.is_nan());
            cells.for_each(|((distance, _), place)| *distance += apart(*place));
        }
        let rank = rank.min(distances.len() - 1);
        let order = |a: &(f64, usize), b: &(f64, usize)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
        distances.select_nth_unstable_by(rank, order).1.1
    }

    /// Writes the values of a row into those of a configuration; others stay.
    pub(crate) fn write(&self, row: usize, hyperparameters: &[Hyperparameter], values: &mut [Option<Value>]) {
        for (cell, &column) in self.rows[row].iter().zip(&self.columns) {
            if let Some(index) = cell {
                values[column] = Some(hyperparameters[column].domain.nth(u64::from(*index)));
            }
        }
    }

    /// Each row as it is written.
    pub(crate) fn written(&self, hyperparameters: &[Hyperparameter]) -> Vec<String> {
        let row = |row: &Vec<Option<u16>>| {
            let cells = row.iter().zip(&self.columns).filter_map(|(cell, &column)| {
                let Hyperparameter { name, domain, .. } = &hyperparameters[column];
                cell.map(|index| format!("{name:?}: {}", domain.nth(u64::from(index)).to_ron()))
            });
            format!("{{{}}}", cells.collect::<Vec<_>>().join(", "))
        };
        self.rows.iter().map(row).collect()
    }

    /// The clause that forbids everything else, in words.
    pub(crate) fn describe(&self, hyperparameters: &[Hyperparameter]) -> String {
        let names: Vec<&str> = self.columns.iter().map(|&column| hyperparameters[column].name.as_str()).collect();
        let noun = if self.rows.len() == 1 { "combination" } else { "combinations" };
        format!("({}) outside of the {} allowed {noun}", names.join(", "), self.rows.len())
    }
}

/// True where a cell of a row agrees with the index of a value, either of which may be anything.
pub(crate) fn agree(cell: Option<u16>, index: Option<u16>) -> bool {
    cell.is_none() || index.is_none() || cell == index
}
