//! The commands, a file each.
pub(crate) mod compare;
pub(crate) mod list;
pub(crate) mod named;
pub(crate) mod replay;
mod results;
pub(crate) mod run;
pub(crate) mod sweep;

use anyhow::Context as _;
use std::io::{self, Write as _};
use std::process::ExitCode;

/// A promise was broken.
const BROKEN: u8 = 8;
/// A run of another commit or scenario.
const REFUSED: u8 = 6;

/// What the program was built from; `+changes` where files were not committed, `unknown` outside of a
/// repository.
const COMMIT: &str = env!("KITH_COMMIT");

fn print(line: &str) -> anyhow::Result<()> {
    writeln!(io::stdout(), "{line}").context("writing to standard output")
}

fn exit(passed: bool) -> ExitCode {
    if passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(BROKEN)
    }
}
