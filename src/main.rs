//! The `galvani` binary: parse, dispatch, exit code.
fn main() {}
