//! [`LocalDid`]: an identifier together with its secrets.

use super::{Did, DidDocument, Endpoint, Multikey, key, peer};
use crate::keys::role::{Pairwise, PairwiseAgreement};
use crate::keys::{AgreementSecret, SigningKey};
use crate::secret::SecretBytes;
use rand_core::CryptoRng;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use zeroize::Zeroizing;

type Secrets = (SigningKey<Pairwise>, AgreementSecret<PairwiseAgreement>);

/// An identifier of ours and the two secrets behind it. Made fresh for every relationship (K6).
///
/// # Security
/// Holds the signing and the agreement secret; both are wiped on drop, neither can be printed,
/// copied or compared. Serialising writes both in clear and works in binary formats only: the
/// only place for the result is a row that the store seals. Reading back checks that the secrets
/// belong to the identifier, so that a damaged row cannot make an agent sign or decrypt under a
/// wrong name.
pub struct LocalDid {
    did: Did,
    /// Kept because every message needs it and resolving costs two point decompressions.
    document: DidDocument,
    signing: SigningKey<Pairwise>,
    agreement: AgreementSecret<PairwiseAgreement>,
}

impl LocalDid {
    /// A fresh `did:peer:2`, reachable at `endpoint` if one is given.
    #[must_use]
    pub fn generate(endpoint: Option<&Endpoint>, rng: &mut dyn CryptoRng) -> Self {
        let secrets: Secrets = (SigningKey::generate(rng), AgreementSecret::generate(rng));
        let (signing, agreement) = public(&secrets);
        let text = peer::encode(&agreement, &signing, endpoint);
        Self::fresh(&text, secrets)
    }

    /// A fresh `did:key`, which has no endpoint. Both secrets come from one seed.
    #[must_use]
    pub fn generate_did_key(rng: &mut dyn CryptoRng) -> Self {
        let signing = SigningKey::generate(rng);
        let agreement = derive_agreement(&signing);
        let text = key::encode(&Multikey::Ed25519(signing.verifying_key()));
        Self::fresh(&text, (signing, agreement))
    }

    fn fresh(text: &str, secrets: Secrets) -> Self {
        let (did, document) = Did::parse_and_resolve(text)
            .expect("an identifier of fresh keys and a checked endpoint");
        let (signing, agreement) = secrets;
        Self {
            did,
            document,
            signing,
            agreement,
        }
    }

    /// `None` if the secrets do not belong to the identifier.
    fn assemble(did: Did, secrets: Secrets) -> Option<Self> {
        let document = did.resolve();
        let (signing, agreement) = public(&secrets);
        let ours = Multikey::Ed25519(document.signing_key()) == signing
            && document.first_agreement().key == agreement;
        let (signing, agreement) = secrets;
        ours.then_some(Self {
            did,
            document,
            signing,
            agreement,
        })
    }

    /// The public identifier.
    #[must_use]
    pub fn did(&self) -> &Did {
        &self.did
    }

    /// The secret that signs evidence in message bodies.
    #[must_use]
    pub fn signing(&self) -> &SigningKey<Pairwise> {
        &self.signing
    }

    /// The secret that opens messages to this identifier and proves it as a sender.
    #[must_use]
    pub fn agreement(&self) -> &AgreementSecret<PairwiseAgreement> {
        &self.agreement
    }

    /// What the identifier resolves to.
    #[must_use]
    pub fn document(&self) -> &DidDocument {
        &self.document
    }

    /// The DID URL of the agreement key.
    #[must_use]
    pub fn agreement_kid(&self) -> &str {
        &self.document.first_agreement().kid
    }
}

fn public((signing, agreement): &Secrets) -> (Multikey, Multikey) {
    (
        Multikey::Ed25519(signing.verifying_key()),
        Multikey::X25519(agreement.public_key()),
    )
}

/// The secret behind the agreement key that a `did:key` derives from its signing key: the scalar
/// of RFC 8032, section 5.1.5.
fn derive_agreement(signing: &SigningKey<Pairwise>) -> AgreementSecret<PairwiseAgreement> {
    let key = ed25519_dalek::SigningKey::from_bytes(&signing.expose_seed());
    let scalar = Zeroizing::new(key.to_scalar_bytes());
    AgreementSecret::from_seed(&SecretBytes::new(&scalar))
}

impl Serialize for LocalDid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (&self.did, &self.signing, &self.agreement).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for LocalDid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        type Row = (
            Did,
            SigningKey<Pairwise>,
            AgreementSecret<PairwiseAgreement>,
        );
        let (did, signing, agreement) = Row::deserialize(deserializer)?;
        Self::assemble(did, (signing, agreement))
            .ok_or_else(|| D::Error::custom("the secrets do not belong to the identifier"))
    }
}
