//! `sweep`: many seeds. Stops at nothing: a broken seed does not keep the others from being tried.
use super::results::Results;
use super::{exit, print, run};
use kith_simulations::{Fidelity, Options, Report, Scenario};
use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::num::NonZero;
use std::ops::Range;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// How often a person is told how far it is.
const TELLING: Duration = Duration::from_secs(5);

/// What is asked for.
pub(crate) struct Sweep {
    pub(crate) scenarios: Vec<Scenario>,
    pub(crate) seeds: Range<u64>,
    pub(crate) jobs: Option<usize>,
    pub(crate) results: Option<PathBuf>,
    pub(crate) options: Options,
    pub(crate) json: bool,
}

/// Plays all. Reports come in order, whatever the number of jobs.
pub(crate) fn sweep(sweep: &Sweep) -> anyhow::Result<ExitCode> {
    let fidelity = match sweep.options.fidelity {
        Fidelity::Model => "model",
        Fidelity::Full => "full",
    };
    let mut results = match &sweep.results {
        Some(path) => Some(Results::open(path, (&sweep.scenarios, fidelity))?),
        None => None,
    };
    let known = |scenario: &Scenario, seed| {
        let results = results.as_ref();
        results.is_some_and(|results| results.has(scenario, seed))
    };
    let all = sweep.scenarios.iter().flat_map(|scenario| {
        let seeds = sweep.seeds.clone();
        seeds.map(move |seed| (scenario, seed))
    });
    let runs: Vec<(&Scenario, u64)> = all
        .filter(|(scenario, seed)| !known(scenario, *seed))
        .collect();
    let mut progress = Progress::new(runs.len());
    in_order(&runs, sweep, |report| {
        progress.count(report.passed());
        if sweep.json || !report.passed() {
            run::tell(&report, sweep.options, sweep.json)?;
        }
        match &mut results {
            Some(results) => results.add(&run::json(&report, sweep.options)?),
            None => Ok(()),
        }
    })?;
    if !sweep.json {
        print(&format!("{} runs, {} broken", runs.len(), progress.broken))?;
    }
    Ok(exit(progress.broken == 0))
}

/// How far it is.
struct Progress {
    all: usize,
    done: usize,
    broken: usize,
    begun: Instant,
    told: Instant,
}

impl Progress {
    fn new(all: usize) -> Self {
        let now = Instant::now();
        Self {
            all,
            done: 0,
            broken: 0,
            begun: now,
            told: now,
        }
    }

    fn count(&mut self, passed: bool) {
        self.done += 1;
        self.broken += usize::from(!passed);
        if self.told.elapsed() >= TELLING && std::io::stderr().is_terminal() {
            self.told = Instant::now();
            let rate = self.done as f64 / self.begun.elapsed().as_secs_f64();
            let Self {
                all, done, broken, ..
            } = self;
            eprintln!("{done} of {all} runs, {broken} broken, {rate:.1} a second");
        }
    }
}

/// Plays all, several at once, and hands on the reports in order.
fn in_order(
    runs: &[(&Scenario, u64)],
    sweep: &Sweep,
    mut each: impl FnMut(Report) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let jobs = sweep.jobs.unwrap_or_else(processors);
    let next = AtomicUsize::new(0);
    let (send, reports) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, runs.len().max(1)) {
            let (send, next) = (send.clone(), &next);
            scope.spawn(move || {
                while let Some((place, (scenario, seed))) = take(runs, next) {
                    // Nobody listens once a report could not be printed.
                    if send
                        .send((place, scenario.run(*seed, sweep.options)))
                        .is_err()
                    {
                        return;
                    }
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
