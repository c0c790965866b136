//! Placeholder of the expression language.
#[derive(Clone, Debug)]
pub struct Expression;
