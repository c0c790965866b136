//! A space's RON file: what is written, and how it becomes a space.
use std::fmt;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor, value::MapAccessDeserializer};

use super::Space;
use super::hyperparameter::{Domain, Hyperparameter, Value};
use super::outline::Node;
pub use super::source::SourceError;
use super::source::{parse, read};
use super::validation::{Place, SpaceError};
use crate::numeric::stream::Stream;

/// A search space as it is written, not yet validated.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename = "Space")]
pub struct SpaceFile {
    /// The name in reports; the file's own where it is left out.
    #[serde(default)]
    name: String,
    parameters: Entries<Parameter>,
    /// When a parameter is active; always, where nothing is written.
    #[serde(default)]
    conditions: Entries<String>,
    /// Combinations that are never tried.
    #[serde(default)]
    forbidden: Vec<String>,
}

/// A search space inside another file: a path, or the space itself.
#[derive(Clone, Debug)]
pub enum SpaceSource {
    Path(PathBuf),
    Inline(Box<SpaceFile>),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
enum Parameter {
    Float {
        #[serde(default)]
        min: Literal,
        #[serde(default)]
        max: Literal,
        #[serde(default)]
        log: bool,
        #[serde(default)]
        default: Literal,
        #[serde(default)]
        description: String,
        #[serde(default)]
        unit: String,
    },
    Integer {
        #[serde(default)]
        min: Literal,
        #[serde(default)]
        max: Literal,
        #[serde(default)]
        log: bool,
        #[serde(default)]
        default: Literal,
        #[serde(default)]
        description: String,
        #[serde(default)]
        unit: String,
    },
    Ordinal {
        #[serde(default)]
        values: Vec<Literal>,
        #[serde(default)]
        default: Literal,
        #[serde(default)]
        description: String,
        #[serde(default)]
        unit: String,
    },
    Categorical {
        #[serde(default)]
        choices: Vec<Literal>,
        #[serde(default)]
        default: Literal,
        #[serde(default)]
        description: String,
        #[serde(default)]
        unit: String,
    },
    Boolean {
        #[serde(default)]
        default: Literal,
        #[serde(default)]
        description: String,
    },
    Constant {
        #[serde(default)]
        value: Literal,
        #[serde(default)]
        description: String,
        #[serde(default)]
        unit: String,
    },
}

/// A number, a word, or a truth, if one is written.
#[derive(Clone, Debug, Default)]
struct Literal(Option<Value>);

/// A map with its entries in the order of the file, and with those that come twice.
#[derive(Clone, Debug)]
struct Entries<T>(Vec<(String, T)>);

impl Space {
    /// The space of a RON text; `path` names it in errors.
    pub fn parse(text: &str, path: &Path) -> Result<Self, SourceError> {
        parse::<SpaceFile>(path, text)?.validate(path, text)
    }

    /// The space of a RON file.
    pub fn read(path: &Path) -> Result<Self, SourceError> {
        Self::parse(&read(path)?, path)
    }
}

impl SpaceFile {
    /// The space, if it can be one and has a legal configuration; `text` is that of the whole file, whose field `search_space` this may be.
    pub fn validate(self, path: &Path, text: &str) -> Result<Space, SourceError> {
        let outline = Node::of(text);
        let outline = outline.as_ref().map(|root| match root.field("search_space") {
            Some(inner) if root.field("parameters").is_none() => inner,
            _ => root,
        });
        let fail = |SpaceError { place, message, hint }| {
            SourceError::at(path, text, outline.map_or(0, |outline| offset(outline, text, place)), message, hint)
        };
        let mut hyperparameters = Vec::new();
        for (index, (name, parameter)) in self.parameters.0.into_iter().enumerate() {
            hyperparameters.push(parameter.hyperparameter(name).map_err(|(field, message, hint)| {
                fail(SpaceError { place: Place::Parameter { index, field }, message, hint: Some(hint) })
            })?);
        }
        let stem = || path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let name = if self.name.is_empty() { stem() } else { self.name };
        let space = Space::new(name, hyperparameters, self.conditions.0, self.forbidden).map_err(fail)?;
        if let Err(impossible) = space.sample(&mut Stream::of(0, "possible", 0)) {
            let first = space.forbidden().iter().position(|clause| clause.text() == impossible.clauses[0]);
            let place = Place::Forbidden { index: first.unwrap_or(0), offset: 0 };
            let hint = "loosen what forbids them, or allow more values".to_owned();
            return Err(fail(SpaceError { place, message: impossible.to_string(), hint: Some(hint) }));
        }
        Ok(space)
    }
}

/// The byte of the text where a part of a space is written.
fn offset(space: &Node, text: &str, place: Place) -> usize {
    let found = match place {
        Place::Parameters => space.field("parameters").map(|node| node.span.start),
        Place::Parameter { index, field } => {
            space.field("parameters").and_then(|node| node.fields().get(index)).map(|parameter| {
                let value = field.and_then(|field| parameter.value.field(field));
                value.map_or(parameter.key.start, |value| value.span.start)
            })
        }
        Place::Condition { index, offset } => {
            space.field("conditions").and_then(|node| node.fields().get(index)).map(|condition| match offset {
                Some(offset) => condition.value.inside(text, offset),
                None => condition.key.start,
            })
        }
        Place::Forbidden { index, offset } => {
            space.field("forbidden").and_then(|node| node.items().get(index)).map(|clause| clause.inside(text, offset))
        }
    };
    found.unwrap_or(space.span.start)
}

/// The field that is wrong, what is wrong, and what to do.
type Complaint = (Option<&'static str>, String, String);

impl Parameter {
    fn hyperparameter(self, name: String) -> Result<Hyperparameter, Complaint> {
        let missing = |field: &str, example: &str| {
            (None, format!("`{name}` needs the field `{field}`"), format!("for example {example}"))
        };
        let number = |literal: Literal, field: &'static str, example: &str| match literal.0 {
            None => Err(missing(field, example)),
            Some(value @ (Value::Integer(_) | Value::Float(_))) => Ok(value),
            Some(other) => {
                let message = format!("the {field} of `{name}` must be a number, not {}", written(&other));
                Err((Some(field), message, format!("for example {example}")))
            }
        };
        let real = |literal, field, example: &str| {
            number(literal, field, example).map(|value| value.number().expect("it was checked"))
        };
        let whole = |literal, field, example: &str| match number(literal, field, example)? {
            Value::Integer(integer) => Ok(integer),
            Value::Float(float) if float.fract() == 0.0 && float.abs() < 9e15 => Ok(float as i64),
            other => {
                let message = format!("the {field} of `{name}` must be a whole number, not {}", written(&other));
                Err((Some(field), message, "round it, or make the parameter a Float".to_owned()))
            }
        };
        let (domain, default, description, unit) = match self {
            Self::Float { min, max, log, default, description, unit } => {
                let example = "Float(min: 1e-4, max: 0.1, log: true)";
                let (min, max) = (real(min, "min", example)?, real(max, "max", example)?);
                (Domain::Float { min, max, log }, default, description, unit)
            }
            Self::Integer { min, max, log, default, description, unit } => {
                let example = "Integer(min: 1, max: 8)";
                let (min, max) = (whole(min, "min", example)?, whole(max, "max", example)?);
                (Domain::Integer { min, max, log }, default, description, unit)
            }
            Self::Ordinal { values, default, description, unit } => {
                let values = values.into_iter().filter_map(|literal| literal.0).collect();
                (Domain::Ordinal { values }, default, description, unit)
            }
            Self::Categorical { choices, default, description, unit } => {
                let choices = choices.into_iter().filter_map(|literal| literal.0).collect();
                (Domain::Categorical { choices }, default, description, unit)
            }
            Self::Boolean { default, description } => {
                let choices = vec![Value::Boolean(false), Value::Boolean(true)];
                (Domain::Categorical { choices }, default, description, String::new())
            }
            Self::Constant { value, description, unit } => {
                let value = value.0.ok_or_else(|| missing("value", "Constant(value: 8)"))?;
                (Domain::Constant { value }, Literal(None), description, unit)
            }
        };
        let default = default.0.unwrap_or_else(|| domain.natural_default());
        let text = |text: String| (!text.is_empty()).then_some(text);
        Ok(Hyperparameter { name, domain, default, description: text(description), unit: text(unit) })
    }
}

fn written(value: &Value) -> String {
    super::validation::listing(std::slice::from_ref(value))
}

impl<'de> Deserialize<'de> for Literal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LiteralVisitor)
    }
}

struct LiteralVisitor;

impl<'de> Visitor<'de> for LiteralVisitor {
    type Value = Literal;

    fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str("a number, `true`, `false`, or a word in double quotes")
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Literal, E> {
        Ok(Literal(Some(Value::Boolean(truth))))
    }

    fn visit_i64<E>(self, integer: i64) -> Result<Literal, E> {
        Ok(Literal(Some(Value::Integer(integer))))
    }

    fn visit_u64<E: de::Error>(self, integer: u64) -> Result<Literal, E> {
        i64::try_from(integer).map(|integer| Literal(Some(Value::Integer(integer)))).map_err(|_| {
            E::custom(format!("{integer} is too large for a whole number; hint: write it with a point, {integer}.0"))
        })
    }

    fn visit_f64<E>(self, float: f64) -> Result<Literal, E> {
        Ok(Literal(Some(Value::Float(float))))
    }

    fn visit_str<E>(self, word: &str) -> Result<Literal, E> {
        Ok(Literal(Some(Value::Word(word.to_owned()))))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Literal, E> {
        Err(E::custom("a word needs double quotes; hint: for example \"RoPE\""))
    }
}

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Entries<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EntriesVisitor<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for EntriesVisitor<T> {
            type Value = Entries<T>;

            fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
                out.write_str("named entries in braces")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<T>, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(EntriesVisitor(PhantomData))
    }
}

impl<'de> Deserialize<'de> for SpaceSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SourceVisitor;
        impl<'de> Visitor<'de> for SourceVisitor {
            type Value = SpaceSource;

            fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
                out.write_str("the path of a search space in double quotes, or the space itself")
            }

            fn visit_str<E>(self, path: &str) -> Result<SpaceSource, E> {
                Ok(SpaceSource::Path(path.into()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<SpaceSource, A::Error> {
                let file = SpaceFile::deserialize(MapAccessDeserializer::new(map))?;
                Ok(SpaceSource::Inline(Box::new(file)))
            }
        }
        deserializer.deserialize_any(SourceVisitor)
    }
}
