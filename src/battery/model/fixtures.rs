//! Fixtures for tests: small models of every shape.
use burn::tensor::Device;

use super::Model;
use super::architecture::{Architecture, Family, Mamba, Predict};
use super::hyperparameter::{Hyperparameters, Mixing, NormKind, Position};
use super::statistics::{LinearChanges, Statistics};
use crate::battery::dataset::feature::WIDTH;

pub(crate) type Shape = (Hyperparameters, Architecture);

pub(crate) fn model((hyperparameters, architecture): Shape, seed: u64, device: &Device) -> Model {
    let linear = LinearChanges { slope: [[0.1; WIDTH]; WIDTH], offset: [0.02; WIDTH], residual: [0.01; WIDTH] };
    let statistics = Statistics { mean: [0.5; WIDTH], deviation: [0.3; WIDTH], change: [0.05; WIDTH], linear };
    Model::new(hyperparameters, architecture, statistics, seed, device)
}

fn shape(mixing: Mixing, norm: NormKind, architecture: Architecture) -> Shape {
    let hyperparameters = Hyperparameters { mixing, norm, dim_model: 16, seq_len: 12, n_layer: 2, learning_rate: None };
    (hyperparameters, architecture)
}

/// Every position with every norm, and both versions of Mamba, small.
pub(crate) fn shapes() -> Vec<Shape> {
    let positions = [Position::Sinusoidal, Position::Rotary { theta: 1e4 }, Position::LinearBias];
    let norms = [NormKind::RootMeanSquare, NormKind::Layer];
    let transformer = |position, norm| shape(Mixing::Attention { position, n_heads: 4 }, norm, Architecture::default());
    let mamba = |version, d_intermediate| {
        let mamba = Mamba { version, state: Some(4), head: 8, chunk: 5, ..Mamba::default() };
        let architecture = Architecture { family: Family::Mamba(mamba), ..Architecture::default() };
        shape(Mixing::Mamba { d_intermediate }, NormKind::RootMeanSquare, architecture)
    };
    let mut all: Vec<_> =
        positions.iter().flat_map(|position| norms.map(|norm| transformer(*position, norm))).collect();
    all.extend([mamba(1, 0), mamba(1, 1), mamba(2, 0), mamba(2, 24)]);
    all[2].1.predict = Predict::Residual;
    all
}
