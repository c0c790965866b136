//! Operations as kernels for graphics cards.
mod selective_scan;
