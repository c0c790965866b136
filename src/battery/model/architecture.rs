//! The architecture that all models of a task share; it is not tuned.
use serde::{Deserialize, Serialize};

use crate::document::diagnostic::Diagnostic;

/// The quantity that the last layer predicts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Predict {
    /// The change from this row to the next, in standard deviations of such changes.
    Change,
    /// The next row, in standard deviations from the mean row.
    Value,
    /// The residual of the change after a linear map, fitted to the training rows by least squares, in standard deviations of
    /// the residual. Linear parts, such as the charge that a current moves, are then exact, and a long prediction does
    /// not drift away in them.
    #[default]
    Residual,
}

/// The non-linearity of feed-forward layers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Activation {
    /// A product of two projections, one of them through the sigmoid linear unit (Shazeer 2020).
    #[default]
    #[serde(rename = "SwiGLU")]
    SwiGlu,
    /// The Gaussian error linear unit of one projection (Hendrycks and Gimpel 2016), exact and not by its approximation.
    #[serde(rename = "GELU")]
    Gelu,
}

/// The family of a model, with its settings that are not tuned.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Family {
    /// Causal attention.
    #[default]
    Transformer,
    /// A state-space model, whose prediction costs the same at every row.
    Mamba(Mamba),
}

impl Family {
    /// The other family, with its defaults.
    pub(crate) fn other(&self) -> Self {
        match self {
            Self::Transformer => Self::Mamba(Mamba::default()),
            Self::Mamba(_) => Self::Transformer,
        }
    }

    /// The family as it is written in files, with all settings left out.
    pub(crate) fn text(&self) -> &'static str {
        match self {
            Self::Transformer => "Transformer",
            Self::Mamba(_) => "Mamba()",
        }
    }
}

/// Settings of a Mamba model; the defaults are those of its authors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mamba {
    /// 1: selective scan (Gu and Dao 2023); 2: state-space duality (Dao and Gu 2024); default 2.
    pub version: u8,
    /// Numbers of state a channel; absent: 16 in version 1, 128 in version 2.
    pub state: Option<usize>,
    /// Channels over the model's width; default 2.
    pub expand: usize,
    /// Rows that the convolution before the state sees; default 4.
    pub convolution: usize,
    /// Channels a head of version 2, at most: the greatest common divisor with all channels; default 64.
    pub head: usize,
    /// Rows of version 2 that one matrix product takes, which changes the speed and not the result; default 64.
    pub chunk: usize,
}

impl Default for Mamba {
    fn default() -> Self {
        Self { version: 2, state: None, expand: 2, convolution: 4, head: 64, chunk: 64 }
    }
}

impl Mamba {
    /// Numbers of state a channel.
    pub(crate) fn state(&self) -> usize {
        self.state.unwrap_or(if self.version == 1 { 16 } else { 128 })
    }

    fn validate(&self) -> Result<(), Diagnostic> {
        if !matches!(self.version, 1 | 2) {
            let message = format!("`version` of Mamba must be 1 or 2, not {}", self.version);
            return Err(Diagnostic::new(message).field("version"));
        }
        let fields = [
            ("state", self.state(), 1024),
            ("expand", self.expand, 16),
            ("convolution", self.convolution, 16),
            ("head", self.head, 1024),
            ("chunk", self.chunk, 1024),
        ];
        match fields.iter().find(|(_, value, most)| !(1..=*most).contains(value)) {
            Some((name, value, most)) => {
                Err(Diagnostic::new(format!("`{name}` of Mamba must be from 1 to {most}, not {value}")).field(*name))
            }
            None => Ok(()),
        }
    }
}

/// The settings of models that are not tuned; every field may be left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Architecture {
    /// `Transformer` (default) or `Mamba(version: 2)`.
    pub family: Family,
    /// The quantity that the last layer predicts; default `Residual`.
    pub predict: Predict,
    /// Width of the feed-forward layers over the model's width, above 0; default 4, as in the first transformers.
    pub feed_forward: f64,
    /// The non-linearity of feed-forward layers; default `SwiGLU`.
    pub activation: Activation,
    /// True where the last projection is the first one, transposed; default false.
    pub tied: bool,
    /// Standard deviation of the initial weights, above 0, such as GPT-2's 0.02; absent: one over the root of the
    /// layer's inputs. Projections back to the residual stream get it over the root of how many there are.
    pub initial_deviation: Option<f64>,
}

impl Default for Architecture {
    fn default() -> Self {
        Self {
            family: Family::Transformer,
            predict: Predict::Residual,
            feed_forward: 4.0,
            activation: Activation::SwiGlu,
            tied: false,
            initial_deviation: None,
        }
    }
}

impl Architecture {
    /// Checks every field; fails with the field that is wrong, and what is allowed there.
    pub(crate) fn validate(&self) -> Result<(), Diagnostic> {
        if !(self.feed_forward > 0.0 && self.feed_forward <= 64.0) {
            let message = format!("`feed_forward` must be above 0 and at most 64, not {}", self.feed_forward);
            return Err(Diagnostic::new(message).field("feed_forward"));
        }
        if let Family::Mamba(mamba) = &self.family {
            mamba.validate().map_err(|wrong| wrong.inside("family"))?;
        }
        match self.initial_deviation {
            Some(deviation) if !(deviation > 0.0 && deviation <= 1.0) => {
                let message = format!("`initial_deviation` must be above 0 and at most 1, not {deviation}");
                Err(Diagnostic::new(message).field("initial_deviation"))
            }
            _ => Ok(()),
        }
    }
}
