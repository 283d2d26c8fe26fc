//! What an operator stores beside entries and pending records.
use crate::bytes::{Blob, Digest};
use crate::keys::SigningKey;
use crate::keys::role::LedgerOperator;
use crate::ledger::descriptor::Descriptor;
use crate::record::{Row, Space};
use serde::{Deserialize, Serialize};

const TAG_LOG: u8 = 0;
const TAG_HEAD: u8 = 1;

/// The log that is operated. Written once.
///
/// # Security
/// Holds the key that signs checkpoints; the store seals it like every row.
#[derive(Serialize, Deserialize)]
pub(super) struct OperatorRow {
    pub(super) log: Digest,
    pub(super) descriptor: Descriptor,
    pub(super) key: SigningKey<LedgerOperator>,
}

impl OperatorRow {
    /// In front of the ids of these rows.
    pub(super) const PREFIX: [u8; 1] = [TAG_LOG];
}

impl Row for OperatorRow {
    const SPACE: Space = Space::Operator;
    fn id(&self) -> Vec<u8> {
        [&[TAG_LOG][..], &self.log.0].concat()
    }
}

/// Where the log is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct HeadRow {
    pub(super) log: Digest,
    /// Counts writes, to tell whether a copy in memory is of these rows.
    pub(super) revision: u64,
    /// The number of the next pending record.
    pub(super) arrivals: u64,
    /// The newest certified head.
    pub(super) certified: Option<Notes>,
    /// The head that is being certified. It stands here before anybody is shown it, and is offered
    /// again byte for byte until it is certified: two different heads of one size, both signed,
    /// would be a fork.
    pub(super) proposal: Option<Notes>,
}

/// A note as it gathers cosignatures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Notes {
    /// The note with the operator's signature.
    pub(super) note: Blob,
    /// Signature lines, by the witness's place in the descriptor.
    pub(super) lines: Vec<(u8, String)>,
}

impl Notes {
    pub(super) fn offered(note: Vec<u8>) -> Self {
        Self {
            note: Blob(note),
            lines: Vec::new(),
        }
    }

    pub(super) fn has(&self, witness: usize) -> bool {
        self.lines
            .iter()
            .any(|(signer, _)| usize::from(*signer) == witness)
    }

    /// The note with all signature lines.
    pub(super) fn whole(&self) -> Blob {
        let mut bytes = self.note.0.clone();
        for (_, line) in &self.lines {
            bytes.extend_from_slice(line.as_bytes());
            bytes.push(b'\n');
        }
        Blob(bytes)
    }
}

impl HeadRow {
    pub(super) fn id_of(log: &Digest) -> Vec<u8> {
        [&[TAG_HEAD][..], &log.0].concat()
    }
}

impl Row for HeadRow {
    const SPACE: Space = Space::Operator;
    fn id(&self) -> Vec<u8> {
        Self::id_of(&self.log)
    }
}
