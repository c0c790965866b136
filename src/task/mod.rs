//! What is being optimized.
