//! How promising the untried is.
