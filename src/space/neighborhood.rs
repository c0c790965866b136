//! Configurations one change away.
