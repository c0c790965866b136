//! `battery predict`: a model's predictions for arrays of rows.
use std::path::PathBuf;

use burn::tensor::{Tensor, TensorData};
use clap::Args;

use super::subject;
use crate::battery::dataset::feature::WIDTH;
use crate::battery::dataset::npy::Array;
use crate::battery::dataset::scaling;
use crate::battery::training::checkpoint;
use crate::cli::failure::Failure;
use crate::cli::message::{narrate, say};
use crate::cli::output::{Existing, Output};
use crate::document::diagnostic::Diagnostic;

/// Predict the next rows of NumPy arrays
///
/// X.npy holds batch × steps × 6 features as `battery export` writes them: current (A), voltage (V), surface temperature
/// (°C), state of charge, core temperature (°C), open-circuit voltage (V). The current of a row is that which drives the cell
/// to the next row. Y.npy gets the row after each row, of the same shape and units. With `--scaled`, 0 and 1 are the ends of
/// the datasheet's ranges in both.
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
    /// The file for the predictions, 32-bit floats; `-` is stdout
    #[arg(long, value_name = "Y.npy")]
    out: PathBuf,
    /// Take and write features that are scaled to 0 and 1
    #[arg(long)]
    scaled: bool,
    /// `cpu`, `cuda:N`, or `auto`
    #[arg(long, default_value = "cpu")]
    device: String,
}

pub(crate) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    let device = subject::device(&arguments.device)?;
    let (model, description) = checkpoint::load(&arguments.weights, &device).map_err(Failure::input)?;
    let ranges = match (arguments.scaled, &description.provenance) {
        (true, _) => scaling::SCALED,
        (false, Some(provenance)) => provenance.ranges,
        (false, None) => {
            let path = arguments.weights.display();
            return Err(Failure::Input(format!(
                "`{path}` does not say how its features are scaled\nhint: give scaled rows, and `--scaled`"
            )));
        }
    };
    let output = Output::to(&arguments.out, Existing::Replace, &[&arguments.input, &arguments.weights])?;
    let mut input = Array::read(&arguments.input)?;
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
    scaling::scale(&mut input.values, &ranges)
        .map_err(|wrong| Diagnostic { message: format!("`{path}`: {}", wrong.message), ..wrong })?;
    let rows = Tensor::<3>::from_data(TensorData::new(input.values, [batch, steps, WIDTH]), &device);
    let mut values: Vec<f32> = model.forward(rows).into_data().try_into_vec().expect("rows are 32-bit floats");
    scaling::unscale(&mut values, &ranges)?;
    let predicted = Array { shape: input.shape, values };
    output.write(|out| predicted.write_to(out))?;
    narrate(&format!("{batch} × {steps} rows predicted"));
    if !output.is_stdout() {
        say(&output.shown());
    }
    Ok(())
}
