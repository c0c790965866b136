//! Columns as HDF5: a dataset a column, words about the file as attributes of the root.
use std::io::{self, Write};

use hdf5_pure::{AttrValue, FileBuilder};

use super::column::{ColumnValues, Columns};

pub(super) fn write(out: &mut dyn Write, table: &Columns) -> io::Result<()> {
    let mut file = FileBuilder::new();
    for column in &table.columns {
        let is_missing = |row: usize| column.missing.get(row) == Some(&true);
        let dataset = file.create_dataset(&column.name);
        match &column.values {
            ColumnValues::Real(values, _) => {
                let numbers = (0..).zip(values).map(|(row, value)| if is_missing(row) { f64::NAN } else { *value });
                dataset.with_f64_data(&numbers.collect::<Vec<_>>());
            }
            ColumnValues::Whole(values) => {
                dataset.with_i64_data(values);
            }
            ColumnValues::Flag(values) => {
                dataset.with_u8_data(&values.iter().map(|flag| u8::from(*flag)).collect::<Vec<_>>());
            }
            ColumnValues::Text(values) => {
                dataset.with_vlen_strings(&values.iter().map(String::as_str).collect::<Vec<_>>());
            }
        }
        dataset.with_shape(&[column.values.len() as u64]);
    }
    attributes(&mut file, &table.about);
    finish(out, file)
}

/// Adds words about the file.
pub(crate) fn attributes(file: &mut FileBuilder, about: &[(String, String)]) {
    for (name, text) in about {
        file.set_attr(name, AttrValue::VarLenString(text.clone()));
    }
}

/// Writes a file that was built in memory.
pub(crate) fn finish(out: &mut dyn Write, file: FileBuilder) -> io::Result<()> {
    out.write_all(&file.finish().map_err(io::Error::other)?)
}

#[cfg(test)]
mod tests {
    use hdf5_pure::File;

    use super::super::column::tests::example;
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let mut bytes = Vec::new();
        write(&mut bytes, &example()).unwrap();
        let file = File::from_bytes(bytes).unwrap();
        assert_eq!(file.dataset("time_s").unwrap().read_f64().unwrap(), [0.0, 0.1, 2.0]);
        assert_eq!(file.dataset("step").unwrap().read_i64().unwrap(), [1, -2, i64::MAX]);
        assert_eq!(file.dataset("word").unwrap().read_string().unwrap(), ["a", "", "ü, \"b\""]);
        let costs = file.dataset("cost").unwrap().read_f64().unwrap();
        assert!(costs[0] == 1.5 && costs[1].is_nan() && costs[2] == -2.0);
        let about = file.root().attrs().unwrap();
        assert_eq!(about.get("cell"), Some(&AttrValue::VarLenString("mine".into())));
    }
}
