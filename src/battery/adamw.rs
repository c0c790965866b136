//! AdamW over all weights as one vector: a dozen operations a step, however many layers there are.
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use super::model::Network;

/// Settings of the optimizer; the defaults are those of GPT-3 (Brown et al. 2020, appendix B).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    pub beta_1: f64,
    pub beta_2: f64,
    pub epsilon: f64,
    /// Decay of matrices; vectors (gains of norms) do not decay.
    pub weight_decay: f64,
    /// The gradient of all weights together is scaled down to this norm where it is longer.
    pub gradient_norm: f64,
}

/// Weights and their moments, flat, on the device without gradients.
pub struct AdamW {
    settings: Settings,
    /// 1 where a weight decays, 0 where not.
    decays: Tensor<1>,
    weights: Tensor<1>,
    first: Tensor<1>,
    second: Tensor<1>,
    /// Steps taken.
    pub step: u64,
}

/// What continues an optimizer: moments of all weights in the order of the network, and the steps taken.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    pub first: Vec<f32>,
    pub second: Vec<f32>,
    pub step: u64,
}

impl AdamW {
    /// Starts from the network's weights; with a state, continues from it.
    pub fn new(network: &Network, settings: Settings, state: Option<State>, device: &Device) -> Self {
        let mut gathered = Gather { parts: Vec::new(), decays: Vec::new(), gradients: None };
        network.visit(&mut gathered);
        let vector = |values: Vec<f32>| {
            let length = values.len();
            Tensor::from_data(TensorData::new(values, [length]), device)
        };
        let count = gathered.decays.len();
        let zero = || State { first: vec![0.0; count], second: vec![0.0; count], step: 0 };
        let state = state.unwrap_or_else(zero);
        Self {
            settings,
            decays: vector(gathered.decays),
            weights: Tensor::cat(gathered.parts, 0),
            first: vector(state.first),
            second: vector(state.second),
            step: state.step,
        }
    }

    /// One step of learning rate `rate`; nothing is read back from the device.
    pub fn step(&mut self, network: Network, gradients: &Gradients, rate: f64) -> Network {
        let Settings { beta_1, beta_2, epsilon, weight_decay, gradient_norm } = self.settings;
        let mut gathered = Gather { parts: Vec::new(), decays: Vec::new(), gradients: Some(gradients) };
        network.visit(&mut gathered);
        let gradient = Tensor::cat(gathered.parts, 0);
        let norm = (gradient.clone() * gradient.clone()).sum().sqrt();
        let gradient = gradient * ((norm + 1e-6).recip() * gradient_norm).clamp_max(1.0);

        self.step += 1;
        let correct = |beta: f64| 1.0 / (1.0 - beta.powf(self.step as f64));
        self.first = self.first.clone() * beta_1 + gradient.clone() * (1.0 - beta_1);
        self.second = self.second.clone() * beta_2 + gradient.clone() * gradient * (1.0 - beta_2);
        let scale = (self.second.clone() * correct(beta_2)).sqrt() + epsilon;
        let change = self.first.clone() * (rate * correct(beta_1)) / scale;
        let kept = self.weights.clone() - self.weights.clone() * self.decays.clone() * (rate * weight_decay);
        self.weights = kept - change;
        network.map(&mut Scatter { weights: self.weights.clone(), start: 0 })
    }

    /// What a checkpoint keeps beside the weights.
    pub fn state(&self) -> State {
        let read = |vector: &Tensor<1>| vector.clone().into_data().try_into_vec().expect("moments are 32-bit floats");
        State { first: read(&self.first), second: read(&self.second), step: self.step }
    }
}

/// All parameters, or all their gradients, in the network's order.
struct Gather<'a> {
    parts: Vec<Tensor<1>>,
    decays: Vec<f32>,
    gradients: Option<&'a Gradients>,
}

impl ModuleVisitor for Gather<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let value = param.val();
        let count = value.shape().num_elements();
        let part = match self.gradients {
            Some(gradients) => value.grad(gradients).unwrap_or_else(|| value.inner().zeros_like()),
            None => {
                self.decays.extend(std::iter::repeat_n(f32::from(u8::from(D >= 2)), count));
                value.inner()
            }
        };
        self.parts.push(part.reshape([count]));
    }
}

/// Puts the flat weights back into the network.
struct Scatter {
    weights: Tensor<1>,
    start: usize,
}

impl ModuleMapper for Scatter {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, value, mapper) = param.consume();
        let shape = value.dims();
        let count = shape.iter().product();
        let part = self.weights.clone().narrow(0, self.start, count).reshape(shape);
        self.start += count;
        Param::from_mapped_value(id, Tensor::from_inner(part).require_grad(), mapper)
    }
}
