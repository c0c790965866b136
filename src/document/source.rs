//! An error in a RON file: where it is, what it is, and what to do.
use std::fmt;
use std::io::ErrorKind;
use std::ops::Range;
use std::path::{Path, PathBuf};

use ron::error::{Error, SpannedError};
use ron::extensions::Extensions;
use serde::de::DeserializeOwned;

use crate::document::explanation::{explain, misfit};
use crate::document::outline::{Node, closer, lone_bracket};
use crate::document::spelling::nearest;

/// A mistake in a file, with its place; lines and columns count from 1, and a line of 0 is the file as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceError {
    pub path: PathBuf,
    pub line: usize,
    /// In characters.
    pub column: usize,
    pub message: String,
    pub source_line: String,
    pub hint: Option<String>,
}

impl std::error::Error for SourceError {}

impl fmt::Display for SourceError {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        let path = self.path.display();
        if self.line == 0 {
            write!(out, "{path}: {}", self.message)?;
        } else {
            let number = self.line.to_string();
            let margin = " ".repeat(number.len());
            // Tabs stay tabs, so that the caret stands under its letter.
            let before = self.source_line.chars().take(self.column - 1);
            let indent: String = before.map(|each| if each == '\t' { '\t' } else { ' ' }).collect();
            writeln!(out, "{path}:{number}:{}: {}", self.column, self.message)?;
            writeln!(out, "{margin} |")?;
            writeln!(out, "{number} | {}", self.source_line)?;
            write!(out, "{margin} | {indent}^")?;
        }
        match &self.hint {
            Some(hint) => write!(out, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

impl SourceError {
    /// The error at a byte of the text.
    pub fn at(path: &Path, text: &str, offset: usize, message: impl Into<String>, hint: Option<String>) -> Self {
        let offset = text.floor_char_boundary(offset.min(text.len()));
        let start = text[..offset].rfind('\n').map_or(0, |newline| newline + 1);
        let line = text[start..].lines().next().unwrap_or("");
        Self {
            path: path.to_owned(),
            line: 1 + text[..offset].matches('\n').count(),
            column: 1 + text[start..offset].chars().count(),
            message: message.into(),
            source_line: line.to_owned(),
            hint,
        }
    }

    /// The error of a file as a whole, such as one that cannot be read.
    pub fn whole(path: &Path, message: impl Into<String>, hint: Option<String>) -> Self {
        let (message, source_line) = (message.into(), String::new());
        Self { path: path.to_owned(), line: 0, column: 0, message, source_line, hint }
    }

    /// RON's error in our words, with the nearest name where one is misspelt.
    pub fn from_ron(path: &Path, text: &str, error: SpannedError) -> Self {
        let start = byte_of(text, error.span.start.line, error.span.start.col);
        let end = byte_of(text, error.span.end.line, error.span.end.col);
        let gap = text[start..end].len() - text[start..end].trim_start().len();
        let place = if start + gap < end { start + gap } else { end };
        if let Some((offset, message, hint)) = misfit(&error.code, text, place) {
            return Self::at(path, text, offset, message, Some(hint));
        }
        let mut explained = explain(&error.code, text);
        let offset = match &error.code {
            // The place of the name itself, which is the last before the place where RON stopped.
            Error::NoSuchStructField { found: name, .. } | Error::NoSuchEnumVariant { found: name, .. } => {
                let behind = text.floor_char_boundary((end + name.len()).min(text.len()));
                text[..behind].rfind(name.as_str()).unwrap_or(start)
            }
            Error::DuplicateStructField { field, .. } => text[..end].rfind(field).unwrap_or(start),
            Error::MissingStructField { .. } => start,
            _ if Node::of(text).is_none() && lone_bracket(text).is_none() && bare(text) => {
                return Self::whole(path, "the file is empty", Some("a file holds one value: ( ... )".to_owned()));
            }
            Error::ExpectedStructLike | Error::ExpectedNamedStructLike(_) => {
                let before = text[..end].trim_end();
                let name =
                    before.rsplit(|each: char| !each.is_alphanumeric() && each != '_').next().unwrap_or_default();
                explained.1 = Some(match name {
                    "" => "fields stand in parentheses: ( name: value, ... )".to_owned(),
                    name => format!("the fields of `{name}` stand in parentheses: {name}(...)"),
                });
                end
            }
            _ => {
                if let Some((lone, bracket)) = lone_bracket(text) {
                    let (message, hint) = match bracket {
                        ')' | ']' | '}' => (format!("`{bracket}` closes nothing"), "take it out, or open it before"),
                        _ => (
                            format!("this `{bracket}` is not closed by a `{}`", closer(bracket)),
                            "every bracket has its partner",
                        ),
                    };
                    return Self::at(path, text, lone, message, Some(hint.to_owned()));
                }
                // A value that was read but does not fit: RON stands behind it.
                if matches!(error.code, Error::Message(_) | Error::InvalidValueForType { .. })
                    && let Some(value) = Node::of(text).and_then(|outline| outline.ending_at(end))
                {
                    return Self::at(path, text, value, explained.0, explained.1);
                }
                place
            }
        };
        Self::at(path, text, offset, explained.0, explained.1)
    }
}

/// The text of a file; fails where it cannot be read, or is no text.
pub fn read(path: &Path) -> Result<String, SourceError> {
    let bytes = std::fs::read(path).map_err(|error| {
        let hint = match error.kind() {
            ErrorKind::NotFound => missing(path),
            ErrorKind::PermissionDenied => "allow yourself to read it".to_owned(),
            _ => "it must be a file that can be read".to_owned(),
        };
        let message = match error.kind() {
            ErrorKind::NotFound => "there is no such file".to_owned(),
            ErrorKind::IsADirectory => "this is a folder, not a file".to_owned(),
            ErrorKind::PermissionDenied => "you may not read this file".to_owned(),
            _ => error.to_string(),
        };
        SourceError::whole(path, message, Some(hint))
    })?;
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let line = 1 + error.as_bytes()[..good].iter().filter(|&&byte| byte == b'\n').count();
        let hint = "save the file as UTF-8".to_owned();
        SourceError::whole(path, format!("line {line} is not UTF-8 text"), Some(hint))
    })
}

/// Optional fields are written without `Some`, and what a name wraps without a second pair of brackets.
fn options() -> ron::Options {
    ron::Options::default().with_default_extension(Extensions::IMPLICIT_SOME | Extensions::UNWRAP_VARIANT_NEWTYPES)
}

/// Parses a RON text; numbers that RON would quietly turn into 0 or infinity are errors.
pub fn parse<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, SourceError> {
    let parsed = options().from_str(text).map_err(|error| SourceError::from_ron(path, text, error));
    if let Some(outline) = Node::of(text) {
        let mut wrong = None;
        outline.scalars(&mut |span| {
            if wrong.is_none() {
                wrong = check_number(&text[span.clone()]).map(|(message, hint)| (span, message, hint));
            }
        });
        // RON's own error comes first, unless it stands behind the number.
        if let Some((Range { start, .. }, message, hint)) = wrong {
            let number = SourceError::at(path, text, start, message, Some(hint));
            return Err(match parsed {
                Err(error) if (error.line, error.column) < (number.line, number.column) => error,
                _ => number,
            });
        }
    }
    parsed
}

/// Why a scalar is not the number that it looks like.
pub(crate) fn check_number(scalar: &str) -> Option<(String, String)> {
    let bare = scalar.trim_start_matches(['+', '-']);
    if ["inf", "inff32", "inff64", "NaN", "NaNf32", "NaNf64"].contains(&bare) {
        return Some((format!("`{scalar}` is no finite number"), "give the number that is worth trying".to_owned()));
    }
    if !bare.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return None;
    }
    let plain = bare.trim_end_matches("f32").trim_end_matches("f64").replace('_', "");
    let number: f64 = plain.parse().ok()?;
    let mantissa = plain.split(['e', 'E']).next().unwrap_or_default();
    if number == 0.0 && mantissa.contains(|digit: char| ('1'..='9').contains(&digit)) {
        return Some((
            format!("`{scalar}` is too small: it would become 0"),
            "the smallest is about 1e-307".to_owned(),
        ));
    }
    let whole = plain.bytes().all(|digit| digit.is_ascii_digit());
    if whole && plain.parse::<u64>().is_err() {
        let hint = "write it with a point where it need not be exact";
        return Some((format!("`{scalar}` is too large for a whole number"), hint.to_owned()));
    }
    if number.is_infinite() {
        return Some((format!("`{scalar}` is too large"), "the largest is about 1e308".to_owned()));
    }
    None
}

/// A file nearby with a similar name, or what is there.
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

/// Whether a text has nothing but white space and comments.
fn bare(text: &str) -> bool {
    text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with("//"))
}

fn byte_of(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let letters = text[start..].chars().take(column.saturating_sub(1));
    start + letters.map(char::len_utf8).sum::<usize>()
}
