//! Parity of outputs and gradients with `tests/golden/learning/forward.py`, written from the papers in 64-bit floats.
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use serde::Deserialize;
use std::collections::BTreeMap;

use super::hyperparameter::{Hyperparameters, NormKind, Position};
use super::position::Tables;
use super::transformer::Transformer;
use super::{Architecture, Draw, WIDTH};
use crate::numeric::stream::Stream;

#[derive(Deserialize)]
struct Golden {
    input: Vec<f64>,
    weights: BTreeMap<String, Vec<f64>>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    pe_type: String,
    norm_type: String,
    output: Vec<f64>,
    gradient: BTreeMap<String, f64>,
}

fn numbers(values: &[f64]) -> Vec<f32> {
    values.iter().map(|value| *value as f32).collect()
}

struct Set<'a>(&'a BTreeMap<String, Vec<f64>>, Vec<String>);

impl ModuleMapper for Set<'_> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.1.push(name.into());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.1.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let values = numbers(&self.0[&self.1.join(".")]);
        param.map(|old| Tensor::from_data(TensorData::new(values, old.dims()), &old.device()).require_grad())
    }
}

struct Compare<'a>(&'a BTreeMap<String, f64>, &'a Gradients, Vec<String>, usize);

impl ModuleVisitor for Compare<'_> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.2.push(name.into());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.2.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let name = self.2.join(".");
        let gradient = param.val().grad(self.1).expect("every weight matters");
        let entry = if D == 1 { 3 } else { gradient.dims()[1] + 2 };
        let gradient: Vec<f32> = gradient.into_data().try_into_vec().unwrap();
        let (ours, expected) = (f64::from(gradient[entry]), self.0[&name]);
        assert!((ours - expected).abs() < 1e-5, "{name}: {ours} {expected}");
        self.3 += 1;
    }
}

#[test]
fn outputs_and_gradients_are_those_of_the_papers() {
    let golden: Golden =
        serde_json::from_str(include_str!("../../../tests/golden/learning/forward.json")).expect("the file is whole");
    assert_eq!(golden.cases.len(), 6);
    let device = Device::flex().autodiff();
    for case in &golden.cases {
        let hyperparameters = Hyperparameters {
            position: match case.pe_type.as_str() {
                "APE" => Position::Sinusoidal,
                "RoPE" => Position::Rotary { theta: 100.0 },
                _ => Position::LinearBias,
            },
            norm: if case.norm_type == "RMSNorm" { NormKind::RootMeanSquare } else { NormKind::Layer },
            dim_model: 8,
            n_heads: 2,
            seq_len: 9,
            n_layer: 2,
            learning_rate: None,
        };
        let architecture = Architecture { feed_forward: 1.5, ..Architecture::default() };
        let mut draw = Draw { stream: Stream::of(1, "test", 0), device: &device, fixed: None };
        let transformer = Transformer::new(&hyperparameters, &architecture, &mut draw);
        let transformer = transformer.map(&mut Set(&golden.weights, Vec::new()));
        let input = Tensor::from_data(TensorData::new(numbers(&golden.input), [1, 7, WIDTH]), &device);
        let output = transformer.forward(input, &Tables::new(&hyperparameters, &device), None);
        let ours: Vec<f32> = output.clone().into_data().try_into_vec().unwrap();
        let name = format!("{} {}", case.pe_type, case.norm_type);
        for (ours, expected) in ours.iter().zip(&case.output) {
            assert!((f64::from(*ours) - expected).abs() < 1e-5, "{name}: {ours} {expected}");
        }
        let gradients = (output.clone() * output).mean().backward();
        let mut compare = Compare(&case.gradient, &gradients, Vec::new(), 0);
        transformer.visit(&mut compare);
        assert_eq!(compare.3, golden.weights.len());
    }
}
