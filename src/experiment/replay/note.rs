//! The keys of the notes that a run keeps in its journal.

/// Repairs of the store, a sentence each.
pub(crate) const REPAIRS: &str = "repairs";

/// The text of an experiment's file that was edited since the run began.
pub(crate) const EDITED: &str = "experiment";

/// The comparison of incumbent and default at the end of a run.
pub(crate) const VALIDATION: &str = "validation";

/// The comparison of incumbent and default on seeds that no trial has had.
pub(crate) const NEW_SEEDS: &str = "fresh_seeds";

/// The beginning of the keys of evaluations outside of the search; configuration, budget, seed and instance follow.
pub(crate) const EVALUATION: &str = "evaluation/";

/// The beginning of a session of the program on the run; the value is its number, from 1.
pub(crate) const SESSION: &str = "session";

/// The end of a session; the value is the seconds of all sessions so far.
pub(crate) const SESSION_END: &str = "session_end";

/// The beginning of the keys of imported results; a number follows.
pub(crate) const IMPORTED_RESULTS: &str = "evidence/";
