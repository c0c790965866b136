//! Draws of legal configurations.
