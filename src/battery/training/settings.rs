//! Settings of the training: every one, its default, and its allowed range.
use serde::{Deserialize, Serialize};

use super::loss::{Aggregate, ErrorUnit, Loss};
use super::precision::Precision;
use super::schedule::{Decay, Schedule};
use crate::battery::model::Model;
use crate::battery::training::adamw::AdamWSettings;
use crate::document::diagnostic::Diagnostic;

/// Settings of the training; none depends on a trial's budget.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Training {
    /// Rows a step, in windows of the model's `seq_len` (at least one); default 2048.
    pub tokens_per_step: usize,
    /// Rows that the device works on at once, in whole windows; absent: all of a step. Gradients of the pieces are summed,
    /// so that the step is the same but for rounding.
    pub micro_batch: Option<usize>,
    /// Peak learning rate where the configuration has none; default 0.01.
    pub learning_rate: f64,
    /// Steps until the peak; default 10.
    pub warm_up: u64,
    /// Decay of the learning rate after the peak; default `Linear`.
    pub decay: Decay,
    /// Steps until the learning rate has fallen to its floor; absent: the experiment's highest budget.
    pub schedule_steps: Option<u64>,
    /// Lowest learning rate over the highest; default 0.01.
    pub learning_rate_floor: f64,
    /// Decay of matrices, per step and learning rate; default 0.01.
    pub weight_decay: f64,
    /// Decay of the mean gradient; default 0.9.
    pub beta_1: f64,
    /// Decay of the mean square gradient; default 0.95.
    pub beta_2: f64,
    /// Added to the root of the mean square gradient; default 1e-8.
    pub epsilon: f64,
    /// The gradient is scaled down to this norm where it is longer; default 1.
    pub gradient_norm: f64,
    /// Noise on the inputs that a free-running model predicts itself, in deviations of a row's change; default 0.
    pub input_noise: f64,
    /// The loss of an error; default `MeanSquare`.
    pub loss: Loss,
    /// The unit of a feature's error; default `Change`.
    pub error_unit: ErrorUnit,
    /// Aggregation of the features' losses into one; default `Sum`.
    pub aggregate: Aggregate,
    /// Precision of the network's products; default `Float32`.
    pub precision: Precision,
}

impl Default for Training {
    fn default() -> Self {
        Self {
            tokens_per_step: 2048,
            micro_batch: None,
            learning_rate: 1e-2,
            warm_up: 10,
            decay: Decay::Linear,
            schedule_steps: None,
            learning_rate_floor: 0.01,
            weight_decay: 0.01,
            beta_1: 0.9,
            beta_2: 0.95,
            epsilon: 1e-8,
            gradient_norm: 1.0,
            input_noise: 0.0,
            loss: Loss::MeanSquare,
            error_unit: ErrorUnit::Change,
            aggregate: Aggregate::Sum,
            precision: Precision::Float32,
        }
    }
}

impl Training {
    /// Checks every field; fails with the field that is wrong, and what is allowed there.
    pub(crate) fn validate(&self) -> Result<(), Diagnostic> {
        let whole = |name: &'static str, is_zero: bool| match is_zero {
            true => Err(Diagnostic::new(format!("`{name}` must be at least 1")).field(name)),
            false => Ok(()),
        };
        whole("tokens_per_step", self.tokens_per_step == 0)?;
        whole("micro_batch", self.micro_batch == Some(0))?;
        whole("schedule_steps", self.schedule_steps == Some(0))?;
        let range = |name: &'static str, value: f64, min: f64, max: f64| match (min..=max).contains(&value) {
            true => Ok(()),
            false => Err(Diagnostic::new(format!("`{name}` must be from {min} to {max}, not {value}")).field(name)),
        };
        range("learning_rate", self.learning_rate, 0.0, 10.0)?;
        range("learning_rate_floor", self.learning_rate_floor, 0.0, 1.0)?;
        range("weight_decay", self.weight_decay, 0.0, 10.0)?;
        range("beta_1", self.beta_1, 0.0, 0.9999)?;
        range("beta_2", self.beta_2, 0.0, 0.999_999)?;
        range("epsilon", self.epsilon, 1e-16, 1.0)?;
        range("gradient_norm", self.gradient_norm, 1e-6, 1e6)?;
        range("input_noise", self.input_noise, 0.0, 100.0)
    }

    /// Settings with the schedule's length filled in, for an experiment whose highest budget is `steps`.
    pub(crate) fn scheduled(&self, steps: u64) -> Self {
        Self { schedule_steps: self.schedule_steps.or(Some(steps)), ..self.clone() }
    }

    /// Windows of a step and of each of its pieces, for windows of `length` rows and pieces divided once more by `divisor`.
    pub(crate) fn windows(&self, length: usize, divisor: u32) -> (usize, usize) {
        let all = (self.tokens_per_step / length).max(1);
        let piece = self.micro_batch.map_or(all, |rows| (rows / length).clamp(1, all));
        (all, piece.div_ceil(divisor.max(1) as usize))
    }

    pub(super) fn schedule(&self, model: &Model, steps: u64) -> Schedule {
        Schedule {
            peak: model.hyperparameters().learning_rate.unwrap_or(self.learning_rate),
            warm_up: self.warm_up,
            steps,
            floor: self.learning_rate_floor,
            decay: self.decay,
        }
    }

    pub(super) fn optimizer(&self) -> AdamWSettings {
        AdamWSettings {
            beta_1: self.beta_1,
            beta_2: self.beta_2,
            epsilon: self.epsilon,
            weight_decay: self.weight_decay,
            gradient_norm: self.gradient_norm,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_out_of_range_are_named() {
        assert!(Training::default().validate().is_ok());
        let wrong = Training { beta_2: 1.0, ..Training::default() };
        assert_eq!(wrong.validate().unwrap_err().message, "`beta_2` must be from 0 to 0.999999, not 1");
        let wrong = Training { learning_rate: f64::NAN, ..Training::default() };
        assert!(wrong.validate().unwrap_err().message.contains("learning_rate"));
        let wrong = Training { micro_batch: Some(0), ..Training::default() };
        assert!(wrong.validate().unwrap_err().message.contains("micro_batch"));
    }

    #[test]
    fn a_batch_is_divided_into_whole_windows() {
        let training = |micro_batch| Training { tokens_per_step: 2048, micro_batch, ..Training::default() };
        assert_eq!(training(None).windows(64, 1), (32, 32));
        assert_eq!(training(Some(512)).windows(64, 1), (32, 8));
        assert_eq!(training(Some(512)).windows(64, 2), (32, 4));
        assert_eq!(training(Some(512)).windows(64, 16), (32, 1));
        assert_eq!(training(Some(1)).windows(64, 16), (32, 1));
        assert_eq!(training(None).windows(4096, 4), (1, 1));
        assert_eq!(training(None).windows(64, 3), (32, 11));
    }
}
