//! An experiment that survives the power cut.
