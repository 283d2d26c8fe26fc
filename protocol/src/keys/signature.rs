//! One wire type for all signatures, and the bytes they are made over.

use core::fmt;

use super::labels;
use super::suite::{KeyError, Suite};
use crate::bytes::{Digest, serde_by_array};

/// A signature: suite byte and 64 bytes. Whether it fits is for the key to say.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Signature {
    suite: Suite,
    bytes: [u8; 64],
}

/// The signature is not one of this key over this message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not fit the key and the message")]
pub struct BadSignature;

impl Signature {
    /// Length on the wire: suite byte, then 64 bytes.
    pub const LENGTH: usize = 65;

    pub(super) const fn new(suite: Suite, bytes: [u8; 64]) -> Self {
        Self { suite, bytes }
    }

    /// The scheme it was made with.
    #[must_use]
    pub const fn suite(&self) -> Suite {
        self.suite
    }

    /// The 64 bytes without the suite.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 64] {
        &self.bytes
    }

    /// The bytes if the suite is the one asked for.
    pub(super) fn of_suite(&self, suite: Suite) -> Result<&[u8; 64], BadSignature> {
        (self.suite == suite)
            .then_some(&self.bytes)
            .ok_or(BadSignature)
    }

    /// The wire form.
    #[must_use]
    pub fn to_array(&self) -> [u8; Self::LENGTH] {
        super::suite::frame(self.suite, &self.bytes)
    }

    /// Reads the wire form.
    ///
    /// # Errors
    /// [`KeyError::WrongSuite`] for a suite that does not sign.
    pub fn from_array(bytes: [u8; Self::LENGTH]) -> Result<Self, KeyError> {
        let suite = match Suite::from_byte(bytes[0]) {
            Some(suite @ (Suite::Ed25519 | Suite::Ristretto255)) => suite,
            _ => return Err(KeyError::WrongSuite(bytes[0])),
        };
        Ok(Self::new(suite, super::suite::strip(suite, &bytes)?))
    }
}

serde_by_array!([] Signature);

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = self.bytes;
        write!(
            f,
            "Signature({:?} {a:02x}{b:02x}{c:02x}{d:02x}..)",
            self.suite
        )
    }
}

/// The bytes that are signed for a message under a label by a role: our mark, then a digest.
///
/// The mark keeps them apart from every other thing a key of the same curve might sign; role and
/// label keep a signature of one purpose from being shown as one of another. Whoever signs by
/// threshold signs these same bytes.
#[must_use]
pub fn signed_bytes(role: &str, label: &str, message: &[u8]) -> Vec<u8> {
    let digest = Digest::of(label, &[role.as_bytes(), message]);
    [labels::SIGNED.as_bytes(), &[0], digest.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suite_that_does_not_sign_is_refused() {
        for suite in [0, 2, 4, 255] {
            let mut bytes = [0; Signature::LENGTH];
            bytes[0] = suite;
            let refused = Signature::from_array(bytes);
            assert_eq!(refused, Err(KeyError::WrongSuite(suite)));
        }
    }

    /// K9: what is signed is stated, so that others can verify it.
    #[test]
    fn the_signed_bytes_are_pinned() {
        let bytes = signed_bytes("kith/1/role/pairwise", "kith/1/test", b"message");
        assert_eq!(
            hex::encode(bytes),
            "6b6974682f312f7369676e6564007020fcc8ee67d91dc94a7c441233dfb3476e7d12cf67ff3f58cc167929e3b5c8"
        );
    }

    #[test]
    fn role_label_and_message_all_count() {
        let one = signed_bytes("r", "l", b"m");
        for other in [
            signed_bytes("q", "l", b"m"),
            signed_bytes("r", "k", b"m"),
            signed_bytes("r", "l", b"n"),
            signed_bytes("rm", "l", b""),
        ] {
            assert_ne!(one, other);
        }
    }
}
