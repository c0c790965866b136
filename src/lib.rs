//! Hyperparameter optimization: search spaces, trials, surrogates, Hyperband, and a battery to try it on.
pub mod acquisition;
pub mod analysis;
#[cfg(feature = "simulator")]
pub mod battery;
pub mod cli;

pub mod design;
pub mod document;

pub mod exchange;
pub mod executor;

pub mod experiment;
pub mod intensifier;

pub mod numeric;
pub mod optimizer;

pub mod report;
pub mod space;

pub mod store;
pub mod study;
pub mod surrogate;

pub mod task;
pub mod trial;

pub use cli::main_with;
pub use document::diagnostic::Diagnostic;
pub use space::Space;
pub use space::builder::SpaceBuilder;
pub use space::declaration::{Boolean, Categorical, Constant, Float, Integer, Ordinal};
pub use study::Study;
pub use study::builder::StudyBuilder;
pub use study::error::{Error, Result};
pub use study::trial::Trial;
pub use task::custom::Tasks;
pub use task::{Report, Request, Task, TaskError};
pub use trial::outcome::Outcome;
pub use intensifier::config::IntensifierConfig;
pub use optimizer::settings::Settings as OptimizerSettings;
