//! [`LocalDid`]: an identifier together with its secrets.

use super::{Did, Endpoint, Multikey, key, peer};
use ed25519_dalek::SigningKey;
use rand_core::CryptoRng;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use x25519_dalek::StaticSecret;
use zeroize::{ZeroizeOnDrop, Zeroizing};

/// An identifier of ours and the two secrets behind it. Made fresh for every relationship (K6).
///
/// # Security
/// Holds the signing and the agreement secret; both are wiped on drop, neither can be printed,
/// copied or compared. Serialising writes both in clear: the only place for the result is a row
/// that the store seals. Reading back checks that the secrets belong to the identifier, so that a
/// damaged row cannot make an agent sign or decrypt under a wrong name.
pub struct LocalDid {
    did: Did,
    signing: SigningKey,
    agreement: StaticSecret,
}

impl LocalDid {
    /// A fresh `did:peer:2`, reachable at `endpoint` if one is given.
    #[must_use]
    pub fn generate(endpoint: Option<&Endpoint>, rng: &mut dyn CryptoRng) -> Self {
        let signing = SigningKey::from_bytes(&fresh(rng));
        let agreement = StaticSecret::from(*fresh(rng));
        let text = peer::encode(
            &agreement_public(&agreement),
            &signing_public(&signing),
            endpoint,
        );
        Self::assemble(&text, signing, agreement)
    }

    /// A fresh `did:key`, which has no endpoint. Both secrets come from one seed.
    #[must_use]
    pub fn generate_did_key(rng: &mut dyn CryptoRng) -> Self {
        let signing = SigningKey::from_bytes(&fresh(rng));
        let agreement = StaticSecret::from(*Zeroizing::new(signing.to_scalar_bytes()));
        let text = key::encode(&signing_public(&signing));
        Self::assemble(&text, signing, agreement)
    }

    fn assemble(text: &str, signing: SigningKey, agreement: StaticSecret) -> Self {
        let did =
            Did::parse(text).expect("an identifier made of fresh keys and a checked endpoint");
        Self {
            did,
            signing,
            agreement,
        }
    }

    /// The public identifier.
    #[must_use]
    pub fn did(&self) -> &Did {
        &self.did
    }

    /// The secret that signs evidence in message bodies.
    #[must_use]
    pub fn signing(&self) -> &SigningKey {
        &self.signing
    }

    /// The secret that opens messages to this identifier and proves it as a sender.
    #[must_use]
    pub fn agreement(&self) -> &StaticSecret {
        &self.agreement
    }

    /// The DID URL of the agreement key.
    #[must_use]
    pub fn agreement_kid(&self) -> String {
        let document = self.did.resolve();
        let method = document
            .agreement()
            .next()
            .expect("a document has an agreement key");
        method.kid.clone()
    }

    fn is_consistent(&self) -> bool {
        let document = self.did.resolve();
        let agreement = document.agreement().next().map(|method| method.key);
        document.signing_key() == self.signing.verifying_key().to_bytes()
            && agreement == Some(agreement_public(&self.agreement))
    }
}

fn fresh(rng: &mut dyn CryptoRng) -> Zeroizing<[u8; 32]> {
    let mut seed = Zeroizing::new([0; 32]);
    rng.fill_bytes(&mut *seed);
    seed
}

fn signing_public(secret: &SigningKey) -> Multikey {
    Multikey::Ed25519(secret.verifying_key().to_bytes())
}

fn agreement_public(secret: &StaticSecret) -> Multikey {
    Multikey::X25519(x25519_dalek::PublicKey::from(secret).to_bytes())
}

/// A seed between the row and its key.
#[derive(Deserialize, ZeroizeOnDrop)]
struct StoredSeed([u8; 32]);

impl Serialize for LocalDid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (
            &self.did,
            self.signing.as_bytes(),
            self.agreement.as_bytes(),
        )
            .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for LocalDid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (did, signing, agreement) = <(Did, StoredSeed, StoredSeed)>::deserialize(deserializer)?;
        let signing = SigningKey::from_bytes(&signing.0);
        let local = Self {
            did,
            signing,
            agreement: StaticSecret::from(agreement.0),
        };
        if local.is_consistent() {
            Ok(local)
        } else {
            Err(D::Error::custom(
                "the secrets do not belong to the identifier",
            ))
        }
    }
}
