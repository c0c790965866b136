//! Words in, words out: the verbs of the command line.
mod ask_tell;
#[cfg(feature = "simulator")]
mod battery;
mod check;
mod compare;
mod export;
mod import;
mod listing;
mod live;
mod logging;
mod message;
mod new;
mod report;
mod run;
mod space;
mod store;
mod table;
mod target;
mod validate;
mod worker;

use std::fmt;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use target::Target;

/// Hyperparameter optimization for any program: SMAC-style Bayesian optimization with Hyperband.
#[derive(Parser)]
#[command(version, about, max_term_width = 100)]
struct CommandLine {
    #[command(subcommand)]
    verb: Verb,
    /// Log to stderr what the program does: a level, or MODULE=LEVEL,...; also GALVANI_LOG
    #[arg(long, global = true, value_name = "FILTER")]
    log: Option<String>,
}

#[derive(Subcommand)]
enum Verb {
    /// Write a commented starter experiment
    New(new::Arguments),
    /// Validate an experiment; print its space and plan, run nothing
    Check(check::Arguments),
    /// Start an experiment, or resume what is there
    Run(run::Arguments),
    /// Serve an experiment to a program in any language: JSON lines on stdin and stdout
    AskTell(ask_tell::Arguments),
    /// Say where an experiment stands
    Status(Target),
    /// List the trials
    Trials(listing::Trials),
    /// Show everything about one trial, its log included
    Show(listing::Show),
    /// Print the best configuration, ready to paste
    Best(Listing),
    /// Write the report: HTML, figures, numbers
    Report(report::Arguments),
    /// Evaluate best and default again at the full budget, on fresh seeds
    Validate(validate::Arguments),
    /// Compare two experiments: what each found, and for how much
    Compare(compare::Arguments),
    /// Read what another program wrote
    Import(import::Arguments),
    /// Write what another program reads
    Export(export::Arguments),
    /// Check or repair what a run keeps
    Store(store::Arguments),
    /// The battery task's own steps, each usable alone
    #[cfg(feature = "simulator")]
    #[command(subcommand)]
    Battery(battery::Verb),
    /// Evaluate one trial in this process; started by `run`
    #[command(hide = true)]
    Worker(worker::Arguments),
}

/// An experiment and how to print what is known of it.
#[derive(Args)]
struct Listing {
    #[command(flatten)]
    target: Target,
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Table,
    Json,
    Csv,
}

/// How a verb ended, beside success.
enum Failure {
    /// It ran, but no trial succeeded.
    NoSuccess,
    /// The input was wrong: what, where, and what to do.
    Input(String),
    /// Interrupted; the same command goes on.
    Interrupted,
}

impl Failure {
    fn input(error: impl fmt::Display) -> Self {
        Self::Input(error.to_string())
    }
}

/// Reads the command line, does what it says, and answers with the exit code.
///
/// 0 is success, 1 that no trial succeeded, 2 wrong input, 130 an interruption that can be resumed.
pub fn main() -> ExitCode {
    let outcome = execute(CommandLine::parse());
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::NoSuccess) => ExitCode::from(1),
        Err(Failure::Input(text)) => {
            message::error(&text);
            ExitCode::from(2)
        }
        Err(Failure::Interrupted) => ExitCode::from(130),
    }
}

fn execute(command: CommandLine) -> Result<(), Failure> {
    let is_logged = logging::begin(command.log.as_deref())?;
    match command.verb {
        Verb::New(arguments) => new::execute(&arguments),
        Verb::Check(arguments) => check::execute(&arguments),
        Verb::Run(arguments) => run::execute(&arguments, is_logged),
        Verb::AskTell(arguments) => ask_tell::execute(&arguments),
        Verb::Status(target) => listing::status(&target),
        Verb::Trials(arguments) => listing::trials(&arguments),
        Verb::Show(arguments) => listing::show(&arguments),
        Verb::Best(arguments) => listing::best(&arguments),
        Verb::Report(arguments) => report::execute(&arguments),
        Verb::Validate(arguments) => validate::execute(&arguments),
        Verb::Compare(arguments) => compare::execute(&arguments),
        Verb::Import(arguments) => import::execute(&arguments),
        Verb::Export(arguments) => export::execute(&arguments),
        Verb::Store(arguments) => store::execute(&arguments),
        #[cfg(feature = "simulator")]
        Verb::Battery(verb) => battery::execute(&verb),
        Verb::Worker(arguments) => worker::execute(&arguments),
    }
}
