//! A parameter of a space's file, and the hyperparameter that it describes.
use serde::Deserialize;

use crate::document::diagnostic::Diagnostic;
use crate::space::domain::Domain;
use crate::space::file::fields::NumericFields;
use crate::space::file::literal::Literal;
use crate::space::file::range_prior::RangePrior;
use crate::space::hyperparameter::Hyperparameter;
use crate::space::prior::Prior;
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
        prior: RangePrior,
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
        prior: RangePrior,
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

impl Parameter {
    /// The hyperparameter of this name; fails where a field is missing, of the wrong kind, or makes no steps.
    pub(crate) fn hyperparameter(self, name: String) -> Result<Hyperparameter, Diagnostic> {
        let (domain, prior, default, description, unit) = match self {
            Self::Float { min, max, log, step, prior, default, description, unit } => {
                let fields = NumericFields { name: &name, example: "Float(min: 1e-4, max: 0.1, log: true)" };
                let (min, max) = (fields.real(min, "min")?, fields.real(max, "max")?);
                let domain = match step.0 {
                    None => Domain::Float { min, max, log },
                    Some(_) => {
                        let fields = NumericFields { name: &name, example: "Float(min: 0, max: 1, step: 0.05)" };
                        fields.steps((min, max, fields.real(step, "step")?), log, false)?
                    }
                };
                (domain, prior.into(), default, description, unit)
            }
            Self::Integer { min, max, log, step, prior, default, description, unit } => {
                let fields = NumericFields { name: &name, example: "Integer(min: 1, max: 8)" };
                let (min, max) = (fields.whole(min, "min")?, fields.whole(max, "max")?);
                let domain = match step.0 {
                    None => Domain::Integer { min, max, log },
                    Some(_) => {
                        let fields = NumericFields { name: &name, example: "Integer(min: 16, max: 256, step: 16)" };
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
                let fields = NumericFields { name: &name, example: "Constant(value: 8)" };
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
