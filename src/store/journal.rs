//! The journal: an append-only file of records, one a line with a checksum.
//!
//! A line is, byte by byte: the CRC-32 (IEEE) of the JSON text as 8 lower-case hexadecimal digits, one space, the JSON
//! text, one line feed. The JSON text is one object without line feeds whose first member is `"v"`, the version of the
//! record, and whose second is `"kind"`:
//!
//! `3f2a9c01 {"v":1,"kind":"started","trial":7,"attempt":1,"slot":"cpu:0","at":"2026-11-23T06:41:30Z"}`
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::document::json::JsonError;
use crate::store::record::{FORMAT, Record};

/// An append-only file of records, open for its one writer.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    file: File,
    length: u64,
    is_broken: bool,
}

/// The fault of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Incomplete, or its checksum does not fit.
    Damaged,
    /// Written by a newer version of the program.
    Newer(u16),
    /// Whole, but not a record.
    Foreign(String),
}

/// A line as it stands in the file, line feed included, with its record.
#[derive(Debug)]
pub struct Line<'a> {
    pub bytes: &'a [u8],
    pub record: Result<Record, Fault>,
}

impl Journal {
    /// Opens the file at its end, creating it where there is none.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let is_new = !path.exists();
        let file = OpenOptions::new().append(true).create(true).open(path)?;
        let length = file.metadata()?.len();
        if is_new {
            file.sync_all()?;
            sync_folder(path)?;
        }
        Ok(Self { path: path.to_owned(), file, length, is_broken: false })
    }

    /// Appends a line, which outlives this process but not yet a power cut; on an error the file is as it was before.
    pub fn write(&mut self, line: &[u8]) -> io::Result<()> {
        if self.is_broken {
            return Err(io::Error::other("an earlier write failed and could not be undone"));
        }
        // One call, so that a reader sees a whole line or a line without its line feed.
        let result = self.file.write_all(line);
        match &result {
            Ok(()) => self.length += line.len() as u64,
            Err(_) => self.is_broken = self.file.set_len(self.length).is_err(),
        }
        result
    }

    /// A second handle of the file, for the thread that waits for the disk.
    pub(crate) fn file(&self) -> io::Result<File> {
        self.file.try_clone()
    }

    /// Drops everything after the first `length` bytes.
    pub(crate) fn cut(&mut self, length: u64) -> io::Result<()> {
        self.file.set_len(length)?;
        self.file.sync_all()?;
        self.length = length;
        Ok(())
    }

    /// The path of the file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// The line of a record.
pub fn encode(record: &Record) -> Vec<u8> {
    let json = serde_json::to_string(record).expect("a record is made of strings, numbers and maps with string keys");
    let json = format!("{{\"v\":{FORMAT},{}", &json[1..]);
    format!("{:08x} {json}\n", crc32fast::hash(json.as_bytes())).into_bytes()
}

/// The lines of a journal, decoded.
pub fn decode(bytes: &[u8]) -> Vec<Line<'_>> {
    let lines: Vec<&[u8]> = bytes.split_inclusive(|&byte| byte == b'\n').collect();
    let decoded = lines.into_par_iter().with_min_len(256);
    decoded.map(|bytes| Line { bytes, record: decode_line(bytes) }).collect()
}

/// The record of a line, line feed included.
pub fn decode_line(line: &[u8]) -> Result<Record, Fault> {
    let json = verified(line).ok_or(Fault::Damaged)?;
    let foreign = || Fault::Foreign("it does not begin with the version of the record".to_owned());
    let digits = json.strip_prefix("{\"v\":").and_then(|rest| rest.split_once(',')).ok_or_else(foreign)?.0;
    match digits.parse() {
        Ok(version) if version > FORMAT => Err(Fault::Newer(version)),
        Ok(_) => serde_json::from_str(json).map_err(|error| Fault::Foreign(JsonError::of(&error, json).to_string())),
        Err(_) => Err(foreign()),
    }
}

/// Replaces the file by these lines, at once or not at all; returns the path under which the old one is kept.
pub(crate) fn replace(path: &Path, lines: &[u8]) -> io::Result<PathBuf> {
    let numbered = |number: u32| path.with_extension(format!("damaged-{number}.jsonl"));
    let kept = (1..).map(numbered).find(|each| !each.exists()).expect("fewer damaged journals than numbers");
    fs::copy(path, &kept)?;
    let draft = path.with_extension("draft.jsonl");
    let mut file = File::create(&draft)?;
    file.write_all(lines)?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    sync_folder(path)?;
    Ok(kept)
}

fn verified(line: &[u8]) -> Option<&str> {
    let (checksum, rest) = line.strip_suffix(b"\n")?.split_at_checked(8)?;
    let json = rest.strip_prefix(b" ")?;
    let expected = format!("{:08x}", crc32fast::hash(json));
    (expected.as_bytes() == checksum).then(|| std::str::from_utf8(json).ok()).flatten()
}

fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path.parent().expect("a journal lies in a folder"))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::record::Noted;

    fn note(key: &str) -> Record {
        Record::Noted(Noted { key: key.into(), value: serde_json::json!({"x": [1, 0.1]}), at: jiff::Timestamp::now() })
    }

    #[test]
    fn any_flipped_bit_and_any_cut_is_noticed() {
        let (record, line) = (note("k"), encode(&note("k")));
        assert!(decode_line(&line).is_ok() && decode_line(&encode(&record)) == Ok(record));
        for byte in 0..line.len() {
            for bit in 0..8 {
                let mut bad = line.clone();
                bad[byte] ^= 1 << bit;
                assert_eq!(decode_line(&bad), Err(Fault::Damaged), "byte {byte}, bit {bit}");
            }
            assert_eq!(decode_line(&line[..byte]), Err(Fault::Damaged), "cut at {byte}");
        }
    }

    #[test]
    fn a_line_is_as_documented() {
        let line = String::from_utf8(encode(&note("k"))).unwrap();
        let (checksum, json) = line.trim_end().split_once(' ').unwrap();
        assert_eq!(checksum, format!("{:08x}", crc32fast::hash(json.as_bytes())));
        assert!(json.starts_with("{\"v\":1,\"kind\":\"noted\","), "{json}");
        assert!(serde_json::from_str::<serde_json::Value>(json).is_ok());
    }

    #[test]
    fn what_is_newer_or_foreign_is_not_taken_for_damage() {
        let sealed = |json: &str| format!("{:08x} {json}\n", crc32fast::hash(json.as_bytes())).into_bytes();
        assert_eq!(decode_line(&sealed("{\"v\":2,\"kind\":\"dreamt\"}")), Err(Fault::Newer(2)));
        for json in ["{\"v\":1,\"kind\":\"dreamt\"}", "{}", "[]", "{\"v\":one,}"] {
            assert!(matches!(decode_line(&sealed(json)), Err(Fault::Foreign(_))), "{json}");
        }
    }
}
