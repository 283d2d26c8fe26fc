//! Evidence: signatures that stay true outside the envelope, so that they can be stored and shown.
use super::{Did, LocalDid};
use crate::keys::role::Pairwise;
use crate::keys::{Signature, SigningKey, VerifyingKey};
use crate::record::{Row, Space};
use crate::secret::SecretBytes;
use zeroize::Zeroizing;

impl Did {
    /// The key that signs this side's evidence: the document's first authentication key.
    ///
    /// # Panics
    /// Never: an identifier that exists has a valid authentication key.
    #[must_use]
    pub fn evidence_key(&self) -> VerifyingKey<Pairwise> {
        VerifyingKey::from_bytes(self.resolve().signing_key())
            .expect("a DID's keys were checked when it was parsed")
    }
}

impl LocalDid {
    /// Signs evidence under a label that says what it is.
    #[must_use]
    pub fn sign_evidence(&self, label: &str, message: &[u8]) -> Signature {
        let seed = Zeroizing::new(self.signing().to_bytes());
        SigningKey::<Pairwise>::from_seed(&SecretBytes::new(&seed)).sign(label, message)
    }
}

impl Row for LocalDid {
    const SPACE: Space = Space::LocalDid;
    fn id(&self) -> Vec<u8> {
        self.did().as_str().as_bytes().to_vec()
    }
}
