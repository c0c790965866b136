//! The page of runs: served live from their journals and event streams, for reading only.
//!
//! `listener.rs` and `guard.rs` know nothing of runs: they pass on the requests that may be answered. The view of a run (`run_view.rs`) is folded from its files as
//! they grow (`follow.rs`), without a lock; a browser is sent what has changed (`stream.rs`).
mod best;
mod condition;
mod configurations;
mod download;
mod files;
mod follow;
mod guard;
pub(crate) mod listener;
mod routes;
mod run_view;
pub(crate) mod runs;
mod session;
mod snapshot;
mod stream;
mod thin;
mod trial_page;
mod trial_table;
mod writer;

use crate::http::address::{ListenAddress, ServeError};
use listener::Listener;
use runs::Runs;

/// Serves runs at an address until the listener is dropped.
///
/// # Errors
/// The address cannot be listened at.
pub(crate) fn serve(runs: Runs, address: ListenAddress, hosts: &[String]) -> Result<Listener, ServeError> {
    Listener::start(address, hosts, |stopped| routes::router(runs, stopped))
}
