//! Battery Parameter eXchange, the JSON of the Faraday Institution for a cell's parameters (<https://bpxstandard.com>).
//!
//! Versions 0.1 to 1.x of a cell with one active material in each electrode. A file becomes the text of a cell's file here,
//! and a cell such a file.
pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod value;
