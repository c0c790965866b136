//! The search space that a file holds: the file itself, or the experiment's that it is.
use std::path::Path;
use std::sync::Arc;

use super::Failure;
use crate::experiment::Experiment;
use crate::space::Space;
use crate::space::outline::Node;
use crate::space::source::read;

/// The space of a search space's file, or of an experiment's.
pub(super) fn search_space(path: &Path) -> Result<Arc<Space>, Failure> {
    if is_search_space(path)? {
        return Space::read(path).map(Arc::new).map_err(Failure::input);
    }
    Ok(Experiment::read(path).map_err(Failure::input)?.space)
}

/// Whether a file holds a search space and no experiment.
pub(super) fn is_search_space(path: &Path) -> Result<bool, Failure> {
    let text = read(path).map_err(Failure::input)?;
    Ok(Node::of(&text).is_some_and(|root| root.field("parameters").is_some() && root.field("search_space").is_none()))
}
