//! Tasks of an embedding program, by the names that its experiments give them.
use std::fmt;
use std::path::Path;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::{Report, Request, Task, TaskError};
use crate::document::diagnostic::Diagnostic;
use crate::document::spelling::nearest;

/// The tasks of this process; they are registered once, before anything is read.
static REGISTERED: OnceLock<Tasks> = OnceLock::new();

/// Tasks of one's own by name, for [`main_with`](crate::main_with).
#[derive(Default)]
pub struct Tasks {
    by_name: Vec<(String, Box<dyn Task + Send + Sync>)>,
}

impl Tasks {
    /// No tasks.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a task, which an experiment names `task: Custom("NAME")`. Of two with the same name the later one counts.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, task: impl Task + Send + Sync + 'static) -> Self {
        let name = name.into();
        self.by_name.retain(|(known, _)| *known != name);
        self.by_name.push((name, Box::new(task)));
        self
    }

    /// Registers the tasks of this process; returns false, and changes nothing, where tasks are registered already.
    pub(crate) fn register(self) -> bool {
        REGISTERED.set(self).is_ok()
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.iter().map(|(name, _)| name.as_str())
    }
}

impl fmt::Debug for Tasks {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.debug_list().entries(self.names()).finish()
    }
}

/// A task that the running program registered under this name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Custom {
    name: String,
}

impl Custom {
    /// The task itself.
    ///
    /// # Errors
    /// This program has registered none of this name.
    pub fn task(&self) -> Result<&'static (dyn Task + Send + Sync), Diagnostic> {
        let tasks = REGISTERED.get();
        let known = tasks.and_then(|tasks| tasks.by_name.iter().find(|(name, _)| *name == self.name));
        known.map(|(_, task)| &**task).ok_or_else(|| {
            let names: Vec<&str> = tasks.into_iter().flat_map(Tasks::names).collect();
            let hint = match nearest(&self.name, names.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None if names.is_empty() => {
                    "run the experiment with the program that has the task: its `main` gives it to \
                     `galvani::main_with`"
                        .to_owned()
                }
                None => format!("it has `{}`", names.join("`, `")),
            };
            Diagnostic::new(format!("this program has no task `{}`", self.name)).hint(hint).field("task")
        })
    }

    fn found(&self) -> Result<&'static (dyn Task + Send + Sync), TaskError> {
        self.task().map_err(|error| TaskError::new(error.to_string()))
    }
}

impl Task for Custom {
    fn prepare(&self, data: &Path, progress: &(dyn Fn(f64) + Sync)) -> Result<(), TaskError> {
        self.found()?.prepare(data, progress)
    }

    fn evaluate(&self, request: &Request, progress: &mut dyn FnMut(f64)) -> Result<Report, TaskError> {
        self.found()?.evaluate(request, progress)
    }
}
