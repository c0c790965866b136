//! The numeric fields of a parameter in a space's file, and the errors of their values.
use crate::document::diagnostic::Diagnostic;
use crate::space::domain::Domain;
use crate::space::file::literal::Literal;
use crate::space::steps::{Steps, Unstepped};
use crate::space::value::Value;

/// The name of a parameter and an example of its kind, for the errors of its fields.
pub(crate) struct NumericFields<'a> {
    pub name: &'a str,
    pub example: &'a str,
}

impl NumericFields<'_> {
    /// The error of a field that is left out.
    pub(crate) fn missing(&self, field: &str) -> Diagnostic {
        let message = format!("`{}` needs the field `{field}`", self.name);
        Diagnostic::new(message).hint(format!("for example {}", self.example))
    }

    fn number(&self, literal: Literal, field: &'static str) -> Result<Value, Diagnostic> {
        match literal.0 {
            None => Err(self.missing(field)),
            Some(value @ (Value::Integer(_) | Value::Float(_))) => Ok(value),
            Some(other) => {
                let message = format!("the {field} of `{}` must be a number, not {}", self.name, other.to_ron());
                Err(Diagnostic::new(message).hint(format!("for example {}", self.example)).field(field))
            }
        }
    }

    /// The real number of a field.
    pub(crate) fn real(&self, literal: Literal, field: &'static str) -> Result<f64, Diagnostic> {
        self.number(literal, field).map(|value| value.number().expect("it was checked"))
    }

    /// The whole number of a field.
    pub(crate) fn whole(&self, literal: Literal, field: &'static str) -> Result<i64, Diagnostic> {
        match self.number(literal, field)? {
            Value::Integer(integer) => Ok(integer),
            Value::Float(float) if float.fract() == 0.0 && float.abs() < 9e15 => Ok(float as i64),
            other => {
                let message = format!("the {field} of `{}` must be a whole number, not {other}", self.name);
                Err(Diagnostic::new(message).hint("round it, or make the parameter a Float").field(field))
            }
        }
    }

    /// The domain of numbers at equal distances.
    pub(crate) fn steps(
        &self,
        (min, max, step): (f64, f64, f64),
        log: bool,
        whole: bool,
    ) -> Result<Domain, Diagnostic> {
        let name = self.name;
        if log {
            let message = format!("`{name}` has both a step and a logarithmic scale");
            let hint = "leave one of them out, or list the values: Ordinal(values: [1, 10, 100])";
            return Err(Diagnostic::new(message).hint(hint).field("step"));
        }
        Steps::new(min, max, step, whole).map(Domain::Steps).map_err(|wrong| match wrong {
            Unstepped::Backward => {
                Diagnostic::new(format!("the step of `{name}` is {step}")).hint("a step is above 0").field("step")
            }
            Unstepped::Digits => Diagnostic::new(format!("the steps of `{name}` have too many digits to be exact"))
                .hint("round the step and the ends, or leave the step out")
                .field("step"),
            Unstepped::Wide if min < max => {
                Diagnostic::new(format!("the step of `{name}` ({step}) is wider than its range"))
                    .hint(format!("make it at most {}", max - min))
                    .field("step")
            }
            Unstepped::Wide => Diagnostic::new(format!("the min of `{name}` ({min}) is not below its max ({max})"))
                .hint("exchange the two")
                .field("min"),
            Unstepped::Remainder { last } => {
                Diagnostic::new(format!("the range of `{name}` is not a whole number of steps"))
                    .hint(format!("write max: {last}, where the last step ends"))
                    .field("max")
            }
        })
    }
}
