//! `replay`: a run again, if this is the program and the scenario it was a run of.
use super::{COMMIT, REFUSED, exit, named, run};
use anyhow::Context as _;
use kith_simulations::{Options, Report};
use std::fmt;
use std::process::ExitCode;

/// A run as failures name it: `SCENARIO:SEED@COMMIT/HASH`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Run {
    scenario: String,
    seed: u64,
    commit: String,
    hash: String,
}

impl Run {
    /// The run that this report is of.
    pub(crate) fn of(report: &Report) -> Self {
        Self {
            scenario: report.scenario.clone(),
            seed: report.seed,
            commit: COMMIT.into(),
            hash: report.scenario_hash.clone(),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let (what, code) = text.rsplit_once('@')?;
        let (scenario, seed) = what.rsplit_once(':')?;
        let (commit, hash) = code.split_once('/')?;
        Some(Self {
            scenario: scenario.into(),
            seed: seed.parse().ok()?,
            commit: commit.into(),
            hash: hash.into(),
        })
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            scenario,
            seed,
            commit,
            hash,
        } = self;
        write!(f, "{scenario}:{seed}@{commit}/{hash}")
    }
}

/// Plays it again.
pub(crate) fn replay(text: &str, how: (Options, bool)) -> anyhow::Result<ExitCode> {
    let run = Run::parse(text).with_context(|| {
        format!("`{text}` is no run; one is written as SCENARIO:SEED@COMMIT/HASH, as a failure prints it")
    })?;
    if run.commit != COMMIT {
        return refuse(&format!(
            "this run was played by commit {}, and this program is of commit {COMMIT}: the same seed would \
             be another run. Check out {} and build it, then replay",
            run.commit,
            run.commit.trim_end_matches("+changes")
        ));
    }
    let scenario = named::scenario(&run.scenario)?;
    if scenario.hash != run.hash {
        return refuse(&format!(
            "this run was played from another text of {} ({}; it is {} now): the same seed would be \
             another run",
            run.scenario, run.hash, scenario.hash
        ));
    }
    let report = scenario.run(run.seed, how.0);
    run::tell(&report, how.0, how.1)?;
    Ok(exit(report.passed()))
}

fn refuse(why: &str) -> anyhow::Result<ExitCode> {
    eprintln!("refused: {why}");
    Ok(ExitCode::from(REFUSED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_read_as_it_is_written() {
        let run = Run {
            scenario: "stories/a:b.toml".into(),
            seed: 17,
            commit: "f9c9d03a1b2c+changes".into(),
            hash: "0011223344556677".into(),
        };
        assert_eq!(Run::parse(&run.to_string()), Some(run));
        for wrong in [
            "",
            "swarm",
            "swarm:17",
            "swarm@a/b",
            "swarm:x@a/b",
            "swarm:1@a",
        ] {
            assert_eq!(Run::parse(wrong), None);
        }
    }
}
