//! Event files of TensorBoard: a folder for each configuration, with its costs over the budget and its hyperparameters.
mod board_writer;
mod event;
mod message;
mod record;
mod writing;

pub use board_writer::BoardWriter;
pub use writing::write;
