//! The store: sled behind this one file.
//!
//! Spec: `spec/storage.md`; G11. One process opens a store. A batch is applied whole or not at
//! all, and is durable when [`Store::flush`] has returned. sled's own flush survives a killed
//! process but no power cut, so that the file and its directory are synced after it. Values are
//! sealed (`pieces.rs`); keys are not: whoever holds the disk sees how many rows of which
//! kind there are and with which DIDs.
use crate::caught::caught;
use crate::disk;
use crate::keystore::WalletKey;
use crate::lock::{self, Holder, NotTaken};
use crate::mark::Mark;
use crate::pieces::{self, FORMAT, Sealer};
use crate::synced::Synced;
use crate::told;
use kith_protocol::error::Damage;
use kith_protocol::limits;
use kith_protocol::record::{Batch, Bytes, Key, Records};
use std::fs::File;
use std::io;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;
use thiserror::Error;

/// Where the layout's version stands; no space has the number zero.
const FORMAT_KEY: &[u8] = b"\0format";
/// Where the flushes are counted: the last write of each, so that whatever has it has all before it.
const FLUSHES_KEY: &[u8] = b"\0flushes";
/// What is sealed there, to tell a wrong key at once.
const FORMAT_TEXT: &[u8] = b"kith store";

/// How long sled may take to close a file.
const LOCK_TRIES: u32 = 200;
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// What an agent keeps, on disk.
pub struct Store {
    path: PathBuf,
    db: Library,
    sealer: Sealer,
    /// Where the first unreadable row is: [`Records`] cannot return an error.
    damage: OnceLock<Damage>,
    synced: Synced,
    /// Flushes so far, as the row under [`FLUSHES_KEY`] counts them.
    flushes: AtomicU64,
    /// The same count outside the store; there once the store is open.
    mark: Option<Mark>,
}

/// sled, which writes what is left when it is closed, and panics where it cannot.
struct Library(Option<sled::Db>);

impl Deref for Library {
    type Target = sled::Db;
    fn deref(&self) -> &sled::Db {
        self.0.as_ref().expect("there until it is dropped")
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        let db = self.0.take();
        // Nothing that was acknowledged is waiting: that was flushed before.
        drop(caught(move || drop(db)));
    }
}

/// Why a store cannot be opened, read or written. Each ends the process: what is not durable must
/// not leave the machine.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Another process has it.
    #[error(
        "the store {path} is in use by {by}: an agent of this home runs already; use its commands, or stop it first"
    )]
    InUse {
        /// Which store.
        path: PathBuf,
        /// Who has it.
        by: Holder,
    },
    /// sled cannot make sense of the files.
    #[error("the store {path} cannot be opened: {why}")]
    Unopenable {
        /// Which store.
        path: PathBuf,
        /// What sled says, or what it panicked with.
        why: String,
    },
    /// The keystore's key is not the one it was sealed with.
    #[error("the store {0} was not made with this keystore, or its first record is damaged")]
    WrongKey(PathBuf),
    /// Written by a later version.
    #[error("the store {path} has format {found}, this program knows {FORMAT}")]
    UnknownFormat {
        /// Which store.
        path: PathBuf,
        /// Its format.
        found: u8,
    },
    /// Its file was damaged, cut, or replaced by an older one; sled takes what is left for all there
    /// was.
    #[error("the store {0} holds less than it acknowledged: a file in it was damaged or replaced")]
    Behind(PathBuf),
    /// A row that is there and cannot be read.
    #[error("in the store {path}")]
    Damaged {
        /// Which store.
        path: PathBuf,
        /// Which row.
        source: Damage,
    },
    /// A row beyond the limits: it could be written and never read.
    #[error("a row with a key of {key} bytes and {value} bytes does not fit the store {path}")]
    TooLarge {
        /// Which store.
        path: PathBuf,
        /// Bytes of its key.
        key: usize,
        /// Bytes of its value.
        value: usize,
    },
    /// A write or a sync failed; the disk may be full.
    #[error("the store {path} cannot be written: {}", told::system(cause))]
    Unwritable {
        /// Which store.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
}

impl Store {
    /// Opens the store in the directory `path`, which is made when it is missing.
    ///
    /// # Errors
    /// [`StoreError`], each occasion its own.
    pub fn open(path: &Path, key: &WalletKey) -> Result<Self, StoreError> {
        let unwritable = |cause| StoreError::Unwritable {
            path: path.into(),
            cause,
        };
        disk::private_dir(path).map_err(unwritable)?;
        let lock = lock(path)?;
        let db = Library(Some(open_sled(path)?));
        let synced = Synced::of(path, lock).map_err(unwritable)?;
        let sealer = Sealer::new(key);
        let mut store = Self {
            path: path.into(),
            db,
            sealer,
            damage: OnceLock::new(),
            synced,
            flushes: AtomicU64::new(0),
            mark: None,
        };
        let marked = Mark::open(path).map_err(|why| unopenable(path, why))?;
        store.check_format(marked.is_some())?;
        store.check_mark(marked)?;
        Ok(store)
    }

    /// Applies a batch, whole or not at all. It is durable only after [`Self::flush`].
    ///
    /// # Errors
    /// [`StoreError::TooLarge`] and [`StoreError::Unwritable`].
    pub fn apply(&self, batch: &Batch) -> Result<(), StoreError> {
        let mut writes = sled::Batch::default();
        for (key, value) in batch.iter() {
            self.stage(&mut writes, key.as_bytes(), value)?;
        }
        self.guarded(|db| db.apply_batch(writes))
    }

    /// Makes durable what was applied. After an error nothing may be sent and the store must not
    /// be used: the system may have dropped the pages it could not write.
    ///
    /// # Errors
    /// [`StoreError::Unwritable`].
    pub fn flush(&self) -> Result<(), StoreError> {
        let count = self.flushes.fetch_add(1, Ordering::Relaxed) + 1;
        let sealed = self.sealer.seal(FLUSHES_KEY, &count.to_le_bytes()).concat();
        self.guarded(|db| db.insert(FLUSHES_KEY, sealed))?;
        self.guarded(|db| db.flush())?;
        let synced = self.synced.sync();
        // Only now: the mark must never be ahead of what is durable.
        let marked = synced.and_then(|()| self.mark.iter().try_for_each(|mark| mark.set(count)));
        marked.map_err(|cause| StoreError::Unwritable {
            path: self.path.clone(),
            cause,
        })
    }

    /// The first row that was found unreadable. To be asked after every use as [`Records`], whose
    /// answers cannot be trusted once there is one.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] naming the row.
    pub fn check(&self) -> Result<(), StoreError> {
        match self.damage.get() {
            None => Ok(()),
            Some(damage) => Err(self.naming(damage.clone())),
        }
    }

    /// A row of this store that cannot be read, or does not decode, with the store's name.
    #[must_use]
    pub fn naming(&self, source: Damage) -> StoreError {
        let path = self.path.clone();
        StoreError::Damaged { path, source }
    }

    fn check_format(&self, is_marked: bool) -> Result<(), StoreError> {
        let unread = |why: String| unopenable(&self.path, why);
        let found = caught(|| (self.db.get(FORMAT_KEY), self.db.is_empty())).map_err(unread)?;
        let (found, is_empty) = found;
        let found = found.map_err(|error| unopenable(&self.path, error))?;
        match found.as_deref().map(<[u8]>::split_first) {
            // One that is marked was made before, and has lost everything.
            None if is_empty && is_marked => Err(StoreError::Behind(self.path.clone())),
            None if is_empty => self.write_format(),
            Some(Some((&FORMAT, sealed))) if self.sealer.open(FORMAT_KEY, sealed).is_some() => {
                Ok(())
            }
            None | Some(None) | Some(Some((&FORMAT, _))) => {
                Err(StoreError::WrongKey(self.path.clone()))
            }
            Some(Some((&found, _))) => Err(StoreError::UnknownFormat {
                path: self.path.clone(),
                found,
            }),
        }
    }

    /// Compares the two counts of flushes. A store that was just made, or died while it was, has
    /// neither.
    fn check_mark(&mut self, marked: Option<(Mark, u64)>) -> Result<(), StoreError> {
        let counted = self.counted()?;
        *self.flushes.get_mut() = counted;
        let behind = || StoreError::Behind(self.path.clone());
        self.mark = match marked {
            Some((mark, count)) if count <= counted => Some(mark),
            None if counted <= 1 => {
                let made = Mark::create(&self.path);
                Some(made.map_err(|cause| StoreError::Unwritable {
                    path: self.path.clone(),
                    cause,
                })?)
            }
            _ => return Err(behind()),
        };
        Ok(())
    }

    /// The flushes that the store itself counts.
    fn counted(&self) -> Result<u64, StoreError> {
        let damaged = |source| self.naming(source);
        let sealed = self
            .found(FLUSHES_KEY)
            .ok_or_else(|| damaged(damage(FLUSHES_KEY)))?;
        let Some(sealed) = sealed else { return Ok(0) };
        let count = self.sealer.open(FLUSHES_KEY, &sealed);
        let count = count.and_then(|count| Some(u64::from_le_bytes(count[..].try_into().ok()?)));
        count.ok_or_else(|| damaged(damage(FLUSHES_KEY)))
    }

    fn write_format(&self) -> Result<(), StoreError> {
        let sealed = self.sealer.seal(FORMAT_KEY, FORMAT_TEXT).concat();
        let value = [&[FORMAT], &sealed[..]].concat();
        self.guarded(|db| db.insert(FORMAT_KEY, value))?;
        self.flush()
    }

    fn stage(
        &self,
        writes: &mut sled::Batch,
        key: &[u8],
        value: Option<&[u8]>,
    ) -> Result<(), StoreError> {
        let length = value.map_or(0, <[u8]>::len);
        if key.len() > limits::row::KEY || length > limits::row::VALUE {
            let path = self.path.clone();
            return Err(StoreError::TooLarge {
                path,
                key: key.len(),
                value: length,
            });
        }
        let pieces = value
            .map(|value| self.sealer.seal(key, value))
            .unwrap_or_default();
        for number in pieces.len()..usize::from(self.pieces_of(key)?) {
            writes.remove(piece_key(key, number));
        }
        for (number, piece) in pieces.into_iter().enumerate() {
            writes.insert(piece_key(key, number), piece);
        }
        Ok(())
    }

    /// How many pieces the row has now.
    fn pieces_of(&self, key: &[u8]) -> Result<u16, StoreError> {
        let first = self.guarded(|db| db.get(key))?;
        Ok(first.and_then(|first| pieces::count(&first)).unwrap_or(0))
    }

    fn try_read(&self, key: &[u8]) -> Result<Option<Bytes>, Damage> {
        let first = self.found(key).ok_or_else(|| damage(key))?;
        first.map(|first| self.assemble(key, &first)).transpose()
    }

    fn assemble(&self, key: &[u8], first: &[u8]) -> Result<Bytes, Damage> {
        let mut whole = first.to_vec();
        for number in 1..pieces::count(first).ok_or_else(|| damage(key))? {
            let part = self.found(&pieces::part_key(key, number)).flatten();
            whole.extend_from_slice(&part.ok_or_else(|| damage(key))?);
        }
        self.sealer.open(key, &whole).ok_or_else(|| damage(key))
    }

    /// Keeps the first damage and stands in for the row with no bytes at all, which decode as no
    /// row: whoever reads it gets the same [`Damage`], and [`Self::check`] tells the driver even
    /// when nobody decodes it.
    fn note(&self, damage: Damage) -> Bytes {
        self.damage.get_or_init(|| damage);
        Bytes::default()
    }

    /// Puts bytes that are no sealed value.
    #[cfg(test)]
    pub(crate) fn put_raw_for_tests(&self, key: &Key, bytes: &[u8]) {
        self.db
            .insert(key.as_bytes(), bytes)
            .expect("a test's disk");
    }

    /// Has sled write, or read before it writes; what it answers with a panic is an error too.
    fn guarded<T>(&self, work: impl FnOnce(&sled::Db) -> sled::Result<T>) -> Result<T, StoreError> {
        let cause = match caught(|| work(&self.db)) {
            Ok(Ok(done)) => return Ok(done),
            Ok(Err(sled::Error::Io(cause))) => cause,
            Ok(Err(other)) => io::Error::other(other),
            Err(panic) => io::Error::other(panic),
        };
        let path = self.path.clone();
        Err(StoreError::Unwritable { path, cause })
    }

    /// What sled finds under a key; nothing at all where it cannot read.
    #[expect(clippy::option_option, reason = "no row is not the same as no answer")]
    fn found(&self, key: &[u8]) -> Option<Option<sled::IVec>> {
        caught(|| self.db.get(key)).ok()?.ok()
    }
}

impl Records for Store {
    fn read(&self, key: &Key) -> Option<Bytes> {
        self.try_read(key.as_bytes())
            .unwrap_or_else(|damage| Some(self.note(damage)))
    }

    fn scan(&self, prefix: &[u8]) -> Vec<(Key, Bytes)> {
        let mut rows = Vec::new();
        let mut found = self.db.scan_prefix(prefix);
        while let Some(found) = caught(|| found.next()).unwrap_or(Some(Err(unread()))) {
            let Ok((key, first)) = found else {
                rows.push((Key::from_bytes(prefix), self.note(damage(prefix))));
                break;
            };
            if pieces::is_part(&key) || is_own(&key) {
                continue;
            }
            let value = self
                .assemble(&key, &first)
                .unwrap_or_else(|damage| self.note(damage));
            rows.push((Key::from_bytes(&key), value));
        }
        rows
    }
}

/// Whether it is the store's own and no row: no space has the number zero.
fn is_own(key: &[u8]) -> bool {
    key.first() == Some(&0)
}

fn piece_key(key: &[u8], number: usize) -> Vec<u8> {
    match u16::try_from(number).expect("a row has at most 1 MiB") {
        0 => key.to_vec(),
        number => pieces::part_key(key, number),
    }
}

/// In place of what sled panicked over; a scan ends there.
fn unread() -> sled::Error {
    sled::Error::ReportableBug(String::new())
}

fn damage(key: &[u8]) -> Damage {
    Damage {
        key: Key::from_bytes(key),
    }
}

fn lock(path: &Path) -> Result<File, StoreError> {
    lock::take_soon(path).map_err(|not_taken| match not_taken {
        NotTaken::Held(by) => StoreError::InUse {
            path: path.into(),
            by,
        },
        NotTaken::Io(cause) => StoreError::Unwritable {
            path: path.into(),
            cause,
        },
    })
}

/// sled meets some damaged files with a panic; it is caught and the store named.
#[expect(
    clippy::disallowed_methods,
    reason = "before anything is served, and only at a reopening"
)]
fn open_sled(path: &Path) -> Result<sled::Db, StoreError> {
    let config = sled::Config::default()
        .path(path)
        .cache_capacity(limits::store::CACHE)
        .segment_size(limits::store::SEGMENT);
    for _ in 0..LOCK_TRIES {
        match caught(|| config.open()) {
            Ok(Ok(db)) => return Ok(db),
            Ok(Err(error)) if is_locked(&error) => thread::sleep(LOCK_PAUSE),
            Ok(Err(sled::Error::Io(cause))) if told::is_about_room(&cause) => {
                // Nothing is wrong with the files: no copy of them is called for.
                return Err(StoreError::Unwritable {
                    path: path.into(),
                    cause,
                });
            }
            Ok(Err(error)) => return Err(unopenable(path, error)),
            Err(panic) => return Err(unopenable(path, panic)),
        }
    }
    Err(unopenable(path, "sled holds its file still"))
}

/// sled closes its file some time after the last handle of it is dropped. We hold our own lock
/// here, so that nobody but an earlier store of this very process can have sled's.
fn is_locked(error: &sled::Error) -> bool {
    matches!(error, sled::Error::Io(error) if error.to_string().contains("could not acquire lock"))
}

fn unopenable(path: &Path, why: impl ToString) -> StoreError {
    StoreError::Unopenable {
        path: path.into(),
        why: why.to_string(),
    }
}

#[path = "store_rows.rs"]
mod rows;

pub use rows::Examined;

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
