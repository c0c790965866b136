//! The parameters of PyBaMM as JSON: what `ParameterValues.to_json` of version 25 writes, and plain dictionaries with the same names.
mod expression;
mod function;
pub(crate) mod import;
