//! Results of a sweep: a line of JSON for each run, appended as runs end, so that an interrupted sweep
//! keeps what it has.
use super::COMMIT;
use anyhow::{Context as _, bail};
use kith_simulations::Scenario;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

/// What is read of a line.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Line {
    pub(crate) scenario: String,
    pub(crate) scenario_hash: String,
    pub(crate) seed: u64,
    pub(crate) commit: String,
    pub(crate) fidelity: String,
    pub(crate) verdict: String,
    pub(crate) trace_hash: String,
    pub(crate) steps: u64,
    pub(crate) deliveries: u64,
    pub(crate) simulated_ms: u64,
}

/// A file that grows.
pub(crate) struct Results {
    file: File,
    /// Scenarios and seeds it has.
    done: BTreeSet<(String, u64)>,
}

impl Results {
    /// Opens or makes the file; runs of another commit, scenario or fidelity do not belong in it.
    pub(crate) fn open(
        path: &Path,
        (scenarios, fidelity): (&[Scenario], &str),
    ) -> anyhow::Result<Self> {
        let name = path.display();
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(path)
            .with_context(|| format!("opening {name}"))?;
        let mut text = String::new();
        file.read_to_string(&mut text)
            .with_context(|| format!("reading {name}"))?;
        let whole = whole_lines(&text);
        let mut done = BTreeSet::new();
        for line in read(whole).with_context(|| format!("reading {name}"))? {
            let known = scenarios.iter().find(|known| known.name == line.scenario);
            if known.is_some_and(|known| known.hash != line.scenario_hash) || line.commit != COMMIT
            {
                bail!(
                    "{name} holds runs of commit {} and scenario {} {}, and this would add others: name \
                     another file",
                    line.commit,
                    line.scenario,
                    line.scenario_hash
                );
            }
            if line.fidelity != fidelity {
                bail!(
                    "{name} holds runs in fidelity {}: name another file",
                    line.fidelity
                );
            }
            done.insert((line.scenario, line.seed));
        }
        // A sweep that was interrupted in the middle of a line.
        file.set_len(whole.len() as u64)?;
        file.seek(SeekFrom::End(0))?;
        Ok(Self { file, done })
    }

    /// Whether this run is there.
    pub(crate) fn has(&self, scenario: &Scenario, seed: u64) -> bool {
        self.done.contains(&(scenario.name.clone(), seed))
    }

    /// Adds a run.
    pub(crate) fn add(&mut self, line: &serde_json::Value) -> anyhow::Result<()> {
        writeln!(self.file, "{line}").context("writing results")
    }
}

fn whole_lines(text: &str) -> &str {
    text.rfind('\n').map_or("", |end| &text[..=end])
}

fn read(text: &str) -> anyhow::Result<Vec<Line>> {
    let one = |(number, line): (usize, &str)| {
        serde_json::from_str(line)
            .with_context(|| format!("line {} is no result of a run", number + 1))
    };
    text.lines().enumerate().map(one).collect()
}

/// All runs of a file.
pub(crate) fn load(path: &Path) -> anyhow::Result<Vec<Line>> {
    let name = path.display();
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {name}"))?;
    read(whole_lines(&text)).with_context(|| format!("reading {name}"))
}
