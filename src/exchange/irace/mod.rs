//! Parameter files of irace: a parameter a line, with its condition as an expression of R.
mod expression;
mod line;
mod reading;
mod token;

pub use reading::read;
