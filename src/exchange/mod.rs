//! Files of other programs, read and written.
mod clause;
pub mod configspace;
mod draft;
mod export;
pub mod pcs;
pub mod trials;

pub use draft::Imported;
pub use export::Exported;
