//! `trustee-agent`: the program of a trustee, a ledger operator, a witness or a backup host.
use anyhow::Context as _;
use kith_runtime::console::globals;
use std::process::ExitCode;
use trustee_agent::cli::Cli;

fn main() -> anyhow::Result<ExitCode> {
    let cli: Cli = globals::parse();
    let screen = cli.global.screen();
    let runtime = tokio::runtime::Runtime::new().context("the machine refuses to run tasks")?;
    let done = runtime.block_on(trustee_agent::carry_out(cli));
    Ok(done.map_or_else(
        |failure| {
            screen.failure("trustee-agent", &failure);
            failure.exit.into()
        },
        |()| ExitCode::SUCCESS,
    ))
}
