//! X25519 keys by role.

use core::fmt;
use core::marker::PhantomData;

use curve25519_dalek::montgomery::MontgomeryPoint;
use rand_core::CryptoRng;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use x25519_dalek::{PublicKey, SharedSecret, StaticSecret};
use zeroize::Zeroizing;

use super::role::AgreementRole;
use super::suite::{KeyError, Suite, frame, strip};
use crate::bytes::serde_by_array;
use crate::secret::{SecretBytes, deserialize_secret, serialize_secret};

/// The secret half of an X25519 pair.
///
/// # Security
/// Wiped on drop; no `Clone`, no `Debug`, no comparison. Serialises only into binary formats:
/// rows that the store seals.
pub struct AgreementSecret<R: AgreementRole> {
    secret: StaticSecret,
    role: PhantomData<R>,
}

// The inner secret wipes itself; this says so to whoever asks for it in a bound.
impl<R: AgreementRole> zeroize::ZeroizeOnDrop for AgreementSecret<R> {}

impl<R: AgreementRole> AgreementSecret<R> {
    /// The key of 32 secret bytes.
    #[must_use]
    pub fn from_seed(seed: &SecretBytes<32>) -> Self {
        let secret = StaticSecret::from(*seed.expose());
        let role = PhantomData;
        Self { secret, role }
    }

    /// Draws a fresh one.
    pub fn generate(rng: &mut dyn CryptoRng) -> Self {
        Self::from_seed(&SecretBytes::generate(rng))
    }

    /// The secret bytes, for a library that must hold the key itself.
    #[must_use]
    pub fn expose_seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.secret.to_bytes())
    }

    /// The public half.
    #[must_use]
    pub fn public_key(&self) -> AgreementKey<R> {
        AgreementKey::trusted(PublicKey::from(&self.secret).to_bytes())
    }

    /// Agrees with raw public bytes; `None` when they are of small order, because then anybody
    /// knows the result.
    pub(super) fn agree(&self, public: &[u8; 32]) -> Option<SharedSecret> {
        let shared = self.secret.diffie_hellman(&PublicKey::from(*public));
        shared.was_contributory().then_some(shared)
    }
}

impl<R: AgreementRole> Serialize for AgreementSecret<R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_secret(&self.expose_seed(), serializer)
    }
}

impl<'de, R: AgreementRole> Deserialize<'de> for AgreementSecret<R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize_secret(deserializer).map(|seed| Self::from_seed(&SecretBytes::new(&seed)))
    }
}

/// The public half of an X25519 pair: canonical, and not of small order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AgreementKey<R: AgreementRole> {
    bytes: [u8; 32],
    role: PhantomData<R>,
}

impl<R: AgreementRole> AgreementKey<R> {
    /// Length on the wire: suite byte, then 32 bytes.
    pub const LENGTH: usize = 33;

    const fn trusted(bytes: [u8; 32]) -> Self {
        let role = PhantomData;
        Self { bytes, role }
    }

    /// Reads the 32 bytes of RFC 7748.
    ///
    /// # Errors
    /// [`KeyError::NotCanonical`] for a coordinate beyond the field or a set top bit, which the
    /// agreement would silently read as another key; [`KeyError::SmallOrder`].
    pub fn from_bytes(bytes: [u8; 32]) -> Result<Self, KeyError> {
        if !is_canonical(&bytes) {
            return Err(KeyError::NotCanonical);
        }
        if is_small_order(bytes) {
            return Err(KeyError::SmallOrder);
        }
        Ok(Self::trusted(bytes))
    }

    /// The 32 bytes without the suite.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// The wire form.
    #[must_use]
    pub fn to_array(&self) -> [u8; 33] {
        frame(Suite::X25519, &self.bytes)
    }

    /// Reads the wire form.
    ///
    /// # Errors
    /// [`KeyError`] for another suite, or as [`AgreementKey::from_bytes`].
    pub fn from_array(bytes: [u8; 33]) -> Result<Self, KeyError> {
        strip(Suite::X25519, &bytes).and_then(Self::from_bytes)
    }
}

/// Whether eight times the point is the identity: on the curve and on its twist exactly the points
/// that every clamped scalar sends to zero. Four steps of the ladder where an agreement takes 255;
/// identifiers are checked whenever they are read.
fn is_small_order(bytes: [u8; 32]) -> bool {
    let eight = [true, false, false, false];
    let multiple = MontgomeryPoint(bytes).mul_bits_be(eight.into_iter());
    multiple.to_bytes() == [0; 32]
}

/// Whether little-endian bytes are below 2^255 - 19.
fn is_canonical(bytes: &[u8; 32]) -> bool {
    let [first, middle @ .., last] = bytes;
    let beyond = *last == 0x7f && middle.iter().all(|byte| *byte == 0xff) && *first >= 0xed;
    *last <= 0x7f && !beyond
}

serde_by_array!([R: AgreementRole] AgreementKey<R>);

impl<R: AgreementRole> fmt::Debug for AgreementKey<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = self.bytes;
        write!(f, "AgreementKey({a:02x}{b:02x}{c:02x}{d:02x}..)")
    }
}

#[cfg(test)]
mod tests {
    use super::super::role::ShareSealing;
    use super::*;

    /// The points of small order of Curve25519 and its twist that are below the prime.
    const SMALL_ORDER: [&str; 5] = [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ];

    fn bytes(text: &str) -> [u8; 32] {
        hex::decode(text).unwrap().try_into().unwrap()
    }

    #[test]
    fn points_of_small_order_are_refused_as_keys_and_in_an_agreement() {
        let secret =
            AgreementSecret::<ShareSealing>::from_seed(&SecretBytes::new(&Zeroizing::new([3; 32])));
        for point in SMALL_ORDER.map(bytes) {
            let refused = AgreementKey::<ShareSealing>::from_bytes(point);
            assert_eq!(refused, Err(KeyError::SmallOrder));
            assert!(secret.agree(&point).is_none());
        }
    }

    #[test]
    fn a_second_spelling_of_a_key_is_refused() {
        let mut top_bit = [9; 32];
        top_bit[31] |= 0x80;
        let mut beyond = [0xff; 32];
        beyond[31] = 0x7f;
        let mut prime = beyond;
        prime[0] = 0xed;
        for spelling in [top_bit, beyond, prime] {
            let refused = AgreementKey::<ShareSealing>::from_bytes(spelling);
            assert_eq!(refused, Err(KeyError::NotCanonical));
        }
    }

    #[test]
    fn keys_come_back_from_their_encodings() {
        let seed = SecretBytes::new(&Zeroizing::new([3; 32]));
        let secret = AgreementSecret::<ShareSealing>::from_seed(&seed);
        let public = secret.public_key();
        let row = postcard::to_allocvec(&public).unwrap();
        assert_eq!(row[0], 2);
        assert_eq!(
            postcard::from_bytes::<AgreementKey<_>>(&row).unwrap(),
            public
        );
        let row = postcard::to_allocvec(&secret).unwrap();
        let again: AgreementSecret<ShareSealing> = postcard::from_bytes(&row).unwrap();
        assert_eq!(again.public_key(), public);
        assert!(serde_json::to_string(&secret).is_err());
    }
}
