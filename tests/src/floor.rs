//! Where a test with real processes happens: a directory that goes with it, and the programs.
use crate::leaks;
use crate::scene::VERBOSE;
use crate::volume::{Kind, Volume};
use owner_agent::demo::process::Place;
use owner_agent::demo::programs::Programs;
use owner_agent::demo::trouble::Trouble;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use tempfile::TempDir;

/// Lines of each log that are shown when a test fails.
const LOG_LINES: usize = 30;
/// What begins the lines of libraries that talk much.
const ELSEWHERE: [&str; 5] = ["sled::", "libp2p", "yamux", "multistream", "Swarm::poll"];

/// What an owner's or claimant's agent can be asked.
const OWNER_QUESTIONS: [&str; 8] = [
    "--json status",
    "--json trustee list",
    "--json secret list",
    "--json alert list",
    "--json record list",
    "--json recover status",
    "recover status",
    "doctor",
];
/// What a trustee's can.
const TRUSTEE_QUESTIONS: [&str; 8] = [
    "--json status",
    "--json invitation list",
    "--json owner list",
    "--json share list",
    "--json request list",
    "--json history",
    "--json ledger status",
    "doctor",
];

/// The floor that one test plays on.
pub struct Floor {
    directory: TempDir,
    /// The programs under test, built before the first process starts.
    pub programs: Programs,
    /// How much they log.
    pub verbosity: &'static str,
}

impl Floor {
    /// An empty one.
    ///
    /// # Panics
    /// When the programs cannot be built or the disk refuses.
    #[must_use]
    pub fn new() -> Self {
        let programs = Programs::for_this_test().unwrap_or_else(|trouble| panic!("{trouble}"));
        let directory = tempfile::Builder::new().prefix("kith-").tempdir();
        let directory = directory.expect("a temporary directory");
        for folder in ["logs", "answers"] {
            fs::create_dir(directory.path().join(folder)).expect("a directory");
        }
        Self {
            directory,
            programs,
            verbosity: VERBOSE,
        }
    }

    /// An empty one for long runs, whose logs and answers would fill the disk.
    ///
    /// # Panics
    /// As [`Floor::new`].
    #[must_use]
    pub fn for_long() -> Self {
        let floor = Self::new();
        fs::remove_dir(floor.path().join("answers")).expect("our own directory");
        Self {
            verbosity: "-v",
            ..floor
        }
    }

    /// Its directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// A file system of its own under the homes of all.
    ///
    /// # Errors
    /// What the tool that failed says.
    pub fn volume(&self, kind: Kind) -> Result<Volume, String> {
        Volume::at(kind, &self.path().join("homes"))
    }

    /// The program of a trustee who plays false.
    #[must_use]
    pub fn villain(&self) -> PathBuf {
        let name = format!("villain{}", std::env::consts::EXE_SUFFIX);
        self.programs.trustee.with_file_name(name)
    }

    /// Runs a command to its end and keeps what it says with the logs, in which no link may stand either,
    /// for [`Floor::judge`].
    ///
    /// # Errors
    /// [`Trouble`] when it does not start.
    pub async fn output<I: IntoIterator<Item: AsRef<OsStr>>>(
        &self,
        place: &Place,
        arguments: I,
    ) -> Result<Output, Trouble> {
        let output = place.output(arguments).await?;
        self.keep(&output)?;
        Ok(output)
    }

    /// Keeps what a program said with the logs.
    ///
    /// # Errors
    /// [`Trouble`] when the disk refuses.
    pub fn keep(&self, output: &Output) -> Result<(), Trouble> {
        let logs = self.path().join("logs");
        let number = fs::read_dir(&logs).map_or(0, Iterator::count);
        let file = logs.join(format!("said-{number}.log"));
        let said = [&output.stdout[..], &output.stderr[..]].concat();
        fs::write(&file, said).map_err(|error| Trouble::file("writing", &file, error))
    }

    /// Asks a running agent all that can be asked without changing anything, so that the answers are
    /// searched as well.
    ///
    /// # Errors
    /// [`Trouble`] when a command does not start.
    pub async fn question(&self, place: &Place) -> Result<(), Trouble> {
        let lines: &[&str] = match place.program == self.programs.owner {
            true => &OWNER_QUESTIONS,
            false => &TRUSTEE_QUESTIONS,
        };
        for line in lines {
            self.output(place, line.split(' ')).await?;
        }
        Ok(())
    }

    /// Leaves everything where it is, and tells where.
    #[must_use]
    pub fn stay(self) -> PathBuf {
        self.directory.keep()
    }

    /// The logs in which a program of ours says that it panicked.
    #[must_use]
    pub fn panics(&self) -> Vec<PathBuf> {
        let mut logs = leaks::files(&self.path().join("logs"));
        let said = |log: &Path| fs::read(log).unwrap_or_default();
        logs.retain(|log| String::from_utf8_lossy(&said(log)).contains("panicked at"));
        logs
    }

    /// The end of a test: what went wrong with the end of every log, or the search of all logs and
    /// homes for what must not be there.
    ///
    /// # Panics
    /// When something went wrong, or something leaked.
    pub fn judge(&self, outcome: Result<(), Trouble>, secrets: &[&[u8]]) {
        if let Err(trouble) = outcome {
            panic!("{trouble}{}", self.logs());
        }
        leaks::none_below(self.path(), secrets);
    }

    /// The end of every log.
    #[must_use]
    pub fn logs(&self) -> String {
        let logs = leaks::files(&self.path().join("logs")).into_iter();
        logs.map(|log| format!("\n--- {}\n{}", log.display(), end(&log)))
            .collect()
    }
}

/// The end of a log, without what the store and the network say of themselves.
fn end(log: &Path) -> String {
    let bytes = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let ours = |line: &&str| !ELSEWHERE.iter().any(|word| line.contains(word));
    let lines: Vec<&str> = text.lines().filter(ours).collect();
    lines[lines.len().saturating_sub(LOG_LINES)..].join("\n")
}

impl Default for Floor {
    fn default() -> Self {
        Self::new()
    }
}
