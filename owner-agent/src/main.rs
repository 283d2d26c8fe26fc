//! `owner-agent`: the program of an owner, and of a claimant who was one.
use anyhow::Context as _;
use kith_runtime::console::globals;
use owner_agent::cli::Cli;
use std::process::ExitCode;

fn main() -> anyhow::Result<ExitCode> {
    let cli: Cli = globals::parse();
    let screen = cli.global.screen();
    let runtime = tokio::runtime::Runtime::new().context("the machine refuses to run tasks")?;
    let done = runtime.block_on(owner_agent::carry_out(cli));
    Ok(done.map_or_else(
        |failure| {
            screen.failure("owner-agent", &failure);
            failure.exit.into()
        },
        |()| ExitCode::SUCCESS,
    ))
}
