//! Kills agents with -9 while they work, and looks whether anything that they had acknowledged is lost.
//!
//! `cargo run -p kith-tests --bin kill -- --rounds 1000 --seed 1`
use clap::Parser;
use kith_tests::floor::Floor;
use kith_tests::kill::{Failure, Life, Tally};
use std::process::ExitCode;
use std::time::Instant;

/// Rounds that one set of agents lives through.
const LIFE: u64 = 50;

/// Kill agents at random and count what is lost.
#[derive(Parser)]
struct Cli {
    /// How many rounds: things done with at least one kill in each.
    #[arg(long, default_value_t = 1000)]
    rounds: u64,
    /// Victims and moments are drawn from it.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Begin with this life: what a failing run prints.
    #[arg(long, default_value_t = 0)]
    life: u64,
    /// Leave homes and logs of a life that failed where they are.
    #[arg(long)]
    keep: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut all = Tally::default();
    let began = Instant::now();
    let mut life = cli.life;
    while all.rounds < cli.rounds {
        let rounds = LIFE.min(cli.rounds - all.rounds);
        let floor = Floor::for_long();
        let (tally, failed) = live(&floor, &cli, (life, rounds)).await;
        all += tally;
        if let Some(failure) = failed {
            return fail(floor, &cli, (life, tally.rounds + 1, all), &failure);
        }
        life += 1;
    }
    let seconds = began.elapsed().as_secs();
    eprintln!("{} recoveries in it, {seconds} s", all.recoveries);
    eprintln!(
        "{} rounds, {} kills, 0 lost, 0 unreadable",
        all.rounds, all.kills
    );
    ExitCode::SUCCESS
}

/// One life; how far it came, and what ended it early.
async fn live(floor: &Floor, cli: &Cli, (number, rounds): (u64, u64)) -> (Tally, Option<String>) {
    // Lives must not begin alike: neighbouring seeds would share all but one of them.
    let seed = cli.seed.wrapping_mul(1_000_003).wrapping_add(number);
    let mut life = match Life::begin(floor, seed, false, None).await {
        Ok(life) => life,
        Err(trouble) => return (Tally::default(), Some(Failure::from(trouble).to_string())),
    };
    for round in 1..=rounds {
        let began = Instant::now();
        match life.round().await {
            Ok(told) => {
                let took = began.elapsed().as_millis();
                eprintln!("life {number}, round {round}: {told} ({took} ms)");
            }
            Err(failure) => return (life.tally, Some(failure.to_string())),
        }
    }
    let panics = floor.panics();
    let panicked = (!panics.is_empty()).then(|| format!("unreadable: panics in {panics:?}"));
    (life.tally, panicked)
}

fn fail(floor: Floor, cli: &Cli, (life, round, all): (u64, u64, Tally), why: &str) -> ExitCode {
    eprintln!("{}", floor.logs());
    eprintln!("life {life}, round {round}: {why}");
    if cli.keep {
        eprintln!("homes and logs: {}", floor.stay().display());
    }
    let lost = u8::from(why.starts_with("lost"));
    eprintln!(
        "replay: cargo run -p kith-tests --bin kill -- --seed {} --life {life} --rounds {round}",
        cli.seed
    );
    let (rounds, kills) = (all.rounds, all.kills);
    eprintln!(
        "{rounds} rounds, {kills} kills, {lost} lost, {} unreadable",
        1 - lost
    );
    ExitCode::FAILURE
}
