//! The features of a dataset's rows: their names, units and ranges.

/// Columns of a row, in this order everywhere; the first, the current, is given to models and never predicted.
pub const FEATURES: [&str; WIDTH] = ["current", "voltage", "surface_temperature", "soc", "core_temperature", "ocv"];
/// Units of the features, in their order.
pub const UNITS: [&str; WIDTH] = ["A", "V", "degC", "1", "degC", "V"];
/// Features of a row.
pub const WIDTH: usize = 6;
/// The values of each feature, in its unit, that become 0 and 1 by scaling.
pub type Ranges = [(f64, f64); WIDTH];
