//! What is protected: the owner's items, and what a fresh agent needs to carry on.
use crate::bytes::{Blob, Digest};
use crate::did::Did;
use crate::keys::VerifyingKey;
use crate::keys::role::Approval;
use crate::message::setup::Prekey;
use crate::secret::SecretBytes;
use crate::vss::ShareIndex;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// One protected item.
///
/// # Security
/// Wiped on drop.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub struct Item {
    /// Its name.
    pub name: String,
    /// Its bytes.
    #[serde(with = "bytes_at_once")]
    pub data: Vec<u8>,
}

/// As one byte string: a list of numbers would cost a call per byte.
mod bytes_at_once {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(bytes)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<u8>, D::Error> {
        crate::bytes::Blob::deserialize(deserializer).map(|blob| blob.0)
    }
}

/// What a peer is to the owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PeerRole {
    /// Keeps a share.
    Trustee,
    /// Keeps backups.
    Host,
}

/// A trustee or host, as the next agent needs to know it. No key of the old agent is in here:
/// private keys are never copied between agents (K10).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peer {
    /// The owner's name for it.
    pub name: String,
    /// What it is.
    pub role: PeerRole,
    /// Which share of the epoch of this backup it was given, where it is a trustee.
    pub share: Option<ShareIndex>,
    /// Whether she accepted that a host is a trustee's agent.
    pub accepted: bool,
    /// Where it listens.
    pub did: Did,
    /// Its approval key in the epoch of this backup.
    pub approval: Option<VerifyingKey<Approval>>,
    /// Prekeys that no deal has used yet.
    pub prekeys: Vec<Prekey>,
}

/// A whole wallet.
///
/// # Security
/// Holds the owner's items and link secret; wiped on drop.
#[derive(Serialize, Deserialize)]
pub struct Wallet {
    /// What trustees call her.
    pub name: String,
    /// The policy address.
    pub policy: Digest,
    /// The ledger's descriptor, canonical bytes.
    pub descriptor: Blob,
    /// One per identity (K8).
    pub link_secret: SecretBytes<32>,
    /// Trustees in the order of their shares, the first of which has index 1, and hosts. By its
    /// index a claimant's new connection is recognised: a released share proves who speaks, while an
    /// approval key is only named, and stands on the ledger for all to read once it was used.
    pub peers: Vec<Peer>,
    /// The protected items.
    pub items: Vec<Item>,
}
