//! Mutation: a random configuration near another one.
use crate::numeric::stream::Stream;
use crate::space::Space;
use crate::space::allowed::AllowedTable;
use crate::space::configuration::Configuration;
use crate::space::hyperparameter::Hyperparameter;
use crate::space::value::Value;

/// Draws of a value that must all be the old one before it stays.
const DRAWS: u32 = 8;

impl Space {
    /// A legal configuration in which `changes` hyperparameters, drawn at random, have other values; `None` where the
    /// draw is forbidden or changes nothing.
    ///
    /// A categorical takes any other choice whose weight is not 0, everything else a normal step of `deviation` positions (in `[0, 1]`), wider
    /// where its values are further apart. A hyperparameter that becomes active takes its default.
    /// Those of a table of allowed combinations change together, to another row.
    pub fn mutate(
        &self,
        configuration: &Configuration,
        changes: usize,
        deviation: f64,
        stream: &mut Stream,
    ) -> Option<Configuration> {
        let mut active: Vec<usize> = (0..self.hyperparameters().len())
            .filter(|&index| configuration.get(index).is_some() && self.hyperparameters()[index].size() != Some(1))
            .collect();
        let mut values = configuration.values().to_vec();
        let mut changed = false;
        for _ in 0..changes.min(active.len()) {
            let index = active.swap_remove(stream.below(active.len()));
            if let Some(table) = self.definition.allowed.iter().find(|table| table.columns().contains(&index)) {
                changed |= self.move_to_row(table, deviation, &mut values, stream);
                continue;
            }
            if let Some(other) = values[index].as_ref().and_then(|value| self.other(index, value, deviation, stream)) {
                values[index] = Some(other);
                changed = true;
            }
        }
        let defaults = |index: usize| self.hyperparameters()[index].default.clone();
        // A row may differ in what is inactive alone.
        let is_other = |mutant: &Configuration| self.definition.allowed.is_empty() || mutant != configuration;
        self.definition.settle(values, defaults).ok().filter(|mutant| changed && is_other(mutant))
    }

    /// Exchanges the values that a table names for another combination of it, rather a near one; false where it has no other.
    fn move_to_row(
        &self,
        table: &AllowedTable,
        deviation: f64,
        values: &mut [Option<Value>],
        stream: &mut Stream,
    ) -> bool {
        let position = |(each, value): (&Hyperparameter, &Option<Value>)| {
            value.as_ref().and_then(|value| each.position(value)).unwrap_or_else(|| stream.uniform())
        };
        let positions: Vec<f64> = self.hyperparameters().iter().zip(&*values).map(position).collect();
        let before = values.to_vec();
        // About as many rows as lie within a normal step in two dimensions.
        let reach = (deviation * (table.rows().len() as f64).sqrt()).max(1.0);
        (0..DRAWS).any(|draw| {
            let rank = 1.0 + f64::from(1 + draw) * reach * stream.normal().abs();
            let row = table.nearest(self.hyperparameters(), &positions, rank as usize);
            table.write(row, self.hyperparameters(), values);
            values != before
        })
    }

    /// Another value of a hyperparameter near this one.
    fn other(&self, index: usize, value: &Value, deviation: f64, stream: &mut Stream) -> Option<Value> {
        let hyperparameter = &self.hyperparameters()[index];
        let center = hyperparameter.position(value).expect("a configuration is legal");
        let width = hyperparameter.size().map_or(0.0, |size| 1.0 / size as f64);
        (0..DRAWS).find_map(|draw| {
            let position = if hyperparameter.is_categorical() {
                stream.uniform()
            } else {
                center + deviation.max(width) * f64::from(1 + draw / 2) * stream.normal()
            };
            let is_new = |other: &Value| other != value && !hyperparameter.is_excluded(other);
            Some(hyperparameter.at(position)).filter(|other| (0.0..=1.0).contains(&position) && is_new(other))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::domain::Domain;

    #[test]
    fn so_many_values_change_and_the_rest_stays() {
        let words = ["a", "b", "c"].map(|word| Value::Word(word.into())).to_vec();
        let hyperparameters = vec![
            Hyperparameter::new("x", Domain::Float { min: 0.0, max: 1.0, log: false }, Value::Float(0.5)),
            Hyperparameter::new("n", Domain::Integer { min: 1, max: 3, log: false }, Value::Integer(2)),
            Hyperparameter::new("k", Domain::Categorical { choices: words.clone() }, words[0].clone()),
            Hyperparameter::new("one", Domain::Constant { value: Value::Integer(1) }, Value::Integer(1)),
            Hyperparameter::new("y", Domain::Float { min: 0.0, max: 1.0, log: false }, Value::Float(0.5)),
        ];
        let conditions = vec![("y".into(), "k != 'c'".into())];
        let space = Space::new("test".into(), hyperparameters, conditions, vec!["x > 0.9".into()]).unwrap();
        let start = space.default_configuration().unwrap();
        let mut stream = Stream::of(1, "test", 0);
        let mut counts = [0; 5];
        for changes in [1, 2, 9] {
            for _ in 0..300 {
                let Some(mutant) = space.mutate(&start, changes, 0.2, &mut stream) else { continue };
                assert!(space.configuration(mutant.values().to_vec()).is_ok());
                let differs: Vec<usize> = (0..5).filter(|&index| mutant.get(index) != start.get(index)).collect();
                // With `k`, `y` may become inactive.
                assert!((1..=changes + 1).contains(&differs.len()), "{changes} {differs:?}");
                differs.into_iter().for_each(|index| counts[index] += 1);
            }
        }
        assert!(counts[3] == 0 && [0, 1, 2, 4].iter().all(|&index| counts[index] > 200), "{counts:?}");
    }
}
