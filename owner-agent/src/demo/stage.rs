//! The stage: a directory, and the processes of everyone but the owner.
use super::options::Plan;
use super::process::{Place, Process, log_end, log_file};
use super::programs::Programs;
use super::trouble::Trouble;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tokio::task::JoinHandle;

/// Who operates the ledger and keeps the backup, and holds no share.
pub const HOST: &str = "Harbour";
/// Witnesses of the ledger: strangers to the owner.
pub const WITNESSES: [&str; 3] = ["Walter", "Wendy", "Wilma"];

/// Where everything happens. Removed when this ends, unless it is to be kept.
pub struct Directory {
    path: PathBuf,
    _temporary: Option<TempDir>,
}

impl Directory {
    /// A new directory: `keep`, which must not exist yet, or a temporary one.
    ///
    /// # Errors
    /// [`Trouble`] when it cannot be made.
    pub fn new(keep: Option<&Path>) -> Result<Self, Trouble> {
        let Some(path) = keep else {
            let temporary = tempfile::Builder::new().prefix("kith-").tempdir();
            let temporary = temporary.map_err(|source| Trouble::Machine {
                what: "making a temporary directory".to_owned(),
                source,
            })?;
            return Ok(Self {
                path: temporary.path().to_owned(),
                _temporary: Some(temporary),
            });
        };
        let made = DirBuilder::new().mode(0o700).create(path);
        made.map_err(|error| Trouble::file("making", path, error))?;
        let path = path
            .canonicalize()
            .map_err(|error| Trouble::file("finding", path, error))?;
        Ok(Self {
            path,
            _temporary: None,
        })
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Keeps also what every agent answers; see [`Place::answers`].
    ///
    /// # Errors
    /// [`Trouble`] when the disk refuses.
    pub fn keep_answers(&self) -> Result<(), Trouble> {
        let folder = self.path.join("answers");
        let made = DirBuilder::new().mode(0o700).create(&folder);
        made.map_err(|error| Trouble::file("making", &folder, error))
    }
}

impl Directory {
    /// The ends of the logs that bear on this trouble, and where all of them are.
    #[must_use]
    pub fn logs_of(&self, trouble: &Trouble, kept: bool) -> String {
        let mut text = String::new();
        if let Some(name) = trouble.whose() {
            let end = log_end(&log_file(&self.path, name));
            text.extend(end.lines().map(|line| format!("\n    | {line}")));
        }
        if kept {
            text.push_str(&format!(
                "\n  all logs: {}",
                self.path.join("logs").display()
            ));
        } else {
            text.push_str("\n  with --keep DIR every log stays there");
        }
        text
    }
}

/// Everyone but the owner. The processes end when this does.
pub struct Cast {
    /// Operates the ledger and keeps backups.
    pub host: Process,
    /// Certify the ledger.
    pub witnesses: Vec<Process>,
    /// Keep shares.
    pub trustees: Vec<Process>,
}

impl Cast {
    /// Sets up and starts everyone, side by side.
    ///
    /// # Errors
    /// [`Trouble`] when one of them does not start.
    pub async fn start(
        directory: &Path,
        programs: &Programs,
        plan: &Plan,
    ) -> Result<Self, Trouble> {
        let begin = |name: &str, arguments: &'static [&'static str]| {
            let place = Place::new(directory, name, &programs.trustee)?;
            Ok::<_, Trouble>(tokio::spawn(appear(place, arguments)))
        };
        let host = begin(HOST, &["--host-backups"])?;
        let witnesses = WITNESSES.iter().map(|name| begin(name, &[]));
        let witnesses = witnesses.collect::<Result<Vec<_>, _>>()?;
        let trustees = plan.trustees.iter().map(|name| begin(name, &[]));
        let trustees = trustees.collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            host: appeared(host).await?,
            witnesses: all(witnesses).await?,
            trustees: all(trustees).await?,
        })
    }

    /// Kills a trustee, for good.
    ///
    /// # Errors
    /// [`Trouble`] when the system does not let it.
    pub async fn kill(&mut self, name: &str) -> Result<(), Trouble> {
        let place = self
            .trustees
            .iter()
            .position(|process| process.name() == name);
        let mut process = self
            .trustees
            .remove(place.expect("every name of the plan has a process"));
        process.kill().await
    }

    /// Everyone who was not killed.
    pub fn living(self) -> impl Iterator<Item = Process> {
        std::iter::once(self.host)
            .chain(self.witnesses)
            .chain(self.trustees)
    }

    /// The trustee of this name.
    ///
    /// # Panics
    /// When there is none: names come from the plan.
    #[must_use]
    pub fn trustee(&self, name: &str) -> &Process {
        let named = self.trustees.iter().find(|process| process.name() == name);
        named.expect("every name of the plan has a process")
    }
}

async fn appear(place: Place, arguments: &[&str]) -> Result<Process, Trouble> {
    place.command(["init", "--name", &place.name]).await?;
    place.run(arguments).await
}

async fn appeared(task: JoinHandle<Result<Process, Trouble>>) -> Result<Process, Trouble> {
    task.await.expect("starting a process does not panic")
}

async fn all(tasks: Vec<JoinHandle<Result<Process, Trouble>>>) -> Result<Vec<Process>, Trouble> {
    let mut processes = Vec::with_capacity(tasks.len());
    for task in tasks {
        processes.push(appeared(task).await?);
    }
    Ok(processes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temporary_directory_goes_and_a_kept_one_stays() {
        let outer = tempfile::tempdir().unwrap();
        let keep = outer.path().join("keep");
        let kept = Directory::new(Some(&keep)).unwrap();
        drop(kept);
        assert!(keep.exists());
        let gone = Directory::new(None).unwrap();
        let path = gone.path().to_owned();
        assert!(path.exists());
        drop(gone);
        assert!(!path.exists());
    }

    #[test]
    fn a_directory_that_exists_is_not_filled() {
        let outer = tempfile::tempdir().unwrap();
        assert!(Directory::new(Some(outer.path())).is_err());
    }
}
