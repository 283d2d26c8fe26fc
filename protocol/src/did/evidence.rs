//! Evidence: signatures that stay true outside the envelope, so that they can be stored and shown.
use super::{Did, LocalDid};
use crate::keys::role::Pairwise;
use crate::keys::{Signature, VerifyingKey};
use crate::record::{Row, Space};

impl Did {
    /// The key that signs this side's evidence: the document's first authentication key.
    #[must_use]
    pub fn evidence_key(&self) -> VerifyingKey<Pairwise> {
        self.resolve().signing_key()
    }
}

impl LocalDid {
    /// Signs evidence under a label that says what it is.
    #[must_use]
    pub fn sign_evidence(&self, label: &str, message: &[u8]) -> Signature {
        self.signing().sign(label, message)
    }
}

impl Row for LocalDid {
    const SPACE: Space = Space::LocalDid;
    fn id(&self) -> Vec<u8> {
        self.did().as_str().as_bytes().to_vec()
    }
}
