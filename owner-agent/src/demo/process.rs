//! One agent as a process of its own, with a home, a passphrase file and a log.
use super::trouble::Trouble;
use kith_runtime::homes::Home;
use kith_runtime::local_client::LocalClient;
use kith_runtime::passphrase::Passphrase;
use rand::distr::{Alphanumeric, SampleString as _};
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::process::{Child, Command};

/// A passphrase that no person has to remember.
const PASSPHRASE_LETTERS: usize = 32;
/// How long a process may take until it is ready: unlocking alone takes seconds where nothing is
/// optimised and many start at once.
pub const START_PATIENCE: Duration = Duration::from_secs(120);
/// How often a process is looked at.
pub const PACE: Duration = Duration::from_millis(50);
/// Lines of a log that are shown when its process failed.
const LOG_LINES: usize = 12;

/// Where one agent lives.
#[derive(Clone, Debug)]
pub struct Place {
    /// What people call it.
    pub name: String,
    /// The program.
    pub program: PathBuf,
    /// Its home.
    pub home: PathBuf,
    /// The file with its passphrase.
    pub passphrase: PathBuf,
    /// Its log.
    pub log: PathBuf,
    /// Where everything it answers is kept, for tests that search it: the file of its name in the
    /// folder `answers`, where there is one. What was protected stands in it, once it was asked for.
    pub answers: Option<PathBuf>,
}

impl Place {
    /// A place below `directory`, with a new passphrase.
    ///
    /// # Errors
    /// [`Trouble`] when the files cannot be written.
    pub fn new(directory: &Path, name: &str, program: &Path) -> Result<Self, Trouble> {
        let file = file_name(name);
        let place = Self {
            name: name.to_owned(),
            program: program.to_owned(),
            home: directory.join("homes").join(&file),
            passphrase: directory.join("passphrases").join(&file),
            log: log_file(directory, name),
            answers: Some(directory.join("answers"))
                .filter(|folder| folder.is_dir())
                .map(|folder| folder.join(&file)),
        };
        let written = place.write_passphrase();
        written.map_err(|error| Trouble::file("writing", &place.passphrase, error))?;
        Ok(place)
    }

    fn write_passphrase(&self) -> std::io::Result<()> {
        for path in [&self.passphrase, &self.log, &self.home] {
            fs::create_dir_all(path.parent().unwrap_or(path))?;
        }
        let passphrase = Alphanumeric.sample_string(&mut rand::rng(), PASSPHRASE_LETTERS);
        let mut options = OpenOptions::new();
        let mut file = options
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&self.passphrase)?;
        file.write_all(passphrase.as_bytes())
    }

    /// Runs a command of the program that ends by itself.
    ///
    /// # Errors
    /// [`Trouble::Process`] with what it said when it failed.
    pub async fn command<I: IntoIterator<Item: AsRef<OsStr>>>(
        &self,
        arguments: I,
    ) -> Result<(), Trouble> {
        let output = self.output(arguments).await?;
        if output.status.success() {
            return Ok(());
        }
        Err(Trouble::Process {
            name: self.name.clone(),
            reason: format!("ended with {}", output.status),
            log: Some(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        })
    }

    /// Runs a command of the program to its end, however that is.
    ///
    /// # Errors
    /// [`Trouble`] when it does not start.
    pub async fn output<I: IntoIterator<Item: AsRef<OsStr>>>(
        &self,
        arguments: I,
    ) -> Result<Output, Trouble> {
        let mut command = self.base();
        let command = command.args(arguments).stdin(Stdio::null());
        let output = command.kill_on_drop(true).output().await;
        let output = output.map_err(|error| Trouble::file("starting", &self.program, error))?;
        for said in [&output.stdout, &output.stderr] {
            self.keep(said);
        }
        Ok(output)
    }

    /// The way to its local API, of which every answer is kept.
    ///
    /// # Errors
    /// [`Trouble`] when there can be no such home.
    fn client(&self) -> Result<LocalClient, Trouble> {
        let client = LocalClient::at(self.home()?.socket());
        let passphrase = Passphrase::from_file(&self.passphrase);
        let passphrase = passphrase.map_err(|error| Trouble::Broken(error.to_string()))?;
        let client = client.of_whoever_has(&passphrase);
        if self.answers.is_none() {
            return Ok(client);
        }
        let place = self.clone();
        Ok(client.heard_by(Arc::new(move |answer: &[u8]| place.keep(answer))))
    }

    /// Adds what it said to what it said before.
    ///
    /// # Panics
    /// When the disk refuses: what is not kept would not be searched.
    fn keep(&self, said: &[u8]) {
        let Some(path) = &self.answers else {
            return;
        };
        let file = OpenOptions::new().create(true).append(true).open(path);
        let line = [said, b"\n"].concat();
        let kept = file.and_then(|mut file| file.write_all(&line));
        kept.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }

    /// Starts `run` with these arguments, and waits until it is ready. Started again, it listens
    /// where it did before: others know that address.
    ///
    /// # Errors
    /// [`Trouble`] when it ends or is not ready in time.
    pub async fn run<I: IntoIterator<Item: AsRef<OsStr>>>(
        &self,
        arguments: I,
    ) -> Result<Process, Trouble> {
        let failed = |error| Trouble::file("starting", &self.program, error);
        let log = OpenOptions::new().create(true).append(true).open(&self.log);
        let log = log.map_err(|error| Trouble::file("opening", &self.log, error))?;
        let child = self
            .base()
            .args(["run", "--stop-with-input"])
            .args(arguments)
            // The pipe ends with this program, however that ends: nothing is left running.
            .stdin(Stdio::piped())
            .stdout(log.try_clone().map_err(failed)?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        let mut process = Process {
            client: self.client()?,
            place: self.clone(),
            child,
        };
        process.ready().await?;
        Ok(process)
    }

    /// The home as the runtime knows it.
    ///
    /// # Errors
    /// [`Trouble`] when there can be no such home.
    pub fn home(&self) -> Result<Home, Trouble> {
        Home::at(&self.home).map_err(|error| self.trouble(error.to_string(), false))
    }

    fn base(&self) -> Command {
        let mut command = Command::new(&self.program);
        // What is set for a person's own agents must not reach these.
        for (variable, _) in std::env::vars_os() {
            let name = variable.to_string_lossy();
            if name.starts_with("OWNER_AGENT_") || name.starts_with("TRUSTEE_AGENT_") {
                command.env_remove(&variable);
            }
        }
        command.arg("--home").arg(&self.home);
        command.arg("--passphrase-file").arg(&self.passphrase);
        command.arg("--no-input");
        command
    }

    fn trouble(&self, reason: String, with_log: bool) -> Trouble {
        Trouble::Process {
            name: self.name.clone(),
            reason,
            log: with_log.then(|| log_end(&self.log)),
        }
    }
}

/// A running agent. It ends when this value does.
pub struct Process {
    place: Place,
    child: Child,
    client: LocalClient,
}

impl Process {
    /// Where it lives.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The way to its local API.
    #[must_use]
    pub fn client(&self) -> &LocalClient {
        &self.client
    }

    /// What people call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.place.name
    }

    /// Ends it as a power cut does: SIGKILL, nothing more is written.
    ///
    /// # Errors
    /// [`Trouble`] when the system does not let it.
    pub async fn kill(&mut self) -> Result<(), Trouble> {
        let killed = self.child.kill().await;
        killed.map_err(|error| {
            self.place
                .trouble(format!("cannot be killed: {error}"), false)
        })
    }

    /// Whether it still runs; else an error with the end of its log.
    ///
    /// # Errors
    /// [`Trouble::Process`] when it has ended.
    pub fn alive(&mut self) -> Result<(), Trouble> {
        match self.child.try_wait() {
            Ok(None) => Ok(()),
            Ok(Some(status)) => Err(self.place.trouble(format!("ended with {status}"), true)),
            Err(error) => Err(self.place.trouble(error.to_string(), true)),
        }
    }

    async fn ready(&mut self) -> Result<(), Trouble> {
        let began = Instant::now();
        while self.client.health().await.is_err() {
            self.alive()?;
            if began.elapsed() > START_PATIENCE {
                let seconds = START_PATIENCE.as_secs();
                return Err(self
                    .place
                    .trouble(format!("is not ready after {seconds} s"), true));
            }
            tokio::time::sleep(PACE).await;
        }
        Ok(())
    }
}

/// The log of the agent that people call `name`.
#[must_use]
pub fn log_file(directory: &Path, name: &str) -> PathBuf {
    directory
        .join("logs")
        .join(format!("{}.log", file_name(name)))
}

fn file_name(name: &str) -> String {
    let plain = name
        .chars()
        .filter(|letter| letter.is_ascii_alphanumeric() || *letter == ' ');
    plain.collect::<String>().to_lowercase().replace(' ', "-")
}

/// The last lines of a log.
#[must_use]
pub fn log_end(path: &Path) -> String {
    let bytes = fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LOG_LINES)..].join("\n")
}

/// Copies a home as a thief would who has the disk: files only, private again.
///
/// # Errors
/// [`Trouble`] when the disk refuses.
pub fn copy_home(from: &Path, to: &Path) -> Result<(), Trouble> {
    copy(from, to).map_err(|error| Trouble::file("copying to", to, error))
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (kind, target) = (entry.file_type()?, to.join(entry.file_name()));
        if kind.is_dir() {
            copy(&entry.path(), &target)?;
        } else if kind.is_file() {
            fs::copy(entry.path(), &target)?;
            File::open(&target)?.sync_all()?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn place(dir: &Path, program: &str) -> Place {
        Place::new(dir, "Bob", Path::new(program)).unwrap()
    }

    #[test]
    fn a_passphrase_is_its_owners_alone_and_new_each_time() {
        let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let read = |dir: &tempfile::TempDir| {
            let place = place(dir.path(), "/bin/true");
            let mode = fs::metadata(&place.passphrase)
                .unwrap()
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, 0o600);
            fs::read_to_string(&place.passphrase).unwrap()
        };
        assert_ne!(read(&dirs[0]), read(&dirs[1]));
    }

    #[test]
    fn a_copied_home_has_the_files_and_no_socket() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("home");
        fs::create_dir_all(home.join("store")).unwrap();
        fs::write(home.join("store/db"), "rows").unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(home.join("socket")).unwrap();
        let copy = dir.path().join("copy");
        copy_home(&home, &copy).unwrap();
        assert_eq!(fs::read_to_string(copy.join("store/db")).unwrap(), "rows");
        assert!(!copy.join("socket").exists());
        assert_eq!(
            fs::metadata(&copy).unwrap().permissions().mode() & 0o777,
            0o700
        );
    }

    #[tokio::test]
    async fn what_a_command_says_is_kept_only_where_there_is_a_folder_for_it() {
        let dir = tempfile::tempdir().unwrap();
        let unkept = place(dir.path(), "/bin/echo");
        assert!(unkept.answers.is_none());
        fs::create_dir(dir.path().join("answers")).unwrap();
        let carol = Place::new(dir.path(), "Carol", Path::new("/bin/echo")).unwrap();
        unkept.output(["one"]).await.unwrap();
        carol.output(["two"]).await.unwrap();
        carol.output(["three"]).await.unwrap();
        let all = fs::read_to_string(dir.path().join("answers/carol")).unwrap();
        assert!(all.contains("two\n") && all.contains("three\n"));
        assert!(!dir.path().join("answers/bob").exists());
    }

    #[tokio::test]
    async fn a_process_that_ends_at_once_is_reported_with_its_log() {
        let dir = tempfile::tempdir().unwrap();
        let place = place(dir.path(), "/bin/false");
        fs::write(&place.log, "something went wrong\n").unwrap();
        let Err(trouble) = place.run(["x"]).await else {
            panic!("it ended at once")
        };
        assert!(trouble.to_string().contains("something went wrong"));
    }

    #[test]
    fn only_the_end_of_a_long_log_is_shown() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let lines: Vec<String> = (0..100).map(|line| line.to_string()).collect();
        fs::write(file.path(), lines.join("\n")).unwrap();
        assert_eq!(log_end(file.path()).lines().count(), LOG_LINES);
        assert!(log_end(file.path()).ends_with("99"));
    }
}
