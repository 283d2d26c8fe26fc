//! `run`: one seed; and how a report is told.
use super::{COMMIT, exit, named, print, replay::Run};
use anyhow::Context as _;
use kith_simulations::{Options, Report};
use std::fs;
use std::path::Path;
use std::process::ExitCode;

/// Plays one seed.
pub(crate) fn run(
    scenario: &str,
    seed: u64,
    (options, json, svg): (Options, bool, Option<&Path>),
) -> anyhow::Result<ExitCode> {
    let report = named::scenario(scenario)?.run(seed, options);
    if let (Some(path), Some(drawing)) = (svg, &report.drawing) {
        fs::write(path, drawing).with_context(|| format!("writing {}", path.display()))?;
    }
    tell(&report, options, json)?;
    Ok(exit(report.passed()))
}

/// Prints a report.
pub(crate) fn tell(report: &Report, options: Options, as_json: bool) -> anyhow::Result<()> {
    if as_json {
        return print(&json(report, options)?.to_string());
    }
    for line in &report.tail {
        print(line)?;
    }
    let verdict = match &report.broken {
        None if options.until.is_some() => "nothing broken so far".to_owned(),
        None => "passed".to_owned(),
        Some(broken) => format!("BROKEN {}: {}", broken.promise, broken.what),
    };
    print(&format!(
        "{} seed {}: {verdict}\n  {} steps, {} deliveries, {} crashes, {} simulated seconds\n  \
         commit {COMMIT}, scenario {}\n  trace_hash {}",
        report.scenario,
        report.seed,
        report.steps,
        report.deliveries,
        report.crashes,
        report.simulated_ms / 1000,
        report.scenario_hash,
        report.trace_hash
    ))?;
    if !report.passed() {
        print(&format!("  replay: {}", command(report, options)))?;
    }
    Ok(())
}

/// The line that plays it again.
fn command(report: &Report, options: Options) -> String {
    let fidelity = match options.fidelity {
        kith_simulations::Fidelity::Model => "",
        kith_simulations::Fidelity::Full => " --fidelity full",
    };
    format!(
        "recovery-sim replay '{}' --trace{fidelity}",
        Run::of(report)
    )
}

/// A report as JSON.
pub(crate) fn json(report: &Report, options: Options) -> anyhow::Result<serde_json::Value> {
    let mut object = serde_json::to_value(report).context("a report is JSON")?;
    object["v"] = 1.into();
    object["commit"] = COMMIT.into();
    object["fidelity"] = match options.fidelity {
        kith_simulations::Fidelity::Model => "model".into(),
        kith_simulations::Fidelity::Full => "full".into(),
    };
    object["verdict"] = if report.passed() { "passed" } else { "broken" }.into();
    if !report.passed() {
        object["replay"] = command(report, options).into();
    }
    Ok(object)
}
