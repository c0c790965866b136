//! Where the parts of a RON text are.
