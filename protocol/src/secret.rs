//! What every secret of this crate is built from.
//!
//! A secret type has no `Clone`, `Debug`, `Display`, `PartialEq` or `Hash`: it cannot be copied,
//! printed or compared by accident. It is wiped when dropped, and it can be written only in a
//! binary format: the rows of the store, which seals every value, or the inside of a sealed box.
//! A readable format (a message body, a log, a JSON answer) is refused by the serialiser itself.

use curve25519_dalek::Scalar;
use rand_core::CryptoRng;
use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use subtle::ConstantTimeEq as _;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::bytes::{deserialize_array, serialize_array};

const READABLE: &str = "a secret is never written in or read from a readable format";

/// Serialises secret bytes, in binary formats only.
///
/// # Errors
/// The serialiser's, and always for a readable format.
pub(crate) fn serialize_secret<const N: usize, S: Serializer>(
    bytes: &[u8; N],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    if serializer.is_human_readable() {
        return Err(S::Error::custom(READABLE));
    }
    serialize_array(bytes, serializer)
}

/// Reads what [`serialize_secret`] writes.
///
/// # Errors
/// The deserialiser's, and always for a readable format.
pub(crate) fn deserialize_secret<'de, const N: usize, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Zeroizing<[u8; N]>, D::Error> {
    if deserializer.is_human_readable() {
        return Err(D::Error::custom(READABLE));
    }
    deserialize_array(deserializer).map(Zeroizing::new)
}

/// Secret bytes of a fixed length: the base of symmetric keys.
///
/// # Security
/// Wiped on drop; no copy, no print, no comparison but [`SecretBytes::same_as`]. Its serde
/// implementations exist for rows that the store seals and for the inside of sealed boxes.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct SecretBytes<const N: usize>([u8; N]);

impl<const N: usize> SecretBytes<N> {
    /// Takes over bytes that are already in a wiping container.
    #[must_use]
    pub fn new(bytes: &Zeroizing<[u8; N]>) -> Self {
        Self(**bytes)
    }

    /// Draws fresh ones.
    pub fn generate(rng: &mut dyn CryptoRng) -> Self {
        let mut secret = Self([0; N]);
        rng.fill_bytes(&mut secret.0);
        secret
    }

    /// Lets `fill` write the secret in place, so that no other copy exists.
    pub(crate) fn filled_by(fill: impl FnOnce(&mut [u8; N])) -> Self {
        let mut secret = Self([0; N]);
        fill(&mut secret.0);
        secret
    }

    /// The bytes, for a cipher or a derivation. Whoever copies them owes their wiping.
    #[must_use]
    pub fn expose(&self) -> &[u8; N] {
        &self.0
    }

    /// Whether two secrets are the same, in constant time.
    #[must_use]
    pub fn same_as(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl<const N: usize> Serialize for SecretBytes<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_secret(&self.0, serializer)
    }
}

impl<'de, const N: usize> Deserialize<'de> for SecretBytes<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize_secret(deserializer).map(|bytes| Self::new(&bytes))
    }
}

/// A secret scalar of the group Ristretto255, reduced.
///
/// # Security
/// Wiped on drop, no copy, no print; see [`SecretBytes`]. It stays where it is: moving it, as lists of shares do when they
/// are taken apart or grow, moves a pointer and leaves no bytes behind. It has no serde implementation at all:
/// a dealt secret is never stored in one piece (K2), not even in a sealed row.
pub struct SecretScalar(Box<Scalar>);

impl Zeroize for SecretScalar {
    fn zeroize(&mut self) {
        self.0.as_mut().zeroize();
    }
}

impl Drop for SecretScalar {
    fn drop(&mut self) {
        self.zeroize();
    }
}

impl ZeroizeOnDrop for SecretScalar {}

impl SecretScalar {
    fn held(scalar: Scalar) -> Self {
        Self(Box::new(scalar))
    }

    /// A uniformly random scalar that is not zero.
    pub fn generate(rng: &mut dyn CryptoRng) -> Self {
        // Zero has a chance of 2^-252; it would make the public key the identity.
        loop {
            let secret = Self::held(Scalar::random(rng));
            if !bool::from(secret.0.ct_eq(&Scalar::ZERO)) {
                return secret;
            }
        }
    }

    /// Reads the 32 canonical bytes; `None` for a value that is not reduced.
    #[must_use]
    pub fn from_canonical(bytes: &Zeroizing<[u8; 32]>) -> Option<Self> {
        Scalar::from_canonical_bytes(**bytes)
            .into_option()
            .map(Self::held)
    }

    /// The 32 canonical bytes.
    #[must_use]
    pub fn to_canonical(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    pub(crate) fn new(scalar: &Zeroizing<Scalar>) -> Self {
        Self::held(**scalar)
    }

    /// What sums begin with.
    pub(crate) fn zero() -> Self {
        Self::held(Scalar::ZERO)
    }

    pub(crate) fn expose(&self) -> &Scalar {
        &self.0
    }

    /// So many times the secret. The factor is public, so the product says as much as the secret, and is
    /// wiped like it.
    pub(crate) fn times(&self, factor: &Scalar) -> Zeroizing<Scalar> {
        Zeroizing::new(factor * self.expose())
    }

    /// The sum of both.
    pub(crate) fn plus(&self, other: &Self) -> Self {
        Self::held(self.expose() + other.expose())
    }

    /// The difference of both.
    pub(crate) fn minus(&self, other: &Self) -> Self {
        Self::held(self.expose() - other.expose())
    }

    /// Whether this is zero, in constant time.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.0.ct_eq(&Scalar::ZERO).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// K2: a secret cannot slip into a message body, a log or an answer.
    #[test]
    fn a_secret_is_not_written_in_a_readable_format() {
        let secret = SecretBytes::new(&Zeroizing::new([7; 32]));
        assert!(serde_json::to_string(&secret).is_err());
        assert!(serde_json::from_str::<SecretBytes<1>>("\"Bw\"").is_err());
    }

    #[test]
    fn a_secret_comes_back_from_a_row() {
        let secret = SecretBytes::new(&Zeroizing::new([7; 32]));
        let row = postcard::to_allocvec(&secret).unwrap();
        assert_eq!(row, [7; 32]);
        let again: SecretBytes<32> = postcard::from_bytes(&row).unwrap();
        assert!(again.same_as(&secret));
        assert!(!again.same_as(&SecretBytes::new(&Zeroizing::new([8; 32]))));
    }

    /// K2: what is moved is a pointer, or every move would leave a copy that nobody wipes.
    #[test]
    fn a_scalar_that_is_moved_leaves_nothing_behind() {
        assert_eq!(size_of::<SecretScalar>(), size_of::<usize>());
    }

    #[test]
    fn a_scalar_that_is_not_reduced_is_refused() {
        assert!(SecretScalar::from_canonical(&Zeroizing::new([0xff; 32])).is_none());
    }

    /// K2: wiping really overwrites the bytes.
    #[test]
    fn a_wiped_secret_is_zero() {
        let mut secret = SecretBytes::new(&Zeroizing::new([7; 32]));
        secret.zeroize();
        assert_eq!(secret.expose(), &[0; 32]);
        let mut scalar = SecretScalar::new(&Zeroizing::new(Scalar::ONE));
        scalar.zeroize();
        assert!(scalar.is_zero());
    }
}
