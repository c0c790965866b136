//! Objectives: the task of an experiment, as its file and a worker's request name it.
use serde::{Deserialize, Serialize};

use crate::document::diagnostic::Diagnostic;
use crate::space::Space;
use crate::task::Task;
#[cfg(feature = "battery")]
use crate::task::battery::Battery;
use crate::task::command::Command;
use crate::task::custom::Custom;
use crate::task::function::Function;

/// The task whose cost is minimized.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Objective {
    #[cfg(feature = "battery")]
    Battery(Box<Battery>),
    Command(Command),
    Function(Function),
    /// A task of the program that runs the experiment.
    Custom(Custom),
}

impl Objective {
    /// The task that runs in a worker; `None` for programs, which are processes of their own.
    pub(crate) fn task(&self) -> Option<&(dyn Task + Sync)> {
        match self {
            #[cfg(feature = "battery")]
            Self::Battery(battery) => Some(&**battery),
            Self::Command(_) => None,
            Self::Function(function) => Some(function),
            Self::Custom(custom) => Some(custom),
        }
    }

    /// True where it has data that no trial sees, to judge the incumbent by.
    pub(crate) fn has_test(&self) -> bool {
        match self {
            #[cfg(feature = "battery")]
            Self::Battery(_) => true,
            Self::Command(_) | Self::Function(_) | Self::Custom(_) => false,
        }
    }

    /// A note on the device that trials compute on, where it is not the one that they could be faster on.
    ///
    /// # Errors
    /// The task names a device that is not on this machine.
    pub(crate) fn device_note(&self) -> Result<Option<String>, Diagnostic> {
        match self {
            #[cfg(feature = "battery")]
            Self::Battery(battery) => battery.device_note(),
            Self::Command(_) | Self::Function(_) | Self::Custom(_) => Ok(None),
        }
    }

    /// A name of its cost for axes and headings.
    pub(crate) fn measure(&self) -> &'static str {
        match self {
            #[cfg(feature = "battery")]
            Self::Battery(_) => "mean square error",
            Self::Command(_) | Self::Custom(_) => "cost",
            Self::Function(_) => "function value",
        }
    }

    /// Checks that the task finds in the space what it needs.
    ///
    /// # Errors
    /// A hyperparameter is missing or is of another kind, or has a name that means something else to the task.
    pub(crate) fn check_space(&self, space: &Space) -> Result<(), Diagnostic> {
        match self {
            Self::Command(command) => command.check_names(space),
            Self::Function(function) => function.check_space(space),
            #[cfg(feature = "battery")]
            Self::Battery(battery) => battery.mismatch(space).map_or(Ok(()), Err),
            // A program that lists results need not have the task.
            Self::Custom(_) => Ok(()),
        }
    }
}
