//! The weights of a network by name, as files hold them: what PyTorch calls a state dictionary.
use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Tensor, TensorData};
use thiserror::Error;

use super::decoder::Decoder;
use super::parameter_path::ParameterPath;

/// The reason why weights do not fit a network.
#[derive(Debug, Error)]
pub(crate) enum WeightError {
    #[error("there are no weights `{name}`, of the shape {expected:?}")]
    Missing { name: String, expected: Vec<usize> },
    #[error("the weights `{name}` are of the shape {found:?}, not {expected:?}")]
    Shape { name: String, found: Vec<usize>, expected: Vec<usize> },
}

/// Shape and values of one tensor.
pub(crate) type Weight = (Vec<usize>, Vec<f32>);

/// All weights of `network`, such as `blocks.0.mixer.packed.weight`; projections are outputs × inputs, as PyTorch has them.
pub(crate) fn take(network: &Decoder) -> BTreeMap<String, Weight> {
    let mut take = Take::default();
    network.visit(&mut take);
    take.weights
}

/// Puts the weights of `all`, which may hold other tensors as well, into `network`; fails where one is missing or of
/// another shape.
pub(crate) fn put(network: Decoder, all: &BTreeMap<String, Weight>) -> Result<Decoder, WeightError> {
    let mut put = Put { all, path: ParameterPath::default(), problem: None };
    let network = network.map(&mut put);
    put.problem.map_or(Ok(network), Err)
}

#[derive(Default)]
struct Take {
    path: ParameterPath,
    weights: BTreeMap<String, Weight>,
}

impl ModuleVisitor for Take {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.leave();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let value = param.val().inner();
        let value = if self.path.is_projection() { value.transpose() } else { value };
        let shape = value.dims().to_vec();
        let values = value.into_data().try_into_vec().expect("weights are 32-bit floats");
        self.weights.insert(self.path.name(), (shape, values));
    }
}

struct Put<'a> {
    all: &'a BTreeMap<String, Weight>,
    path: ParameterPath,
    problem: Option<WeightError>,
}

impl Put<'_> {
    fn find(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, WeightError> {
        match self.all.get(name) {
            Some((stored, values)) if stored == shape => Ok(values.clone()),
            Some((stored, _)) => {
                Err(WeightError::Shape { name: name.to_owned(), found: stored.clone(), expected: shape.to_owned() })
            }
            None => Err(WeightError::Missing { name: name.to_owned(), expected: shape.to_owned() }),
        }
    }
}

impl ModuleMapper for Put<'_> {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.leave();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, value, mapper) = param.consume();
        let mut shape = value.dims();
        let projection = self.path.is_projection();
        if projection {
            shape.reverse();
        }
        let value = match self.find(&self.path.name(), &shape) {
            Ok(values) => {
                let loaded = Tensor::<D>::from_data(TensorData::new(values, shape), &value.device());
                let loaded = if projection { contiguous(loaded.transpose()) } else { loaded };
                if value.is_require_grad() { loaded.require_grad() } else { loaded }
            }
            Err(problem) => {
                self.problem.get_or_insert(problem);
                value
            }
        };
        Param::from_mapped_value(id, value, mapper)
    }
}

/// Copies a matrix into the memory order of one that was never transposed, so that products round in the same way.
fn contiguous<const D: usize>(value: Tensor<D>) -> Tensor<D> {
    let device = value.device();
    Tensor::from_data(value.into_data(), &device)
}
