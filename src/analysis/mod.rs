//! Numbers that answer questions about an experiment, without ink.
