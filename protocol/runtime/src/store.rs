//! The store: sled behind this one file.
//!
//! Spec: `spec/storage.md`; G11. One process opens a store. A batch is applied whole or not at
//! all, and is durable when [`Store::flush`] has returned. sled's own flush survives a killed
//! process but no power cut, so that the file and its directory are synced after it. Values are
//! sealed (`pieces.rs`); keys are not: whoever holds the disk sees how many rows of which
//! kind there are and with which DIDs.
use crate::disk;
use crate::keystore::WalletKey;
use crate::lock::{self, Holder, NotTaken};
use crate::pieces::{self, FORMAT, Sealer};
use crate::synced::Synced;
use kith_protocol::error::Damage;
use kith_protocol::limits;
use kith_protocol::record::{Batch, Bytes, Key, Records};
use std::fs::File;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};
use thiserror::Error;

/// Where the layout's version stands; no space has the number zero.
const FORMAT_KEY: &[u8] = b"\0format";
/// What is sealed there, to tell a wrong key at once.
const FORMAT_TEXT: &[u8] = b"kith store";

/// How long sled may take to close a file.
const LOCK_TRIES: u32 = 200;
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// What an agent keeps, on disk.
pub struct Store {
    path: PathBuf,
    db: sled::Db,
    sealer: Sealer,
    /// Where the first unreadable row is: [`Records`] cannot return an error.
    damage: OnceLock<Damage>,
    synced: Synced,
}

/// What [`Store::examine`] found.
#[derive(Debug, Default)]
pub struct Examined {
    /// Rows read.
    pub rows: usize,
    /// Those that cannot be read.
    pub damaged: Vec<Damage>,
    /// Whether all rows were read.
    pub is_whole: bool,
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
    #[error("the store {path} cannot be written")]
    Unwritable {
        /// Which store.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl Store {
    /// Opens the store in the directory `path`, which is made when it is missing.
    ///
    /// # Errors
    /// [`StoreError`], each occasion its own.
    pub fn open(path: &Path, key: &WalletKey) -> Result<Self, StoreError> {
        let unwritable = |source| StoreError::Unwritable {
            path: path.into(),
            source,
        };
        disk::private_dir(path).map_err(unwritable)?;
        let lock = lock(path)?;
        let db = open_sled(path)?;
        let synced = Synced::of(path, lock).map_err(unwritable)?;
        let sealer = Sealer::new(key);
        let store = Self {
            path: path.into(),
            db,
            sealer,
            damage: OnceLock::new(),
            synced,
        };
        store.check_format()?;
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
        self.db
            .apply_batch(writes)
            .map_err(|source| self.unwritable(source))
    }

    /// Makes durable what was applied. After an error nothing may be sent and the store must not
    /// be used: the system may have dropped the pages it could not write.
    ///
    /// # Errors
    /// [`StoreError::Unwritable`].
    pub fn flush(&self) -> Result<(), StoreError> {
        self.db.flush().map_err(|source| self.unwritable(source))?;
        self.synced.sync().map_err(|source| StoreError::Unwritable {
            path: self.path.clone(),
            source,
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
            Some(damage) => Err(StoreError::Damaged {
                path: self.path.clone(),
                source: damage.clone(),
            }),
        }
    }

    /// Reads every row until `end`, and tells which cannot be read. It does not stop the agent as
    /// [`Self::check`] does, because nothing is done with what it reads.
    pub fn examine(&self, end: Instant) -> Examined {
        let mut examined = Examined::default();
        for found in self.db.iter() {
            if Instant::now() >= end {
                return examined;
            }
            let Ok((key, first)) = found else {
                examined.damaged.push(damage(&[]));
                break;
            };
            if pieces::is_part(&key) || key == FORMAT_KEY {
                continue;
            }
            examined.rows += 1;
            examined.damaged.extend(self.assemble(&key, &first).err());
        }
        examined.is_whole = true;
        examined
    }

    fn check_format(&self) -> Result<(), StoreError> {
        let found = self
            .db
            .get(FORMAT_KEY)
            .map_err(|error| unopenable(&self.path, error))?;
        match found.as_deref().map(<[u8]>::split_first) {
            None if self.db.is_empty() => self.write_format(),
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

    fn write_format(&self) -> Result<(), StoreError> {
        let sealed = self.sealer.seal(FORMAT_KEY, FORMAT_TEXT).concat();
        let value = [&[FORMAT], &sealed[..]].concat();
        self.db
            .insert(FORMAT_KEY, value)
            .map_err(|source| self.unwritable(source))?;
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
        let first = self.db.get(key).map_err(|source| self.unwritable(source))?;
        Ok(first.and_then(|first| pieces::count(&first)).unwrap_or(0))
    }

    fn try_read(&self, key: &[u8]) -> Result<Option<Bytes>, Damage> {
        let first = self.db.get(key).map_err(|_| damage(key))?;
        first.map(|first| self.assemble(key, &first)).transpose()
    }

    fn assemble(&self, key: &[u8], first: &[u8]) -> Result<Bytes, Damage> {
        let mut whole = first.to_vec();
        for number in 1..pieces::count(first).ok_or_else(|| damage(key))? {
            let part = self
                .db
                .get(pieces::part_key(key, number))
                .map_err(|_| damage(key))?;
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

    fn unwritable(&self, error: sled::Error) -> StoreError {
        let source = match error {
            sled::Error::Io(source) => source,
            other => io::Error::other(other),
        };
        StoreError::Unwritable {
            path: self.path.clone(),
            source,
        }
    }
}

impl Records for Store {
    fn read(&self, key: &Key) -> Option<Bytes> {
        self.try_read(key.as_bytes())
            .unwrap_or_else(|damage| Some(self.note(damage)))
    }

    fn scan(&self, prefix: &[u8]) -> Vec<(Key, Bytes)> {
        let mut rows = Vec::new();
        for found in self.db.scan_prefix(prefix) {
            let Ok((key, first)) = found else {
                rows.push((Key::from_bytes(prefix), self.note(damage(prefix))));
                break;
            };
            if pieces::is_part(&key) || key == FORMAT_KEY {
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

fn piece_key(key: &[u8], number: usize) -> Vec<u8> {
    match u16::try_from(number).expect("a row has at most 1 MiB") {
        0 => key.to_vec(),
        number => pieces::part_key(key, number),
    }
}

fn damage(key: &[u8]) -> Damage {
    Damage {
        key: Key::from_bytes(key),
    }
}

fn lock(path: &Path) -> Result<File, StoreError> {
    lock::take(path).map_err(|not_taken| match not_taken {
        NotTaken::Held(by) => StoreError::InUse {
            path: path.into(),
            by,
        },
        NotTaken::Io(source) => StoreError::Unwritable {
            path: path.into(),
            source,
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
        match catch_unwind(AssertUnwindSafe(|| config.open())) {
            Ok(Ok(db)) => return Ok(db),
            Ok(Err(error)) if is_locked(&error) => thread::sleep(LOCK_PAUSE),
            Ok(Err(error)) => return Err(unopenable(path, error)),
            Err(panic) => return Err(unopenable(path, panic_text(&*panic))),
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

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("it panicked")
        .into()
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
