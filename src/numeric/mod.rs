//! Small mathematics with no opinion about optimization.
pub mod stream;
