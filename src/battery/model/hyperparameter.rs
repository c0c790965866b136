//! The hyperparameters of one model, read from a configuration.
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::architecture::Family;
use crate::document::diagnostic::Diagnostic;
use crate::space::hyperparameter::Value;

/// The encoding of a row's position in its window.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Position {
    /// Sinusoids added to the input (Vaswani et al. 2017, section 3.5).
    Sinusoidal,
    /// Queries and keys turned by an angle that grows with the position (Su et al. 2021).
    Rotary { theta: f64 },
    /// Attention that fades linearly with distance (Press et al. 2021).
    LinearBias,
}

/// The normalisation of activations before each part of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NormKind {
    /// Divided by the root of their mean square.
    RootMeanSquare,
    /// Mean subtracted, divided by the standard deviation; no bias.
    Layer,
}

/// The mixer of rows over time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Mixing {
    /// A transformer.
    Attention { position: Position, n_heads: usize },
    /// A state-space model: hidden width of the feed-forward layer after each mixer; 0: there is none, 1: as wide as the
    /// architecture says.
    Mamba { d_intermediate: usize },
}

/// The hyperparameters that are tuned: the shape of one model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hyperparameters {
    pub mixing: Mixing,
    pub norm: NormKind,
    pub dim_model: usize,
    /// Rows that the model sees at once.
    pub seq_len: usize,
    pub n_layer: usize,
    /// Peak learning rate, where the configuration sets it.
    pub learning_rate: Option<f64>,
}

impl Family {
    /// Every hyperparameter that a model of the family knows; `learning_rate`, the last one, may be left out.
    pub(crate) fn hyperparameters(&self) -> &'static [&'static str] {
        match self {
            Self::Transformer => {
                &["pe_type", "norm_type", "rope_theta", "dim_model", "n_heads", "seq_len", "n_layer", "learning_rate"]
            }
            Self::Mamba(_) => &["d_intermediate", "dim_model", "seq_len", "n_layer", "learning_rate"],
        }
    }
}

impl Hyperparameters {
    /// Reads the hyperparameters of a `family`; fails with the one that is wrong, and what is allowed.
    pub fn read(configuration: &IndexMap<String, Value>, family: &Family) -> Result<Self, Diagnostic> {
        let names = family.hyperparameters();
        if let Some(unknown) = configuration.keys().find(|name| !names.contains(&name.as_str())) {
            let message = format!("the battery task has no hyperparameter `{unknown}`");
            return Err(Diagnostic::new(message).hint(format!("its hyperparameters are `{}`", names.join("`, `"))));
        }
        let reader = Reader(configuration);
        let (mixing, norm) = match family {
            Family::Transformer => reader.attention()?,
            Family::Mamba(_) => {
                (Mixing::Mamba { d_intermediate: reader.whole("d_intermediate", 0, 65_536)? }, NormKind::RootMeanSquare)
            }
        };
        let read = Self {
            mixing,
            norm,
            dim_model: reader.whole("dim_model", 1, 16_384)?,
            seq_len: reader.whole("seq_len", 2, 65_536)?,
            n_layer: reader.whole("n_layer", 1, 1024)?,
            learning_rate: match configuration.contains_key("learning_rate") {
                true => Some(reader.number("learning_rate", 0.0, 10.0)?),
                false => None,
            },
        };
        read.validate(family)?;
        Ok(read)
    }

    /// Checks that the hyperparameters fit together and belong to the family; fails where they do not.
    pub(crate) fn validate(&self, family: &Family) -> Result<(), Diagnostic> {
        match (self.mixing, family) {
            (Mixing::Attention { .. }, Family::Transformer) | (Mixing::Mamba { .. }, Family::Mamba(_)) => {}
            _ => return Err(Diagnostic::new("the hyperparameters are of another family than the architecture")),
        }
        if [self.dim_model, self.seq_len, self.n_layer].contains(&0) {
            return Err(Diagnostic::new("`dim_model`, `seq_len` and `n_layer` must be at least 1"));
        }
        let (width, Mixing::Attention { position, n_heads }) = (self.dim_model, self.mixing) else { return Ok(()) };
        if n_heads == 0 || !width.is_multiple_of(n_heads) {
            let message =
                format!("`dim_model` must be a multiple of `n_heads`, but {width} is no multiple of {n_heads}");
            return Err(Diagnostic::new(message).field("dim_model"));
        }
        let head = width / n_heads;
        if matches!(position, Position::Rotary { .. }) && !head.is_multiple_of(2) {
            let message = format!(
                "`dim_model` over `n_heads` must be even for RoPE, but {width} over {n_heads} gives heads of the odd width {head}"
            );
            return Err(Diagnostic::new(message).field("dim_model"));
        }
        Ok(())
    }
}

struct Reader<'a>(&'a IndexMap<String, Value>);

impl<'a> Reader<'a> {
    fn value(&self, name: &str) -> Result<&'a Value, Diagnostic> {
        self.0
            .get(name)
            .ok_or_else(|| Diagnostic::new(format!("the configuration has no `{name}`, which the battery task needs")))
    }

    fn attention(&self) -> Result<(Mixing, NormKind), Diagnostic> {
        let position = match self.word("pe_type", &["APE", "RoPE", "ALiBi"])? {
            "APE" => Position::Sinusoidal,
            "RoPE" => Position::Rotary { theta: self.number("rope_theta", 1.0, 1e9)? },
            _ => Position::LinearBias,
        };
        let norm = match self.word("norm_type", &["RMSNorm", "LayerNorm"])? {
            "RMSNorm" => NormKind::RootMeanSquare,
            _ => NormKind::Layer,
        };
        Ok((Mixing::Attention { position, n_heads: self.whole("n_heads", 1, 1024)? }, norm))
    }

    fn word(&self, name: &str, choices: &[&str]) -> Result<&'a str, Diagnostic> {
        match self.value(name)? {
            Value::Word(word) if choices.contains(&word.as_str()) => Ok(word),
            other => {
                let message = format!("`{name}` must be one of `{}`, not `{other}`", choices.join("`, `"));
                Err(Diagnostic::new(message).field(name.to_owned()))
            }
        }
    }

    fn number(&self, name: &str, min: f64, max: f64) -> Result<f64, Diagnostic> {
        let value = self.value(name)?;
        match value {
            Value::Integer(_) | Value::Float(_) => value.number().filter(|number| (min..=max).contains(number)),
            _ => None,
        }
        .ok_or_else(|| {
            let message = format!("`{name}` must be a number from {min} to {max}, not `{value}`");
            Diagnostic::new(message).field(name.to_owned())
        })
    }

    fn whole(&self, name: &str, min: usize, max: usize) -> Result<usize, Diagnostic> {
        let number = self.number(name, min as f64, max as f64)?;
        match number.fract() == 0.0 {
            true => Ok(number as usize),
            false => {
                let message = format!("`{name}` must be a whole number, not `{number}`");
                Err(Diagnostic::new(message).field(name.to_owned()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::battery::model::architecture::Mamba;

    fn configuration(changes: &[(&str, Option<Value>)]) -> IndexMap<String, Value> {
        let mut all: IndexMap<String, Value> = [
            ("pe_type", Value::Word("RoPE".into())),
            ("norm_type", Value::Word("RMSNorm".into())),
            ("rope_theta", Value::Float(1e4)),
            ("dim_model", Value::Integer(32)),
            ("n_heads", Value::Integer(4)),
            ("seq_len", Value::Float(64.0)),
            ("n_layer", Value::Integer(2)),
        ]
        .map(|(name, value)| (name.to_string(), value))
        .into();
        for (name, value) in changes {
            match value {
                Some(value) => all.insert(name.to_string(), value.clone()),
                None => all.shift_remove(*name),
            };
        }
        all
    }

    #[test]
    fn a_configuration_is_read_in_full() {
        let read = |changes: &[_]| Hyperparameters::read(&configuration(changes), &Family::Transformer).unwrap();
        let rotary = read(&[("learning_rate", Some(Value::Float(1e-3)))]);
        assert_eq!(rotary.mixing, Mixing::Attention { position: Position::Rotary { theta: 1e4 }, n_heads: 4 });
        assert_eq!((rotary.dim_model, rotary.seq_len, rotary.n_layer), (32, 64, 2));
        assert_eq!(rotary.learning_rate, Some(1e-3));
        let linear = read(&[("pe_type", Some(Value::Word("ALiBi".into()))), ("rope_theta", None)]);
        assert_eq!(linear.mixing, Mixing::Attention { position: Position::LinearBias, n_heads: 4 });
    }

    #[test]
    fn each_family_has_its_own() {
        let mamba = Family::Mamba(Mamba::default());
        let all = [("d_intermediate", 1), ("dim_model", 32), ("seq_len", 64), ("n_layer", 2)];
        let all = all.map(|(name, value)| (name.to_string(), Value::Integer(value)));
        let read = Hyperparameters::read(&all.into(), &mamba).unwrap();
        assert_eq!((read.mixing, read.learning_rate), (Mixing::Mamba { d_intermediate: 1 }, None));
        let error = Hyperparameters::read(&configuration(&[]), &mamba).unwrap_err().to_string();
        assert!(
            error.contains("no hyperparameter `pe_type`\nhint: its hyperparameters are `d_intermediate`"),
            "{error}"
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        let word = |text: &str| Some(Value::Word(text.into()));
        let cases = [
            (("widht", word("x")), "has no hyperparameter `widht`"),
            (("n_layer", None), "no `n_layer`"),
            (("rope_theta", None), "no `rope_theta`"),
            (("pe_type", word("rope")), "`pe_type` must be one of `APE`, `RoPE`, `ALiBi`, not `rope`"),
            (("dim_model", Some(Value::Float(32.5))), "`dim_model` must be a whole number, not `32.5`"),
            (("seq_len", Some(Value::Integer(1))), "`seq_len` must be a number from 2 to 65536"),
            (("n_heads", Some(Value::Integer(5))), "32 is no multiple of 5"),
            (("n_heads", Some(Value::Integer(32))), "odd width 1"),
        ];
        for (change, message) in cases {
            let error = Hyperparameters::read(&configuration(&[change]), &Family::Transformer).unwrap_err().message;
            assert!(error.contains(message), "{error}");
        }
    }
}
