//! Where trials run.
