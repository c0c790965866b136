//! The fit of a cell's parameters to measured voltages, and how well these determine each.
//!
//! Residuals are those of the simulated voltage. A simplex search brings the parameters near (`search.rs`), damped Gauss-Newton
//! steps to the least squares (`least_squares.rs`), and their Jacobian gives intervals and correlations (`identifiability.rs`).
pub mod fitted_file;
pub mod identifiability;
pub(crate) mod least_squares;
pub mod parameter;
pub mod problem;
pub mod search;
