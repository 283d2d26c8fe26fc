//! What a reader stores of a log.
use super::descriptor::Descriptor;
use crate::bytes::{Blob, Digest};
use crate::record::{Row, Space};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A log that this agent follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LogRow {
    pub(super) log: Digest,
    pub(super) descriptor: Descriptor,
    /// The newest certified note that was seen.
    pub(super) newest: Option<Blob>,
    /// Entries held, at most as many as the newest head has.
    pub(super) count: u64,
}

impl Row for LogRow {
    const SPACE: Space = Space::Log;
    fn id(&self) -> Vec<u8> {
        self.log.0.to_vec()
    }
}

/// One verified entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct EntryRow {
    pub(super) log: Digest,
    pub(super) index: u64,
    pub(super) entry: Blob,
    /// Whether `check` admitted it. Its signatures are not verified again when the row is read.
    pub(super) effective: bool,
}

impl Row for EntryRow {
    const SPACE: Space = Space::LogEntry;
    fn id(&self) -> Vec<u8> {
        indexed(&self.log, self.index)
    }
}

/// A log id and an index, in order of the index.
pub(super) fn indexed(log: &Digest, index: u64) -> Vec<u8> {
    [&log.0[..], &index.to_be_bytes()].concat()
}

/// Two heads of one log that do not belong to one history, kept to be shown (G14).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// Which log.
    pub log: Digest,
    /// The head that was seen before.
    pub ours: Blob,
    /// The head that contradicts it.
    pub theirs: Blob,
    /// Whether the two notes alone prove that the log lied. Otherwise the entries that came with
    /// the second did not lead to it, which a lying host can bring about as well.
    pub proven: bool,
    /// When it was noticed.
    pub noticed: Timestamp,
}

impl Row for Conflict {
    const SPACE: Space = Space::Conflict;
    /// One of each sort per log, so that a hostile host cannot fill the disk.
    fn id(&self) -> Vec<u8> {
        [&self.log.0[..], &[u8::from(self.proven)]].concat()
    }
}
