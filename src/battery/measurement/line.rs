//! Lines of a cycler's file: UTF-8, Latin-1 or UTF-16, one at a time and of bounded length.
use std::io::{self, BufRead, Read};

use thiserror::Error;

/// The bytes of a line at most.
const LONGEST: u64 = 1 << 20;
/// First bytes of files that are no text, with a name for them and a remedy.
const BINARY: [(&[u8], &str, &str); 6] = [
    (b"PK\x03\x04", "an Excel workbook", "open it, and save the sheet with the records as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", "open it, and save the sheet with the records as CSV"),
    (b"BIO-LOGIC MODULAR FILE", "a binary file of EC-Lab (.mpr)", "export it as text (.mpt) with EC-Lab"),
    (b"NEWARE", "a binary file of Neware (.nda)", "export its records as CSV with BTSDA"),
    (b"\x00\x01\x00\x00Standard Jet", "a database of Arbin (.res)", "export it as CSV with Data Watcher"),
    (b"PAR1", "a Parquet file", "write it as CSV"),
];

/// The reason why there is no next line.
#[derive(Debug, Error)]
pub(crate) enum LineError {
    #[error("{0}")]
    Io(io::Error),
    #[error("line {0} is longer than 1 MiB")]
    TooLong(u64),
    #[error("this is {0}, not a text")]
    Binary(&'static str, &'static str),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Encoding {
    /// UTF-8 where a line is, else Latin-1.
    Bytes,
    Utf16 {
        big: bool,
    },
}

/// The lines of a reader.
pub(crate) struct Lines<R> {
    reader: R,
    encoding: Option<Encoding>,
    buffer: Vec<u8>,
    text: String,
    number: u64,
    bytes: u64,
}

impl<R: BufRead> Lines<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self { reader, encoding: None, buffer: Vec::new(), text: String::new(), number: 0, bytes: 0 }
    }

    /// The number of the last line, counted from 1.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// The last line.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Bytes read so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Reads the next line; false at the end.
    pub(crate) fn advance(&mut self) -> Result<bool, LineError> {
        let encoding = match self.encoding {
            Some(encoding) => encoding,
            None => self.begin()?,
        };
        self.buffer.clear();
        match encoding {
            Encoding::Bytes => {
                let read = (&mut self.reader).take(LONGEST + 1).read_until(b'\n', &mut self.buffer);
                read.map_err(LineError::Io)?;
            }
            Encoding::Utf16 { big } => self.wide(big)?,
        }
        self.bytes += self.buffer.len() as u64;
        if self.buffer.is_empty() {
            return Ok(false);
        }
        self.number += 1;
        if self.buffer.len() as u64 > LONGEST {
            return Err(LineError::TooLong(self.number));
        }
        if encoding == Encoding::Bytes && self.buffer.contains(&0) {
            return Err(LineError::Binary("a binary file", "export it as text: CSV, or fields with tabs between them"));
        }
        self.text.clear();
        match encoding {
            Encoding::Bytes => match std::str::from_utf8(&self.buffer) {
                Ok(text) => self.text.push_str(text),
                Err(_) => self.text.extend(self.buffer.iter().map(|byte| char::from(*byte))),
            },
            Encoding::Utf16 { big } => {
                let unit = |pair: &[u8]| {
                    let pair = [pair[0], pair[1]];
                    if big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
                };
                let units = self.buffer.chunks_exact(2).map(unit);
                self.text.extend(char::decode_utf16(units).map(|letter| letter.unwrap_or('\u{fffd}')));
            }
        }
        let end = self.text.trim_end_matches(['\r', '\n']).len();
        self.text.truncate(end);
        Ok(true)
    }

    /// Finds the encoding by the first bytes.
    fn begin(&mut self) -> Result<Encoding, LineError> {
        let start = self.reader.fill_buf().map_err(LineError::Io)?;
        if let Some((_, what, remedy)) = BINARY.iter().find(|(magic, ..)| start.starts_with(magic)) {
            return Err(LineError::Binary(what, remedy));
        }
        let (mark, encoding) = match start {
            [0xef, 0xbb, 0xbf, ..] => (3, Encoding::Bytes),
            [0xff, 0xfe, ..] => (2, Encoding::Utf16 { big: false }),
            [0xfe, 0xff, ..] => (2, Encoding::Utf16 { big: true }),
            _ => (0, Encoding::Bytes),
        };
        self.reader.consume(mark);
        self.bytes += mark as u64;
        self.encoding = Some(encoding);
        Ok(encoding)
    }

    fn wide(&mut self, big: bool) -> Result<(), LineError> {
        let mut pair = [0; 2];
        while self.buffer.len() as u64 <= LONGEST {
            for byte in &mut pair {
                match (&mut self.reader).bytes().next() {
                    Some(read) => *byte = read.map_err(LineError::Io)?,
                    None => return Ok(()),
                }
            }
            self.buffer.extend(pair);
            if pair == if big { [0, b'\n'] } else { [b'\n', 0] } {
                break;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(bytes: &[u8]) -> Result<Vec<String>, LineError> {
        let mut lines = Lines::new(bytes);
        let mut all = Vec::new();
        while lines.advance()? {
            all.push(lines.text().to_owned());
        }
        Ok(all)
    }

    #[test]
    fn texts_are_read_in_any_encoding() {
        let wide = |text: &str, big: bool| -> Vec<u8> {
            let units = text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() });
            units.collect()
        };
        let expected = ["T/°C", "1", "", "2"];
        for bytes in [
            "T/°C\n1\n\n2".as_bytes().to_vec(),
            "\u{feff}T/°C\r\n1\r\n\r\n2\r\n".as_bytes().to_vec(),
            b"T/\xb0C\n1\n\n2\n".to_vec(),
            wide("\u{feff}T/°C\r\n1\n\n2", false),
            wide("\u{feff}T/°C\n1\r\n\r\n2\n", true),
        ] {
            assert_eq!(lines(&bytes).unwrap(), expected, "{bytes:?}");
        }
    }

    #[test]
    fn other_files_are_named() {
        assert!(lines(b"PK\x03\x04...").unwrap_err().to_string().contains("an Excel workbook"));
        assert!(lines(b"\x89PNG\r\n\x1a\n\0").unwrap_err().to_string().contains("a binary file, not a text"));
        let long = vec![b'x'; LONGEST as usize + 1];
        assert!(matches!(lines(&long), Err(LineError::TooLong(1))));
        assert!(lines(b"").unwrap().is_empty());
    }
}
