//! The log: what the program says about its own work, for whoever looks for a fault.
use std::env;

use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::failure::Failure;

/// The variable that is read where no filter is given.
const VARIABLE: &str = "GALVANI_LOG";

/// Writes the log to stderr, as the filter says: a level, or `MODULE=LEVEL` pairs with commas; whether there is a log.
pub(super) fn begin(filter: Option<&str>) -> Result<bool, Failure> {
    let from_environment = env::var(VARIABLE).ok().filter(|filter| !filter.is_empty());
    let (source, filter) = match (filter, from_environment) {
        (Some(filter), _) => ("--log", filter.to_owned()),
        (None, Some(filter)) => (VARIABLE, filter),
        (None, None) => return Ok(false),
    };
    let targets: Targets = filter.parse().map_err(|error| {
        let hint = "give a level (error, warn, info, debug, trace), or `galvani::store=trace,info`";
        Failure::Input(format!("`{filter}` of `{source}` is no filter for the log: {error}\n\nhint: {hint}"))
    })?;
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(false);
    // Whoever uses the library with a log of their own keeps it.
    let _ = tracing_subscriber::registry().with(lines).with(targets).try_init();
    Ok(true)
}
