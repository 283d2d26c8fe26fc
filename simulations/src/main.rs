//! `recovery-sim`: plays scenarios from seeds.
//!
//! Exit codes: 0 every promise was kept, 8 one was broken, 2 usage.
use anyhow::Context as _;
use clap::{Parser, Subcommand, ValueEnum};
use kith_simulations::{Fidelity, Options, Report, SCENARIOS, Scenario};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::num::NonZero;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

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
        /// How many at once; as many as there are processors where not given.
        #[arg(long)]
        jobs: Option<usize>,
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
            jobs,
            how,
        } => sweep(
            &scenario,
            (from, seeds),
            (jobs.unwrap_or_else(processors), how),
        ),
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

/// Stops at nothing: a broken seed does not keep the others from being tried. Reports come in order,
/// whatever the number of jobs.
fn sweep(
    scenarios: &Scenarios,
    (from, seeds): (u64, u64),
    (jobs, how): (usize, How),
) -> anyhow::Result<ExitCode> {
    let runs: Vec<(Scenario, u64)> = scenarios
        .0
        .iter()
        .flat_map(|scenario| (from..from.saturating_add(seeds)).map(|seed| (*scenario, seed)))
        .collect();
    let mut broken = 0;
    in_order(&runs, jobs, options(how, false), |report| {
        broken += u64::from(!report.passed());
        if how.json || !report.passed() {
            tell(&report, how)?;
        }
        Ok(())
    })?;
    if !how.json {
        print(&format!("{} runs, {broken} broken", runs.len()))?;
    }
    Ok(exit(broken == 0))
}

/// Plays all, several at once, and hands on the reports in order.
fn in_order(
    runs: &[(Scenario, u64)],
    jobs: usize,
    options: Options,
    mut each: impl FnMut(Report) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let next = AtomicUsize::new(0);
    let (send, reports) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, runs.len().max(1)) {
            let (send, next) = (send.clone(), &next);
            scope.spawn(move || {
                while let Some((place, (scenario, seed))) = take(runs, next) {
                    // Nobody listens once a report could not be printed.
                    let _ = send.send((place, scenario.run(*seed, options)));
                }
            });
        }
        drop(send);
        let mut early = BTreeMap::new();
        let mut due = 0;
        for (place, report) in reports {
            early.insert(place, report);
            while let Some(report) = early.remove(&due) {
                each(report)?;
                due += 1;
            }
        }
        Ok(())
    })
}

fn take<'a, T>(items: &'a [T], next: &AtomicUsize) -> Option<(usize, &'a T)> {
    let place = next.fetch_add(1, Ordering::Relaxed);
    items.get(place).map(|item| (place, item))
}

fn processors() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
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
