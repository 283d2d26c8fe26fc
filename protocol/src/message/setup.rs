//! trustee-setup/1.0: how a person becomes a trustee or a backup host (RFC 0051 capability offer,
//! request, response, acknowledgement).
use crate::bytes::{Blob, Digest, Nonce32};
use crate::codec;
use crate::keys::role::{Approval, ShareSealing};
use crate::keys::{AgreementKey, Signature, VerifyingKey};
use serde::{Deserialize, Serialize};

/// What a peer agrees to do (RFC 0051, trustee capabilities).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Capability {
    /// Keep a recovery share, and be asked one day.
    RecoveryShare,
    /// Keep encrypted backups and one key of each.
    BackupHost,
}

/// The public halves of one approval key and one one-time sealing key, made ahead by a trustee so
/// that a deal fits into one message and a trustee who is away can still be dealt to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prekey {
    /// Counted by the trustee per owner, from 0.
    pub number: u32,
    /// Approves requests of the epoch it is used for.
    pub approval: VerifyingKey<Approval>,
    /// Opens the share of that epoch, once.
    pub sealing: AgreementKey<ShareSealing>,
}

/// The offer, attached to the out-of-band invitation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// What the owner calls herself.
    pub label: String,
    /// What is asked for.
    pub capabilities: Vec<Capability>,
    /// The owner's policy address on the ledger.
    pub policy: Digest,
    /// The digest of the ledger's descriptor; the words cover it.
    pub ledger: Digest,
}

/// `accept`: the invited person agrees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accept {
    /// What the trustee calls itself.
    pub label: String,
    /// What is agreed to: a subset of the offer.
    pub capabilities: Vec<Capability>,
    /// Digest of the nonce behind this side's words; revealed after the owner's nonce is known.
    pub commitment: Digest,
    /// Two prekeys: for the first deal, and for the next.
    pub prekeys: Vec<Prekey>,
}

/// `ack`: the owner's part of the words, and the ledger's descriptor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ack {
    /// The owner's nonce.
    pub nonce: Nonce32,
    /// The descriptor, canonical bytes; its digest is the one in the offer.
    pub descriptor: Blob,
}

/// `decline`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decline {}

/// What a trustee or host signs when it wants to be one no longer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resignation {
    /// The owner's policy address.
    pub policy: Digest,
    /// Whether what was kept is deleted already; otherwise it stays until others hold the next epoch.
    pub at_once: bool,
}

/// `resign`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resign {
    /// The statement.
    pub resignation: Resignation,
    /// Signed with the pairwise key of who resigns.
    pub signature: Signature,
}

/// `renew`: no key that was handed out before these opens anything any more. The agent was moved to
/// another machine, where shares and their keys do not go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renew {
    /// The owner's policy address.
    pub policy: Digest,
    /// Fresh ones, oldest first.
    pub prekeys: Vec<Prekey>,
    /// Whether a share of hers is kept here, of any epoch.
    pub holds: bool,
}

impl Resignation {
    /// What is signed.
    #[must_use]
    pub fn signed_bytes(&self) -> Vec<u8> {
        codec::encode(1, self)
    }
}
