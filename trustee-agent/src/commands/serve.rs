//! `run`: the agent itself, in the foreground.
use crate::cli::Run;
use kith_runtime::console::{Console, Failure};
pub(super) async fn serve(_console: &Console, _run: Run, _verbose: u8) -> Result<(), Failure> {
    Err(Failure::error(
        "the agent itself is not part of this build yet",
    ))
}
