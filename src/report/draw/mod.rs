//! Drawing: canvas, axes, typeface, colours, and the file formats that a drawing is written in.
pub(crate) mod axis;
pub mod backend;
pub mod canvas;
pub(crate) mod font;
pub(crate) mod legend;
pub(crate) mod markup;
pub mod room;
pub(crate) mod theme;
pub(crate) mod thinning;
pub(crate) mod words;
