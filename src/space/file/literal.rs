//! A literal of a space's file: a number, a word, a truth, or none.
use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};

use crate::space::value::Value;

/// The value of a field; `None` where the field is left out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Literal(pub Option<Value>);

impl From<Value> for Literal {
    fn from(value: Value) -> Self {
        Self(Some(value))
    }
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
        out.write_str("a number, `true`, `false`, `None`, or a word in double quotes")
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
        Ok(Literal(Some(Value::Word(word.into()))))
    }

    fn visit_none<E>(self) -> Result<Literal, E> {
        Ok(Literal(Some(Value::Null)))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Literal, E> {
        Err(E::custom("a word needs double quotes; hint: for example \"RoPE\""))
    }
}
