//! Ink for what the analysis found.
