//! X25519 keys by role.

use core::fmt;
use core::marker::PhantomData;

use rand_core::CryptoRng;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use x25519_dalek::{PublicKey, SharedSecret, StaticSecret};
use zeroize::Zeroizing;

use super::role::AgreementRole;
use super::suite::{KeyError, Suite, frame, strip};
use crate::bytes::serde_by_array;
use crate::known;
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
        let secret = self.secret.as_bytes();
        let public = || PublicKey::from(&self.secret).to_bytes();
        AgreementKey::trusted(known::agreement_key(secret, public))
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

/// The two coordinates of points of order eight, as the lists of X25519 libraries have them; a test
/// holds them to the ladder.
const ORDER_EIGHT: [[u8; 32]; 2] = [
    [
        0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4,
        0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49,
        0xb8, 0x00,
    ],
    [
        0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef,
        0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f,
        0x11, 0x57,
    ],
];

/// Whether eight times the point is the identity: on the curve and on its twist exactly the points
/// that every clamped scalar sends to zero. Below the prime there are five: 0, 1, -1 and those of
/// order eight. A list and no arithmetic, because identifiers are checked whenever a row is read.
fn is_small_order(bytes: [u8; 32]) -> bool {
    let [first, middle @ .., last] = bytes;
    let zero_or_one = first <= 1 && middle == [0; 30] && last == 0;
    let minus_one = first == 0xec && middle == [0xff; 30] && last == 0x7f;
    zero_or_one || minus_one || ORDER_EIGHT.contains(&bytes)
}

/// Whether little-endian bytes are below 2^255 - 19.
pub(super) fn is_canonical(bytes: &[u8; 32]) -> bool {
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
    use curve25519_dalek::montgomery::MontgomeryPoint;

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
    fn the_list_of_small_orders_agrees_with_the_ladder() {
        let by_ladder = |point: [u8; 32]| {
            let eight = [true, false, false, false];
            MontgomeryPoint(point).mul_bits_be(eight.into_iter()).0 == [0; 32]
        };
        let small = (0..=u8::MAX).map(|low| {
            let mut point = [0; 32];
            point[0] = low;
            point
        });
        let high = (0..0xed).map(|low| {
            let mut point = [0xff; 32];
            (point[0], point[31]) = (low, 0x7f);
            point
        });
        for point in SMALL_ORDER.map(bytes).into_iter().chain(small).chain(high) {
            assert_eq!(is_small_order(point), by_ladder(point), "{point:02x?}");
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
