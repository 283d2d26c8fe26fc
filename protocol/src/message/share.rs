//! recovery-share/1.0: dealing an epoch in two phases.
use crate::bytes::{Digest, Nonce32};
use crate::codec;
use crate::did::Did;
use crate::keys::role::{AgentPolicy, ShareSealing};
use crate::keys::{SealedBox, Signature, SigningKey, VerifyingKey, labels};
use crate::ledger::RecoveryPolicyBody;
use crate::message::setup::Prekey;
use crate::policy::{ApprovalPath, LaneOpening};
use crate::time::Timestamp;
use crate::vss::{
    Commitment, CommitmentError, Decrypt, Sign, UnverifiedCommitment, UnverifiedProof,
};
use serde::{Deserialize, Serialize};

/// By what right a deal or a backup is put.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Authority {
    /// A live agent of the owner: its agent policy key stands on the ledger.
    Agent {
        /// The key.
        key: VerifyingKey<AgentPolicy>,
        /// Its signature.
        signature: Signature,
    },
    /// The claimant of a request that is approved, not vetoed, its delay over.
    Claimant {
        /// The request's id.
        request: Digest,
        /// Signature of the claimant's signing key.
        signature: Signature,
    },
}

/// The two commitments of a deal, for decrypting and for signing: exactly *t* points each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commitments {
    /// Of the secret that decrypts backups.
    pub decrypt: UnverifiedCommitment<Decrypt>,
    /// Of the secret that signs the recovery.
    pub sign: UnverifiedCommitment<Sign>,
}

/// `store`: keep this share (RFC 0051 RECOVERY_SHARE: version, source DID, tag, value, hint).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Store {
    /// Of this message, 1.
    pub version: u8,
    /// The owner's DID towards this trustee.
    pub source_did: Did,
    /// The owner's policy address.
    pub policy: Digest,
    /// What all shares of one deal have in common: the deal's digest.
    pub tag: Digest,
    /// The epoch dealt.
    pub epoch: u32,
    /// What the shares are checked against.
    pub commitments: Commitments,
    /// The opened lane: threshold, delay, recovery keys.
    pub lane: LaneOpening,
    /// The body that will stand on the ledger.
    pub record: RecoveryPolicyBody,
    /// Where this trustee's approval key stands in the record's approval root.
    pub path: ApprovalPath,
    /// Which prekey the share is sealed to.
    pub prekey: u32,
    /// The share of each secret ([`crate::share_pair::SharePair`]).
    pub sealed: SealedBox<ShareSealing>,
    /// Agents that keep backups; a claimant is told.
    pub hosts: Vec<Did>,
    /// Where this is a refresh: the share that what is sealed is added to (decision 0036).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refreshes: Option<Refreshed>,
    /// By what right.
    pub authority: Authority,
}

/// A share by its epoch and deal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refreshed {
    /// The epoch.
    pub epoch: u32,
    /// The deal's digest.
    pub deal: Digest,
}

/// What a trustee signs when a share is durable: "verified against digest X".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The owner's policy address.
    pub policy: Digest,
    /// The epoch.
    pub epoch: u32,
    /// The deal's digest that the share was verified against.
    pub deal: Digest,
    /// The share's index.
    pub index: u8,
}

/// `stored`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    /// The receipt.
    pub receipt: Receipt,
    /// Signed with the trustee's pairwise key.
    pub signature: Signature,
    /// One prekey further ahead.
    pub next: Prekey,
    /// Older ones that nothing was sealed to. An owner who came back by a recovery knows only what
    /// stood in the backup, so without these every recovery would cost one for good.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spare: Vec<Prekey>,
}

/// `commit`: the epoch is anchored; only a hint, the ledger decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    /// The owner's policy address.
    pub policy: Digest,
    /// The epoch.
    pub epoch: u32,
}

/// `committed`: what the trustee sees on its own view of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Committed {
    /// The epoch asked about.
    pub epoch: u32,
    /// Whether this trustee saw it active and keeps its share as the current one.
    pub active: bool,
}

/// `challenge`: prove that you hold your share (KEY_HEARTBEAT of RFC 0051).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// Of this message, 1.
    pub version: u8,
    /// The owner's policy address.
    pub policy: Digest,
    /// The epoch of the share.
    pub epoch: u32,
    /// The deal's digest.
    pub deal: Digest,
    /// Drawn for this question alone.
    pub nonce: Nonce32,
    /// When it is asked, by the owner's clock.
    pub time: Timestamp,
    /// The newest backup that a host has acknowledged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup_head: Option<Digest>,
    /// Where that is a supplement: keep this for a claimant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lodged: Option<Lodged>,
}

/// The newest supplement of a backup, as an agent of the owner vouches for it (decision 0038).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lodged {
    /// The backup, as the ledger anchors it.
    pub base: Digest,
    /// The supplement's header's digest.
    pub head: Digest,
    /// Its sequence number.
    pub sequence: u64,
    /// When it was made, by the owner's clock.
    pub made: Timestamp,
    /// The agent.
    pub author: VerifyingKey<AgentPolicy>,
    /// Its signature.
    pub signature: Signature,
}

/// `proof`: what a trustee answers that holds it ([`crate::custody_proof`]).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// The epoch asked about.
    pub epoch: u32,
    /// That both shares of it are known here.
    pub proof: UnverifiedProof,
    /// That its approval key is here too: over question and proof.
    pub approval_signature: Signature,
    /// Over the same, with the pairwise key: whoever gave a wrong proof cannot deny it.
    pub signature: Signature,
}

/// `delete`: no share of an epoch before this one is needed any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delete {
    /// The owner's policy address.
    pub policy: Digest,
    /// The epoch in force, whose own share stays.
    pub below: u32,
    /// Whether the receiver is a trustee of the epoch in force. If not, the connection ends.
    pub remains: bool,
    /// By what right.
    pub authority: Authority,
}

/// What a trustee signs when older shares are gone: they are "no longer served".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deletion {
    /// The owner's policy address.
    pub policy: Digest,
    /// The first epoch of which a share may still be held here.
    pub below: u32,
}

/// `deleted`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deleted {
    /// The statement.
    pub deletion: Deletion,
    /// Signed with the trustee's pairwise key.
    pub signature: Signature,
}

/// The two commitments, checked against the threshold that the lane states.
pub struct Opened {
    /// Of the secret that decrypts backups.
    pub decrypt: Commitment<Decrypt>,
    /// Of the secret that signs the recovery.
    pub sign: Commitment<Sign>,
}

impl Commitments {
    /// Checks both: exactly `threshold` points each.
    ///
    /// # Errors
    /// [`CommitmentError`] of the first that is not.
    pub fn open(&self, threshold: u8) -> Result<Opened, CommitmentError> {
        Ok(Opened {
            decrypt: self.decrypt.open(threshold)?,
            sign: self.sign.open(threshold)?,
        })
    }

    /// The deal's digest: the tag of its shares, anchored before anything of it is used.
    #[must_use]
    pub fn digest(&self, policy: &Digest, epoch: u32) -> Digest {
        let parts: [&[u8]; 3] = [&policy.0, &epoch.to_be_bytes(), &codec::encode(1, self)];
        Digest::of(labels::DEAL, &parts)
    }
}

impl Lodged {
    /// Vouches for a supplement.
    #[must_use]
    pub fn sign(
        policy: &Digest,
        (base, head): (Digest, Digest),
        (sequence, made): (u64, Timestamp),
        agent: &SigningKey<AgentPolicy>,
    ) -> Self {
        let author = agent.verifying_key();
        let signed = codec::encode(1, &(policy, &base, &head, sequence, made, &author));
        Self {
            base,
            head,
            sequence,
            made,
            author,
            signature: agent.sign(labels::BACKUP_LODGED, &signed),
        }
    }

    /// Whether the agent that it names signed it for this policy. Whether that one may speak for the policy is for
    /// the reader's view of the ledger.
    #[must_use]
    pub fn is_signed(&self, policy: &Digest) -> bool {
        let Self {
            base,
            head,
            sequence,
            made,
            author,
            signature,
        } = self;
        let signed = codec::encode(1, &(policy, base, head, sequence, made, author));
        author
            .verify(labels::BACKUP_LODGED, &signed, signature)
            .is_ok()
    }
}

impl Store {
    /// What [`Authority`] signs: everything but itself.
    #[must_use]
    pub fn signed_bytes(&self) -> Vec<u8> {
        let head = (
            self.version,
            &self.source_did,
            &self.policy,
            &self.tag,
            self.epoch,
            &self.commitments,
        );
        let rest = (
            &self.lane,
            &self.record,
            &self.path,
            self.prekey,
            &self.sealed,
            &self.hosts,
        );
        // What is no refresh is signed as it was before there were any.
        match &self.refreshes {
            Some(refreshed) => codec::encode(1, &(head, rest, refreshed)),
            None => codec::encode(1, &(head, rest)),
        }
    }
}

impl Delete {
    /// What [`Authority`] signs: everything but itself.
    #[must_use]
    pub fn signed_bytes(&self) -> Vec<u8> {
        codec::encode(1, &(&self.policy, self.below, self.remains))
    }
}

impl Deletion {
    /// What the trustee signs.
    #[must_use]
    pub fn signed_bytes(&self) -> Vec<u8> {
        codec::encode(1, self)
    }
}

impl Receipt {
    /// What the trustee signs.
    #[must_use]
    pub fn signed_bytes(&self) -> Vec<u8> {
        codec::encode(1, self)
    }
}
