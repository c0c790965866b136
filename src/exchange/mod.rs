//! Files of other programs, read and written.
mod clause;
pub mod configspace;
mod draft;
mod export;
pub mod pcs;
pub mod trials;

pub(crate) use draft::Imported;
pub(crate) use export::Exported;
