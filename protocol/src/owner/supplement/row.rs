//! What is kept of changes: which items, the keys of backups that can be supplemented, the newest supplement.
use crate::bytes::Digest;
use crate::keys::DataKey;
use crate::message::share::Lodged;
use crate::owner::deal::Placed;
use crate::record::{Row, Space};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// An item that changed since a backup that can be supplemented.
#[derive(Serialize, Deserialize)]
pub(super) struct Changed {
    pub(super) name: String,
    /// Changes are numbered: a backup holds all up to the one that was the newest when it was made.
    pub(super) serial: u64,
    pub(super) removed: bool,
}

impl Row for Changed {
    const SPACE: Space = Space::Changed;
    fn id(&self) -> Vec<u8> {
        self.name.as_bytes().to_vec()
    }
}

/// A backup that this device made.
///
/// # Security
/// Holds what opens the backup; wiped on drop, kept in a sealed row. Whoever reads that reads the wallet beside
/// it; with a host's help he reads what was removed since, too.
#[derive(Serialize, Deserialize)]
pub(super) struct Base {
    /// Its header's digest.
    pub(super) backup: Digest,
    /// The newest change that it holds.
    pub(super) serial: u64,
    /// The items in it.
    pub(super) names: Vec<String>,
    pub(super) data_key: DataKey,
}

impl Row for Base {
    const SPACE: Space = Space::Base;
    fn id(&self) -> Vec<u8> {
        self.backup.0.to_vec()
    }
}

/// Where changes stand. There is one.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Standing {
    /// The newest change.
    pub(super) serial: u64,
    /// When the next supplement is made.
    pub(super) due: Option<Timestamp>,
    /// The newest one.
    pub(super) newest: Option<Newest>,
    /// The newest one that a host acknowledged, as trustees are told of it.
    pub(super) lodged: Option<Lodged>,
    /// Hosts that say to keep a newer one than this device knows of.
    pub(super) ahead: Vec<String>,
}

/// A supplement.
#[derive(Serialize, Deserialize)]
pub(super) struct Newest {
    /// Of which backup.
    pub(super) base: Digest,
    /// Its header's digest.
    pub(super) head: Digest,
    pub(super) sequence: u64,
    /// The newest change that it holds.
    pub(super) serial: u64,
    /// Items in it, those removed included.
    pub(super) items: u32,
    pub(super) bytes: u64,
    pub(super) made: Timestamp,
    /// The hosts that it was offered to.
    pub(super) hosts: Vec<Placed>,
}

impl Row for Standing {
    const SPACE: Space = Space::Supplement;
    fn id(&self) -> Vec<u8> {
        Vec::new()
    }
}
