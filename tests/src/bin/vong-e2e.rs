//! The program `vong`, built where the tests of this package can start it.

use std::process::ExitCode;

fn main() -> ExitCode {
    gateway::cli::main()
}
