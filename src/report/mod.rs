//! Ink for what the analysis found: figures and one page.
pub mod axis;
pub mod canvas;
pub mod font;
pub mod surface;
pub mod theme;
pub mod words;
pub mod interactions;
mod panel;
mod trust;
pub mod battery;
pub mod convergence;
