//! Drawing: canvas, axes, typeface, colours, and the file formats that a drawing is written in.
pub mod axis;
pub mod backend;
pub mod canvas;
pub mod font;
pub(crate) mod markup;
pub mod theme;
pub(crate) mod thinning;
pub mod words;
