//! Ed25519 keys by role.

use core::fmt;
use core::marker::PhantomData;
use std::sync::OnceLock;

use ed25519_dalek::Signer as _;
use rand_core::CryptoRng;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use super::agreement::is_canonical;
use super::role::{ForeignFormat, SigningRole};
use super::signature::{BadSignature, Signature, signed_bytes};
use super::suite::{KeyError, Suite, frame, strip};
use crate::bytes::serde_by_array;
use crate::known::{self, Fact};
use crate::secret::{SecretBytes, deserialize_secret, serialize_secret};

/// The secret half of an Ed25519 pair.
///
/// # Security
/// Wiped on drop; no `Clone`, no `Debug`, no comparison. Serialises only into binary formats:
/// rows that the store seals.
pub struct SigningKey<R: SigningRole> {
    seed: SecretBytes<32>,
    /// The key as the library uses it. Expanded when it is first needed: rows with keys in them are
    /// read far more often than anything is signed.
    expanded: OnceLock<ed25519_dalek::SigningKey>,
    role: PhantomData<R>,
}

// Seed and inner key wipe themselves; this says so to whoever asks for it in a bound.
impl<R: SigningRole> zeroize::ZeroizeOnDrop for SigningKey<R> {}

impl<R: SigningRole> SigningKey<R> {
    /// The key of a seed (RFC 8032's private key, 32 bytes).
    #[must_use]
    pub fn from_seed(seed: &SecretBytes<32>) -> Self {
        let seed = SecretBytes::new(&Zeroizing::new(*seed.expose()));
        Self {
            seed,
            expanded: OnceLock::new(),
            role: PhantomData,
        }
    }

    fn expanded(&self) -> &ed25519_dalek::SigningKey {
        self.expanded.get_or_init(|| {
            let seed = self.seed.expose();
            known::signing_key(seed, || ed25519_dalek::SigningKey::from_bytes(seed))
        })
    }

    /// Draws a fresh one.
    pub fn generate(rng: &mut dyn CryptoRng) -> Self {
        Self::from_seed(&SecretBytes::generate(rng))
    }

    /// The seed, for a library that must hold the key itself.
    #[must_use]
    pub fn expose_seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(*self.seed.expose())
    }

    /// The public half.
    #[must_use]
    pub fn verifying_key(&self) -> VerifyingKey<R> {
        VerifyingKey::trusted(self.expanded().verifying_key().to_bytes())
    }

    /// Signs a message for one labelled purpose; the role is part of what is signed.
    #[must_use]
    pub fn sign(&self, label: &str, message: &[u8]) -> Signature {
        let signature = self.signed(&signed_bytes(R::LABEL, label, message));
        Signature::new(Suite::Ed25519, signature)
    }

    fn signed(&self, bytes: &[u8]) -> [u8; 64] {
        let key = self.expanded();
        let public = key.verifying_key();
        known::signature(public.as_bytes(), bytes, || key.sign(bytes).to_bytes())
    }
}

impl<R: ForeignFormat> SigningKey<R> {
    /// Signs the bytes as they are, for a format that another specification fixes.
    #[must_use]
    pub fn sign_raw(&self, bytes: &[u8]) -> [u8; 64] {
        self.signed(bytes)
    }
}

impl<R: SigningRole> Serialize for SigningKey<R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_secret(&self.expose_seed(), serializer)
    }
}

impl<'de, R: SigningRole> Deserialize<'de> for SigningKey<R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize_secret(deserializer).map(|seed| Self::from_seed(&SecretBytes::new(&seed)))
    }
}

/// The public half of an Ed25519 pair: canonical, and not of small order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VerifyingKey<R: SigningRole> {
    bytes: [u8; 32],
    role: PhantomData<R>,
}

impl<R: SigningRole> VerifyingKey<R> {
    /// Length on the wire: suite byte, then 32 bytes.
    pub const LENGTH: usize = 33;

    const fn trusted(bytes: [u8; 32]) -> Self {
        let role = PhantomData;
        Self { bytes, role }
    }

    /// Reads the 32 bytes of RFC 8032.
    ///
    /// # Errors
    /// [`KeyError`] for anything but the canonical encoding of a point that is not of small order.
    pub fn from_bytes(bytes: [u8; 32]) -> Result<Self, KeyError> {
        known::once(Fact::SigningKey, &[&bytes], || Self::check(bytes))?;
        Ok(Self::trusted(bytes))
    }

    fn check(bytes: [u8; 32]) -> Result<(), KeyError> {
        let key =
            ed25519_dalek::VerifyingKey::from_bytes(&bytes).map_err(|_| KeyError::NotAPoint)?;
        if key.is_weak() {
            return Err(KeyError::SmallOrder);
        }
        // The library takes y-coordinates beyond the field (ZIP 215): a second spelling of a key. The
        // other one, the sign of x = 0, is of small order and refused above.
        let mut y = bytes;
        y[31] &= 0x7f;
        if !is_canonical(&y) {
            return Err(KeyError::NotCanonical);
        }
        Ok(())
    }

    /// The 32 bytes without the suite.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// The wire form.
    #[must_use]
    pub fn to_array(&self) -> [u8; 33] {
        frame(Suite::Ed25519, &self.bytes)
    }

    /// Reads the wire form.
    ///
    /// # Errors
    /// [`KeyError`] for another suite, or as [`VerifyingKey::from_bytes`].
    pub fn from_array(bytes: [u8; 33]) -> Result<Self, KeyError> {
        strip(Suite::Ed25519, &bytes).and_then(Self::from_bytes)
    }

    /// Checks what [`SigningKey::sign`] makes.
    ///
    /// # Errors
    /// [`BadSignature`] for another key, label, role, message or suite, and for a signature that
    /// strict verification refuses (small order, not canonical).
    pub fn verify(
        &self,
        label: &str,
        message: &[u8],
        signature: &Signature,
    ) -> Result<(), BadSignature> {
        let bytes = signature.of_suite(Suite::Ed25519)?;
        self.strict(&signed_bytes(R::LABEL, label, message), bytes)
    }

    fn strict(&self, message: &[u8], signature: &[u8; 64]) -> Result<(), BadSignature> {
        known::once(Fact::Signature, &[&self.bytes, signature, message], || {
            let signature = ed25519_dalek::Signature::from_bytes(signature);
            ed25519_dalek::VerifyingKey::from_bytes(&self.bytes)
                .and_then(|key| key.verify_strict(message, &signature))
                .map_err(|_| BadSignature)
        })
    }
}

impl<R: ForeignFormat> VerifyingKey<R> {
    /// Checks what [`SigningKey::sign_raw`] makes.
    ///
    /// # Errors
    /// [`BadSignature`].
    pub fn verify_raw(&self, bytes: &[u8], signature: &[u8; 64]) -> Result<(), BadSignature> {
        self.strict(bytes, signature)
    }
}

serde_by_array!([R: SigningRole] VerifyingKey<R>);

impl<R: SigningRole> fmt::Debug for VerifyingKey<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = self.bytes;
        write!(f, "VerifyingKey({a:02x}{b:02x}{c:02x}{d:02x}..)")
    }
}

#[cfg(test)]
mod tests {
    use super::super::role::{Approval, LedgerOperator, Pairwise};
    use super::*;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng as _;

    fn key<R: SigningRole>(seed: u8) -> SigningKey<R> {
        SigningKey::generate(&mut ChaCha20Rng::from_seed([seed; 32]))
    }

    #[test]
    fn a_signature_fits_its_own_label_message_and_key_only() {
        let key = key::<Pairwise>(1);
        let signature = key.sign("kith/1/a", b"message");
        let public = key.verifying_key();
        assert_eq!(public.verify("kith/1/a", b"message", &signature), Ok(()));
        let bad = Err(BadSignature);
        assert_eq!(public.verify("kith/1/b", b"message", &signature), bad);
        assert_eq!(public.verify("kith/1/a", b"massage", &signature), bad);
        let other = super::tests::key::<Pairwise>(2).verifying_key();
        assert_eq!(other.verify("kith/1/a", b"message", &signature), bad);
    }

    /// K1, K7: one key, one purpose. Even the same seed does not speak for another role.
    #[test]
    fn a_signature_of_one_role_is_none_of_another() {
        let signature = key::<Pairwise>(1).sign("kith/1/a", b"message");
        let other = key::<Approval>(1).verifying_key();
        assert_eq!(
            other.verify("kith/1/a", b"message", &signature),
            Err(BadSignature)
        );
    }

    #[test]
    fn every_flipped_bit_of_a_signature_is_caught() {
        let key = key::<Pairwise>(1);
        let good = key.sign("kith/1/a", b"message").to_array();
        for bit in 0..good.len() * 8 {
            let mut bytes = good;
            bytes[bit / 8] ^= 1 << (bit % 8);
            let caught = Signature::from_array(bytes).is_ok_and(|signature| {
                let public = key.verifying_key();
                public.verify("kith/1/a", b"message", &signature).is_ok()
            });
            assert!(!caught, "bit {bit}");
        }
    }

    #[test]
    fn a_foreign_format_is_signed_as_it_is() {
        let key = key::<LedgerOperator>(1);
        let signature = key.sign_raw(b"note\n");
        let public = key.verifying_key();
        assert_eq!(public.verify_raw(b"note\n", &signature), Ok(()));
        assert_eq!(public.verify_raw(b"note", &signature), Err(BadSignature));
    }

    #[test]
    fn keys_of_small_order_or_a_second_spelling_are_refused() {
        let mut identity = [0; 32];
        identity[0] = 1;
        let refused = VerifyingKey::<Pairwise>::from_bytes(identity);
        assert_eq!(refused, Err(KeyError::SmallOrder));
        // y = p + 3 spells y = 3, which is a point.
        let mut beyond = [0xff; 32];
        beyond[0] = 0xf0;
        beyond[31] = 0x7f;
        let refused = VerifyingKey::<Pairwise>::from_bytes(beyond);
        assert_eq!(refused, Err(KeyError::NotCanonical));
        let refused = VerifyingKey::<Pairwise>::from_array([2; 33]);
        assert_eq!(refused, Err(KeyError::WrongSuite(2)));
    }

    #[test]
    fn keys_come_back_from_their_encodings() {
        let key = key::<Pairwise>(1);
        let public = key.verifying_key();
        let json = serde_json::to_string(&public).unwrap();
        assert_eq!(json.len(), 44 + 2);
        assert_eq!(
            serde_json::from_str::<VerifyingKey<Pairwise>>(&json).unwrap(),
            public
        );
        let row = postcard::to_allocvec(&key).unwrap();
        let again: SigningKey<Pairwise> = postcard::from_bytes(&row).unwrap();
        assert_eq!(again.verifying_key(), public);
        assert!(serde_json::to_string(&key).is_err());
    }
}
