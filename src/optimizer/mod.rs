//! The loop's head: ask and tell.
