//! The command line: a file for each verb.
mod analysis_progress;
pub mod ask_tell;
#[cfg(feature = "simulator")]
mod battery;
mod best;
mod check;
mod cluster;
#[cfg(any(feature = "simulator", feature = "tables"))]
mod columns;
mod compare;
mod compare_groups;
mod completions;
#[cfg(feature = "serve")]
mod coordinator;
mod ending;
mod enqueue;
mod explain;
mod export;
mod failure;
#[cfg(feature = "serve")]
mod fleet_worker;
mod foreign_report;
mod import;
mod incumbent;
mod interrupt;
mod listing;
mod live;
mod log_tail;
mod logging;
mod message;
mod mirror;
mod new;
mod number_argument;
mod output;
mod plans;
mod report;
mod revise;
mod run;
#[cfg(feature = "serve")]
mod serve;
mod show;
mod space;
mod status;
mod store;
mod table;
mod target;
mod trial_row;
mod trials;
mod validate;
mod version;
mod worker;

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand};
use failure::Failure;
use listing::Listing;
use target::Target;

use crate::store::record::Revision;
use crate::task::custom::Tasks;

/// Hyperparameter optimization of any program: Bayesian optimization with Hyperband.
#[derive(Parser)]
#[command(version, max_term_width = 100)]
struct CommandLine {
    #[command(subcommand)]
    verb: Verb,
    /// Log to stderr: a level, or MODULE=LEVEL,... [env: GALVANI_LOG]
    #[arg(long, global = true, value_name = "FILTER")]
    log: Option<String>,
}

#[derive(Subcommand)]
enum Verb {
    /// Write an example experiment with comments
    New(new::Arguments),
    /// Check an experiment or a search space and print its plan, without running it; plans of several side by side
    Check(check::Arguments),
    /// Explain the fields of an experiment file: kind, default and reason
    Explain(explain::Arguments),
    /// Run an experiment, or resume it
    Run(run::Arguments),
    /// Serve an experiment to a program in any language: JSON lines on stdin and stdout
    AskTell(ask_tell::Arguments),
    /// Print the state of a run: trials, best cost, time
    Status(Target),
    /// List the trials of a run
    Trials(trials::Arguments),
    /// Print one trial with all that is recorded of it, its log included
    Show(show::Arguments),
    /// Print the best configuration in RON
    Best(Listing),
    /// Show runs in a browser, also while they go on
    #[cfg(feature = "serve")]
    Serve(serve::Arguments),
    /// Give configurations that a run tries before any other new one, also while it goes on
    Enqueue(enqueue::Arguments),
    /// Run trials again: their results so far count for nothing
    Retry(revise::Arguments),
    /// Take back the results of trials, without running them again
    Forget(revise::Arguments),
    /// Write the report of a run: HTML, figures, numbers as JSON
    Report(report::Arguments),
    /// Evaluate the best and the default configuration again, at the full budget and with new seeds
    Validate(validate::Arguments),
    /// Compare two runs: best costs, budget spent, differences of their files
    Compare(compare::Arguments),
    /// Import a search space or results from another program
    Import(import::Arguments),
    /// Export a search space or results for another program
    Export(export::Arguments),
    /// Check or repair the journal of a run
    Store(store::Arguments),
    /// Run single steps of the battery task: simulate, generate datasets, train, evaluate
    #[cfg(feature = "simulator")]
    #[command(subcommand)]
    Battery(battery::Verb),
    /// Print the completions of a shell, such as `galvani completions bash`
    Completions(completions::Arguments),
    /// Print the manual page, or write one for each verb
    #[command(hide = true)]
    Manual(completions::ManualArguments),
    /// Run trials of a run on another machine, for `galvani run --listen`
    #[cfg_attr(not(feature = "serve"), command(hide = true))]
    Worker(worker::Arguments),
}

/// The command line of a program with tasks of its own, which an experiment names `task: Custom("NAME")`. Workers are the
/// same program with the verb `worker`, so that each trial has a process of its own. The exit code is that of [`main`].
///
/// ```no_run
/// use galvani::{Report, Request, Task, TaskError, Tasks};
///
/// struct Parabola;
///
/// impl Task for Parabola {
///     fn evaluate(&self, request: &Request, _progress: &mut dyn FnMut(f64)) -> Result<Report, TaskError> {
///         Ok(Report::of_cost((request.float("x")? - 0.3).powi(2)))
///     }
/// }
///
/// fn main() -> std::process::ExitCode {
///     galvani::main_with(Tasks::new().with("parabola", Parabola))
/// }
/// ```
pub fn main_with(tasks: Tasks) -> ExitCode {
    if !tasks.register() {
        message::error(&"tasks are registered once\nhint: call `main_with` once, with all of them");
        return ExitCode::from(2);
    }
    main()
}

/// Runs the program: reads the command line, executes its verb, and returns the exit code.
///
/// 0: success. 1: no trial succeeded. 2: the input was wrong. 130: interrupted; the same command resumes.
pub fn main() -> ExitCode {
    let command = match CommandLine::try_parse() {
        Ok(command) => command,
        // The devices are looked for only where they are asked for.
        Err(asked) if asked.kind() == ErrorKind::DisplayVersion => {
            message::say(&format!("{}\n{}", asked.to_string().trim_end(), version::details()));
            return ExitCode::SUCCESS;
        }
        Err(other) => other.exit(),
    };
    let outcome = execute(command);
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::NoSuccess) => ExitCode::from(1),
        Err(Failure::Input(text)) => {
            message::error(&text);
            ExitCode::from(2)
        }
        Err(Failure::Interrupted) => ExitCode::from(failure::INTERRUPTED),
    }
}

fn execute(command: CommandLine) -> Result<(), Failure> {
    let is_logged = logging::begin(command.log.as_deref())?;
    match command.verb {
        Verb::New(arguments) => new::execute(&arguments),
        Verb::Check(arguments) => check::execute(&arguments),
        Verb::Explain(arguments) => explain::execute(&arguments),
        Verb::Run(arguments) => run::execute(&arguments, is_logged),
        Verb::AskTell(arguments) => ask_tell::execute(&arguments),
        Verb::Status(target) => status::execute(&target),
        Verb::Trials(arguments) => trials::execute(&arguments),
        Verb::Show(arguments) => show::execute(&arguments),
        Verb::Best(arguments) => best::execute(&arguments),
        #[cfg(feature = "serve")]
        Verb::Serve(arguments) => serve::execute(&arguments),
        Verb::Enqueue(arguments) => enqueue::execute(&arguments),
        Verb::Retry(arguments) => revise::execute(&arguments, Revision::Retried),
        Verb::Forget(arguments) => revise::execute(&arguments, Revision::Forgotten),
        Verb::Report(arguments) => report::execute(&arguments),
        Verb::Validate(arguments) => validate::execute(&arguments),
        Verb::Compare(arguments) => compare::execute(&arguments),
        Verb::Import(arguments) => import::execute(&arguments),
        Verb::Export(arguments) => export::execute(&arguments),
        Verb::Store(arguments) => store::execute(&arguments),
        #[cfg(feature = "simulator")]
        Verb::Battery(verb) => battery::execute(&verb),
        Verb::Completions(arguments) => completions::execute(&arguments, CommandLine::command()),
        Verb::Manual(arguments) => completions::manual(&arguments, CommandLine::command()),
        Verb::Worker(arguments) => worker::execute(&arguments),
    }
}
