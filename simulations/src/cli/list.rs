//! `list` and `describe`.
use super::{named, print};
use kith_simulations::Scenario;
use std::process::ExitCode;

/// Names the scenarios.
pub(crate) fn list(json: bool) -> anyhow::Result<ExitCode> {
    let all = Scenario::all();
    if json {
        let all = all.iter().map(|scenario| {
            serde_json::json!({ "name": scenario.name, "hash": scenario.hash, "about": scenario.about() })
        });
        let all: Vec<_> = all.collect();
        print(&serde_json::json!({ "v": 1, "scenarios": all }).to_string())?;
    } else {
        let width = all.iter().map(|scenario| scenario.name.len()).max();
        let width = width.unwrap_or_default();
        for scenario in all {
            print(&format!("{:<width$}  {}", scenario.name, scenario.about()))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Says what one is made of.
pub(crate) fn describe(name: &str) -> anyhow::Result<ExitCode> {
    for line in named::scenario(name)?.described() {
        print(&line)?;
    }
    Ok(ExitCode::SUCCESS)
}
