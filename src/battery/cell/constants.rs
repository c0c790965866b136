//! Physical constants in SI units.

/// Faraday's constant, C/mol.
pub const FARADAY: f64 = 96485.33212331001;
/// The gas constant, J/mol/K.
pub const GAS: f64 = 8.31446261815324;
/// 0 °C in K.
pub const ZERO_CELSIUS: f64 = 273.15;
