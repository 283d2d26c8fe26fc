//! Public keys that say what they are: multicodec prefix, base58btc multibase (K9).
//!
//! Source: W3C Controlled Identifiers 1.0, section 2.2.2 "Multikey"; multicodec table entries
//! `ed25519-pub` (0xed) and `x25519-pub` (0xec), both as two-byte varints.

use super::DidError;
use crate::keys::role::{Pairwise, PairwiseAgreement};
use crate::keys::{AgreementKey, VerifyingKey};
use crate::limits;

const ED25519_PUB: [u8; 2] = [0xed, 0x01];
const X25519_PUB: [u8; 2] = [0xec, 0x01];

/// A checked public key together with its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Multikey {
    /// Verifies signatures.
    Ed25519(VerifyingKey<Pairwise>),
    /// Agrees on keys.
    X25519(AgreementKey<PairwiseAgreement>),
}

impl Multikey {
    /// Reads one multikey, for example `z6Mk…` (Ed25519) or `z6LS…` (X25519).
    ///
    /// # Errors
    /// [`DidError::NotCanonical`] for another base or spelling, [`DidError::UnsupportedKey`] for
    /// another codec or length, [`DidError::InvalidKey`] for a point nobody honest has.
    pub fn parse(text: &str) -> Result<Self, DidError> {
        let digits = text.strip_prefix('z').ok_or(DidError::NotCanonical)?;
        if text.len() > limits::did::KEY_TEXT {
            return Err(DidError::UnsupportedKey);
        }
        let bytes = bs58::decode(digits)
            .into_vec()
            .map_err(|_| DidError::NotCanonical)?;
        let (codec, raw) = bytes.split_at_checked(2).ok_or(DidError::UnsupportedKey)?;
        let raw: [u8; 32] = raw.try_into().map_err(|_| DidError::UnsupportedKey)?;
        match codec {
            c if c == ED25519_PUB => VerifyingKey::from_bytes(raw).map(Self::Ed25519),
            c if c == X25519_PUB => AgreementKey::from_bytes(raw).map(Self::X25519),
            _ => return Err(DidError::UnsupportedKey),
        }
        .map_err(DidError::InvalidKey)
    }

    /// The text form.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut bytes = Vec::with_capacity(34);
        bytes.extend_from_slice(match self {
            Self::Ed25519(_) => &ED25519_PUB,
            Self::X25519(_) => &X25519_PUB,
        });
        bytes.extend_from_slice(self.raw());
        format!("z{}", bs58::encode(bytes).into_string())
    }

    /// The 32 bytes without their type.
    #[must_use]
    pub fn raw(&self) -> &[u8; 32] {
        match self {
            Self::Ed25519(key) => key.as_bytes(),
            Self::X25519(key) => key.as_bytes(),
        }
    }
}
