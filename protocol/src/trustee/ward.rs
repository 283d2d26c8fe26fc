//! The owners a trustee keeps something for, and how far the connection with each is.
use crate::bytes::{Blob, Digest, Nonce32};
use crate::did::Did;
use crate::error::Damage;
use crate::message::setup::Capability;
use crate::record::{self, Records, Row, Space};
use crate::time::Timestamp;
use crate::trustee::command::WordsView;
use crate::words::Transcript;
use serde::{Deserialize, Serialize};

/// Names a ward for as long as it exists; its DIDs may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct WardId(pub(crate) [u8; 16]);

/// One owner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Ward {
    /// Its name in our rows.
    pub(crate) id: WardId,
    /// What its owner is called here; no two live wards share a name.
    pub(crate) name: String,
    /// Our DID towards the owner.
    pub(crate) ours: Did,
    /// The owner's towards us.
    pub(crate) theirs: Did,
    /// Her policy address.
    pub(crate) policy: Digest,
    /// The digest of her ledger's descriptor.
    pub(crate) ledger: Digest,
    /// What was agreed to.
    pub(crate) capabilities: Vec<Capability>,
    /// The number of the next prekey.
    pub(crate) next_prekey: u32,
    /// When our person said that it wants to keep nothing for her any longer.
    pub(crate) resigned: Option<Timestamp>,
    /// How far the connection is.
    pub(crate) stage: Stage,
}

/// How far the connection with an owner is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Stage {
    /// `accept` is on its way.
    Connecting(Connecting),
    /// `reveal` is on its way.
    Revealing(Comparing),
    /// The words can be compared.
    Words(Comparing),
    /// They were the same.
    Verified {
        /// When our person said so.
        at: Timestamp,
        /// Kept because our person may be sure before the owner has heard ours, and has to read
        /// them out still.
        words: WordsView,
    },
    /// It came to nothing.
    Ended(Ended),
}

/// Waiting for the owner's nonce.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Connecting {
    /// Our message.
    pub(crate) message: String,
    /// Our nonce, committed to.
    pub(crate) nonce: Nonce32,
}

/// Both nonces are known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Comparing {
    /// Our message that opens the commitment.
    pub(crate) message: String,
    /// What the words are made of.
    pub(crate) transcript: Transcript,
    /// The ledger's descriptor: provisional until the words, which cover it, were compared.
    pub(crate) descriptor: Blob,
}

/// Why a connection came to nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ended {
    /// Whether the words differed.
    pub(crate) mismatch: bool,
    /// One sentence.
    pub(crate) reason: String,
}

impl Row for Ward {
    const SPACE: Space = Space::Ward;
    fn id(&self) -> Vec<u8> {
        self.id.0.to_vec()
    }
}

impl Ward {
    /// As [`crate::trustee::command::OwnerView`] names it.
    pub(crate) fn state(&self) -> &'static str {
        match &self.stage {
            Stage::Connecting(_) | Stage::Revealing(_) => "connecting",
            Stage::Words(_) => "words",
            Stage::Verified { .. } if self.resigned.is_some() => "resigned",
            Stage::Verified { .. } => "verified",
            Stage::Ended(Ended { mismatch: true, .. }) => "mismatch",
            Stage::Ended(Ended {
                mismatch: false, ..
            }) => "ended",
        }
    }

    /// Whether the words were compared and were the same.
    pub(crate) fn is_verified(&self) -> bool {
        matches!(self.stage, Stage::Verified { .. })
    }

    /// Whether this was agreed to, and the words were the same.
    pub(crate) fn may(&self, capability: Capability) -> bool {
        self.is_verified() && self.capabilities.contains(&capability)
    }

    /// Whether it came to nothing.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Ended(_))
    }

    /// The message of ours that its stage waits for.
    pub(super) fn awaited(&self) -> Option<&str> {
        match &self.stage {
            Stage::Connecting(connecting) => Some(&connecting.message),
            Stage::Revealing(comparing) => Some(&comparing.message),
            Stage::Words(_) | Stage::Verified { .. } | Stage::Ended(_) => None,
        }
    }
}

/// The ward of this id.
pub(crate) fn load(records: &dyn Records, id: &WardId) -> Result<Option<Ward>, Damage> {
    record::load(records, &id.0)
}
