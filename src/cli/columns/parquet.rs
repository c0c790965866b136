//! Columns as Parquet, compressed with Snappy; words about the file are its key-value metadata.
use std::borrow::Borrow;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use parquet::basic::{Compression, LogicalType, Repetition, Type as PhysicalType};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::Type;

use super::column::{Column, ColumnValues, Columns};

/// Rows of a group: readers hold a column of one at a time.
const GROUP: usize = 1 << 18;

/// Writes tables with the same columns one below the other.
pub(crate) fn write_parquet<T: Borrow<Columns>>(
    out: &mut dyn Write,
    about: &[(String, String)],
    tables: &mut dyn Iterator<Item = T>,
) -> io::Result<()> {
    let mut tables = tables.peekable();
    let Some(first) = tables.peek() else { return Err(io::Error::other("there are no columns")) };
    let first: &Columns = first.borrow();
    let fields = first.columns.iter().map(|column| field(column).map(Arc::new));
    let schema =
        Type::group_type_builder("galvani").with_fields(fields.collect::<Result<_, ParquetError>>()?).build()?;
    let words = about.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_created_by(format!("galvani {}", env!("CARGO_PKG_VERSION")))
        .set_key_value_metadata(Some(words.collect()));
    let waiting = WaitingBytes::default();
    let mut writer = SerializedFileWriter::new(waiting.clone(), Arc::new(schema), Arc::new(properties.build()))?;
    for table in tables {
        let table: &Columns = table.borrow();
        for first in (0..table.rows()).step_by(GROUP) {
            let rows = first..table.rows().min(first + GROUP);
            let mut group = writer.next_row_group()?;
            for column in &table.columns {
                let mut chunk = group.next_column()?.ok_or_else(|| io::Error::other("a column too many"))?;
                put(&mut chunk, column, rows.clone())?;
                chunk.close()?;
            }
            group.close()?;
            waiting.drain(out)?;
        }
    }
    writer.close()?;
    waiting.drain(out)
}

/// The declaration of a column.
fn field(column: &Column) -> Result<Type, ParquetError> {
    let (physical, logical) = match column.values {
        ColumnValues::Real(..) => (PhysicalType::DOUBLE, None),
        ColumnValues::Whole(_) => (PhysicalType::INT64, None),
        ColumnValues::Flag(_) => (PhysicalType::BOOLEAN, None),
        ColumnValues::Text(_) => (PhysicalType::BYTE_ARRAY, Some(LogicalType::String)),
    };
    let repetition = if column.missing.is_empty() { Repetition::REQUIRED } else { Repetition::OPTIONAL };
    Type::primitive_type_builder(&column.name, physical).with_repetition(repetition).with_logical_type(logical).build()
}

fn put(chunk: &mut SerializedColumnWriter, column: &Column, rows: std::ops::Range<usize>) -> Result<(), ParquetError> {
    let missing = column.missing.get(rows.clone());
    match &column.values {
        ColumnValues::Real(values, _) => batch::<DoubleType>(chunk, values[rows].iter().copied(), missing),
        ColumnValues::Whole(values) => batch::<Int64Type>(chunk, values[rows].iter().copied(), missing),
        ColumnValues::Flag(values) => batch::<BoolType>(chunk, values[rows].iter().copied(), missing),
        ColumnValues::Text(values) => {
            let texts = values[rows].iter().map(|text| ByteArray::from(text.as_bytes().to_vec()));
            batch::<ByteArrayType>(chunk, texts, missing)
        }
    }
}

/// Writes values, of which those that are missing leave a gap.
fn batch<D: DataType>(
    chunk: &mut SerializedColumnWriter,
    values: impl Iterator<Item = D::T>,
    missing: Option<&[bool]>,
) -> Result<(), ParquetError> {
    let writer = chunk.typed::<D>();
    match missing {
        None | Some([]) => writer.write_batch(&values.collect::<Vec<_>>(), None, None)?,
        Some(missing) => {
            let present: Vec<D::T> =
                values.zip(missing).filter(|(_, is_missing)| !**is_missing).map(|(value, _)| value).collect();
            let levels: Vec<i16> = missing.iter().map(|is_missing| i16::from(!is_missing)).collect();
            writer.write_batch(&present, Some(&levels), None)?
        }
    };
    Ok(())
}

/// Bytes between the writer of the format, which asks for a sink that may move to another thread, and the output.
#[derive(Clone, Default)]
struct WaitingBytes(Arc<Mutex<Vec<u8>>>);

impl WaitingBytes {
    fn drain(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        out.write_all(&bytes)?;
        bytes.clear();
        Ok(())
    }
}

impl Write for WaitingBytes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(all(test, feature = "simulator"))]
mod tests {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::RowAccessor;

    use super::super::column::tests::example;
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let table = example();
        let mut bytes = Vec::new();
        write_parquet(&mut bytes, &table.about, &mut [&table, &table].into_iter()).unwrap();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        let reader = SerializedFileReader::new(file).unwrap();
        let words = reader.metadata().file_metadata().key_value_metadata().unwrap();
        assert_eq!((words[0].key.as_str(), words[0].value.as_deref()), ("cell", Some("mine")));
        let rows: Vec<_> = reader.get_row_iter(None).unwrap().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 6);
        let row = &rows[5];
        assert_eq!((row.get_double(0).unwrap(), row.get_long(1).unwrap()), (2.0, i64::MAX));
        assert_eq!((row.get_bool(2).unwrap(), row.get_string(3).unwrap().as_str()), (true, "ü, \"b\""));
        assert!(rows[4].get_double(4).is_err() && rows[3].get_double(4).unwrap() == 1.5);
    }
}
