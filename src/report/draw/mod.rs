//! Drawing: canvas, axes, fonts and colours.
pub mod axis;
pub mod backend;

pub mod canvas;
pub mod font;

pub mod theme;
