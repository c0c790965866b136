//! Columns as NumPy's archive: a ZIP without compression, with an array for each column and for each word about the file.
use std::io::{self, Write};

use crate::battery::dataset::npy;

use super::column::{Column, ColumnValues, Columns};

/// The largest file that a ZIP of the plain kind holds, in bytes.
const LARGEST: u64 = u32::MAX as u64;
/// The date of all entries, 1980-01-01, so that the same columns are the same bytes.
const DATE: u16 = 33;

struct Entry {
    name: String,
    checksum: u32,
    size: u32,
    offset: u32,
}

pub(super) fn write(out: &mut dyn Write, table: &Columns) -> io::Result<()> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut written = 0u64;
    let columns = table.columns.iter().map(|column| (column.name.as_str(), column_array(column)));
    let words = table.about.iter().map(|(name, text)| (name.as_str(), text_array(std::slice::from_ref(text), &[])));
    for (name, bytes) in columns.chain(words) {
        let after = written + bytes.len() as u64 + 1000;
        if after > LARGEST {
            let message =
                "the archive would be larger than 4 GiB, which NumPy's archives cannot be; write Parquet or CSV";
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
        }
        let mut checksum = crc32fast::Hasher::new();
        checksum.update(&bytes);
        let entry = Entry {
            name: format!("{name}.npy"),
            checksum: checksum.finalize(),
            size: bytes.len() as u32,
            offset: written as u32,
        };
        let header = local_header(&entry);
        out.write_all(&header)?;
        out.write_all(&bytes)?;
        written += (header.len() + bytes.len()) as u64;
        entries.push(entry);
    }
    let directory: Vec<u8> = entries.iter().flat_map(directory_entry).collect();
    out.write_all(&directory)?;
    let mut end = b"PK\x05\x06\0\0\0\0".to_vec();
    let count = (entries.len() as u16).to_le_bytes();
    end.extend([count, count].concat());
    end.extend((directory.len() as u32).to_le_bytes());
    end.extend((written as u32).to_le_bytes());
    end.extend([0, 0]);
    out.write_all(&end)
}

/// The fields that a file's own header and its entry in the directory share.
fn shared(entry: &Entry) -> Vec<u8> {
    // Version 2.0; names in UTF-8; no compression; date.
    let mut bytes: Vec<u8> = [20u16, 0x800, 0, 0, DATE].into_iter().flat_map(u16::to_le_bytes).collect();
    for number in [entry.checksum, entry.size, entry.size] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend((entry.name.len() as u16).to_le_bytes());
    bytes.extend([0, 0]);
    bytes
}

fn local_header(entry: &Entry) -> Vec<u8> {
    [b"PK\x03\x04".as_slice(), &shared(entry), entry.name.as_bytes()].concat()
}

fn directory_entry(entry: &Entry) -> Vec<u8> {
    let offset = entry.offset.to_le_bytes();
    [b"PK\x01\x02\x14\0".as_slice(), &shared(entry), &[0; 10], &offset, entry.name.as_bytes()].concat()
}

/// The bytes of a column's array; what is missing is not a number, 0, or empty.
fn column_array(column: &Column) -> Vec<u8> {
    let shape = [column.values.len()];
    let is_missing = |row: usize| column.missing.get(row) == Some(&true);
    match &column.values {
        ColumnValues::Real(values, _) => {
            let numbers = (0..).zip(values).map(|(row, value)| if is_missing(row) { f64::NAN } else { *value });
            numbers.fold(npy::header_of("<f8", &shape), |mut bytes, number| {
                bytes.extend(number.to_le_bytes());
                bytes
            })
        }
        ColumnValues::Whole(values) => values.iter().fold(npy::header_of("<i8", &shape), |mut bytes, number| {
            bytes.extend(number.to_le_bytes());
            bytes
        }),
        ColumnValues::Flag(values) => {
            let mut bytes = npy::header_of("|b1", &shape);
            bytes.extend(values.iter().map(|flag| u8::from(*flag)));
            bytes
        }
        ColumnValues::Text(values) => text_array(values, &shape),
    }
}

/// The bytes of an array of texts, each as wide as the longest.
fn text_array(texts: &[String], shape: &[usize]) -> Vec<u8> {
    let width = texts.iter().map(|text| text.chars().count()).max().unwrap_or(0).max(1);
    let mut bytes = npy::header_of(&format!("<U{width}"), shape);
    for text in texts {
        let mut count = 0;
        for letter in text.chars() {
            bytes.extend(u32::from(letter).to_le_bytes());
            count += 1;
        }
        bytes.resize(bytes.len() + 4 * (width - count), 0);
    }
    bytes
}
