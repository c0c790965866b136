//! Files of other programs, read and written.
mod clause;
pub mod configspace;
mod draft;
mod export;
pub mod irace;
pub mod pcs;
pub mod trials;
mod words;

pub(crate) use draft::Imported;
pub(crate) use export::Exported;
