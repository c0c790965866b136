//! A value of a hyperparameter: a number, a word, a truth, or none.
use std::fmt;
use std::hash::{Hash, Hasher};

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

/// A value of a hyperparameter; in JSON it is a boolean, a number, a string or null.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged, expecting = "a value is a number, a text in quotes, true, false or None")]
pub enum Value {
    /// No value, as a choice beside others: `None` in RON and Python, `null` in JSON.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A real number.
    Float(f64),
    /// A word.
    Word(CompactString),
}

impl Value {
    /// The value as a number; `None` for words and for no value.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Boolean(truth) => Some(f64::from(u8::from(*truth))),
            Self::Integer(integer) => Some(*integer as f64),
            Self::Float(float) => Some(*float),
            Self::Null | Self::Word(_) => None,
        }
    }

    /// The value as RON has it, with words in double quotes.
    pub(crate) fn to_ron(&self) -> String {
        match self {
            Self::Word(word) => format!("{word:?}"),
            other => other.to_string(),
        }
    }

    /// The value as an expression has it, with words in single quotes and no value as `none`.
    pub(crate) fn to_literal(&self) -> String {
        match self {
            Self::Null => "none".to_owned(),
            Self::Word(word) => format!("'{}'", word.replace('\\', "\\\\").replace('\'', "\\'")),
            other => other.to_string(),
        }
    }
}

/// The elements of a list of values in RON.
pub(crate) fn ron_elements(values: &[Value]) -> String {
    values.iter().map(Value::to_ron).collect::<Vec<_>>().join(", ")
}

/// Numbers, words and truths become values, each of its own kind.
macro_rules! becomes {
    ($($from:ty => $variant:ident),*) => {$(
        impl From<$from> for Value {
            fn from(value: $from) -> Self {
                Self::$variant(value.into())
            }
        }
    )*};
}

becomes!(bool => Boolean, i32 => Integer, u32 => Integer, i64 => Integer, f32 => Float, f64 => Float, &str => Word, String => Word);

impl PartialEq for Value {
    /// Numbers are compared as numbers: `8` equals `8.0`.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Word(a), Self::Word(b)) => a == b,
            (Self::Boolean(a), Self::Boolean(b)) => a == b,
            (Self::Null, Self::Null) => true,
            (Self::Null | Self::Word(_) | Self::Boolean(_), _) | (_, Self::Null | Self::Word(_) | Self::Boolean(_)) => {
                false
            }
            _ => self.number() == other.number(),
        }
    }
}

impl Eq for Value {}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::Null => 0_u8.hash(state),
            Self::Boolean(truth) => truth.hash(state),
            Self::Word(word) => word.hash(state),
            Self::Integer(integer) => (*integer as f64).to_bits().hash(state),
            Self::Float(float) => (float + 0.0).to_bits().hash(state), // -0.0 equals 0.0
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Null => out.write_str("None"),
            Self::Boolean(truth) => truth.fmt(out),
            Self::Integer(integer) => integer.fmt(out),
            Self::Float(float) => write!(out, "{float:?}"),
            Self::Word(word) => word.fmt(out),
        }
    }
}
