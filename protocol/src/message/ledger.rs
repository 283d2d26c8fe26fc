//! ledger/1.0: appending to a log, following it, cosigning its heads.
//!
//! All of them may be repeated: appending the same record, asking the same question and cosigning
//! the same head change nothing the second time.
use crate::bytes::{Blob, Digest};
use crate::ledger::AppendOutcome;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// `append`: admit this record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Append {
    /// Which log.
    pub log: Digest,
    /// The record's canonical bytes.
    pub record: Blob,
}

/// `appended`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appended {
    /// What became of it.
    pub outcome: AppendOutcome,
}

/// `entries`: the newest certified head and what is new under it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entries {
    /// Which log.
    pub log: Digest,
    /// Entries the asker holds.
    pub have: u64,
    /// The head should be of this time or later; a hint to an operator whose log is idle.
    pub since: Timestamp,
}

/// `page`: a certified head, and entries up to it or as many as fit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Which log.
    pub log: Digest,
    /// The checkpoint note with its certificate (C2SP signed note).
    pub note: Blob,
    /// Index of the first entry.
    pub from: u64,
    /// Entries in order, at most [`crate::limits::ledger::PAGE`] bytes of them.
    pub entries: Vec<Blob>,
    /// Where the page ends before the head's size: the RFC 6962 consistency proof from the page's
    /// end to the head. So each page is verified by itself, and a reader never holds entries that
    /// it cannot believe yet.
    pub proof: Vec<Digest>,
}

/// `cosign`: the operator offers a head.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cosign {
    /// Which log.
    pub log: Digest,
    /// The checkpoint note, signed by the operator alone.
    pub note: Blob,
    /// The newest certified note, so that a witness can serve it when the operator is gone.
    pub certified: Option<Blob>,
    /// Index of the first entry.
    pub from: u64,
    /// Entries in order, as in [`Page`].
    pub entries: Vec<Blob>,
    /// As in [`Page`].
    pub proof: Vec<Digest>,
}

/// `cosigned`: what the witness says to that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cosigned {
    /// Which log.
    pub log: Digest,
    /// Entries the witness holds now.
    pub size: u64,
    /// Its answer.
    pub outcome: CosignOutcome,
}

/// A witness's answer to an offered head.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CosignOutcome {
    /// The signature line to add to the note.
    Signed {
        /// The line, without its line feed.
        line: String,
    },
    /// More entries are needed, from `size` on.
    Behind,
    /// It will not cosign this head.
    Refused {
        /// Stable code.
        code: String,
        /// One sentence for people.
        comment: String,
    },
}
