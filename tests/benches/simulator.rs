//! How fast the simulator delivers messages, beside its event loop without agents, and what memory an agent
//! of it takes. `cargo bench -p kith-tests --bench simulator`, one core, a minute.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use kith_simulations::bare::{Events, Held};
use kith_simulations::{Fidelity, Options, Report, Scenario};
use kith_tests::figures::{circumstances, ratio, resident, short, timed};
use std::path::Path;
use std::time::Duration;

/// Seeds that are run in each fidelity.
const SEEDS: u64 = 50;
/// Worlds that are kept at once, for the memory of their agents.
const HELD: u64 = 40;
/// How often the bare loop runs through all events: once is too short to be measured well.
const ROUNDS: u32 = 20;
const DAY: f64 = 86_400_000.0;

/// All seeds of one fidelity.
struct Measured {
    runs: Duration,
    bare: Duration,
    reports: Vec<Report>,
}

fn options(fidelity: Fidelity) -> Options {
    Options {
        fidelity,
        ..Options::default()
    }
}

fn measured(scenario: &Scenario, fidelity: Fidelity) -> Measured {
    // Its events are written down meanwhile, which is two numbers each.
    let run = |seed| scenario.events(seed, options(fidelity));
    let (runs, played) = timed(|| (0..SEEDS).map(run).collect::<Vec<_>>());
    let (reports, events): (Vec<_>, Vec<_>) = played.into_iter().unzip();
    assert!(reports.iter().all(Report::passed));
    let (rounds, played) = timed(|| {
        let round = |_| events.iter().map(Events::play).sum::<u64>();
        (0..ROUNDS).map(round).sum::<u64>()
    });
    assert!(played > 0);
    Measured {
        runs,
        bare: rounds / ROUNDS,
        reports,
    }
}

impl Measured {
    fn sum(&self, of: impl Fn(&Report) -> u64) -> f64 {
        self.reports.iter().map(of).sum::<u64>() as f64
    }

    /// What the table says of it.
    fn cells(&self) -> [String; 6] {
        let seconds = self.runs.as_secs_f64();
        let deliveries = self.sum(|report| report.deliveries);
        [
            short(deliveries / seconds),
            short(deliveries / self.bare.as_secs_f64()),
            ratio(self.runs, self.bare),
            short(self.sum(|report| report.steps) / seconds),
            short(self.sum(|report| report.simulated_ms) / DAY / seconds),
            short(seconds * 1e3 / SEEDS as f64),
        ]
    }
}

const ROWS: [&str; 6] = [
    "deliveries a second",
    "the bare loop, deliveries a second",
    "times the floor",
    "steps of agents a second",
    "simulated days a second",
    "ms a seed",
];

/// KiB of an agent with its disk, which is memory here; nothing else has run in this process yet.
fn memory(scenario: &Scenario) -> f64 {
    let process = std::process::id();
    let before = resident(process).unwrap();
    let hold = |seed| scenario.hold(seed, options(Fidelity::Model));
    let held: Vec<_> = (0..HELD).map(hold).collect();
    let agents: u64 = held.iter().map(Held::agents).sum();
    (resident(process).unwrap() - before) * 1024.0 / agents as f64
}

fn main() {
    println!("{}\n", circumstances(Path::new(".")));
    let scenario = Scenario::named("swarm").unwrap();
    let memory = memory(&scenario);
    let [model, full] =
        [Fidelity::Model, Fidelity::Full].map(|fidelity| measured(&scenario, fidelity).cells());
    println!("| the swarm, {SEEDS} seeds, one core | open messages | sealed |");
    println!("| --- | --- | --- |");
    for ((row, model), full) in ROWS.iter().zip(model).zip(full) {
        println!("| {row} | {model} | {full} |");
    }
    println!("\nAn agent with its disk: {} KiB.", short(memory));
}
