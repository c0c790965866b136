//! A configuration as a row of numbers.
