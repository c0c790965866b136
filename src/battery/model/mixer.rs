//! Mixers: the parts of a block that let a row see the rows before it, one variant and one file each.
use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::architecture::{Architecture, Family};
use super::attention::{Attention, KeyValueCache};
use super::hyperparameter::{Hyperparameters, Mixing};
use super::initial::WeightInitializer;
use super::mamba_1::Mamba1;
use super::mamba_2::Mamba2;
use super::position::PositionTables;
use super::rows::Rows;
use super::state::MixerState;

/// The part of a block that works across rows; everything else works on each row alone.
#[derive(Module, Debug)]
pub(crate) enum Mixer {
    Attention(Attention),
    Mamba1(Mamba1),
    Mamba2(Mamba2),
}

/// The memory of one mixer of the rows that it has seen.
pub(crate) enum MixerMemory {
    KeyValue(KeyValueCache),
    State(MixerState),
}

impl Mixer {
    pub(crate) fn new(
        hyperparameters: &Hyperparameters,
        architecture: &Architecture,
        residual: f64,
        draw: &mut WeightInitializer,
    ) -> Self {
        let width = hyperparameters.dim_model;
        match (hyperparameters.mixing, &architecture.family) {
            (Mixing::Attention { n_heads, .. }, _) => Self::Attention(Attention::new(width, n_heads, residual, draw)),
            (Mixing::Mamba { .. }, Family::Mamba(mamba)) if mamba.version == 1 => {
                Self::Mamba1(Mamba1::new(width, mamba, residual, draw))
            }
            (Mixing::Mamba { .. }, Family::Mamba(mamba)) => Self::Mamba2(Mamba2::new(width, mamba, residual, draw)),
            (Mixing::Mamba { .. }, Family::Transformer) => {
                unreachable!("hyperparameters are read for the architecture's family")
            }
        }
    }

    /// The addition to the residual stream, of the shape of the normalised rows `x`, (batch · steps) × width.
    pub(crate) fn forward(
        &self,
        x: Tensor<2>,
        rows: Rows,
        tables: &PositionTables,
        memory: Option<&mut MixerMemory>,
    ) -> Tensor<2> {
        match (self, memory) {
            (Self::Attention(mixer), None) => mixer.forward(x, rows, tables, None),
            (Self::Attention(mixer), Some(MixerMemory::KeyValue(past))) => mixer.forward(x, rows, tables, Some(past)),
            (Self::Mamba1(mixer), None) => mixer.forward(x, rows, None),
            (Self::Mamba1(mixer), Some(MixerMemory::State(past))) => mixer.forward(x, rows, Some(past)),
            (Self::Mamba2(mixer), None) => mixer.forward(x, rows, None),
            (Self::Mamba2(mixer), Some(MixerMemory::State(past))) => mixer.forward(x, rows, Some(past)),
            _ => unreachable!("a cache is of the network that made it"),
        }
    }

    /// An empty memory for `batch` series of at most `window` rows.
    pub(crate) fn memory(&self, batch: usize, window: usize, device: &Device) -> MixerMemory {
        match self {
            Self::Attention(mixer) => MixerMemory::KeyValue(mixer.memory(batch, window, device)),
            Self::Mamba1(mixer) => MixerMemory::State(mixer.memory(batch, device)),
            Self::Mamba2(mixer) => MixerMemory::State(mixer.memory(batch, device)),
        }
    }
}

impl MixerMemory {
    /// Forgets all rows.
    pub(crate) fn clear(&mut self) {
        match self {
            Self::KeyValue(_) => {} // what lies beyond the rows seen is never read
            Self::State(state) => state.clear(),
        }
    }
}
