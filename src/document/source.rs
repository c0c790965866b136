//! Sources: texts with their paths, read and parsed, and the errors that show a line of them.
use std::borrow::Cow;
use std::fmt;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use ron::extensions::Extensions;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::document::diagnostic::{Diagnostic, Positioned};
use crate::document::number::check_number;
use crate::document::outline::OutlineNode;
use crate::document::ron_error::{empty, locate};
use crate::document::spelling::nearest;

/// A text, and the path that its errors name.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    pub path: &'a Path,
    pub text: &'a str,
}

/// A mistake in a file, with its place; lines and columns count from 1, and a line of 0 is the file as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceError {
    pub path: PathBuf,
    pub line: usize,
    /// The column in characters.
    pub column: usize,
    /// The whole text of the line.
    pub source_line: String,
    pub diagnostic: Diagnostic,
}

impl std::error::Error for SourceError {}

impl fmt::Display for SourceError {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        let path = self.path.display();
        let Diagnostic { message, hint, .. } = &self.diagnostic;
        if self.line == 0 {
            write!(out, "{path}: {message}")?;
        } else {
            let number = self.line.to_string();
            let margin = " ".repeat(number.len());
            let (source_line, column) = excerpt(&self.source_line, self.column);
            // Tabs stay tabs, so that the caret stands under its letter.
            let before = source_line.chars().take(column - 1);
            let indent: String = before.map(|each| if each == '\t' { '\t' } else { ' ' }).collect();
            writeln!(out, "{path}:{number}:{}: {message}", self.column)?;
            writeln!(out, "{margin} |")?;
            writeln!(out, "{number} | {source_line}")?;
            write!(out, "{margin} | {indent}^")?;
        }
        match hint {
            Some(hint) => write!(out, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

/// A line as an error shows it, and the column in it: of a long line, the part around the column.
fn excerpt(line: &str, column: usize) -> (Cow<'_, str>, usize) {
    const WIDEST: usize = 300;
    if line.chars().nth(WIDEST).is_none() {
        return (line.into(), column);
    }
    let start = column.saturating_sub(WIDEST / 2);
    let part: String = line.chars().skip(start).take(WIDEST).collect();
    if start == 0 {
        (format!("{part}...").into(), column)
    } else {
        (format!("...{part}...").into(), 3 + column - start)
    }
}

impl SourceError {
    /// The error of a file as a whole, such as one that cannot be read.
    pub(crate) fn whole(path: &Path, diagnostic: Diagnostic) -> Self {
        Self { path: path.to_owned(), line: 0, column: 0, source_line: String::new(), diagnostic }
    }
}

impl<'a> Source<'a> {
    pub(crate) fn new(path: &'a Path, text: &'a str) -> Self {
        Self { path, text }
    }

    /// The error at a byte of the text.
    pub(crate) fn error_at(&self, offset: usize, diagnostic: Diagnostic) -> SourceError {
        let offset = self.text.floor_char_boundary(offset.min(self.text.len()));
        let start = self.text[..offset].rfind('\n').map_or(0, |newline| newline + 1);
        let line = self.text[start..].lines().next().unwrap_or("");
        SourceError {
            path: self.path.to_owned(),
            line: 1 + self.text[..offset].matches('\n').count(),
            column: 1 + self.text[start..offset].chars().count(),
            source_line: line.to_owned(),
            diagnostic,
        }
    }

    /// The error at the value of the diagnostic's field, or of the innermost structure around it that is written.
    pub(crate) fn error(&self, diagnostic: Diagnostic) -> SourceError {
        let outline = OutlineNode::of(self.text);
        let mut offset = 0;
        let mut node = outline.as_ref();
        for name in diagnostic.field.as_deref().unwrap_or_default().split('.') {
            let Some(inner) = node.and_then(|node| node.field(name)) else { break };
            (node, offset) = (Some(inner), inner.span.start);
        }
        self.error_at(offset, diagnostic)
    }
}

/// The bytes of a file that are read at most; a device has no end.
const LARGEST: u64 = 256 << 20;

/// The beginnings of files that are often taken for text, with their kind and a remedy.
const BINARY: [(&[u8], &str, &str); 5] = [
    (
        b"SQLite format 3\0",
        "a database of SQLite",
        "write a table with Python, for Optuna `study.trials_dataframe().to_csv(\"trials.csv\")`, and import that as CSV",
    ),
    (b"PK\x03\x04", "a ZIP archive, as workbooks of Excel are", "save the sheet as `CSV UTF-8`"),
    (b"\x1f\x8b", "compressed by gzip", "expand it with `gunzip` first"),
    (b"PAR1", "a file of Parquet", "write it as CSV first"),
    (b"\x80\x04\x95", "a pickle of Python", "write a table or JSON lines with Python first"),
];

/// The text of UTF-16 with a byte order mark, as spreadsheets and PowerShell write it; `None` for other bytes.
fn wide(bytes: &[u8]) -> Option<Result<String, Diagnostic>> {
    let (is_little, units) = match bytes {
        [0xff, 0xfe, units @ ..] => (true, units),
        [0xfe, 0xff, units @ ..] => (false, units),
        _ => return None,
    };
    let (pairs, rest) = units.as_chunks::<2>();
    let letters =
        pairs.iter().map(|pair| if is_little { u16::from_le_bytes(*pair) } else { u16::from_be_bytes(*pair) });
    let text: Result<String, _> = char::decode_utf16(letters).collect();
    let wrong = |message: &str| Diagnostic::new(message).hint("save the file as UTF-8");
    Some(match text {
        Ok(text) if rest.is_empty() => Ok(text),
        Ok(_) => Err(wrong("the file begins as UTF-16 text and ends in half a letter")),
        Err(_) => Err(wrong("the file begins as UTF-16 text and is none")),
    })
}

/// The text of a file, in UTF-8, or in UTF-16 with a byte order mark; fails where it cannot be read, is no text, or has more
/// than 256 MiB.
#[allow(clippy::disallowed_types, reason = "it reads what the user names")]
pub fn read(path: &Path) -> Result<String, SourceError> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path);
    file.and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes)).map_err(|error| {
        SourceError::whole(
            path,
            match error.kind() {
                ErrorKind::NotFound => Diagnostic::new("there is no such file").hint(missing(path)),
                ErrorKind::IsADirectory => Diagnostic::new("this is a folder, not a file").hint("name a file in it"),
                ErrorKind::PermissionDenied => {
                    Diagnostic::new("no permission to read this file").hint("change its permissions with `chmod`")
                }
                _ => Diagnostic::new(error.to_string()).hint("it must be a file that can be read"),
            },
        )
    })?;
    if bytes.len() as u64 > LARGEST {
        let message = format!("the file is larger than {} MiB", LARGEST >> 20);
        return Err(SourceError::whole(
            path,
            Diagnostic::new(message).hint("split it, or take out what is not needed"),
        ));
    }
    if let Some(text) = wide(&bytes) {
        return text.map_err(|diagnostic| SourceError::whole(path, diagnostic));
    }
    if let Some((_, what, hint)) = BINARY.iter().find(|(beginning, ..)| bytes.starts_with(beginning)) {
        return Err(SourceError::whole(path, Diagnostic::new(format!("this is {what}, not text")).hint(*hint)));
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let line = 1 + error.as_bytes()[..good].iter().filter(|&&byte| byte == b'\n').count();
        let message = format!("line {line} is not UTF-8 text");
        SourceError::whole(path, Diagnostic::new(message).hint("save the file as UTF-8"))
    })
}

/// The RON that files are written in: optional fields without `Some`, the content of a variant without a second pair of
/// parentheses.
fn options() -> ron::Options {
    ron::Options::default().with_default_extension(Extensions::IMPLICIT_SOME | Extensions::UNWRAP_VARIANT_NEWTYPES)
}

/// A value as RON text that [`parse`] reads.
pub fn write<T: Serialize>(value: &T) -> String {
    options().to_string(value).expect("plain data becomes RON")
}

/// Parses a RON text; fails also at numbers that RON would quietly turn into 0 or infinity.
pub fn parse<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, SourceError> {
    let source = Source::new(path, text);
    let parsed = options().from_str(text).map_err(|error| match locate(text, &error) {
        Some(Positioned { offset, diagnostic }) => source.error_at(offset, diagnostic),
        None => SourceError::whole(path, empty()),
    });
    if let Some(outline) = OutlineNode::of(text) {
        let mut wrong = None;
        outline.scalars(&mut |span| {
            if wrong.is_none() {
                wrong = check_number(&text[span.clone()]).map(|diagnostic| {
                    // The line of a text that a program wrote is not shown to anybody: the field must be named.
                    let name = outline.value_at(span.start).map(|(name, _)| name).filter(|name| !name.is_empty());
                    let message = match name {
                        Some(name) => format!("`{name}`: {}", diagnostic.message),
                        None => diagnostic.message.clone(),
                    };
                    source.error_at(span.start, Diagnostic { message, ..diagnostic })
                });
            }
        });
        // RON's own error comes first, unless it stands behind the number.
        if let Some(number) = wrong {
            return Err(match parsed {
                Err(error) if (error.line, error.column) < (number.line, number.column) => error,
                _ => number,
            });
        }
    }
    parsed
}

/// The hint for a missing file: one nearby with a similar name, or the names that are there.
#[allow(clippy::disallowed_methods, reason = "it looks for what the user meant")]
fn missing(path: &Path) -> String {
    let folder = match path.parent() {
        Some(folder) if folder.as_os_str().is_empty() => Path::new("."),
        Some(folder) => folder,
        None => Path::new("."),
    };
    let Ok(entries) = std::fs::read_dir(folder) else {
        return format!("there is no folder {} either", folder.display());
    };
    let kind = path.extension().unwrap_or("ron".as_ref());
    let mut names: Vec<String> = entries
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| Path::new(name).extension().unwrap_or_default() == kind)
        .collect();
    names.sort();
    let written = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    match nearest(&written, names.iter().map(String::as_str)) {
        Some(near) => format!("did you mean {}?", folder.join(near).display()),
        None if names.is_empty() => format!("{} has no .{} file", folder.display(), kind.display()),
        None => format!("{} has {}", folder.display(), names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_text_is_read_where_it_has_its_mark() {
        let text = "rate,größe 🙂\r\n";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(wide(&[&[0xff, 0xfe][..], &little].concat()), Some(Ok(text.to_owned())));
        assert_eq!(wide(&[&[0xfe, 0xff][..], &big].concat()), Some(Ok(text.to_owned())));
        assert!(wide(text.as_bytes()).is_none() && wide(&little).is_none());
        assert!(BINARY.iter().all(|(beginning, ..)| wide(beginning).is_none()));
        for (bytes, words) in
            [(&[0xff, 0xfe, 0x41][..], "half a letter"), (&[0xff, 0xfe, 0x00, 0xd8, 0x41, 0], "is none")]
        {
            assert!(wide(bytes).unwrap().unwrap_err().message.contains(words));
        }
    }

    #[test]
    fn an_error_shows_a_part_of_a_long_line() {
        let text = format!("{}!{}", "é".repeat(5_000), "b".repeat(5_000_000));
        let error = Source::new(Path::new("x"), &text).error_at("é".len() * 5_000, Diagnostic::new("wrong"));
        let shown = error.to_string();
        assert!(shown.len() < 1_000, "{}", shown.len());
        let lines: Vec<&str> = shown.lines().collect();
        let place = |line: &str, letter: char| line.chars().position(|each| each == letter);
        assert_eq!((error.column, place(lines[2], '!')), (5_001, place(lines[3], '^')));
    }
}
