//! A space's RON file.
