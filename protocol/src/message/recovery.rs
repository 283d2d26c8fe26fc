//! social-recovery/1.0: between a claimant and one trustee, over a recovery connection of its own.
use crate::bytes::{Blob, Digest, Nonce32};
use crate::did::Did;
use crate::keys::role::{Approval, ClaimantSealing};
use crate::keys::{SealedBox, Signature, VerifyingKey};
use crate::message::setup::Prekey;
use crate::message::share::{Commitments, Lodged};
use crate::policy::{ApprovalPath, LaneOpening};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// `challenge`: what this trustee keeps, and its commitment to the words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// What the trustee calls itself.
    pub label: String,
    /// The ledger's descriptor, canonical bytes.
    pub descriptor: Blob,
    /// The owner's policy address.
    pub policy: Digest,
    /// The active epoch.
    pub epoch: u32,
    /// The lane, opened.
    pub lane: LaneOpening,
    /// This trustee's approval key of that epoch; it can sponsor.
    pub approval: VerifyingKey<Approval>,
    /// Where it stands in the approval root.
    pub path: ApprovalPath,
    /// Digest of the nonce behind the trustee's words.
    pub commitment: Digest,
}

/// `request`: the claimant's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The request record that names this trustee as sponsor, signed by the claimant only;
    /// canonical bytes.
    pub record: Blob,
    /// The claimant's nonce.
    pub nonce: Nonce32,
}

/// `pending`: the trustee's person has approved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// The request's id.
    pub request: Digest,
    /// Not before this ledger time, as far as the trustee knows now.
    pub not_before: Option<Timestamp>,
}

/// `release`: the share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// The request's id.
    pub request: Digest,
    /// The epoch of the share.
    pub epoch: u32,
    /// What it was verified against when it was stored.
    pub commitments: Commitments,
    /// The share of each secret, sealed to the claimant's sealing key of the request.
    pub sealed: SealedBox<ClaimantSealing>,
    /// Agents that keep backups.
    pub hosts: Vec<Did>,
    /// Prekeys that no deal has used yet, oldest first.
    pub prekeys: Vec<Prekey>,
    /// The newest supplement of the backup that the owner's agent told this trustee of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lodged: Option<Lodged>,
    /// Evidence: signed with the key of this recovery connection.
    pub signature: Signature,
}

/// `released`: the claimant has it durably.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Released {
    /// The request's id.
    pub request: Digest,
    /// Whether it verified.
    pub verified: bool,
}

/// The code of a [`Deny`] that no person said: the epoch of which the request speaks was over before any
/// ledger had it. A new link leads to the epoch in force.
pub const EPOCH_OVER: &str = "e.p.trust.epoch-over";

/// `deny`: the trustee's person refuses, or its agent must.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deny {
    /// The request's id.
    pub request: Digest,
    /// Reason code.
    pub code: String,
}

impl Release {
    /// What the trustee signs with the key of its recovery connection.
    #[must_use]
    pub fn signed_bytes(&self) -> Vec<u8> {
        let parts = (
            &self.request,
            self.epoch,
            &self.commitments,
            &self.sealed,
            &self.hosts,
            &self.prekeys,
        );
        // What lodges nothing is signed as it was before anything could be lodged.
        match &self.lodged {
            Some(lodged) => crate::codec::encode(1, &(parts, lodged)),
            None => crate::codec::encode(1, &parts),
        }
    }
}
