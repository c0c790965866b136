//! The page of runs: served live from their journals and event streams, for reading only.
//!
//! `listener.rs`, `address.rs`, `token.rs`, `guard.rs` and `connection.rs` know nothing of runs: they accept connections
//! within limits and pass on the requests that may be answered. The view of a run (`run_view.rs`) is folded from its files as
//! they grow (`follow.rs`), without a lock; a browser is sent what has changed (`stream.rs`).
pub(crate) mod address;
mod best;
mod condition;
mod configurations;
mod connection;
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
mod token;
mod trial_page;
mod trial_table;
mod writer;

use address::{ListenAddress, ServeError};
use listener::Listener;
use runs::Runs;

/// Serves runs at an address until the listener is dropped.
///
/// # Errors
/// The address cannot be listened at.
pub(crate) fn serve(runs: Runs, address: ListenAddress, hosts: &[String]) -> Result<Listener, ServeError> {
    Listener::start(address, hosts, |stopped| routes::router(runs, stopped))
}
