//! Training: exactly as many optimizer steps as the budget says, continued where an earlier rung stopped.
use std::io;
use std::path::Path;

use burn::tensor::{Tensor, TensorData};
use serde::{Deserialize, Serialize};

use super::adamw::{self, AdamW};
use super::batch::{self, Batch, Source};
use super::checkpoint::{self, About};
use super::model::{Model, WIDTH};
use super::schedule::Schedule;
use crate::numeric::stream::Stream;

/// The unit in which a feature's error counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ErrorUnit {
    /// The standard deviation of the feature's change from row to row: slow features count as much as fast ones.
    #[default]
    Change,
    /// The standard deviation of the feature.
    Deviation,
    /// The range that the feature is scaled by.
    Range,
}

/// How models are trained; none of it depends on a trial's budget.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Training {
    /// Rows a step, in windows of the model's `seq_len` (at least one); default 2048.
    pub tokens_per_step: usize,
    /// Peak learning rate where the configuration has none; default 0.01.
    pub learning_rate: f64,
    /// Steps until the peak; default 10.
    pub warm_up: u64,
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
    /// The unit in which errors are squared and summed; default `Change`.
    pub error_unit: ErrorUnit,
}

impl Default for Training {
    fn default() -> Self {
        Self {
            tokens_per_step: 2048,
            learning_rate: 1e-2,
            warm_up: 10,
            schedule_steps: None,
            learning_rate_floor: 0.01,
            weight_decay: 0.01,
            beta_1: 0.9,
            beta_2: 0.95,
            epsilon: 1e-8,
            gradient_norm: 1.0,
            input_noise: 0.0,
            error_unit: ErrorUnit::Change,
        }
    }
}

impl Training {
    /// Which field is out of range, and what is allowed.
    pub fn validate(&self) -> Result<(), String> {
        let range = |name: &str, value: f64, min: f64, max: f64| match (min..=max).contains(&value) {
            true => Ok(()),
            false => Err(format!("`{name}` must be from {min} to {max}, not {value}")),
        };
        if self.tokens_per_step == 0 || self.schedule_steps == Some(0) {
            return Err("`tokens_per_step` and `schedule_steps` must be above 0".into());
        }
        range("learning_rate", self.learning_rate, 0.0, 10.0)?;
        range("learning_rate_floor", self.learning_rate_floor, 0.0, 1.0)?;
        range("weight_decay", self.weight_decay, 0.0, 10.0)?;
        range("beta_1", self.beta_1, 0.0, 0.9999)?;
        range("beta_2", self.beta_2, 0.0, 0.999_999)?;
        range("epsilon", self.epsilon, 1e-16, 1.0)?;
        range("gradient_norm", self.gradient_norm, 1e-6, 1e6)?;
        range("input_noise", self.input_noise, 0.0, 100.0)
    }

    /// The same with the schedule's length written down, for an experiment whose highest budget is `steps`.
    pub fn scheduled(&self, steps: u64) -> Self {
        Self { schedule_steps: self.schedule_steps.or(Some(steps)), ..self.clone() }
    }

    fn schedule(&self, model: &Model, steps: u64) -> Schedule {
        Schedule {
            peak: model.hyperparameters().learning_rate.unwrap_or(self.learning_rate),
            warm_up: self.warm_up,
            steps,
            floor: self.learning_rate_floor,
        }
    }

    fn optimizer(&self) -> adamw::Settings {
        adamw::Settings {
            beta_1: self.beta_1,
            beta_2: self.beta_2,
            epsilon: self.epsilon,
            weight_decay: self.weight_decay,
            gradient_norm: self.gradient_norm,
        }
    }
}

/// A model after its training.
pub struct Trained {
    pub model: Model,
    /// Optimizer steps in all, fewer than asked for where the loss was no number.
    pub step: u64,
    /// Steps of them that a checkpoint brought along.
    pub resumed: u64,
    /// Loss of the last step; `None` where no step was left to take.
    pub loss: Option<f64>,
    /// Loss at some of the steps, first and last included.
    pub curve: Vec<(u64, f64)>,
    /// Why a checkpoint was not continued, where there was one.
    pub note: Option<String>,
}

impl Trained {
    /// Whether the loss left the numbers.
    pub fn diverged(&self) -> bool {
        self.loss.is_some_and(|loss| !loss.is_finite())
    }
}

/// Trains `model` on windows of `source` until it has taken `steps` steps, from the checkpoint in `folder` where there is one
/// of the same training, and leaves a checkpoint there; where the schedule has no length, it is `steps` long. `progress` hears the share done and the loss of each step.
///
/// Fails only where the checkpoint cannot be written.
pub fn train(
    mut model: Model,
    source: &dyn Source,
    settings: &Training,
    steps: u64,
    seed: u64,
    folder: Option<&Path>,
    progress: &mut dyn FnMut(f64, f64),
) -> io::Result<Trained> {
    let training = serde_json::to_string(&(settings, seed)).map_err(io::Error::other)?;
    let (mut state, mut curve, mut note) = (None, Vec::new(), None);
    if let Some(folder) = folder {
        match resume(folder, &model, &training, steps) {
            Ok(Some((resumed, from, old))) => (model, state, curve) = (resumed, Some(from), old),
            Ok(None) => {}
            Err(reason) => note = Some(format!("trained from the start: {reason}")),
        }
    }
    let resumed = state.as_ref().map_or(0, |state| state.step);
    let device = model.device();
    let mut optimizer = AdamW::new(&model.network, settings.optimizer(), state, &device.clone().inner());
    let scheduled = settings.schedule_steps.unwrap_or(steps);
    let schedule = settings.schedule(&model, scheduled);
    let length = model.hyperparameters().seq_len.min(source.steps() - 1);
    let count = (settings.tokens_per_step / length).max(1);
    let every = (scheduled / 64).max(1);
    let unit = settings.error_unit.weights(&model);
    let mut loss = None;
    for step in resumed..steps {
        let places = batch::places(source, length + 1, count, Stream::of(seed, "window", step));
        let mut batch = Batch::new(&batch::windows(source, &places, length + 1), length);
        if settings.input_noise > 0.0 {
            batch.disturb(settings.input_noise, model.statistics(), Stream::of(seed, "noise", step));
        }
        let (input, target) = batch.tensors(&device);
        let error = objective(&model, input, target, unit.clone());
        let gradients = error.backward();
        model.network = optimizer.step(model.network, &gradients, schedule.at(step));
        let value = f64::from(error.into_scalar::<f32>());
        loss = Some(value);
        if step % every == 0 || step + 1 == steps {
            curve.push((step + 1, value));
        }
        progress((step + 1 - resumed) as f64 / (steps - resumed) as f64, value);
        if !value.is_finite() {
            return Ok(Trained { model, step: step + 1, resumed, loss, curve, note });
        }
    }
    if let (Some(folder), Some(_)) = (folder, loss) {
        let about = About::new(&model, training, steps, curve.clone());
        checkpoint::write(folder, about, &model.network, &optimizer.state())?;
    }
    Ok(Trained { model, step: steps, resumed, loss, curve, note })
}

/// Mean square error of each feature, summed; the current, which is given, has none.
fn objective(model: &Model, input: Tensor<3>, target: Tensor<3>, weights: Tensor<3>) -> Tensor<1> {
    let error = (model.forward(input) - target) * weights;
    (error.clone() * error).mean() * WIDTH as f64
}

impl ErrorUnit {
    /// One over the unit of each feature.
    fn weights(self, model: &Model) -> Tensor<3> {
        let weights = match self {
            Self::Change => model.statistics().change.map(|change| 1.0 / change),
            Self::Deviation => model.statistics().deviation.map(|deviation| 1.0 / deviation),
            Self::Range => [1.0; WIDTH],
        };
        Tensor::from_data(TensorData::new(weights.to_vec(), [1, 1, WIDTH]), &model.device())
    }
}

type Resumed = (Model, adamw::State, Vec<(u64, f64)>);

/// The model as the checkpoint in `folder` left it; the error says why it cannot be continued.
fn resume(folder: &Path, model: &Model, training: &str, steps: u64) -> Result<Option<Resumed>, String> {
    let Some(found) = checkpoint::read(folder)? else { return Ok(None) };
    if !found.about.same(&About::new(model, training.into(), 0, Vec::new())) {
        return Err("the checkpoint is of another training".into());
    }
    if found.about.step > steps {
        return Err(format!("the checkpoint has {} steps already, more than {steps}", found.about.step));
    }
    let mut resumed = model.clone();
    resumed.network = found.load(resumed.network)?;
    Ok(Some((resumed, found.state()?, found.about.curve)))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use burn::tensor::Device;

    use super::*;
    use crate::battery::model::Statistics;
    use crate::battery::model::architecture::Architecture;
    use crate::battery::model::hyperparameter::{Hyperparameters, Mixing, NormKind, Position};
    use crate::battery::toy::Toy;

    fn untrained(toy: &Toy, seed: u64) -> Model {
        let hyperparameters = Hyperparameters {
            mixing: Mixing::Attention { position: Position::Rotary { theta: 1e4 }, n_heads: 2 },
            norm: NormKind::RootMeanSquare,
            dim_model: 16,
            seq_len: 16,
            n_layer: 1,
            learning_rate: None,
        };
        let device = Device::flex().autodiff();
        Model::new(hyperparameters, Architecture::default(), Statistics::of(toy), seed, &device)
    }

    fn settings() -> Training {
        Training {
            tokens_per_step: 128,
            learning_rate: 1e-2,
            warm_up: 5,
            schedule_steps: Some(60),
            input_noise: 0.1,
            ..Training::default()
        }
    }

    fn run(toy: &Toy, seed: u64, steps: u64, folder: Option<&Path>) -> Trained {
        train(untrained(toy, seed), toy, &settings(), steps, seed, folder, &mut |_, _| {}).unwrap()
    }

    fn weights(trained: &Trained) -> Vec<u32> {
        let device = trained.model.device().inner();
        let optimizer = AdamW::new(&trained.model.network, settings().optimizer(), None, &device);
        optimizer.weights().into_iter().map(f32::to_bits).collect()
    }

    #[test]
    fn the_loss_falls() {
        let toy = Toy::new(1, 4, 256, 30.0);
        let mut losses = Vec::new();
        let model = untrained(&toy, 1);
        let mut progress = |share: f64, loss: f64| losses.push((share, loss));
        let trained = train(model, &toy, &settings(), 50, 1, None, &mut progress).unwrap();
        assert_eq!((losses.len(), trained.step, trained.resumed), (50, 50, 0));
        assert_eq!(losses[49].0, 1.0);
        assert!(losses[49].1 < 0.4 * losses[0].1, "{:?} to {:?}", losses[0], losses[49]);
        assert_eq!(trained.curve.last(), Some(&(50, losses[49].1)));
    }

    #[test]
    fn a_continued_trial_equals_one_trained_straight_through_bit_for_bit() {
        let toy = Toy::new(1, 4, 256, 30.0);
        let folder = tempfile::tempdir().unwrap();
        for steps in [3, 9] {
            run(&toy, 7, steps, Some(folder.path()));
        }
        let continued = run(&toy, 7, 20, Some(folder.path()));
        let straight = run(&toy, 7, 20, None);
        assert_eq!((continued.resumed, continued.note.clone()), (9, None));
        assert_eq!(weights(&continued), weights(&straight));
        assert_eq!(continued.loss.map(f64::to_bits), straight.loss.map(f64::to_bits));
        assert_ne!(weights(&straight), weights(&run(&toy, 8, 20, None)));

        let again = run(&toy, 7, 20, Some(folder.path()));
        assert_eq!((again.resumed, again.loss, again.diverged()), (20, None, false));
        assert_eq!(weights(&again), weights(&straight));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");
    }

    #[test]
    fn an_unusable_checkpoint_is_named_and_replaced() {
        let toy = Toy::new(1, 4, 256, 30.0);
        let straight = weights(&run(&toy, 7, 4, None));
        type Spoil = fn(&Path);
        let spoil: [(&str, Spoil); 4] = [
            ("damaged", |file| fs::write(file, b"not a model").unwrap()),
            ("checksum", |file| {
                let mut bytes = fs::read(file).unwrap();
                *bytes.last_mut().unwrap() ^= 1;
                fs::write(file, bytes).unwrap();
            }),
            ("damaged", |file| {
                let bytes = fs::read(file).unwrap();
                fs::write(file, &bytes[..bytes.len() / 2]).unwrap();
            }),
            ("another training", |_| {}),
        ];
        for (reason, spoil) in spoil {
            let folder = tempfile::tempdir().unwrap();
            run(&toy, if reason == "another training" { 6 } else { 7 }, 2, Some(folder.path()));
            spoil(&folder.path().join(checkpoint::FILE));
            let trained = run(&toy, 7, 4, Some(folder.path()));
            let note = trained.note.clone().unwrap();
            assert!(note.starts_with("trained from the start") && note.contains(reason), "{note}");
            assert_eq!(weights(&trained), straight);
            assert_eq!(run(&toy, 7, 4, Some(folder.path())).resumed, 4);
        }
        let folder = tempfile::tempdir().unwrap();
        run(&toy, 7, 4, Some(folder.path()));
        assert!(run(&toy, 7, 2, Some(folder.path())).note.unwrap().contains("4 steps already"));
    }

    #[test]
    fn a_loss_that_is_no_number_ends_at_once() {
        let toy = Toy::new(1, 4, 256, 30.0);
        let folder = tempfile::tempdir().unwrap();
        let hopeless =
            Training { learning_rate: 10.0, gradient_norm: 1e6, warm_up: 0, weight_decay: 10.0, ..settings() };
        let mut heard = 0;
        let model = untrained(&toy, 1);
        let trained = train(model, &toy, &hopeless, 5000, 1, Some(folder.path()), &mut |_, _| heard += 1).unwrap();
        assert!(trained.diverged() && trained.step < 5000, "{:?} at {}", trained.loss, trained.step);
        assert_eq!(heard, trained.step);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "a diverged model is not kept");
    }

    #[test]
    fn settings_out_of_range_are_named() {
        assert!(Training::default().validate().is_ok());
        let wrong = Training { beta_2: 1.0, ..Training::default() };
        assert_eq!(wrong.validate().unwrap_err(), "`beta_2` must be from 0 to 0.999999, not 1");
        let wrong = Training { learning_rate: f64::NAN, ..Training::default() };
        assert!(wrong.validate().unwrap_err().contains("learning_rate"));
    }
}
