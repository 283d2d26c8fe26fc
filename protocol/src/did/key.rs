//! `did:key` over Ed25519, with the X25519 agreement key derived from it.
//!
//! Source: "The did:key Method v0.9" (W3C CCG), sections 3.1.2 to 3.1.4. Other codecs are refused:
//! an X25519 `did:key` cannot sign, and nothing here uses the other curves.

use super::{DidDocument, DidError, Multikey, Purpose, VerificationMethod};
use crate::keys::role::{Pairwise, PairwiseAgreement};
use crate::keys::{AgreementKey, KeyError, VerifyingKey};
use curve25519_dalek::edwards::CompressedEdwardsY;

/// What every identifier of this method starts with.
pub const PREFIX: &str = "did:key:";

/// The identifier of an Ed25519 key.
pub(super) fn encode(signing: &Multikey) -> String {
    format!("{PREFIX}{}", signing.encode())
}

pub(super) fn resolve(text: &str, multikey: &str) -> Result<DidDocument, DidError> {
    let signing = Multikey::parse(multikey)?;
    let Multikey::Ed25519(key) = signing else {
        return Err(DidError::UnsupportedKey);
    };
    let agreement = Multikey::X25519(derive_agreement(&key).map_err(DidError::InvalidKey)?);
    let method = |purpose, key: Multikey| VerificationMethod {
        kid: format!("{text}#{}", key.encode()),
        purpose,
        key,
    };
    let methods = vec![
        method(Purpose::Authentication, signing),
        method(Purpose::KeyAgreement, agreement),
    ];
    DidDocument::new(text, methods, None)
}

/// The birational map from the Edwards to the Montgomery form of the curve.
fn derive_agreement(
    key: &VerifyingKey<Pairwise>,
) -> Result<AgreementKey<PairwiseAgreement>, KeyError> {
    let point = CompressedEdwardsY(*key.as_bytes())
        .decompress()
        .ok_or(KeyError::NotAPoint)?;
    AgreementKey::from_bytes(point.to_montgomery().to_bytes())
}
