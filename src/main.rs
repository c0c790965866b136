//! The `galvani` binary: parse, dispatch, exit code.
use std::process::ExitCode;

fn main() -> ExitCode {
    galvani::cli::main()
}
