//! Completion of partial configurations: active hyperparameters without a value get their defaults.
use crate::space::configuration::Configuration;
use crate::space::value::Value;
use crate::space::{Illegal, Space};

/// A configuration, some values of which may be defaults.
#[derive(Clone, Debug, PartialEq)]
pub struct CompletedConfiguration {
    pub configuration: Configuration,
    /// The hyperparameters that were filled in with their defaults, in the order of the space.
    pub filled: Vec<String>,
}

impl Space {
    /// The configuration with these named values, and with the default of each active hyperparameter that has none.
    ///
    /// # Errors
    /// A name is unknown, a value is outside of its domain or belongs to an inactive hyperparameter, or the result is
    /// forbidden.
    pub fn with_defaults<'a>(
        &self,
        named: impl IntoIterator<Item = (&'a str, Value)>,
    ) -> Result<CompletedConfiguration, Illegal> {
        let mut values: Vec<Option<Value>> = vec![None; self.hyperparameters().len()];
        for (name, value) in named {
            let index = self.index(name).ok_or_else(|| Illegal::Unknown { name: name.into() })?;
            let admitted = self.hyperparameters()[index].admit(&value);
            values[index] = Some(admitted.unwrap_or(value));
        }
        let mut filled = Vec::new();
        for &index in &self.definition.order {
            if values[index].is_none() && self.definition.inactive(index, &values).is_none() {
                values[index] = Some(self.hyperparameters()[index].default.clone());
                filled.push(index);
            }
        }
        filled.sort_unstable();
        let filled = filled.into_iter().map(|index| self.hyperparameters()[index].name.clone()).collect();
        Ok(CompletedConfiguration { configuration: self.configuration(values)?, filled })
    }

    /// The configuration in which each active hyperparameter has the value that `value` gives for its index.
    ///
    /// # Errors
    /// The combination is forbidden.
    pub(crate) fn settled(&self, value: impl FnMut(usize) -> Value) -> Result<Configuration, Illegal> {
        let forbidden = |clause: usize| Illegal::Forbidden { clause: self.forbidden()[clause].to_string() };
        self.definition.settle(vec![None; self.hyperparameters().len()], value).map_err(forbidden)
    }

    /// The filled-in values in words: `y = 0.5 and kind = "a"`.
    pub(crate) fn filled_in_words(&self, completed: &CompletedConfiguration) -> String {
        let value = |name: &String| {
            let value = self.index(name).and_then(|index| completed.configuration.get(index));
            format!("{name} = {}", value.map(Value::to_ron).unwrap_or_default())
        };
        let mut words: Vec<String> = completed.filled.iter().map(value).collect();
        match words.pop() {
            Some(last) if words.is_empty() => last,
            Some(last) => format!("{} and {last}", words.join(", ")),
            None => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn what_is_active_and_missing_has_its_default() {
        let text = r#"(parameters: {
            "kind": Categorical(choices: ["tree", "net"], default: "tree"),
            "depth": Integer(min: 1, max: 9, default: 3),
            "rate": Float(min: 0, max: 1, default: 0.5),
        }, conditions: { "depth": "kind == 'tree'", "rate": "kind == 'net'" }, forbidden: ["depth == 9"])"#;
        let space = Space::parse(text, Path::new("s.ron")).unwrap();
        let complete = |named: &[(&'static str, Value)]| space.with_defaults(named.iter().cloned());
        let check = |named: &[(&'static str, Value)], configuration: &str, filled: &str| {
            let found = complete(named).unwrap();
            assert_eq!(space.to_ron(&found.configuration), configuration);
            assert_eq!(space.filled_in_words(&found), filled);
        };
        check(&[], r#"{"kind": "tree", "depth": 3}"#, r#"kind = "tree" and depth = 3"#);
        check(&[("kind", Value::Word("net".into()))], r#"{"kind": "net", "rate": 0.5}"#, "rate = 0.5");
        check(&[("depth", Value::Integer(2))], r#"{"kind": "tree", "depth": 2}"#, r#"kind = "tree""#);
        let error = |named: &[(&'static str, Value)]| complete(named).unwrap_err().to_string();
        assert!(error(&[("rate", Value::Float(0.1))]).contains("inactive"));
        assert!(error(&[("dept", Value::Integer(2))]).contains("no hyperparameter `dept`"));
        assert!(error(&[("depth", Value::Integer(9))]).contains("forbids"));
        assert!(error(&[("depth", Value::Integer(10))]).contains("cannot be"));
    }
}
