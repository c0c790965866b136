//! Fuzz targets: each takes any bytes through one reader, and asserts what must hold of whatever it accepts.
//!
//! `tests/corpora.rs` includes this file, so that the same assertions run over the kept inputs as an ordinary test.
#[cfg(feature = "simulator")]
pub mod battery;
pub mod experiment;
pub mod journal;
pub mod program;
pub mod result;
pub mod space;

use std::path::Path;

use galvani::document::source::SourceError;

/// A target: panics where an input breaks a promise.
pub type Target = fn(&[u8]);

/// Every target by the name of its corpus, a folder of `tests/corpora/`.
pub const TARGETS: &[(&str, Target)] = &[
    #[cfg(feature = "simulator")]
    ("cells", battery::cells),
    ("conditions", space::conditions),
    ("configspace", space::configspace),
    #[cfg(feature = "simulator")]
    ("currents", battery::currents),
    ("experiments", experiment::experiments),
    ("irace", space::irace),
    ("journals", journal::journals),
    #[cfg(feature = "simulator")]
    ("measurements", battery::measurements),
    ("outputs", program::outputs),
    ("pcs", space::pcs),
    #[cfg(feature = "simulator")]
    ("protocols", battery::protocols),
    ("requests", program::requests),
    ("results", result::results),
    ("spaces", space::spaces),
];

/// The name that texts have in messages.
fn path() -> &'static Path {
    Path::new("fuzzed")
}

/// The input as text; other bytes are refused before any parser sees them.
fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}

/// Words of the language that the program is written in, which mean nothing to its users.
const FOREIGN_WORDS: [&str; 19] = [
    "u8",
    "u16",
    "u32",
    "u64",
    "i32",
    "i64",
    "usize",
    "f32",
    "f64",
    "struct ",
    "enum ",
    "variant",
    "tuple",
    "serde",
    "invalid type",
    "invalid value",
    "expected value at line",
    "EOF while",
    "Option<",
];

/// A message has no words of the language that the program is written in, but for those that the input has.
fn check_words(message: &str, data: &[u8]) {
    let input = String::from_utf8_lossy(data);
    let is_letter = |letter: char| letter.is_alphanumeric() || letter == '_';
    for word in FOREIGN_WORDS.iter().filter(|word| !input.contains(**word)) {
        for (at, _) in message.match_indices(word) {
            let is_inner = message[..at].ends_with(is_letter) || message[at + word.len()..].starts_with(is_letter);
            assert!(is_inner && !word.ends_with(' '), "`{word}` in a message: {message}");
        }
    }
}

/// An error names a place in the text, says something, and can be printed.
fn check_error(error: &SourceError, text: &str) {
    assert!(!error.diagnostic.message.is_empty(), "{error:?}");
    assert!(error.line <= text.lines().count() + 1, "{error:?}");
    assert!(error.column <= error.source_line.chars().count() + 1, "{error:?}");
    assert!(error.to_string().starts_with("fuzzed"), "{error:?}");
    check_words(&error.diagnostic.to_string(), text.as_bytes());
}
