//! Cuts the power under stores and agents on file systems of their own, and looks whether anything
//! that was acknowledged is lost. Root only.
//!
//! `cargo run -p kith-tests --bin cut -- --rounds 100 --seed 1`
use clap::{Parser, Subcommand};
use kith_tests::cut::{self, Left, Writer};
use kith_tests::floor::Floor;
use kith_tests::kill::Life;
use kith_tests::volume::{KINDS, Kind, Volume, able};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Duration;

/// Cut the power at random and count what is lost.
#[derive(Parser)]
struct Cli {
    /// Cuts under a store, for each file system.
    #[arg(long, default_value_t = 100)]
    rounds: u64,
    /// Cuts while a household of agents enrols, updates and recovers, for each file system.
    #[arg(long, default_value_t = 20)]
    agents: u64,
    /// Moments are drawn from it.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(subcommand)]
    task: Option<Task>,
}

#[derive(Subcommand)]
enum Task {
    /// Counts in a store until the power is cut.
    #[command(hide = true)]
    Write {
        /// Where the store is.
        path: PathBuf,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match &cli.task {
        Some(Task::Write { path }) => cut::write(path),
        None => every_kind(&cli).await,
    };
    done.map_or_else(
        |why| {
            eprintln!("cut: {why}");
            ExitCode::FAILURE
        },
        |()| ExitCode::SUCCESS,
    )
}

async fn every_kind(cli: &Cli) -> Result<(), String> {
    able().map_err(|why| format!("no power can be cut here: {why:?}"))?;
    for kind in KINDS {
        stores(cli, kind)?;
        agents(cli, kind).await?;
        let (name, rounds, agents) = (kind.name(), cli.rounds, cli.agents);
        eprintln!(
            "{name}: {rounds} cuts under a store, {agents} rounds of agents, 0 lost, 0 unreadable"
        );
    }
    Ok(())
}

fn stores(cli: &Cli, kind: Kind) -> Result<(), String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let writer = Writer {
        command: &|store| {
            let mut command = Command::new(&program);
            command.arg("write").arg(store);
            command
        },
        counts: &cut::counts,
    };
    let mut rng = StdRng::seed_from_u64(cli.seed);
    let mut volume = Volume::new(kind)?;
    for round in 1..=cli.rounds {
        let moment = (
            rng.random_range(0..60),
            Duration::from_micros(rng.random_range(0..20_000)),
        );
        match cut::round(&mut volume, &writer, moment)? {
            Left::All => eprintln!("{}, cut {round}: all there", kind.name()),
            lost => {
                return Err(format!(
                    "{}, cut {round} at {moment:?}: {lost:?}",
                    kind.name()
                ));
            }
        }
    }
    Ok(())
}

async fn agents(cli: &Cli, kind: Kind) -> Result<(), String> {
    let floor = Floor::for_long();
    let household = floor.volume(kind)?;
    let life = Life::begin(&floor, cli.seed, false, Some(household)).await;
    let mut life = life.map_err(|trouble| trouble.to_string())?;
    for round in 1..=cli.agents {
        let told = life.round().await;
        let told = told.map_err(|failure| {
            let logs = floor.logs();
            format!("{logs}\n{}, agents, round {round}: {failure}", kind.name())
        })?;
        eprintln!("{}, agents, round {round}: {told}", kind.name());
    }
    Ok(())
}
