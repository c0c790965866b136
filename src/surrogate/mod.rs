//! A guess at the cost of the untried.
