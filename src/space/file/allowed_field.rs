//! The field `allowed` of a space's file: rows, or the paths of tables with a column for each hyperparameter.
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::document::diagnostic::Diagnostic;
use crate::document::source::{Source, SourceError, read};
use crate::space::AllowedRow;
use crate::space::file::entries::Entries;
use crate::space::file::literal::Literal;
use crate::space::value::Value;

/// Bytes of the largest file of a table.
const LONGEST: usize = 1 << 26;

/// The field as it is written.
#[derive(Clone, Debug, Default)]
pub(crate) struct AllowedField {
    items: Vec<Item>,
}

#[derive(Clone, Debug)]
enum Item {
    /// A row of the table that all rows of the list make.
    Row(Entries<Literal>),
    /// A table of its own.
    Table(Vec<Entries<Literal>>),
    File(PathBuf),
}

/// A table that was read, and the place of its rows in its own file, where it has one.
pub(crate) struct AllowedSource {
    pub rows: Vec<AllowedRow>,
    pub file: Option<TableFile>,
}

/// A file with a table.
pub(crate) struct TableFile {
    path: PathBuf,
    text: String,
    /// The byte at which each row begins.
    starts: Vec<usize>,
}

impl TableFile {
    /// The error of a row, or of the file as a whole.
    pub(crate) fn error(&self, row: Option<usize>, diagnostic: Diagnostic) -> SourceError {
        let offset = row.and_then(|row| self.starts.get(row)).copied().unwrap_or(0);
        Source::new(&self.path, &self.text).error_at(offset, diagnostic)
    }
}

impl AllowedField {
    /// True where a file beside the space's own has a part of it.
    pub(crate) fn names_file(&self) -> bool {
        self.items.iter().any(|item| matches!(item, Item::File(_)))
    }

    /// The tables; `path` is that of the file with the field, from whose folder the paths of tables go.
    pub(crate) fn read(self, path: &Path) -> Result<Vec<AllowedSource>, SourceError> {
        let row = |row: Entries<Literal>| -> AllowedRow {
            row.0.into_iter().filter_map(|(name, literal)| Some((name, literal.0?))).collect()
        };
        let (mut tables, mut rows) = (Vec::new(), Vec::new());
        for item in self.items {
            match item {
                Item::Row(entries) => rows.push(row(entries)),
                Item::Table(all) => {
                    tables.push(AllowedSource { rows: all.into_iter().map(row).collect(), file: None });
                }
                Item::File(relative) => tables.push(table(&path.parent().unwrap_or(Path::new("")).join(relative))?),
            }
        }
        if !rows.is_empty() {
            tables.insert(0, AllowedSource { rows, file: None });
        }
        Ok(tables)
    }
}

/// The table of a file: a heading with names, then a row a line; an empty cell may be anything.
fn table(path: &Path) -> Result<AllowedSource, SourceError> {
    let text = read(path)?;
    if text.len() > LONGEST {
        let message = format!("the table has {} bytes, and may have {LONGEST}", text.len());
        return Err(SourceError::whole(path, Diagnostic::new(message).hint("leave out what is not needed")));
    }
    let heading = text.lines().next().unwrap_or_default();
    let delimiter = [b',', b';', b'\t'].into_iter().find(|each| heading.as_bytes().contains(each)).unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(text.as_bytes());
    let wrong = |error: csv::Error| {
        let offset = error.position().map_or(0, |position| position.byte() as usize);
        let hint = "a table has a heading with names of parameters, then a row a line with as many values";
        let message = match error.kind() {
            csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                format!("this row has {len} of {expected_len} fields")
            }
            _ => "this is not a table of text".to_owned(),
        };
        Source::new(path, &text).error_at(offset, Diagnostic::new(message).hint(hint))
    };
    let names: Vec<String> = reader.headers().map_err(wrong)?.iter().map(str::to_owned).collect();
    let (mut rows, mut starts) = (Vec::new(), Vec::new());
    for record in reader.records() {
        let record = record.map_err(wrong)?;
        starts.push(record.position().map_or(0, |position| position.byte() as usize));
        // A column without a name is the index that a data frame was written with.
        let is_value = |(name, cell): &(&String, &str)| !name.trim().is_empty() && !cell.trim().is_empty();
        let cells = names.iter().zip(record.iter()).filter(is_value);
        rows.push(cells.map(|(name, cell)| (name.clone(), Value::Word(cell.into()))).collect());
    }
    Ok(AllowedSource { rows, file: Some(TableFile { path: path.to_owned(), text, starts }) })
}

impl<'de> Deserialize<'de> for AllowedField {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldVisitor;
        impl<'de> Visitor<'de> for FieldVisitor {
            type Value = AllowedField;

            fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
                out.write_str("a list of allowed combinations, or the path of a table in double quotes")
            }

            fn visit_str<E>(self, path: &str) -> Result<AllowedField, E> {
                Ok(AllowedField { items: vec![Item::File(path.into())] })
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<AllowedField, A::Error> {
                let items: Vec<Item> = Vec::deserialize(SeqAccessDeserializer::new(list))?;
                if items.is_empty() {
                    let hint = "list at least one, or leave `allowed` out";
                    return Err(A::Error::custom(format!("no combination is allowed; hint: {hint}")));
                }
                Ok(AllowedField { items })
            }
        }
        deserializer.deserialize_any(FieldVisitor)
    }
}

impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ItemVisitor;
        impl<'de> Visitor<'de> for ItemVisitor {
            type Value = Item;

            fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
                out.write_str("a combination such as {\"layers\": 2}, or the path of a table in double quotes")
            }

            fn visit_str<E>(self, path: &str) -> Result<Item, E> {
                Ok(Item::File(path.into()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Item, A::Error> {
                Entries::deserialize(MapAccessDeserializer::new(map)).map(Item::Row)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Item, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(Item::Table)
            }
        }
        deserializer.deserialize_any(ItemVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_have_rows_as_long_as_their_heading() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        // The first column is the index of a data frame.
        std::fs::write(&path, ",a,b\n0,1,x\n1,2,\n").unwrap();
        let names = |row: &AllowedRow| row.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        let read = table(&path).unwrap();
        assert_eq!(read.rows.iter().map(names).collect::<Vec<_>>(), [vec!["a", "b"], vec!["a"]]);
        std::fs::write(&path, "a,b\n1,2\n3\n").unwrap();
        let error = table(&path).err().unwrap().to_string();
        assert!(error.contains("t.csv:3:1: this row has 1 of 2 fields"), "{error}");
    }
}
