//! backup/1.0: encrypted backups, put in chunks, given out on ledger evidence only.
use crate::bytes::{Blob, Digest};
use crate::keys::role::{ClaimantSealing, ShareSealing};
use crate::keys::{SealedBox, Signature};
use crate::message::setup::Prekey;
use crate::message::share::Authority;
use serde::{Deserialize, Serialize};

/// `put`: a header, and the key this host is to keep for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Put {
    /// The owner's policy address.
    pub policy: Digest,
    /// The header, canonical bytes; its digest names the backup.
    pub header: Blob,
    /// Which prekey the host's slot key is sealed to.
    pub prekey: u32,
    /// The host's slot key.
    pub slot_key: SealedBox<ShareSealing>,
    /// By what right.
    pub authority: Authority,
}

/// `extend`: a supplement of a backup that the host has. It is put in chunks as the backup was; the host's part of
/// the key is the backup's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extend {
    /// The owner's policy address.
    pub policy: Digest,
    /// The backup.
    pub base: Digest,
    /// The supplement's header, canonical bytes; its digest names it.
    pub header: Blob,
    /// By what right.
    pub authority: Authority,
}

/// `chunk-put`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChunkPut {
    /// The backup.
    pub backup: Digest,
    /// Which chunk, from 0.
    pub index: u32,
    /// Its bytes; the header holds its digest.
    pub data: Blob,
}

/// `wanted`: the next chunk the host does not have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// The backup.
    pub backup: Digest,
    /// Which chunk.
    pub index: u32,
}

/// `stored`: all of it is durable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    /// The backup.
    pub backup: Digest,
    /// Signed with the host's pairwise key.
    pub signature: Signature,
    /// One prekey further ahead.
    pub next: Prekey,
    /// Older ones that nothing was sealed to. An owner who came back by a recovery knows only what
    /// stood in the backup, so without these every recovery would cost one for good.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spare: Vec<Prekey>,
}

/// `get`: the newest backup of this policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Get {
    /// The owner's policy address.
    pub policy: Digest,
    /// The approved request.
    pub request: Digest,
    /// Only backups older than this sequence number, to be offered earlier ones.
    pub before: Option<u64>,
    /// This very one: a supplement that a host says to have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub named: Option<Digest>,
}

/// `head`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The header, canonical bytes.
    pub header: Blob,
    /// The newest supplement of it that is here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest: Option<Newest>,
}

/// A supplement by its digest and number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Newest {
    /// Its header's digest.
    pub backup: Digest,
    /// Its sequence number.
    pub sequence: u64,
}

/// `chunk-get`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChunkGet {
    /// The backup.
    pub backup: Digest,
    /// The approved request.
    pub request: Digest,
    /// Which chunk.
    pub index: u32,
}

/// `audit`: show that you still have this chunk of a backup that I put.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audit {
    /// The backup.
    pub backup: Digest,
    /// Which chunk.
    pub index: u32,
}

/// `chunk`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunk {
    /// Which chunk.
    pub index: u32,
    /// Its bytes.
    pub data: Blob,
}

/// `key-get`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyGet {
    /// The backup.
    pub backup: Digest,
    /// The approved request.
    pub request: Digest,
}

/// `key`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// The backup.
    pub backup: Digest,
    /// The host's slot key, sealed to the claimant's sealing key of the request.
    pub sealed: SealedBox<ClaimantSealing>,
    /// A prekey that nothing was sealed to yet: whatever a thief's agent used up, the claimant can
    /// put the next backup.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Prekey>,
}

impl Put {
    /// What [`Authority`] signs: everything but itself.
    #[must_use]
    pub fn signed_bytes(&self) -> Vec<u8> {
        crate::codec::encode(
            1,
            &(&self.policy, &self.header, self.prekey, &self.slot_key),
        )
    }
}

impl Extend {
    /// What [`Authority`] signs: everything but itself.
    #[must_use]
    pub fn signed_bytes(&self) -> Vec<u8> {
        crate::codec::encode(1, &(&self.policy, &self.base, &self.header))
    }
}

impl Stored {
    /// What the host signs: that this backup is durable.
    #[must_use]
    pub fn signed_bytes(backup: &Digest) -> Vec<u8> {
        crate::codec::encode(1, backup)
    }
}
