//! The precision of a network's products: 32-bit floats, or 16-bit ones beside 32-bit weights that learn.
use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{DType, Tensor};
use serde::{Deserialize, Serialize};

use crate::battery::model::Model;
use crate::battery::model::parameter_path::ParameterPath;

/// The numbers that projections are multiplied in; weights, their moments, and all else are 32-bit floats always.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Precision {
    #[default]
    Float32,
    /// 16 bits with the range of 32, twice as fast or more on graphics cards (Micikevicius et al. 2018, for 16-bit floats).
    BFloat16,
}

impl Precision {
    /// Predicts `rows` in 32-bit floats; gradients reach the model's own weights.
    pub(crate) fn forward(self, model: &Model, rows: Tensor<3>) -> Tensor<3> {
        match self {
            Self::Float32 => model.forward(rows),
            Self::BFloat16 => {
                let mut model = model.clone();
                model.network = model.network.map(&mut Cast { to: DType::BF16, path: ParameterPath::default() });
                model.forward(rows)
            }
        }
    }
}

/// Replaces the weights of projections by casts to the precision, through which gradients pass. Norms, attention and
/// decays stay in 32-bit floats, because they take little time or need the precision.
struct Cast {
    to: DType,
    path: ParameterPath,
}

impl ModuleMapper for Cast {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.leave();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        match self.path.is_projection() {
            true => param.map(|value| value.cast(self.to)),
            false => param,
        }
    }
}
