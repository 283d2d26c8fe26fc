//! A backup's header: signed, chained, and naming every chunk.
use crate::backup::Slot;
use crate::bytes::Digest;
use crate::codec;
use crate::keys::role::AgentPolicy;
use crate::keys::{Signature, SigningKey, VerifyingKey, labels};
use crate::limits;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A header before it is signed: which backup this is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// Whose: the policy address.
    pub policy: Digest,
    /// The epoch whose recovery key opens it.
    pub epoch: u32,
    /// Counted by the owner over all epochs; the highest is the newest.
    pub sequence: u64,
    /// Digest of the header before; zero bytes for the first.
    pub previous: Digest,
}

/// What stands in front of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupHeader {
    /// Which backup.
    pub draft: Draft,
    /// Key slots, each enough alone.
    pub slots: Vec<Slot>,
    /// Digests of the sealed chunks, in order.
    pub chunks: Vec<Digest>,
    /// Sealed bytes in all.
    pub bytes: u64,
    /// The agent that made it.
    pub author: VerifyingKey<AgentPolicy>,
    signature: Signature,
}

/// Why bytes are no header to rely on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum HeaderError {
    /// Not the canonical encoding of a header, or larger than any.
    #[error("the backup's header is malformed")]
    Malformed,
    /// Numbers that cannot be.
    #[error("the backup's header is out of bounds")]
    OutOfBounds,
    /// Not signed by the agent it names.
    #[error("the backup's header is not signed by the agent it names")]
    BadSignature,
}

impl BackupHeader {
    /// Signs a header over sealed chunks.
    #[must_use]
    pub fn sign(
        draft: Draft,
        slots: Vec<Slot>,
        chunks: &[Vec<u8>],
        agent: &SigningKey<AgentPolicy>,
    ) -> Self {
        let digests: Vec<Digest> = chunks.iter().map(|chunk| chunk_digest(chunk)).collect();
        let bytes = chunks.iter().map(|chunk| chunk.len() as u64).sum();
        let author = agent.verifying_key();
        let signed = codec::encode(1, &(&draft, &slots, &digests, bytes, &author));
        let signature = agent.sign(labels::BACKUP_HEADER, &signed);
        Self {
            draft,
            slots,
            chunks: digests,
            bytes,
            author,
            signature,
        }
    }

    /// Reads a header from outside: bounded, canonical, signed by the agent it names. Whether that
    /// agent may speak for the policy is for the reader's view of the ledger.
    ///
    /// # Errors
    /// [`HeaderError`] saying which of these fails.
    pub fn read(bytes: &[u8]) -> Result<Self, HeaderError> {
        let header: Self =
            codec::decode(1, bytes, limits::backup::HEADER).map_err(|_| HeaderError::Malformed)?;
        let bounded = (1..=limits::backup::SLOTS).contains(&header.slots.len())
            && (1..=limits::backup::CHUNKS).contains(&header.chunks.len())
            && header.bytes <= (header.chunks.len() * limits::backup::CHUNK) as u64;
        if !bounded {
            return Err(HeaderError::OutOfBounds);
        }
        let signed = codec::encode(
            1,
            &(
                &header.draft,
                &header.slots,
                &header.chunks,
                header.bytes,
                &header.author,
            ),
        );
        let signature = header
            .author
            .verify(labels::BACKUP_HEADER, &signed, &header.signature);
        signature.map_err(|_| HeaderError::BadSignature)?;
        Ok(header)
    }

    /// Its canonical bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        codec::encode(1, self)
    }

    /// The digest that names the backup, on the ledger and in every message.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(labels::BACKUP_HEADER, &[&self.to_bytes()])
    }

    /// Whether `chunk` is the one at `index`.
    #[must_use]
    pub fn holds(&self, index: u32, chunk: &[u8]) -> bool {
        self.chunks.get(index as usize) == Some(&chunk_digest(chunk))
    }
}

fn chunk_digest(chunk: &[u8]) -> Digest {
    Digest::of(labels::BACKUP_CHUNK, &[chunk])
}
