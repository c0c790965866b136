//! Factory of surrogates: makes a surrogate of the user's own for each objective.
use super::Surrogate;
use crate::space::encoding::Column;

/// Makes one surrogate an objective.
///
/// A closure is one: `|columns: &[Column], seed: u64| -> Box<dyn Surrogate> { .. }`.
pub trait SurrogateFactory: Send + Sync {
    /// A surrogate without any data, over rows with these columns; all that it draws must follow from the seed.
    fn build(&self, columns: &[Column], seed: u64) -> Box<dyn Surrogate>;

    /// The name of the surrogate in words, as `galvani check` prints it.
    fn describe(&self) -> String {
        "own surrogate".into()
    }
}

impl<F: Fn(&[Column], u64) -> Box<dyn Surrogate> + Send + Sync> SurrogateFactory for F {
    fn build(&self, columns: &[Column], seed: u64) -> Box<dyn Surrogate> {
        self(columns, seed)
    }
}
