//! The objectives of an experiment file: a list of names, or a map from names to directions.
use std::fmt;

use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::trial::direction::Direction;

/// The names of several objectives, each with its direction, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ObjectiveNames(pub Vec<(String, Direction)>);

impl<'de> Deserialize<'de> for ObjectiveNames {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NamesVisitor;
        impl<'de> Visitor<'de> for NamesVisitor {
            type Value = ObjectiveNames;

            fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
                out.write_str("a list of names, or a map such as {\"loss\": Minimize, \"accuracy\": Maximize}")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut names: A) -> Result<ObjectiveNames, A::Error> {
                let mut found = Vec::new();
                while let Some(name) = names.next_element()? {
                    found.push((name, Direction::Minimize));
                }
                Ok(ObjectiveNames(found))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut names: A) -> Result<ObjectiveNames, A::Error> {
                let mut found = Vec::new();
                while let Some(entry) = names.next_entry()? {
                    found.push(entry);
                }
                Ok(ObjectiveNames(found))
            }
        }
        deserializer.deserialize_any(NamesVisitor)
    }
}
