//! What to try before there is anything to learn from.
