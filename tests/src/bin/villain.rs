//! A trustee who plays false, as a program. Which trick it plays, its name says
//! ([`kith_tests::false_trustee::Trick`]).
use clap::Parser as _;
use kith_protocol::record::Records;
use kith_protocol::trustee::{Config, TrusteeAgent};
use kith_runtime::console::{Console, Failure, Serve};
use kith_tests::false_trustee::{FalseTrustee, Trick};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use trustee_agent::cli::{Cli, Run, Task};

fn main() -> anyhow::Result<ExitCode> {
    let cli = Cli::parse();
    let screen = cli.global.screen();
    let runtime = tokio::runtime::Runtime::new()?;
    let done = runtime.block_on(carry_out(cli));
    Ok(done.map_or_else(
        |failure| {
            screen.failure("villain", &failure);
            failure.exit.into()
        },
        |()| ExitCode::SUCCESS,
    ))
}

async fn carry_out(cli: Cli) -> Result<(), Failure> {
    let console = Console::new("trustee-agent", cli.global.choice())?;
    match cli.task {
        Task::Run(run) => serve(&console, run, cli.global.verbose).await,
        _ => trustee_agent::carry_out(cli).await,
    }
}

async fn serve(console: &Console, run: Run, verbose: u8) -> Result<(), Failure> {
    let config = Config {
        name: name(console),
        host_backups: run.host_backups,
    };
    let serve = Serve {
        listen: run.listen,
        announce: run.announce,
        stop_with_input: run.stop_with_input,
        verbose,
        log_json: run.log_json,
    };
    let open = |rows: &dyn Records| {
        let trick = Trick::of(&config.name);
        let honest = TrusteeAgent::open(rows, config)?;
        let begun = Arc::new(AtomicBool::new(true));
        Ok(FalseTrustee::new(trick, honest, begun))
    };
    console.serve(serve, open).await
}

/// As `init` wrote it.
fn name(console: &Console) -> String {
    let profile = std::fs::read(console.home.dir().join("trustee.json")).expect("a profile");
    let profile: serde_json::Value = serde_json::from_slice(&profile).expect("JSON");
    profile["name"].as_str().expect("a name").to_owned()
}
