//! A whole home in one sealed file, to go on elsewhere (R17).
//!
//! Spec: `spec/storage.md`, "An export"; decision 0039.
//!
//! ```text
//! "kith export\n" | version 1 | frames u64 | a keystore file with a key of its own
//! frames times:  length u32 | nonce 24 | sealed frame
//! ```
//! Integers are little endian. The first frame is the manifest, each other one a row. A frame's
//! associated data are a label, the digest of all before the first frame, and its place: frames that
//! were swapped, left out, added, or taken from another export do not open.
//!
//! No two living copies: the note that the agent left is durable in the old home before the head of the
//! file is written, without which nobody can open it; and the new home has its keystore, without
//! which nothing runs, when all else is durable there.
mod contents;
mod frames;
mod pack;
mod unpack;

pub use pack::{Exported, Packing, take_back};
pub use unpack::{Imported, Source, import};

use crate::homes::HomeError;
use crate::keystore::KeystoreError;
use crate::store::StoreError;
use kith_protocol::error::Damage;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Whose home it is, and which of its small files go along.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// `owner-agent` or `trustee-agent`.
    pub name: &'static str,
    /// Names of files beside the keystore.
    pub files: &'static [&'static str],
}

/// Why there is no export. The agent lives where it did, but for [`ExportError::HalfDone`].
#[derive(Debug, Error)]
pub enum ExportError {
    /// The key cannot be had.
    #[error(transparent)]
    Keystore(#[from] KeystoreError),
    /// The store cannot be opened or read; an agent that runs has it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It was exported before.
    #[error("{0}")]
    Departed(String),
    /// The file is there already.
    #[error("{0} is there already and is left as it is; name another file")]
    Exists(PathBuf),
    /// The file would go with the old home.
    #[error("{0} is inside the home that is left behind; name a file elsewhere")]
    Inside(PathBuf),
    /// A row of a space that this version does not know: to leave it behind would lose it.
    #[error("the store holds a row that this version does not know; use the version that wrote it")]
    UnknownRow,
    /// A small file of the home is larger than any that the programs write.
    #[error("{0} is too large for what it should be")]
    TooLarge(PathBuf),
    /// A file cannot be written or read.
    #[error("{path} cannot be written or read")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file may be whole, and could not be taken away: the old home stays shut until its person
    /// decides.
    #[error(
        "{path} could not be finished and not be removed; remove it, then take the agent back with \
         `take-back --unused`"
    )]
    HalfDone {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl ExportError {
    fn file(path: &Path, source: io::Error) -> Self {
        Self::File {
            path: path.into(),
            source,
        }
    }
}

/// Why nothing was imported. The home is as empty as it was, and the file is left alone.
#[derive(Debug, Error)]
pub enum ImportError {
    /// The passphrase does not open the file, or the new key cannot be kept.
    #[error(transparent)]
    Keystore(#[from] KeystoreError),
    /// The new store cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The new home cannot be made.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// An agent lives there.
    #[error("{0} has an agent already; import into a new home: --home DIR")]
    Occupied(PathBuf),
    /// Not the beginning of an export.
    #[error("{0} is no export of an agent")]
    NoExport(PathBuf),
    /// The export stopped before its end.
    #[error("{0} was never finished, and the agent is where it was; export it again")]
    Unfinished(PathBuf),
    /// Written by a later version.
    #[error("{path} has version {found}, which this program does not know")]
    UnknownFormat {
        /// Which file.
        path: PathBuf,
        /// Its version byte.
        found: u8,
    },
    /// Something is missing at its end.
    #[error("{0} is cut off: copy it again, whole")]
    Cut(PathBuf),
    /// It is not what was written.
    #[error("{0} is damaged, or not what was exported: copy it again")]
    Damaged(PathBuf),
    /// It holds what no export holds.
    #[error("{0} holds rows or files that no export holds, and is not taken")]
    Unlawful(PathBuf),
    /// Of the other program.
    #[error("{path} was exported from {found}")]
    OtherProgram {
        /// Which file.
        path: PathBuf,
        /// The program.
        found: String,
    },
    /// The agent does not start on these rows.
    #[error("the rows in {path} are of no use here")]
    Rows {
        /// Which file.
        path: PathBuf,
        /// The first of them.
        source: Damage,
    },
    /// A file cannot be read or written.
    #[error("{path} cannot be read or written")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl ImportError {
    fn file(path: &Path, source: io::Error) -> Self {
        Self::File {
            path: path.into(),
            source,
        }
    }
}
