//! Either program, by a wall clock that is as far off the machine's as the file beside its home says
//! (`HOME.clock`, milliseconds, also while it runs). It plays the program with which its own name
//! begins, so that it is called through a link. The machine's own clock nobody may set in a test.
use clap::Parser as _;
use kith_protocol::time::Timestamp;
use kith_runtime::clock;
use kith_runtime::console::{Failure, Screen};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::LazyLock;
use tokio::runtime::Runtime;

/// The file that says how far off the clock is.
static OFFSET: LazyLock<PathBuf> = LazyLock::new(|| {
    let mut rest = std::env::args_os().skip_while(|argument| argument != "--home");
    PathBuf::from(rest.nth(1).expect("--home")).with_added_extension("clock")
});

fn now() -> Timestamp {
    let offset = fs::read_to_string(&*OFFSET).ok();
    let offset: Option<i64> = offset.and_then(|text| text.parse().ok());
    let Timestamp(now) = clock::of_the_machine();
    Timestamp(now.saturating_add_signed(offset.unwrap_or(0)))
}

fn main() -> anyhow::Result<ExitCode> {
    assert!(clock::go_by(now), "nobody set a clock before");
    let called = std::env::args_os().next().unwrap_or_default();
    let called = Path::new(&called).file_name().and_then(OsStr::to_str);
    let is_owner = called.is_some_and(|name| name.starts_with("owner"));
    let runtime = Runtime::new()?;
    let (screen, done) = match is_owner {
        true => {
            let cli = owner_agent::cli::Cli::parse();
            (
                cli.global.screen(),
                runtime.block_on(owner_agent::carry_out(cli)),
            )
        }
        false => {
            let cli = trustee_agent::cli::Cli::parse();
            (
                cli.global.screen(),
                runtime.block_on(trustee_agent::carry_out(cli)),
            )
        }
    };
    Ok(ended(screen, done))
}

fn ended(screen: Screen, done: Result<(), Failure>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            screen.failure("astray", &failure);
            failure.exit.into()
        }
    }
}
