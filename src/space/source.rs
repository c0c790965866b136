//! An error in a RON file.
