//! Checkpoints: weights, optimizer and step of a trained model in one safetensors file.
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use burn::tensor::Device;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::battery::model::architecture::Architecture;
use crate::battery::model::hyperparameter::Hyperparameters;
use crate::battery::model::weights;
use crate::battery::model::weights::{Weight, WeightError};
use crate::battery::model::{Decoder, Model, Statistics};
use crate::battery::training::adamw::AdamWState;
use crate::battery::training::batch::Provenance;
use crate::battery::training::curve::CurvePoint;

/// The file's name in the checkpoint folder.
pub(crate) const FILE: &str = "model.safetensors";
const FORMAT: &str = "galvani-model-2";

/// The reason why a checkpoint cannot be used.
#[derive(Debug, Error)]
pub(crate) enum CheckpointError {
    #[error("cannot read `{}`: {source}", .path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("the checkpoint `{}` is damaged: {reason}", .path.display())]
    Damaged { path: PathBuf, reason: String },
    #[error("the checkpoint `{}` has the format `{found}`, not `{FORMAT}`", .path.display())]
    Format { path: PathBuf, found: String },
    #[error("the model `{}` is unusable: {reason}", .path.display())]
    Unusable { path: PathBuf, reason: String },
}

/// The description of a model in its file, as JSON in the safetensors metadata under `galvani`. A file that another program wrote needs
/// `format`, `hyperparameters` and, where it is no transformer of the usual kind, `architecture`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ModelDescription {
    pub format: String,
    pub hyperparameters: Hyperparameters,
    #[serde(default)]
    pub architecture: Architecture,
    /// Statistics of the training rows; absent, inputs and outputs of the network are not scaled.
    #[serde(default)]
    pub statistics: Statistics,
    /// The provenance of the training rows; absent where another program made the file.
    #[serde(default)]
    pub provenance: Option<Provenance>,
    /// Settings and seed of the training that it belongs to; another training does not continue it.
    #[serde(default)]
    pub training: String,
    /// Optimizer steps taken.
    #[serde(default)]
    pub step: u64,
    /// Losses and errors at some of the steps.
    #[serde(default)]
    pub curve: Vec<CurvePoint>,
    /// Checksum of all tensors, in the order of their names.
    #[serde(default)]
    checksum: Option<u32>,
}

impl ModelDescription {
    /// Describes `model` after `step` steps of `training`.
    pub(crate) fn new(
        model: &Model,
        provenance: Option<Provenance>,
        training: String,
        step: u64,
        curve: Vec<CurvePoint>,
    ) -> Self {
        Self {
            format: FORMAT.into(),
            hyperparameters: model.hyperparameters().clone(),
            architecture: model.architecture().clone(),
            statistics: model.statistics().clone(),
            provenance,
            training,
            step,
            curve,
            checksum: None,
        }
    }

    /// True where both belong to the same model and training, at whichever step.
    pub(crate) fn same(&self, other: &Self) -> bool {
        (&self.hyperparameters, &self.architecture, &self.statistics, &self.provenance, &self.training)
            == (&other.hyperparameters, &other.architecture, &other.statistics, &other.provenance, &other.training)
    }
}

/// A checkpoint that was read and found whole.
pub(crate) struct Checkpoint {
    path: PathBuf,
    pub description: ModelDescription,
    tensors: BTreeMap<String, Weight>,
}

const FIRST: &str = "optimizer.first_moment";
const SECOND: &str = "optimizer.second_moment";

/// Writes the checkpoint into `folder`, whole or not at all.
pub fn write(folder: &Path, description: ModelDescription, network: &Decoder, state: &AdamWState) -> io::Result<()> {
    let mut tensors = weights::take(network);
    tensors.insert(FIRST.into(), (vec![state.first.len()], state.first.clone()));
    tensors.insert(SECOND.into(), (vec![state.second.len()], state.second.clone()));
    fs::create_dir_all(folder)?;
    put(&folder.join(FILE), description, &tensors)
}

fn put(path: &Path, mut description: ModelDescription, tensors: &BTreeMap<String, Weight>) -> io::Result<()> {
    description.checksum = Some(checksum(tensors));
    let views: Vec<(&str, TensorView)> = tensors
        .iter()
        .map(|(name, (shape, values))| {
            let view = TensorView::new(Dtype::F32, shape.clone(), bytemuck::cast_slice(values));
            (name.as_str(), view.expect("the shape counts the values"))
        })
        .collect();
    let description = serde_json::to_string(&description).map_err(io::Error::other)?;
    let metadata = HashMap::from([("galvani".to_string(), description)]);
    let bytes = safetensors::serialize(views, Some(metadata)).map_err(io::Error::other)?;

    let mut temporary = path.as_os_str().to_owned();
    temporary.push(format!(".{}.part", std::process::id()));
    let mut file = File::create(&temporary)?;
    file.write_all(&bytes)?;
    file.sync_all()?;
    fs::rename(&temporary, path)
}

/// Reads the checkpoint in `folder`: `None` where there is none; fails where it is unusable.
pub fn read(folder: &Path) -> Result<Option<Checkpoint>, CheckpointError> {
    let path = folder.join(FILE);
    match fs::read(&path) {
        Ok(bytes) => parse(&bytes, &path).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(CheckpointError::Unreadable { path, source }),
    }
}

/// Reads the model in the file `path`, a checkpoint or weights alone, onto `device`, with the file's description of it;
/// fails where the file is unusable.
pub(crate) fn load(path: &Path, device: &Device) -> Result<(Model, ModelDescription), CheckpointError> {
    let unreadable = |source| CheckpointError::Unreadable { path: path.to_owned(), source };
    let found = parse(&fs::read(path).map_err(unreadable)?, path)?;
    let ModelDescription { hyperparameters, architecture, statistics, .. } = found.description.clone();
    let unusable = |reason: String| CheckpointError::Unusable { path: path.to_owned(), reason };
    architecture
        .validate()
        .and_then(|()| hyperparameters.validate(&architecture.family))
        .map_err(|wrong| unusable(wrong.message))?;
    let mut model = Model::new(hyperparameters, architecture, statistics, 0, device);
    model.network = found.load(model.network).map_err(|error| unusable(error.to_string()))?;
    Ok((model, found.description))
}

fn parse(bytes: &[u8], path: &Path) -> Result<Checkpoint, CheckpointError> {
    let damaged =
        |reason: &dyn fmt::Display| CheckpointError::Damaged { path: path.to_owned(), reason: reason.to_string() };
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|error| damaged(&error))?;
    let description = metadata.metadata().as_ref().and_then(|all| all.get("galvani"));
    let description = description.ok_or_else(|| damaged(&"its metadata has no description under `galvani`"))?;
    let description: ModelDescription = serde_json::from_str(description).map_err(|error| damaged(&error))?;
    if description.format != FORMAT {
        return Err(CheckpointError::Format { path: path.to_owned(), found: description.format });
    }
    let mut tensors = BTreeMap::new();
    for (name, view) in SafeTensors::deserialize(bytes).map_err(|error| damaged(&error))?.tensors() {
        if view.dtype() != Dtype::F32 {
            return Err(damaged(&format!("`{name}` is not of 32-bit floats")));
        }
        tensors.insert(name, (view.shape().to_vec(), bytemuck::pod_collect_to_vec(view.data())));
    }
    match description.checksum {
        Some(sum) if sum != checksum(&tensors) => Err(damaged(&"its checksum does not fit")),
        _ => Ok(Checkpoint { path: path.to_owned(), description, tensors }),
    }
}

impl Checkpoint {
    /// The network with the checkpoint's weights; fails where their shapes are others.
    pub(crate) fn load(&self, network: Decoder) -> Result<Decoder, WeightError> {
        weights::put(network, &self.tensors)
    }

    /// The optimizer's state; fails where the file holds weights alone.
    pub(crate) fn state(&self) -> Result<AdamWState, CheckpointError> {
        let get = |name: &str| match self.tensors.get(name) {
            Some((_, values)) => Ok(values.clone()),
            None => Err(CheckpointError::Unusable {
                path: self.path.clone(),
                reason: format!("there is no `{name}` in it"),
            }),
        };
        Ok(AdamWState { first: get(FIRST)?, second: get(SECOND)?, step: self.description.step })
    }
}

fn checksum(tensors: &BTreeMap<String, Weight>) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    for (_, values) in tensors.values() {
        hasher.update(bytemuck::cast_slice(values));
    }
    hasher.finalize()
}
