//! What an agent asks a ledger, and what comes back: the one interface to every kind of ledger
//! (requirement L1). Nothing that comes back is believed before [`crate::ledger::View`] has
//! verified it (L2).
use crate::bytes::{Blob, Digest};
use crate::did::Did;
use crate::ledger::invalid::Invalid;
use crate::message::ledger::Page;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A question to whoever serves a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Query {
    /// Which log.
    pub log: Digest,
    /// Who serves it, to be tried in this order. Only the operator, the first, appends.
    pub hosts: Vec<Did>,
    /// What is asked.
    pub ask: Ask,
}

/// What can be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ask {
    /// Admit this record. To be repeated with the same bytes until it is committed or refused.
    Append(Blob),
    /// A certified head and the entries up to it.
    Follow {
        /// Entries the asker holds.
        have: u64,
        /// The head should be of this time or later, so that an operator whose log is idle makes a
        /// new one.
        since: Timestamp,
    },
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// What became of the record.
    Appended(AppendOutcome),
    /// A head and entries, not verified.
    Page(Page),
    /// Nobody answered: unknown, ask again.
    Unavailable,
}

/// What became of an appended record (spec/ledger.md: committed, refused, or unknown).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AppendOutcome {
    /// It stands under a certified head. A claim until the asker's own view shows it.
    Committed {
        /// Where.
        index: u64,
    },
    /// It waits for the next certified head; ask again.
    Pending,
    /// It is not admitted.
    Refused {
        /// Stable code, [`Invalid::code`] or one of the operator's own.
        code: String,
        /// One sentence for people.
        comment: String,
    },
}

impl From<&Invalid> for AppendOutcome {
    fn from(invalid: &Invalid) -> Self {
        Self::Refused {
            code: invalid.code().into(),
            comment: invalid.to_string(),
        }
    }
}
