//! Hyperparameter optimization as a library: search spaces, and studies that optimize a function.
//!
//! galvani proposes configurations by Bayesian optimization (a Gaussian process, then a random forest, in SMAC's manner),
//! gives the promising ones more budget (Hyperband and its relatives), and keeps every trial in a journal that survives
//! crashes. It is also a program, `galvani run experiment.ron`, which runs any other program as its objective; the
//! [`README`](https://github.com/galvani-hpo/galvani#readme) is about that.
//!
//! # The loop
//! A [`Space`] has hyperparameters, conditions and forbidden combinations. A [`Study`] calls a function with one [`Trial`]
//! after another; the function looks up values by name and returns a cost, where smaller is better.
//!
//! ```
//! use galvani::{Categorical, Float, Integer, Space, Study};
//!
//! /// A validation error, in place of real training; `epochs` is the budget of the trial.
//! fn train(rate: f64, layers: i64, momentum: f64, epochs: f64) -> f64 {
//!     0.05 + 0.03 * (rate / 0.003).log10().powi(2) + 0.01 * (layers - 4).pow(2) as f64 - 0.01 * momentum + 0.5 / epochs
//! }
//!
//! fn main() -> Result<(), galvani::Error> {
//!     let space = Space::builder("net")
//!         .add("rate", Float::log(1e-5, 1e-1))
//!         .add("layers", Integer::new(1, 8).default(2))
//!         .add("optimizer", Categorical::new(["sgd", "adam"]))
//!         .add_if("momentum", Float::new(0.0, 0.99), "optimizer == 'sgd'")
//!         .forbid("layers == 8 and rate > 0.05")
//!         .build()?;
//!     let mut study = Study::builder(space)
//!         .budget(1.0, 27.0, 3) // from 1 epoch to 27; the better third goes on to three times as many
//!         .stop_after(40)
//!         .seed(1)
//!         .build()?;
//!     study.optimize(|trial| -> galvani::Result<f64> {
//!         let momentum = match trial.word("optimizer")? {
//!             "sgd" => trial.float("momentum")?,
//!             _ => 0.9,
//!         };
//!         Ok(train(trial.float("rate")?, trial.integer("layers")?, momentum, trial.budget()))
//!     })?;
//!     let best = study.best()?;
//!     println!("{best}"); // {"rate": 0.0031, ...} costs 0.0635 at 27 units (trial 31)
//!     assert!(best.cost() < Some(0.2));
//!     Ok(())
//! }
//! ```
//!
//! A function that fails, panics, or returns a cost that is not finite makes a failed trial, which the search learns to
//! avoid; it never ends the study.
//!
//! # From there
//! - **A journal**: [`StudyBuilder::journal`] keeps every trial in a folder, and the same program run again goes on from it.
//!   `galvani status`, `trials`, `best` and `report` read the folder.
//! - **Threads**: [`Study::optimize_parallel`] evaluates several trials at a time.
//! - **A loop of one's own**: [`Study::ask`] and [`Study::tell`], with [`Study::report`] in between for pruning.
//! - **Several objectives**: [`StudyBuilder::objectives`], and a function that returns a cost for each; [`Study::front`].
//! - **Settings**: [`OptimizerSettings`] has all of the optimizer's, with the types of [`settings`], [`IntensifierConfig`] says
//!   which configurations get more budget. The defaults are those of `galvani run`.
//! - **A process for each trial**: implement [`Task`] and give it to [`main_with`]; the program then understands
//!   `run experiment.ron`, with limits of time and memory, retries, a live view and a report.
//! - **A surrogate or acquisition function of one's own**: implement one of the traits of [`extend`] and give it
//!   to [`Optimizer::builder`].
//! - **A battery**: the module `battery` (feature `simulator`) simulates lithium-ion cells, without anything of the optimizer.
//! - **No journal, no clock**: [`Optimizer`] is the pure part below, asked and told with [`Proposal`]s and [`Outcome`]s.
//!
//! Every error is an [`Error`] or becomes one by `?`: a message and, where there is a remedy, a hint.
//!
//! # Layout
//! The names on this page are the library. The modules behind them are public for the tests and benchmarks of this
//! repository only, are not listed here, and may change with every release; ARCHITECTURE.md has their map.

// The rooms: no promise is made about anything in them that is not exported below.
#[doc(hidden)]
pub mod acquisition;
#[doc(hidden)]
pub mod analysis;
#[cfg(feature = "simulator")]
pub mod battery;
#[doc(hidden)]
pub mod cli;
#[doc(hidden)]
pub mod design;
#[doc(hidden)]
pub mod document;
#[doc(hidden)]
pub mod exchange;
#[doc(hidden)]
pub mod executor;
#[doc(hidden)]
pub mod experiment;
#[cfg(feature = "serve")]
#[doc(hidden)]
pub mod fleet;
#[cfg(feature = "serve")]
mod http;
#[doc(hidden)]
pub mod intensifier;
#[doc(hidden)]
pub mod numeric;
#[doc(hidden)]
pub mod optimizer;
#[doc(hidden)]
pub mod report;
#[cfg(feature = "serve")]
mod serve;
#[doc(hidden)]
pub mod space;
#[doc(hidden)]
pub mod store;
#[doc(hidden)]
pub mod study;
#[doc(hidden)]
pub mod surrogate;
#[doc(hidden)]
pub mod task;
#[doc(hidden)]
pub mod trial;

pub use cli::main_with;
pub use document::diagnostic::Diagnostic;
pub use experiment::Experiment;
pub use intensifier::bracket::Schedule;
pub use intensifier::config::IntensifierConfig;
pub use optimizer::settings::OptimizerSettings;
pub use optimizer::stop::Stop;
pub use optimizer::{Ask, Optimizer};
pub use space::Space;
pub use space::builder::SpaceBuilder;
pub use space::declaration::{Boolean, Categorical, Constant, Float, Integer, Ordinal};
pub use space::prior::Prior;
pub use space::value::Value;
pub use study::Study;
pub use study::builder::StudyBuilder;
pub use study::error::{Error, Result};
pub use study::result::IntoOutcome;
pub use study::trial::Trial;
pub use task::custom::Tasks;
pub use task::{Report, Request, Task, TaskError};
pub use trial::budget::Budget;
pub use trial::direction::Direction;
pub use trial::outcome::Outcome;
pub use trial::{Proposal, TrialId};

/// Settings of the optimizer one by one: the types of the fields of [`OptimizerSettings`] and [`IntensifierConfig`].
pub mod settings {
    pub use crate::acquisition::config::AcquisitionConfig;
    pub use crate::acquisition::maximizer::MaximizerSettings;
    pub use crate::design::Sampler;
    pub use crate::intensifier::pruning::Pruning;
    pub use crate::intensifier::racing::RacingSettings;
    pub use crate::optimizer::cost_model::conditioning::PendingTrials;
    pub use crate::optimizer::cost_model::config::SurrogateConfig;
    pub use crate::optimizer::strategy::config::ProposalStrategyConfig;
    pub use crate::optimizer::strategy::differential_evolution::DifferentialEvolutionSettings;
    pub use crate::optimizer::strategy::tree_parzen::TreeParzenSettings;
    pub use crate::surrogate::forest::ForestSettings;
    pub use crate::surrogate::gaussian_process::GaussianProcessSettings;
    pub use crate::surrogate::target::Scale;
}

/// Acquisition functions and surrogates of a user's own: the traits, the types that they speak of, and the
/// [`OptimizerBuilder`](extend::OptimizerBuilder) that takes them; also the types that an [`Optimizer`] answers with.
pub mod extend {
    pub use crate::acquisition::{AcquisitionFunction, Criterion, JointUtility, SearchState, Utility};
    pub use crate::numeric::stream::Stream;
    pub use crate::optimizer::builder::OptimizerBuilder;
    pub use crate::optimizer::stop::Reason;
    pub use crate::space::configuration::Configuration;
    pub use crate::space::encoding::Column;
    pub use crate::surrogate::factory::SurrogateFactory;
    pub use crate::surrogate::target::Scale;
    pub use crate::surrogate::{Prediction, Rows, Slope, Surrogate, Targets};
    pub use crate::trial::curve::CurvePoint;
    pub use crate::trial::history::History;
    pub use crate::trial::{ConfigurationId, Origin};
}
