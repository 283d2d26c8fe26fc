//! One entry of the log: a record and the time of the checkpoint that first includes it.
use super::record::{Record, RecordError};
use crate::bytes::Blob;
use crate::codec::{self, DecodeError};
use crate::limits;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

const VERSION: u8 = 1;

/// An entry. Its canonical bytes are the leaf of the tree, so that the time is as certain as the
/// record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The including checkpoint's time.
    pub time: Timestamp,
    /// The record's bytes, lawful or not: a log can hold what has no effect.
    pub record: Blob,
}

impl Entry {
    /// The canonical bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        codec::encode(VERSION, self)
    }

    /// Reads canonical bytes.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        codec::decode(VERSION, bytes, limits::ledger::ENTRY)
    }

    /// The record in it.
    ///
    /// # Errors
    /// [`RecordError`].
    pub fn record(&self) -> Result<Record, RecordError> {
        Record::from_bytes(&self.record.0)
    }
}
