//! What is kept of audits: the round under way, the header that answers are checked against, and each host's past.
use crate::bytes::{Blob, Digest};
use crate::did::Did;
use crate::limits;
use crate::owner::command::{CustodyView, RoundView};
use crate::owner::custody::{Found, Standing};
use crate::record::{Row, Space};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// When hosts are asked. There is one.
#[derive(Serialize, Deserialize)]
pub(super) struct Round {
    /// When the next round begins.
    pub(super) next: Timestamp,
    /// When those who have not answered are asked again; nothing once all have.
    pub(super) again: Option<Timestamp>,
    /// How often they were.
    pub(super) repeated: u32,
}

impl Row for Round {
    const SPACE: Space = Space::AuditRound;
    fn id(&self) -> Vec<u8> {
        Vec::new()
    }
}

/// A backup's header, as long as a deal names it.
#[derive(Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) backup: Digest,
    /// Canonical bytes.
    pub(super) bytes: Blob,
}

impl Row for Header {
    const SPACE: Space = Space::BackupHeader;
    fn id(&self) -> Vec<u8> {
        self.backup.0.to_vec()
    }
}

/// One host, by the owner's name for it.
#[derive(Serialize, Deserialize)]
pub(super) struct Audited {
    pub(super) name: String,
    /// The backup that it is asked for.
    pub(super) backup: Digest,
    /// What it has not answered.
    pub(super) asked: Option<Asked>,
    /// What the last rounds found of this backup, oldest first.
    pub(super) rounds: Vec<Finding>,
    /// Chunks that it has shown when it was asked for all, the last time.
    pub(super) shown: u32,
}

/// A question on its way.
#[derive(Serialize, Deserialize)]
pub(super) struct Asked {
    /// The message's id; a repetition carries the same.
    pub(super) message: String,
    pub(super) local: Did,
    pub(super) did: Did,
    /// Of which backup: the one in force, or its newest supplement.
    pub(super) backup: Digest,
    pub(super) index: u32,
    /// Whether every chunk after this one is asked for, too.
    pub(super) all: bool,
    pub(super) time: Timestamp,
    /// How often it was asked again while this agent heard from the ledger.
    pub(super) repeated: u32,
    /// The newest head of the ledger when it was asked last.
    pub(super) heard: Timestamp,
}

/// What one round found.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) struct Finding {
    pub(super) time: Timestamp,
    pub(super) found: Found,
}

impl Row for Audited {
    const SPACE: Space = Space::Audited;
    fn id(&self) -> Vec<u8> {
        self.name.as_bytes().to_vec()
    }
}

impl Audited {
    pub(super) const fn new(name: String, backup: Digest) -> Self {
        Self {
            name,
            backup,
            asked: None,
            rounds: Vec::new(),
            shown: 0,
        }
    }

    /// Notes what came of the question and is done with it.
    pub(super) fn note(&mut self, found: Found) {
        let Some(asked) = self.asked.take() else {
            return;
        };
        self.rounds.push(Finding {
            time: asked.time,
            found,
        });
        let many = self.rounds.len().saturating_sub(limits::custody::ROUNDS);
        self.rounds.drain(..many);
    }

    /// How it stands.
    pub(super) fn standing(&self) -> Standing {
        Standing::after(self.rounds.iter().map(|past| past.found))
    }

    /// The same as it is shown, of the epoch in force.
    pub(super) fn view(&self, epoch: u32) -> CustodyView {
        let held = |past: &&Finding| past.found == Found::Held;
        let rounds = self.rounds.iter().map(|past| RoundView {
            epoch,
            time: past.time,
            found: past.found.name().into(),
        });
        CustodyView {
            state: self.standing().name().into(),
            proven: self.rounds.iter().rfind(held).map(|past| past.time),
            rounds: rounds.collect(),
        }
    }
}
