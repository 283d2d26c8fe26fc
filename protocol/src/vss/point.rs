//! A point of Ristretto255 that was checked when it was read.

use core::fmt;

use curve25519_dalek::RistrettoPoint;
use curve25519_dalek::ristretto::CompressedRistretto;

use crate::secret::SecretScalar;

/// The canonical encoding of a point that is not the identity.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Point([u8; 32]);

impl Point {
    /// Reads an encoding (RFC 9496, 4.3.1); `None` for the identity and for anything that is not
    /// the one canonical encoding of a point.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Option<Self> {
        decompress(bytes).map(|_| Self(bytes))
    }

    /// The encoding.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The public point of a secret, in constant time.
    ///
    /// # Panics
    /// For a secret of zero, whose public point is the identity; no constructor gives one.
    pub(crate) fn of_secret(secret: &SecretScalar) -> Self {
        assert!(!secret.is_zero(), "no secret is zero");
        Self(
            RistrettoPoint::mul_base(secret.expose())
                .compress()
                .to_bytes(),
        )
    }

    /// For bytes of which it is known that a point decompresses from them.
    pub(crate) const fn checked(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) fn decompress(&self) -> RistrettoPoint {
        decompress(self.0).expect("checked when it was read")
    }
}

/// Decodes a point that is not the identity.
pub(super) fn decompress(bytes: [u8; 32]) -> Option<RistrettoPoint> {
    // The identity is a valid encoding, all zero; it is the public key of nothing.
    if bytes == [0; 32] {
        return None;
    }
    CompressedRistretto(bytes).decompress()
}

impl fmt::Debug for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = self.0;
        write!(f, "Point({a:02x}{b:02x}{c:02x}{d:02x}..)")
    }
}
