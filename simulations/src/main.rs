//! `recovery-sim`: plays scenarios from seeds.
//!
//! Exit codes: 0 every promise was kept, 8 one was broken, 6 a run of another commit or scenario, 2
//! usage, 1 anything else.
mod cli;

use clap::{Parser, Subcommand, ValueEnum};
use kith_simulations::{Fidelity, Options, Show};
use std::path::PathBuf;
use std::process::ExitCode;

/// A run makes and drops millions of short rows and messages, two runs at once.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
        /// A name as `list` prints it, or the path of a scenario file.
        scenario: String,
        /// The seed.
        #[arg(long)]
        seed: u64,
        /// Ends after so many seconds of the world's time.
        #[arg(long, value_name = "SECONDS")]
        until: Option<u64>,
        #[command(flatten)]
        show: ShowArgs,
        /// Draws the last recovery as a message sequence into this file.
        #[arg(long, value_name = "FILE")]
        svg: Option<PathBuf>,
        #[command(flatten)]
        how: How,
    },
    /// Plays one scenario, or `all`, with many seeds.
    Sweep {
        /// A name as `list` prints it, the path of a scenario file, or `all`.
        scenario: String,
        /// How many seeds.
        #[arg(long)]
        seeds: u64,
        /// The first.
        #[arg(long, default_value_t = 0)]
        from: u64,
        /// How many at once; as many as there are processors where not given.
        #[arg(long)]
        jobs: Option<usize>,
        /// Keeps a line for each run in this file, and leaves out those that it has.
        #[arg(long, value_name = "FILE")]
        results: Option<PathBuf>,
        #[command(flatten)]
        how: How,
    },
    /// Plays a run again, as a failure names it.
    Replay {
        /// The run, such as `swarm:17@f9c9d03a1b2c/0011223344556677`.
        run: String,
        /// Ends after so many seconds of the world's time.
        #[arg(long, value_name = "SECONDS")]
        until: Option<u64>,
        #[command(flatten)]
        show: ShowArgs,
        #[command(flatten)]
        how: How,
    },
    /// Names the scenarios.
    List {
        /// As one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Says what a scenario is made of.
    Describe {
        /// A name as `list` prints it, or the path of a scenario file.
        scenario: String,
    },
    /// Sets two files of results side by side, with 95 % intervals.
    Compare {
        /// One, as `sweep --results` keeps it.
        a: PathBuf,
        /// The other.
        b: PathBuf,
    },
}

#[derive(clap::Args, Clone, Copy)]
struct ShowArgs {
    /// Tells on standard error who does what, and why.
    #[arg(long)]
    watch: bool,
    /// Prints each step of each agent to standard error.
    #[arg(long, conflicts_with = "watch")]
    trace: bool,
}

impl ShowArgs {
    fn show(self) -> Show {
        match (self.watch, self.trace) {
            (true, _) => Show::Story,
            (_, true) => Show::Steps,
            _ => Show::Nothing,
        }
    }
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

impl How {
    fn options(self, show: Show, until: Option<u64>) -> Options {
        Options {
            fidelity: match self.fidelity {
                Level::Model => Fidelity::Model,
                Level::Full => Fidelity::Full,
            },
            show,
            until: until.map(|seconds| seconds.saturating_mul(1000)),
            ..Options::default()
        }
    }
}

fn main() -> anyhow::Result<ExitCode> {
    match Cli::parse().command {
        Command::Run {
            scenario,
            seed,
            until,
            show,
            svg,
            how,
        } => {
            let options = Options {
                draw: svg.is_some(),
                ..how.options(show.show(), until)
            };
            cli::run::run(&scenario, seed, (options, how.json, svg.as_deref()))
        }
        Command::Sweep {
            scenario,
            seeds,
            from,
            jobs,
            results,
            how,
        } => cli::sweep::sweep(&cli::sweep::Sweep {
            scenarios: cli::named::scenarios(&scenario)?,
            seeds: from..from.saturating_add(seeds),
            jobs,
            results,
            options: how.options(Show::Nothing, None),
            json: how.json,
        }),
        Command::Replay {
            run,
            until,
            show,
            how,
        } => cli::replay::replay(&run, (how.options(show.show(), until), how.json)),
        Command::List { json } => cli::list::list(json),
        Command::Describe { scenario } => cli::list::describe(&scenario),
        Command::Compare { a, b } => cli::compare::compare(&a, &b),
    }
}
