//! Leaving: the file, and the note in the home that is left.
use super::contents::{Manifest, pack};
use super::frames::{self, Writer, Written};
use super::{ExportError, Program};
use crate::disk;
use crate::homes::Home;
use crate::keystore::{self, Cost};
use crate::lock::{self, NotTaken};
use crate::passphrase::Passphrase;
use crate::residence::{self, Residence};
use crate::store::{Store, StoreError};
use kith_protocol::bytes::Blob;
use kith_protocol::export::{Fate, fate};
use kith_protocol::limits;
use kith_protocol::record::Records;
use std::io;
use std::path::{Path, PathBuf, absolute};

/// A home whose agent is stopped, and stays so while this lives: it has the store.
pub struct Packing<'a> {
    home: &'a Home,
    program: Program,
    passphrase: Passphrase,
    store: Store,
}

/// What went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exported {
    /// Rows in the file.
    pub rows: u64,
    /// Rows that stay.
    pub left: u64,
}

impl<'a> Packing<'a> {
    /// Opens the home with its passphrase, which seals the file as well.
    ///
    /// # Errors
    /// [`ExportError::Keystore`] for a wrong one, [`ExportError::Store`] where the agent runs,
    /// [`ExportError::Departed`] where it left before.
    pub fn open(
        home: &'a Home,
        program: Program,
        passphrase: Passphrase,
    ) -> Result<Self, ExportError> {
        let key = keystore::open(&home.keystore(), &passphrase)?;
        let store = Store::open(&home.store(), &key)?;
        // Asked with the store in hand: an export that just ended had it before.
        if let Residence::Departed(departed) = Residence::of(home) {
            return Err(ExportError::Departed(departed.sentence(home, program.name)));
        }
        Ok(Self {
            home,
            program,
            passphrase,
            store,
        })
    }

    /// The rows, to be looked at first.
    #[must_use]
    pub fn records(&self) -> &dyn Records {
        &self.store
    }

    /// Writes the file and shuts the home.
    ///
    /// # Errors
    /// [`ExportError`]; the home is open as before, but for [`ExportError::HalfDone`].
    pub fn write(self, file: &Path, cost: Cost) -> Result<Exported, ExportError> {
        self.store.check()?;
        let path = self.place(file)?;
        let exported = self.count()?;
        let frames = exported.rows + 1;
        let mut writer = Writer::create(&path, frames, &self.passphrase, cost)?;
        let filled = self.fill(&mut writer).and_then(|()| writer.settle());
        let left = filled.and_then(|written| self.leave(&path, written));
        match left {
            Ok(()) => Ok(exported),
            Err(error) => Err(self.undo(&path, error)),
        }
    }

    /// The whole path, which the note keeps.
    fn place(&self, file: &Path) -> Result<PathBuf, ExportError> {
        let path = absolute(file).map_err(|source| ExportError::file(file, source))?;
        let above = path.parent().unwrap_or(&path);
        let real = above.canonicalize();
        let real = real.map_err(|source| ExportError::file(&path, source))?;
        match real.starts_with(self.home.dir()) {
            true => Err(ExportError::Inside(path)),
            false => Ok(path),
        }
    }

    fn count(&self) -> Result<Exported, ExportError> {
        let mut exported = Exported { rows: 0, left: 0 };
        self.store.each(|key, _| {
            let space = key.space().ok_or(ExportError::UnknownRow)?;
            match fate(space) {
                Fate::Goes => exported.rows += 1,
                Fate::Stays => exported.left += 1,
            }
            Ok::<(), ExportError>(())
        })?;
        Ok(exported)
    }

    fn fill(&self, writer: &mut Writer) -> Result<(), ExportError> {
        writer.write(&self.manifest()?)?;
        self.store.each(|key, value| {
            let space = key.space().ok_or(ExportError::UnknownRow)?;
            match fate(space) {
                Fate::Goes => writer.write(&pack(&key, &value)),
                Fate::Stays => Ok(()),
            }
        })
    }

    fn manifest(&self) -> Result<Vec<u8>, ExportError> {
        let mut files = Vec::new();
        for name in self.program.files {
            let path = self.home.dir().join(name);
            match disk::read_at_most(&path, limits::store::EXPORT_MANIFEST) {
                Ok(bytes) => files.push(((*name).to_owned(), Blob(bytes))),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(source) => return Err(ExportError::file(&path, source)),
            }
        }
        let manifest = Manifest {
            program: self.program.name.into(),
            made: crate::clock::now(),
            files,
        };
        let too_large = || ExportError::TooLarge(self.home.dir().into());
        manifest.to_bytes().ok_or_else(too_large)
    }

    /// The note is durable before the file is of use: a crash between leaves a file that nobody can open,
    /// and an agent that can be taken back.
    fn leave(&self, path: &Path, written: Written) -> Result<(), ExportError> {
        residence::depart(self.home, path, written.digest())
            .map_err(|source| ExportError::file(self.home.dir(), source))?;
        let finished = written.finish();
        finished.map_err(|source| ExportError::file(path, source))
    }

    /// Only when no file is left does the agent live here again.
    fn undo(&self, path: &Path, error: ExportError) -> ExportError {
        let undone = disk::remove(path).and_then(|()| residence::stay(self.home));
        match (undone, Residence::of(self.home)) {
            (Err(source), Residence::Departed(_)) => ExportError::HalfDone {
                path: path.into(),
                source,
            },
            // Where there is no note yet, what is left of the file has no head.
            _ => error,
        }
    }
}

/// Opens a home again from which an agent was exported, and removes the file where it still is. Whether
/// it was; `false` also where nothing was exported to a place that is known.
///
/// # Errors
/// [`ExportError`]; the home stays shut.
pub fn take_back(home: &Home, passphrase: &Passphrase) -> Result<bool, ExportError> {
    // By whom the agent is used it is taken back, and by nobody who only sits down here.
    drop(keystore::open(&home.keystore(), passphrase)?);
    let _lock = lock::take_soon(&home.store()).map_err(|not_taken| in_use(home, not_taken))?;
    let Residence::Departed(departed) = Residence::of(home) else {
        return Ok(false);
    };
    let removed = departed
        .file()
        .map_or(Ok(false), |(path, head)| remove(path, head))?;
    let opened = residence::stay(home);
    opened.map_err(|source| ExportError::file(home.dir(), source))?;
    Ok(removed)
}

/// Removes the file if it is this export, or one that was never finished.
fn remove(path: &Path, head: &kith_protocol::bytes::Digest) -> Result<bool, ExportError> {
    match frames::is_of(path, head) {
        Ok(true) => {
            let removed = disk::remove(path);
            removed.map_err(|source| ExportError::file(path, source))?;
            Ok(true)
        }
        Ok(false) => Ok(false),
        // A stick that is not there, or a path that is another machine's.
        Err(_) => Ok(false),
    }
}

fn in_use(home: &Home, not_taken: NotTaken) -> ExportError {
    let path = home.store();
    ExportError::Store(match not_taken {
        NotTaken::Held(by) => StoreError::InUse { path, by },
        NotTaken::Io(cause) => StoreError::Unwritable { path, cause },
    })
}

#[cfg(test)]
#[path = "pack_tests.rs"]
mod tests;
