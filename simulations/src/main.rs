//! `recovery-sim`: plays scenarios from seeds.
//!
//! Exit codes: 0 every promise was kept, 8 one was broken, 2 usage.
use anyhow::Context as _;
use clap::{Parser, Subcommand, ValueEnum};
use kith_simulations::{Fidelity, Options, Report, SCENARIOS, Scenario};
use std::io::{self, Write};
use std::process::ExitCode;

/// An invariant is broken.
const BROKEN: u8 = 8;

#[derive(Parser)]
#[command(
    name = "recovery-sim",
    version,
    about = "Kith's recovery in a deterministic world, from a seed"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Plays one scenario with one seed.
    Run {
        /// Its name; see `list`.
        #[arg(value_parser = scenario)]
        scenario: Scenario,
        /// The seed.
        #[arg(long)]
        seed: u64,
        /// Prints each step to standard error.
        #[arg(long)]
        trace: bool,
        #[command(flatten)]
        how: How,
    },
    /// Plays one scenario, or `all`, with many seeds.
    Sweep {
        /// Its name, or `all`.
        #[arg(value_parser = scenarios)]
        scenario: Scenarios,
        /// How many seeds.
        #[arg(long)]
        seeds: u64,
        /// The first.
        #[arg(long, default_value_t = 0)]
        from: u64,
        #[command(flatten)]
        how: How,
    },
    /// Names the scenarios.
    List {
        /// As one JSON object.
        #[arg(long)]
        json: bool,
    },
}

#[derive(clap::Args, Clone, Copy)]
struct How {
    /// Whether messages travel open (`model`) or in envelopes (`full`).
    #[arg(long, value_enum, default_value_t)]
    fidelity: Level,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum Level {
    #[default]
    Model,
    Full,
}

#[derive(Clone)]
struct Scenarios(Vec<Scenario>);

fn scenario(name: &str) -> Result<Scenario, String> {
    let names = || {
        SCENARIOS
            .iter()
            .map(|scenario| scenario.name)
            .collect::<Vec<_>>()
            .join(", ")
    };
    Scenario::named(name).ok_or_else(|| format!("there is no such scenario; there are {}", names()))
}

fn scenarios(name: &str) -> Result<Scenarios, String> {
    match name {
        "all" => Ok(Scenarios(SCENARIOS.to_vec())),
        name => scenario(name).map(|scenario| Scenarios(vec![scenario])),
    }
}

fn main() -> anyhow::Result<ExitCode> {
    match Cli::parse().command {
        Command::Run {
            scenario,
            seed,
            trace,
            how,
        } => {
            let report = scenario.run(seed, options(how, trace));
            tell(&report, how)?;
            Ok(exit(report.passed()))
        }
        Command::Sweep {
            scenario,
            seeds,
            from,
            how,
        } => sweep(&scenario, (from, seeds), how),
        Command::List { json } => list(json),
    }
}

fn options(how: How, watch: bool) -> Options {
    let fidelity = match how.fidelity {
        Level::Model => Fidelity::Model,
        Level::Full => Fidelity::Full,
    };
    Options {
        fidelity,
        watch,
        ..Options::default()
    }
}

fn exit(passed: bool) -> ExitCode {
    if passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(BROKEN)
    }
}

/// Stops at nothing: a broken seed does not keep the others from being tried.
fn sweep(scenarios: &Scenarios, (from, seeds): (u64, u64), how: How) -> anyhow::Result<ExitCode> {
    let mut broken = 0;
    for scenario in &scenarios.0 {
        for seed in from..from.saturating_add(seeds) {
            let report = scenario.run(seed, options(how, false));
            if !report.passed() {
                broken += 1;
            }
            if how.json || !report.passed() {
                tell(&report, how)?;
            }
        }
    }
    if !how.json {
        let runs = seeds.saturating_mul(scenarios.0.len() as u64);
        print(&format!("{runs} runs, {broken} broken"))?;
    }
    Ok(exit(broken == 0))
}

fn tell(report: &Report, how: How) -> anyhow::Result<()> {
    if how.json {
        return print(&json(report)?);
    }
    let verdict = match &report.broken {
        None => "passed".to_owned(),
        Some(broken) => format!("BROKEN {}: {}", broken.promise, broken.what),
    };
    for line in &report.tail {
        print(line)?;
    }
    print(&format!(
        "{} seed {}: {verdict}\n  {} steps, {} crashes, {} simulated seconds\n  trace_hash {}",
        report.scenario,
        report.seed,
        report.steps,
        report.crashes,
        report.simulated_ms / 1000,
        report.trace_hash
    ))?;
    if !report.passed() {
        print(&format!("  replay: {}", replay(report)))?;
    }
    Ok(())
}

fn replay(report: &Report) -> String {
    format!(
        "recovery-sim run {} --seed {} --trace",
        report.scenario, report.seed
    )
}

fn json(report: &Report) -> anyhow::Result<String> {
    let mut object = serde_json::to_value(report).context("a report is JSON")?;
    object["v"] = 1.into();
    object["verdict"] = if report.passed() { "passed" } else { "broken" }.into();
    if !report.passed() {
        object["replay"] = replay(report).into();
    }
    Ok(object.to_string())
}

fn list(json: bool) -> anyhow::Result<ExitCode> {
    if json {
        let all = SCENARIOS
            .iter()
            .map(|scenario| serde_json::json!({ "name": scenario.name, "about": scenario.about }));
        let all: Vec<_> = all.collect();
        print(&serde_json::json!({ "v": 1, "scenarios": all }).to_string())?;
    } else {
        for scenario in SCENARIOS {
            print(&format!("{:<12} {}", scenario.name, scenario.about))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn print(line: &str) -> anyhow::Result<()> {
    writeln!(io::stdout(), "{line}").context("writing to standard output")
}
