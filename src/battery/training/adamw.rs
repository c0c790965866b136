//! The optimizer AdamW over all weights as one vector: a dozen operations a step, however many layers there are.
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use crate::battery::model::Decoder;
use crate::battery::model::parameter_path::ParameterPath;

/// Settings of the optimizer; the defaults are those of GPT-3 (Brown et al. 2020, appendix B).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct AdamWSettings {
    pub beta_1: f64,
    pub beta_2: f64,
    pub epsilon: f64,
    /// Decay of projections; gains, biases, filters and rates do not decay.
    pub weight_decay: f64,
    /// The gradient of all weights together is scaled down to this norm where it is longer.
    pub gradient_norm: f64,
}

/// Weights and their moments, flat, on the device without gradients.
pub(crate) struct AdamW {
    settings: AdamWSettings,
    /// 1 where a weight decays, 0 where not.
    decays: Tensor<1>,
    weights: Tensor<1>,
    first: Tensor<1>,
    second: Tensor<1>,
    /// Steps taken.
    pub step: u64,
}

/// The state of an optimizer: moments of all weights in the order of the network, and the steps taken.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AdamWState {
    pub first: Vec<f32>,
    pub second: Vec<f32>,
    pub step: u64,
}

impl AdamW {
    /// Starts from the network's weights; with a state, continues from it.
    pub(crate) fn new(network: &Decoder, settings: AdamWSettings, state: Option<AdamWState>, device: &Device) -> Self {
        let mut gathered = Gather::new(None);
        network.visit(&mut gathered);
        let vector = |values: Vec<f32>| {
            let length = values.len();
            Tensor::from_data(TensorData::new(values, [length]), device)
        };
        let count = gathered.decays.len();
        let zero = || AdamWState { first: vec![0.0; count], second: vec![0.0; count], step: 0 };
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

    /// The gradient of all weights as one vector; those of parts of a batch may be added.
    pub(crate) fn gradient(&self, network: &Decoder, gradients: &Gradients) -> Tensor<1> {
        let mut gathered = Gather::new(Some(gradients));
        network.visit(&mut gathered);
        Tensor::cat(gathered.parts, 0)
    }

    /// One step of learning rate `rate`; nothing is read back from the device.
    pub(crate) fn apply(&mut self, network: Decoder, gradient: Tensor<1>, rate: f64) -> Decoder {
        let AdamWSettings { beta_1, beta_2, epsilon, weight_decay, gradient_norm } = self.settings;
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

    /// All weights in the network's order.
    #[cfg(test)]
    pub(crate) fn weights(&self) -> Vec<f32> {
        read(&self.weights)
    }

    /// The state that a checkpoint keeps beside the weights.
    pub(crate) fn state(&self) -> AdamWState {
        AdamWState { first: read(&self.first), second: read(&self.second), step: self.step }
    }
}

fn read(vector: &Tensor<1>) -> Vec<f32> {
    vector.clone().into_data().try_into_vec().expect("weights and moments are 32-bit floats")
}

/// All parameters, or all their gradients, in the network's order.
struct Gather<'a> {
    parts: Vec<Tensor<1>>,
    decays: Vec<f32>,
    gradients: Option<&'a Gradients>,
    path: ParameterPath,
}

impl<'a> Gather<'a> {
    fn new(gradients: Option<&'a Gradients>) -> Self {
        Self { parts: Vec::new(), decays: Vec::new(), gradients, path: ParameterPath::default() }
    }
}

impl ModuleVisitor for Gather<'_> {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.leave();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let value = param.val();
        let count = value.shape().num_elements();
        let part = match self.gradients {
            Some(gradients) => value.grad(gradients).unwrap_or_else(|| value.inner().zeros_like()),
            None => {
                self.decays.extend(std::iter::repeat_n(f32::from(u8::from(self.path.is_projection())), count));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::battery::model::device::tested;
    use crate::battery::model::fixtures::{model, shapes};

    const SETTINGS: AdamWSettings =
        AdamWSettings { beta_1: 0.9, beta_2: 0.95, epsilon: 1e-8, weight_decay: 0.1, gradient_norm: 0.5 };

    /// Loshchilov and Hutter 2019, algorithm 2, after clipping, in 64-bit floats.
    #[test]
    fn three_steps_are_those_of_the_paper() {
        let device = tested();
        let ad = device.clone().autodiff();
        let mut network = model(shapes().remove(1), 1, &ad).network;
        let mut optimizer = AdamW::new(&network, SETTINGS, None, &device);
        let mut weights: Vec<f64> = optimizer.weights().into_iter().map(f64::from).collect();
        let mut gathered = Gather::new(None);
        network.visit(&mut gathered);
        let decays = gathered.decays;
        let vectors = decays.iter().filter(|decay| **decay == 0.0).count();
        assert_eq!(vectors, 5 * 16, "gains of two norms a block and of the last do not decay");

        let (mut first, mut second) = (vec![0.0; weights.len()], vec![0.0; weights.len()]);
        for step in 1..=3 {
            // The loss is half the sum of squares of all weights: the gradient is the weights themselves.
            struct Squares(Option<Tensor<1>>);
            impl ModuleVisitor for Squares {
                fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
                    let square = (param.val() * param.val()).sum() * 0.5;
                    self.0 = Some(match self.0.take() {
                        Some(sum) => sum + square,
                        None => square,
                    });
                }
            }
            let mut squares = Squares(None);
            network.visit(&mut squares);
            let gradients = squares.0.unwrap().backward();
            let gradient = optimizer.gradient(&network, &gradients);
            network = optimizer.apply(network, gradient, 0.01);

            let norm = weights.iter().map(|weight| weight * weight).sum::<f64>().sqrt();
            assert!(norm > 2.0 * SETTINGS.gradient_norm, "the gradient must be long enough to be clipped");
            for index in 0..weights.len() {
                let gradient = weights[index] * SETTINGS.gradient_norm / norm;
                first[index] = 0.9 * first[index] + 0.1 * gradient;
                second[index] = 0.95 * second[index] + 0.05 * gradient * gradient;
                let (m, v) = (first[index] / (1.0 - 0.9f64.powi(step)), second[index] / (1.0 - 0.95f64.powi(step)));
                weights[index] -= 0.01 * (m / (v.sqrt() + 1e-8) + 0.1 * f64::from(decays[index]) * weights[index]);
            }
        }
        for (ours, expected) in optimizer.weights().iter().zip(&weights) {
            assert!((f64::from(*ours) - expected).abs() < 1e-6, "{ours} {expected}");
        }
        let mut after = Gather::new(None);
        network.visit(&mut after);
        assert_eq!(read(&Tensor::cat(after.parts, 0)), optimizer.weights(), "the network has the new weights");
    }
}
