//! Values of a configuration by name and kind.
use crate::document::diagnostic::Diagnostic;
use crate::document::spelling::nearest;
use crate::space::Space;
use crate::space::configuration::Configuration;
use crate::space::value::Value;

impl Space {
    /// The value of a hyperparameter in a configuration of this space; `None` where it is inactive there.
    ///
    /// # Errors
    /// The space has no hyperparameter of this name; the hint is the nearest one.
    pub fn value_in<'a>(&self, configuration: &'a Configuration, name: &str) -> Result<Option<&'a Value>, Diagnostic> {
        match self.index(name) {
            Some(index) => Ok(configuration.get(index)),
            None => Err(unknown(name, self.hyperparameters().iter().map(|each| each.name.as_str()))),
        }
    }

    /// The value of a hyperparameter that must be active in a configuration of this space.
    ///
    /// # Errors
    /// The space has no hyperparameter of this name, or it is inactive.
    pub fn active_value_in<'a>(&self, configuration: &'a Configuration, name: &str) -> Result<&'a Value, Diagnostic> {
        self.value_in(configuration, name)?.ok_or_else(|| {
            let condition = self.index(name).and_then(|index| self.condition(index));
            let reason = condition.map(|condition| format!(", as `{condition}` does not hold")).unwrap_or_default();
            Diagnostic::new(format!("`{name}` is inactive in this configuration{reason}"))
                .hint(format!("`get(\"{name}\")` is `None` where it is inactive"))
                .field(name.to_owned())
        })
    }
}

/// The error where a name is none of those that are there.
pub(crate) fn unknown<'a>(name: &str, names: impl Iterator<Item = &'a str> + Clone) -> Diagnostic {
    let hint = match nearest(name, names.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are {}", names.map(|each| format!("`{each}`")).collect::<Vec<_>>().join(", ")),
    };
    Diagnostic::new(format!("there is no hyperparameter `{name}`")).hint(hint).field(name.to_owned())
}

/// A value as a real number; whole numbers are real ones.
pub(crate) fn float(name: &str, value: &Value) -> Result<f64, Diagnostic> {
    match value {
        Value::Float(float) => Ok(*float),
        Value::Integer(integer) => Ok(*integer as f64),
        Value::Null | Value::Boolean(_) | Value::Word(_) => Err(other_kind(name, value, "a number")),
    }
}

/// A value as a whole number.
pub(crate) fn integer(name: &str, value: &Value) -> Result<i64, Diagnostic> {
    match value {
        Value::Integer(integer) => Ok(*integer),
        _ => Err(other_kind(name, value, "a whole number")),
    }
}

/// A value as a word.
pub(crate) fn word<'a>(name: &str, value: &'a Value) -> Result<&'a str, Diagnostic> {
    match value {
        Value::Word(word) => Ok(word),
        _ => Err(other_kind(name, value, "a word")),
    }
}

/// A value as a truth.
pub(crate) fn truth(name: &str, value: &Value) -> Result<bool, Diagnostic> {
    match value {
        Value::Boolean(truth) => Ok(*truth),
        _ => Err(other_kind(name, value, "`true` or `false`")),
    }
}

fn other_kind(name: &str, value: &Value, wanted: &str) -> Diagnostic {
    let method = match value {
        Value::Null => "get",
        Value::Boolean(_) => "truth",
        Value::Integer(_) => "integer",
        Value::Float(_) => "float",
        Value::Word(_) => "word",
    };
    Diagnostic::new(format!("`{name}` is {}, not {wanted}", value.to_ron()))
        .hint(format!("read it with `{method}(\"{name}\")`"))
        .field(name.to_owned())
}
