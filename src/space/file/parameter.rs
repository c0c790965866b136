//! A parameter as it is written in RON, and how it becomes a hyperparameter.
use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};

use crate::document::diagnostic::Diagnostic;
use crate::space::domain::Domain;
use crate::space::hyperparameter::Hyperparameter;
use crate::space::prior::Prior;
use crate::space::steps::{Steps, Unstepped};
use crate::space::value::Value;

/// A parameter of a space's file, by its kind.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) enum Parameter {
    Float {
        #[serde(default)]
        min: Literal,
        #[serde(default)]
        max: Literal,
        #[serde(default)]
        log: bool,
        #[serde(default)]
        step: Literal,
        #[serde(default)]
        prior: Law,
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
        step: Literal,
        #[serde(default)]
        prior: Law,
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
        weights: Option<Vec<f64>>,
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

/// The prior of a range.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) enum Law {
    #[default]
    Uniform,
    Normal {
        mean: f64,
        deviation: f64,
    },
    LogNormal {
        median: f64,
        deviation: f64,
    },
    Beta {
        alpha: f64,
        beta: f64,
    },
}

/// A number, a word, or a truth, if one is written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Literal(Option<Value>);

impl Parameter {
    /// The hyperparameter of this name; fails where a field is missing, of the wrong kind, or makes no steps.
    pub fn hyperparameter(self, name: String) -> Result<Hyperparameter, Diagnostic> {
        let (domain, prior, default, description, unit) = match self {
            Self::Float { min, max, log, step, prior, default, description, unit } => {
                let fields = Fields { name: &name, example: "Float(min: 1e-4, max: 0.1, log: true)" };
                let (min, max) = (fields.real(min, "min")?, fields.real(max, "max")?);
                let domain = match step.0 {
                    None => Domain::Float { min, max, log },
                    Some(_) => {
                        let fields = Fields { name: &name, example: "Float(min: 0, max: 1, step: 0.05)" };
                        fields.steps((min, max, fields.real(step, "step")?), log, false)?
                    }
                };
                (domain, prior.into(), default, description, unit)
            }
            Self::Integer { min, max, log, step, prior, default, description, unit } => {
                let fields = Fields { name: &name, example: "Integer(min: 1, max: 8)" };
                let (min, max) = (fields.whole(min, "min")?, fields.whole(max, "max")?);
                let domain = match step.0 {
                    None => Domain::Integer { min, max, log },
                    Some(_) => {
                        let fields = Fields { name: &name, example: "Integer(min: 16, max: 256, step: 16)" };
                        let step = fields.whole(step, "step")?;
                        fields.steps((min as f64, max as f64, step as f64), log, true)?
                    }
                };
                (domain, prior.into(), default, description, unit)
            }
            Self::Ordinal { values, default, description, unit } => {
                let values = values.into_iter().filter_map(|literal| literal.0).collect();
                (Domain::Ordinal { values }, Prior::Uniform, default, description, unit)
            }
            Self::Categorical { choices, weights, default, description, unit } => {
                let choices = choices.into_iter().filter_map(|literal| literal.0).collect();
                let prior = weights.map_or(Prior::Uniform, Prior::Weights);
                (Domain::Categorical { choices }, prior, default, description, unit)
            }
            Self::Boolean { default, description } => {
                let choices = vec![Value::Boolean(false), Value::Boolean(true)];
                (Domain::Categorical { choices }, Prior::Uniform, default, description, String::new())
            }
            Self::Constant { value, description, unit } => {
                let fields = Fields { name: &name, example: "Constant(value: 8)" };
                let value = value.0.ok_or_else(|| fields.missing("value"))?;
                (Domain::Constant { value }, Prior::Uniform, Literal(None), description, unit)
            }
        };
        let text = |text: String| (!text.is_empty()).then_some(text);
        let mut hyperparameter = Hyperparameter {
            name,
            domain,
            prior,
            default: Value::Boolean(false),
            description: text(description),
            unit: text(unit),
        };
        hyperparameter.default = match default.0 {
            Some(default) => default,
            // A range that goes wrong is reported where the space is made, and has no middle.
            None if hyperparameter.prior_mistake().is_some() => hyperparameter.domain.natural_default(),
            None => hyperparameter.natural_default(),
        };
        Ok(hyperparameter)
    }
}

/// The name of a parameter and an example of its kind, for the errors of its fields.
struct Fields<'a> {
    name: &'a str,
    example: &'a str,
}

impl Fields<'_> {
    fn missing(&self, field: &str) -> Diagnostic {
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

    fn real(&self, literal: Literal, field: &'static str) -> Result<f64, Diagnostic> {
        self.number(literal, field).map(|value| value.number().expect("it was checked"))
    }

    fn whole(&self, literal: Literal, field: &'static str) -> Result<i64, Diagnostic> {
        match self.number(literal, field)? {
            Value::Integer(integer) => Ok(integer),
            Value::Float(float) if float.fract() == 0.0 && float.abs() < 9e15 => Ok(float as i64),
            other => {
                let message = format!("the {field} of `{}` must be a whole number, not {other}", self.name);
                Err(Diagnostic::new(message).hint("round it, or make the parameter a Float").field(field))
            }
        }
    }

    fn steps(&self, (min, max, step): (f64, f64, f64), log: bool, whole: bool) -> Result<Domain, Diagnostic> {
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

impl From<Law> for Prior {
    fn from(law: Law) -> Self {
        match law {
            Law::Uniform => Self::Uniform,
            Law::Normal { mean, deviation } => Self::Normal { mean, deviation },
            Law::LogNormal { median, deviation } => Self::LogNormal { median, deviation },
            Law::Beta { alpha, beta } => Self::Beta { alpha, beta },
        }
    }
}

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
        Ok(Literal(Some(Value::Word(word.into()))))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Literal, E> {
        Err(E::custom("a word needs double quotes; hint: for example \"RoPE\""))
    }
}
