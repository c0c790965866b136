//! The log on stderr, for diagnosing faults of the program.
use std::env;

use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::failure::Failure;
use crate::document::diagnostic::Diagnostic;

/// The environment variable that is read if no filter is given.
const VARIABLE: &str = "GALVANI_LOG";

/// Writes the log to stderr. The filter is a level or `MODULE=LEVEL` pairs with commas; returns true if there is a log.
pub(super) fn begin(filter: Option<&str>) -> Result<bool, Failure> {
    let from_environment = env::var(VARIABLE).ok().filter(|filter| !filter.is_empty());
    let (source, filter) = match (filter, from_environment) {
        (Some(filter), _) => ("--log", filter.to_owned()),
        (None, Some(filter)) => (VARIABLE, filter),
        (None, None) => return Ok(false),
    };
    let targets: Targets = filter.parse().map_err(|error| {
        Diagnostic::new(format!("`{filter}` in `{source}` is not a filter for the log: {error}"))
            .hint("give a level (error, warn, info, debug, trace), or for example `galvani::store=trace,info`")
    })?;
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(false);
    // A program that embeds the library and has a log of its own keeps it.
    let _ = tracing_subscriber::registry().with(lines).with(targets).try_init();
    Ok(true)
}
