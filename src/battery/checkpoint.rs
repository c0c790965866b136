//! A trained model on disk: weights, optimizer and step in one safetensors file.
use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Tensor, TensorData};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};

use super::adamw::State;
use super::model::hyperparameter::Hyperparameters;
use super::model::{Architecture, Model, Network, Statistics};

/// The file's name in the checkpoint folder.
pub const FILE: &str = "model.safetensors";
const FORMAT: &str = "galvani-model-1";

/// What a checkpoint says of itself, in the safetensors metadata under `galvani`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct About {
    pub format: String,
    pub hyperparameters: Hyperparameters,
    pub architecture: Architecture,
    pub statistics: Statistics,
    /// Settings and seed of the training that it belongs to; another training does not continue it.
    pub training: String,
    /// Optimizer steps taken.
    pub step: u64,
    /// Loss at some of the steps.
    pub curve: Vec<(u64, f64)>,
    /// Checksum of all tensors.
    checksum: u32,
}

impl About {
    /// Describes `model` after `step` steps of `training`.
    pub fn new(model: &Model, training: String, step: u64, curve: Vec<(u64, f64)>) -> Self {
        Self {
            format: FORMAT.into(),
            hyperparameters: model.hyperparameters().clone(),
            architecture: model.architecture().clone(),
            statistics: model.statistics().clone(),
            training,
            step,
            curve,
            checksum: 0,
        }
    }

    /// Whether both belong to the same model and training, at whichever step.
    pub fn same(&self, other: &Self) -> bool {
        (&self.hyperparameters, &self.architecture, &self.statistics, &self.training)
            == (&other.hyperparameters, &other.architecture, &other.statistics, &other.training)
    }
}

/// A checkpoint that was read and found whole.
pub struct Checkpoint {
    pub about: About,
    tensors: BTreeMap<String, Vec<f32>>,
}

const FIRST: &str = "optimizer.first_moment";
const SECOND: &str = "optimizer.second_moment";

/// Writes the checkpoint into `folder`, whole or not at all.
pub fn write(folder: &Path, mut about: About, network: &Network, state: &State) -> io::Result<()> {
    let mut named = Weights::default();
    network.visit(&mut named);
    let mut tensors = named.tensors;
    tensors.insert(FIRST.into(), (vec![state.first.len()], state.first.clone()));
    tensors.insert(SECOND.into(), (vec![state.second.len()], state.second.clone()));
    about.checksum = checksum(tensors.values().map(|(_, values)| values));
    let views: Vec<(&str, TensorView)> = tensors
        .iter()
        .map(|(name, (shape, values))| {
            let view = TensorView::new(Dtype::F32, shape.clone(), bytemuck::cast_slice(values));
            (name.as_str(), view.expect("the shape counts the values"))
        })
        .collect();
    let description = serde_json::to_string(&about).map_err(io::Error::other)?;
    let metadata = HashMap::from([("galvani".to_string(), description)]);
    let bytes = safetensors::serialize(views, Some(metadata)).map_err(io::Error::other)?;

    fs::create_dir_all(folder)?;
    let temporary = folder.join(format!("{FILE}.{}.part", std::process::id()));
    let mut file = File::create(&temporary)?;
    file.write_all(&bytes)?;
    file.sync_all()?;
    fs::rename(&temporary, folder.join(FILE))
}

/// Reads the checkpoint in `folder`: `None` where there is none, an error that says what is wrong where it is unusable.
pub fn read(folder: &Path) -> Result<Option<Checkpoint>, String> {
    let path = folder.join(FILE);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("cannot read `{}`: {error}", path.display())),
    };
    let damaged = |reason: &dyn std::fmt::Display| format!("the checkpoint `{}` is damaged: {reason}", path.display());
    let (_, metadata) = SafeTensors::read_metadata(&bytes).map_err(|error| damaged(&error))?;
    let description = metadata.metadata().as_ref().and_then(|all| all.get("galvani"));
    let description = description.ok_or_else(|| damaged(&"it does not say what it holds"))?;
    let about: About = serde_json::from_str(description).map_err(|error| damaged(&error))?;
    if about.format != FORMAT {
        return Err(format!("the checkpoint `{}` has the format `{}`, not `{FORMAT}`", path.display(), about.format));
    }
    let mut tensors = BTreeMap::new();
    for (name, view) in SafeTensors::deserialize(&bytes).map_err(|error| damaged(&error))?.tensors() {
        if view.dtype() != Dtype::F32 {
            return Err(damaged(&format!("`{name}` is not of 32-bit floats")));
        }
        tensors.insert(name, bytemuck::pod_collect_to_vec(view.data()));
    }
    match checksum(tensors.values()) == about.checksum {
        true => Ok(Some(Checkpoint { about, tensors })),
        false => Err(damaged(&"its checksum does not fit")),
    }
}

impl Checkpoint {
    /// The network with the checkpoint's weights; an error where their shapes are others.
    pub fn load(&self, network: Network) -> Result<Network, String> {
        let mut loader = Loader { checkpoint: self, path: Vec::new(), problem: None };
        let network = network.map(&mut loader);
        loader.problem.map_or(Ok(network), Err)
    }

    /// The optimizer's state.
    pub fn state(&self) -> Result<State, String> {
        let get = |name| self.tensors.get(name).cloned().ok_or(format!("the checkpoint has no `{name}`"));
        Ok(State { first: get(FIRST)?, second: get(SECOND)?, step: self.about.step })
    }
}

fn checksum<'a>(tensors: impl Iterator<Item = &'a Vec<f32>>) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    for values in tensors {
        hasher.update(bytemuck::cast_slice(values));
    }
    hasher.finalize()
}

/// Weights by the path of their fields, such as `blocks.0.attention.packed`.
#[derive(Default)]
struct Weights {
    path: Vec<String>,
    tensors: BTreeMap<String, (Vec<usize>, Vec<f32>)>,
}

impl ModuleVisitor for Weights {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.into());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let value = param.val().inner();
        let shape = value.dims().to_vec();
        let values = value.into_data().try_into_vec().expect("weights are 32-bit floats");
        self.tensors.insert(self.path.join("."), (shape, values));
    }
}

struct Loader<'a> {
    checkpoint: &'a Checkpoint,
    path: Vec<String>,
    problem: Option<String>,
}

impl ModuleMapper for Loader<'_> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.into());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let name = self.path.join(".");
        let (id, value, mapper) = param.consume();
        let (shape, device) = (value.dims(), value.device());
        let stored =
            self.checkpoint.tensors.get(&name).filter(|stored| stored.len() == shape.iter().product::<usize>());
        let value = match stored {
            Some(stored) => {
                let loaded = Tensor::from_data(TensorData::new(stored.clone(), shape), &device);
                if value.is_require_grad() { loaded.require_grad() } else { loaded }
            }
            None => {
                self.problem = Some(format!("the checkpoint has no weights `{name}` of the shape {shape:?}"));
                value
            }
        };
        Param::from_mapped_value(id, value, mapper)
    }
}
