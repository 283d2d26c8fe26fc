//! Arriving: a home filled from a file, whole or not at all.
use super::contents::{Manifest, unpack};
use super::frames::Reader;
use super::{ImportError, Program};
use crate::disk;
use crate::homes::Home;
use crate::keystore::{self, Cost, WalletKey};
use crate::node;
use crate::passphrase::Passphrase;
use crate::residence::{self, Residence};
use crate::store::{Store, StoreError};
use kith_protocol::error::Damage;
use kith_protocol::record::{Batch, Key, Records};
use std::fs;
use std::io;
use std::path::Path;

/// How many bytes of rows are applied at once.
const BATCH: usize = 1 << 20;

/// What came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// Rows in the new store.
    pub rows: u64,
    /// Where the agent listened before.
    pub listened: Option<String>,
    /// Whether the file is gone: what was imported once must not be imported again.
    pub consumed: bool,
}

/// The file and what opens it.
pub struct Source<'a> {
    /// The file.
    pub file: &'a Path,
    /// Its passphrase, and that of the new home.
    pub passphrase: &'a Passphrase,
    /// What deriving the new home's key costs.
    pub cost: Cost,
}

/// Fills an empty home from a file, and removes the file. `open` makes the agent of its rows, to see that
/// they are of use.
///
/// The keystore is written last: until it is there nothing was set up, and what a crash left is
/// removed by the next import.
///
/// # Errors
/// [`ImportError`]; the home is empty then.
pub fn import<G>(
    home: &Home,
    program: Program,
    source: &Source<'_>,
    open: impl FnOnce(&dyn Records) -> Result<G, Damage>,
) -> Result<Imported, ImportError> {
    let is_left = matches!(Residence::of(home), Residence::Arriving);
    if home.is_set_up() || (home.store().exists() && !is_left) {
        return Err(ImportError::Occupied(home.dir().into()));
    }
    let mut reader = Reader::open(source.file, source.passphrase)?;
    let manifest = manifest(&mut reader, program, source.file)?;
    let (key, wrapped) = keystore::draft(source.passphrase, source.cost)?;
    home.prepare()?;
    let in_home = |cause| ImportError::file(home.dir(), cause);
    residence::arrive(home).map_err(in_home)?;
    let filled = clear(home, program).map_err(in_home);
    let filled = filled.and_then(|()| fill(home, &key, (&mut reader, source.file), open));
    let filled = filled.and_then(|filled| {
        keep_files(home, manifest).map_err(in_home)?;
        Ok(filled)
    });
    let (rows, listened) = match filled {
        Ok(filled) => filled,
        Err(error) => return Err(undo(home, program, error)),
    };
    keystore::place(&home.keystore(), &wrapped)?;
    // From here on the agent lives here; the note says nothing beside a keystore.
    residence::arrived(home).map_err(in_home)?;
    Ok(Imported {
        rows,
        listened,
        consumed: disk::remove(&std::path::absolute(source.file).unwrap_or_default()).is_ok(),
    })
}

fn manifest(reader: &mut Reader, program: Program, file: &Path) -> Result<Manifest, ImportError> {
    let unlawful = || ImportError::Unlawful(file.into());
    let first = reader.read()?.ok_or_else(unlawful)?;
    let manifest = Manifest::read(&first).ok_or_else(unlawful)?;
    if manifest.program != program.name {
        return Err(ImportError::OtherProgram {
            path: file.into(),
            found: shown(&manifest.program),
        });
    }
    match manifest.is_of(program) {
        true => Ok(manifest),
        false => Err(unlawful()),
    }
}

/// Nothing that could disguise a message.
fn shown(name: &str) -> String {
    let lawful = |letter: &char| letter.is_ascii_alphanumeric() || *letter == '-';
    name.chars().filter(lawful).take(32).collect()
}

/// All rows, durable, and where the agent listened.
fn fill<G>(
    home: &Home,
    key: &WalletKey,
    (reader, file): (&mut Reader, &Path),
    open: impl FnOnce(&dyn Records) -> Result<G, Damage>,
) -> Result<(u64, Option<String>), ImportError> {
    let store = Store::open(&home.store(), key)?;
    let rows = pour(&store, reader, file)?;
    store.flush()?;
    let useless = |source| ImportError::Rows {
        path: file.into(),
        source,
    };
    drop(open(&store).map_err(useless)?);
    let listened = node::kept_address(&store).map_err(useless)?;
    store.check()?;
    Ok((rows, listened))
}

/// Rows stand in the order of their keys, as they were read: none is there twice.
fn pour(store: &Store, reader: &mut Reader, file: &Path) -> Result<u64, ImportError> {
    let unlawful = || ImportError::Unlawful(file.into());
    let (mut rows, mut size) = (0, 0);
    let (mut batch, mut last) = (Batch::default(), None::<Key>);
    while let Some(frame) = reader.read()? {
        let (key, value) = unpack(&frame).ok_or_else(unlawful)?;
        if last.as_ref().is_some_and(|last| *last >= key) {
            return Err(unlawful());
        }
        size += frame.len();
        rows += 1;
        batch.restore(key.clone(), value);
        last = Some(key);
        if size >= BATCH {
            apply(store, &mut batch)?;
            size = 0;
        }
    }
    apply(store, &mut batch)?;
    Ok(rows)
}

fn apply(store: &Store, batch: &mut Batch) -> Result<(), StoreError> {
    store.apply(&core::mem::take(batch))
}

fn keep_files(home: &Home, manifest: Manifest) -> io::Result<()> {
    let files = manifest.files.into_iter();
    files
        .into_iter()
        .try_for_each(|(name, bytes)| home.keep(&name, &bytes.0))
}

/// What an import that did not end has left.
fn clear(home: &Home, program: Program) -> io::Result<()> {
    for name in program.files {
        home.forget(name)?;
    }
    match fs::remove_dir_all(home.store()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(()) => disk::sync_dir(home.dir()),
    }
}

/// What cannot be removed now is removed by the next import: the note stays.
fn undo(home: &Home, program: Program, error: ImportError) -> ImportError {
    let undone = clear(home, program).and_then(|()| residence::arrived(home));
    if let Err(cause) = undone {
        tracing::warn!(
            "what was imported so far is still in {}: {cause}",
            home.dir().display()
        );
    }
    error
}

#[cfg(test)]
#[path = "unpack_tests.rs"]
mod tests;
