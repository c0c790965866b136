//! `battery predict`: a model's predictions for arrays of rows.
use std::path::PathBuf;

use burn::tensor::{Tensor, TensorData};
use clap::Args;

use super::subject;
use crate::battery::dataset::feature::WIDTH;
use crate::battery::dataset::npy::Array;
use crate::battery::training::checkpoint;
use crate::cli::failure::Failure;
use crate::cli::message::{narrate, say};

/// Predict the next rows of NumPy arrays
///
/// X.npy holds batch × steps × 6 scaled features (0 and 1 are the ends of the datasheet's ranges): current, voltage, surface
/// temperature, state of charge, core temperature, open-circuit voltage. The current of a row is that which drives the cell
/// to the next row. Y.npy gets the row after each row, of the same shape.
///
/// Steps are at most the model's window (`seq_len`), but for models that carry a state.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The model
    #[arg(long, value_name = "W.safetensors")]
    weights: PathBuf,
    /// The rows, 32-bit or 64-bit floats
    #[arg(long, value_name = "X.npy")]
    input: PathBuf,
    /// The file for the predictions, 32-bit floats
    #[arg(long, value_name = "Y.npy")]
    out: PathBuf,
    /// `cpu`, `cuda:N`, or `auto`
    #[arg(long, default_value = "cpu")]
    device: String,
}

pub(crate) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    let device = subject::device(&arguments.device)?;
    let (model, _) = checkpoint::load(&arguments.weights, &device).map_err(Failure::input)?;
    let input = Array::read(&arguments.input)?;
    let path = arguments.input.display();
    let &[batch, steps, WIDTH] = input.shape.as_slice() else {
        let shape = input.shape;
        return Err(Failure::Input(format!(
            "`{path}` has the shape {shape:?}\nhint: batch × steps × {WIDTH} are needed"
        )));
    };
    if batch == 0 || steps == 0 {
        return Err(Failure::Input(format!(
            "`{path}` has the shape {:?}, but must hold at least one row",
            input.shape
        )));
    }
    let window = model.hyperparameters().seq_len;
    if steps > window && !model.carries_state() {
        return Err(Failure::Input(format!(
            "`{path}` has {steps} steps, but the model sees {window} at once\nhint: cut it into windows of {window} steps"
        )));
    }
    let rows = Tensor::<3>::from_data(TensorData::new(input.values, [batch, steps, WIDTH]), &device);
    let values = model.forward(rows).into_data().try_into_vec().expect("rows are 32-bit floats");
    let output = Array { shape: input.shape, values };
    output.write(&arguments.out).map_err(|error| {
        let path = arguments.out.display();
        Failure::Input(format!("cannot write `{path}`: {error}\nhint: its folder must exist and be writable"))
    })?;
    narrate(&format!("{batch} × {steps} rows predicted"));
    say(&arguments.out.display().to_string());
    Ok(())
}
