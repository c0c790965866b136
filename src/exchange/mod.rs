//! Files of other programs, read and written.
mod clause;
pub mod configspace;
mod draft;
pub mod pcs;

pub mod trials;

pub use draft::Imported;

/// A space that another format cannot hold: what, and what to do.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}\nhint: {hint}")]
pub struct Inexpressible {
    pub message: String,
    pub hint: String,
}

impl Inexpressible {
    fn never_active(name: &str, condition: &str) -> Self {
        Self {
            message: format!("`{name}` is never active, because `{condition}` never holds"),
            hint: "take the parameter out".into(),
        }
    }
}

/// The text of another format, and what it could not say exactly.
#[derive(Clone, Debug, PartialEq)]
pub struct Exported {
    pub text: String,
    pub notes: Vec<String>,
}
