//! HTTP connections within limits: addresses, tokens, and the loop that accepts. Nothing here knows of runs or workers.
pub(crate) mod acceptor;
pub(crate) mod address;
pub(crate) mod connection;
pub(crate) mod token;
