//! One process per store: a locked file that says who holds it.
use kith_protocol::limits;
use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::thread;
use std::time::Duration;

/// The process that holds a store, as far as it said so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder(Option<u32>);

impl Holder {
    /// Its process id.
    #[must_use]
    pub fn pid(self) -> Option<u32> {
        self.0
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(pid) => write!(out, "process {pid}"),
            None => out.write_str("another process"),
        }
    }
}

/// Why the lock is not had.
#[derive(Debug)]
pub(crate) enum NotTaken {
    Held(Holder),
    Io(io::Error),
}

impl From<io::Error> for NotTaken {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// How often a held lock is tried again, and the pause between.
const TRIES: u32 = 25;
const PAUSE: Duration = Duration::from_millis(20);

/// Takes the lock, with half a second of patience: a process that was just stopped has it until the
/// system has closed its files, and so has, for a moment, a child of whoever had the store open.
#[expect(
    clippy::disallowed_methods,
    reason = "before anything is served, and only where a store is in use"
)]
pub(crate) fn take_soon(dir: &Path) -> Result<File, NotTaken> {
    take_patiently(dir, || thread::sleep(PAUSE))
}

/// Tries a held lock once more after each of [`TRIES`] pauses.
fn take_patiently(dir: &Path, mut pause: impl FnMut()) -> Result<File, NotTaken> {
    for _ in 0..TRIES {
        match take(dir) {
            Err(NotTaken::Held(_)) => pause(),
            taken => return taken,
        }
    }
    take(dir)
}

/// Takes the lock of the store in `dir` and writes down who has it. The file is not cut before it
/// is locked: what the holder wrote must stay readable.
pub(crate) fn take(dir: &Path) -> Result<File, NotTaken> {
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .mode(0o600)
        .open(dir.join("lock"))?;
    try_lock(&mut file)?;
    file.set_len(0)?;
    file.rewind()?;
    write!(file, "{}", std::process::id())?;
    Ok(file)
}

/// Who holds the store in `dir`; nobody where it is free, or there is none.
pub(crate) fn holder(dir: &Path) -> io::Result<Option<Holder>> {
    let mut file = match File::open(dir.join("lock")) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    match try_lock(&mut file) {
        Ok(()) => Ok(None),
        Err(NotTaken::Held(holder)) => Ok(Some(holder)),
        Err(NotTaken::Io(error)) => Err(error),
    }
}

fn try_lock(file: &mut File) -> Result<(), NotTaken> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(NotTaken::Held(written(file))),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

fn written(file: &mut File) -> Holder {
    let mut text = String::new();
    let read = file
        .take(limits::store::LOCK_NOTE)
        .read_to_string(&mut text);
    Holder(read.ok().and_then(|_| text.parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_holds_a_store_is_named_until_it_lets_go() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(holder(dir.path()).unwrap(), None);
        let held = take(dir.path()).unwrap();
        let own = Holder(Some(std::process::id()));
        assert_eq!(holder(dir.path()).unwrap(), Some(own));
        // A second try leaves what the first has written.
        assert!(matches!(take(dir.path()), Err(NotTaken::Held(by)) if by == own));
        assert_eq!(holder(dir.path()).unwrap(), Some(own));
        drop(held);
        assert_eq!(holder(dir.path()).unwrap(), None);
    }

    /// The holder lets go in the last pause; the lock is tried after it too.
    #[test]
    fn a_lock_that_is_let_go_within_the_patience_is_taken() {
        let dir = tempfile::tempdir().unwrap();
        let mut held = Some(take(dir.path()).unwrap());
        let mut pauses = 0;
        let taken = take_patiently(dir.path(), || {
            pauses += 1;
            if pauses == TRIES {
                held = None;
            }
        });
        assert!(taken.is_ok());
        assert_eq!(pauses, TRIES);
        // A free one is taken at once.
        drop(taken);
        assert!(take_patiently(dir.path(), || panic!("it was free")).is_ok());
    }

    #[test]
    fn a_lock_that_is_not_let_go_ends_the_patience_and_names_its_holder() {
        let dir = tempfile::tempdir().unwrap();
        let _held = take(dir.path()).unwrap();
        let mut pauses = 0;
        let refused = take_patiently(dir.path(), || pauses += 1);
        let Err(NotTaken::Held(by)) = refused else {
            panic!("taken twice")
        };
        assert_eq!((by.pid(), pauses), (Some(std::process::id()), TRIES));
    }

    #[test]
    fn a_lock_without_a_name_is_held_all_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let held = take(dir.path()).unwrap();
        held.set_len(0).unwrap();
        let Err(NotTaken::Held(by)) = take(dir.path()) else {
            panic!("taken twice")
        };
        assert_eq!(
            (by.pid(), by.to_string().as_str()),
            (None, "another process")
        );
    }
}
