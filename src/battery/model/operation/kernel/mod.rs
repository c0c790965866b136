//! Kernels of our operations for graphics cards.
mod selective_scan;
