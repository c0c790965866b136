//! Configurations of a run in eight bytes a value, so that a reader may keep all of them.
use crate::space::Space;
use crate::space::hyperparameter::{Domain, Value};

/// The bits of a hyperparameter that is inactive; no real number of a configuration has them.
const INACTIVE: u64 = u64::MAX;

/// The values of configurations, one row a configuration in the order of their numbers.
#[derive(Debug, Default)]
pub(crate) struct ConfigurationTable {
    cells: Vec<u64>,
}

impl ConfigurationTable {
    /// Adds the configuration with the next number; a value that is not of its domain counts as inactive.
    pub(crate) fn push<'a>(&mut self, space: &Space, value: impl Fn(&str) -> Option<&'a Value>) {
        let cell = |value: &Value, domain: &Domain| match domain {
            Domain::Float { .. } => value.number().map(f64::to_bits),
            _ => domain.index(value),
        };
        self.cells.extend(
            space
                .hyperparameters()
                .iter()
                .map(|each| value(&each.name).and_then(|value| cell(value, &each.domain)).unwrap_or(INACTIVE)),
        );
    }

    /// The active hyperparameters of the configuration at an index, with their values.
    pub(crate) fn row<'a>(&'a self, space: &'a Space, index: usize) -> impl Iterator<Item = (&'a str, Value)> {
        let width = space.hyperparameters().len();
        let cells = self.cells.get(index * width..(index + 1) * width).unwrap_or_default();
        let both = space.hyperparameters().iter().zip(cells).filter(|(_, cell)| **cell != INACTIVE);
        both.map(|(each, cell)| match &each.domain {
            Domain::Float { .. } => (each.name.as_str(), Value::Float(f64::from_bits(*cell))),
            domain => (each.name.as_str(), domain.nth(*cell)),
        })
    }

    /// The value of one hyperparameter of the configuration at an index.
    pub(crate) fn value(&self, space: &Space, index: usize, hyperparameter: usize) -> Option<Value> {
        let width = space.hyperparameters().len();
        let cell = self.cells.get(index * width + hyperparameter).filter(|cell| **cell != INACTIVE)?;
        Some(match &space.hyperparameters()[hyperparameter].domain {
            Domain::Float { .. } => Value::Float(f64::from_bits(*cell)),
            domain => domain.nth(*cell),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::path::Path;

    use super::*;
    use crate::numeric::stream::Stream;

    #[test]
    fn configurations_come_back_as_they_were() {
        let text = r#"(parameters: {
            "kind": Categorical(choices: ["tree", "net", true]),
            "rate": Float(min: 1e-6, max: 1, log: true),
            "width": Ordinal(values: [32, 64, 128]),
            "depth": Integer(min: -5, max: 900),
            "drop": Float(min: 0, max: 1, step: 0.25),
            "fixed": Constant(value: 7),
        }, conditions: { "rate": "kind == 'net'" })"#;
        let space = Space::parse(text, Path::new("test.ron")).unwrap();
        let mut table = ConfigurationTable::default();
        let drawn: Vec<_> = (0..50).map(|seed| space.sample(&mut Stream::of(1, "records", seed)).unwrap()).collect();
        for configuration in &drawn {
            let named: HashMap<&str, &Value> = space.named(configuration).collect();
            table.push(&space, |name| named.get(name).copied());
        }
        assert_eq!(table.cells.len(), 50 * 6);
        for (index, configuration) in drawn.iter().enumerate() {
            let expected: Vec<_> = space.named(configuration).map(|(name, value)| (name, value.clone())).collect();
            assert_eq!(table.row(&space, index).collect::<Vec<_>>(), expected);
            for (place, value) in configuration.values().iter().enumerate() {
                assert_eq!(table.value(&space, index, place), *value);
            }
        }
        assert_eq!(table.row(&space, 50).count(), 0);
    }
}
