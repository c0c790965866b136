//! A space, a task, an optimizer, and a place to keep them.
