//! The error of a space without a legal configuration.
use std::fmt;

use crate::document::spelling::backticked;

/// A space without a legal configuration, or with so few that none was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Impossible {
    /// The clauses that together allow nothing, each of which is needed; or, without a proof, those that forbade the
    /// most draws, most first.
    pub clauses: Vec<String>,
    /// The number of draws, all forbidden; `None` where it is proven that nothing is legal.
    pub draws: Option<usize>,
}

impl std::error::Error for Impossible {}

impl fmt::Display for Impossible {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        let clauses = backticked(self.clauses.iter().map(String::as_str));
        match (self.draws, self.clauses.len()) {
            (None, 1) => write!(out, "no configuration is legal: {clauses} forbids all"),
            (None, _) => write!(out, "no configuration is legal: together {clauses} forbid all"),
            (Some(draws), 1) => write!(out, "no legal configuration in {draws} draws: {clauses} forbids them"),
            (Some(draws), _) => write!(out, "no legal configuration in {draws} draws: {clauses} forbid them"),
        }
    }
}
