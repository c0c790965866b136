//! Parity of outputs and gradients with `tests/golden/models/model.py`, the models in PyTorch with 64-bit floats.
use std::fs;
use std::path::Path;

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Gradients, Tensor, TensorData};
use safetensors::SafeTensors;

use crate::battery::model::device::tested;
use crate::battery::model::parameter_path::ParameterPath;
use crate::battery::training::checkpoint;

/// Largest difference, of numbers below 1 absolute and of others relative. An emulated graphics card has coarser exponentials.
const TOLERANCE: f32 = if cfg!(feature = "emulation") { 1e-4 } else { 1e-5 };

struct Compare<'a> {
    case: &'a str,
    expected: &'a SafeTensors<'a>,
    gradients: &'a Gradients,
    path: ParameterPath,
    compared: usize,
}

impl ModuleVisitor for Compare<'_> {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.leave();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let gradient = param.val().grad(self.gradients).expect("every weight matters");
        let gradient = if self.path.is_projection() { gradient.transpose() } else { gradient };
        close(
            &format!("{}: {}", self.case, self.path.name()),
            gradient.into_data(),
            &numbers(self.expected, &format!("gradient.{}", self.path.name())),
        );
        self.compared += 1;
    }
}

fn numbers(file: &SafeTensors, name: &str) -> Vec<f32> {
    bytemuck::pod_collect_to_vec(file.tensor(name).unwrap_or_else(|_| panic!("no `{name}`")).data())
}

fn close(name: &str, ours: TensorData, expected: &[f32]) {
    let ours: Vec<f32> = ours.try_into_vec().unwrap();
    assert_eq!(ours.len(), expected.len(), "{name}");
    for (index, (ours, expected)) in ours.iter().zip(expected).enumerate() {
        let error = (ours - expected).abs();
        assert!(error <= TOLERANCE * expected.abs().max(1.0), "{name}[{index}]: {ours} {expected}");
    }
}

#[test]
fn outputs_and_gradients_are_those_of_pytorch() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/models");
    let mut cases = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "safetensors") {
            continue;
        }
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let (model, _) = checkpoint::load(&path, &tested().autodiff()).unwrap();
        let bytes = fs::read(&path).unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let shape: [usize; 3] = file.tensor("rows").unwrap().shape().try_into().unwrap();
        let rows = Tensor::from_data(TensorData::new(numbers(&file, "rows"), shape), &model.device());
        let output = model.forward(rows);
        close(&name, output.clone().into_data(), &numbers(&file, "output"));

        let gradients = (output.clone() * output).mean().backward();
        let mut compare = Compare {
            case: &name,
            expected: &file,
            gradients: &gradients,
            path: ParameterPath::default(),
            compared: 0,
        };
        model.network.visit(&mut compare);
        let expected = file.names().iter().filter(|name| name.starts_with("gradient.")).count();
        assert_eq!(compare.compared, expected, "{name}");
        cases += 1;
    }
    // Three positions, two norms, two activations; tied projections; a linear part; two versions of Mamba with and without feed-forward.
    assert_eq!(cases, 12 + 1 + 1 + 4);
}
