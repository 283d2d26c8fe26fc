//! Canonical bytes: one version byte, then `postcard`.
//!
//! What is stored, signed or hashed is encoded here and nowhere else. One value has one encoding:
//! whatever decodes is encoded again and compared, because `postcard` itself accepts overlong
//! integers, and a second spelling would give one record two digests.

use postcard::ser_flavors::{Flavor, Size};
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

/// Why bytes are not the canonical encoding of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// No bytes at all, not even a version.
    #[error("nothing to decode")]
    Empty,
    /// Written by a version this code does not know.
    #[error("version {found} where {expected} was expected")]
    UnknownVersion {
        /// The version this code reads.
        expected: u8,
        /// The version in front of the bytes.
        found: u8,
    },
    /// More bytes than the caller's limit.
    #[error("{length} bytes where at most {limit} are taken")]
    TooLong {
        /// Bytes given.
        length: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// Not an encoding of the type, or bytes are left over.
    #[error("not an encoding of this kind of value")]
    Malformed,
    /// Another spelling of a value that has one canonical encoding.
    #[error("not the canonical encoding of its value")]
    NotCanonical,
}

/// Encodes a value behind its version byte.
///
/// # Panics
/// Never for the types of this crate: they are finite and know their lengths, the only things
/// that `postcard` cannot write.
#[must_use]
pub fn encode<T: Serialize>(version: u8, value: &T) -> Vec<u8> {
    core::mem::take(&mut *encode_secret(version, value))
}

/// Encodes a value that holds secrets into memory that is wiped when dropped.
///
/// The length is computed first and the buffer never grows: a growing one would leave copies of
/// the secret behind in freed memory.
#[must_use]
pub fn encode_secret<T: Serialize>(version: u8, value: &T) -> Zeroizing<Vec<u8>> {
    let length = postcard::serialize_with_flavor(value, Size::default())
        .expect("the types of this crate are finite and know their lengths");
    let mut bytes = Zeroizing::new(vec![0; 1 + length]);
    bytes[0] = version;
    postcard::to_slice(value, &mut bytes[1..]).expect("the buffer has the length just computed");
    bytes
}

/// Decodes the canonical encoding of a value, all of `bytes`, at most `limit` of them.
///
/// # Errors
/// A [`DecodeError`] for anything but what [`encode`] writes for this version.
pub fn decode<T: Serialize + DeserializeOwned>(
    expected_version: u8,
    bytes: &[u8],
    limit: usize,
) -> Result<T, DecodeError> {
    if bytes.len() > limit {
        let length = bytes.len();
        return Err(DecodeError::TooLong { length, limit });
    }
    let (&found, body) = bytes.split_first().ok_or(DecodeError::Empty)?;
    if found != expected_version {
        let expected = expected_version;
        return Err(DecodeError::UnknownVersion { expected, found });
    }
    decode_body(body)
}

fn decode_body<T: Serialize + DeserializeOwned>(body: &[u8]) -> Result<T, DecodeError> {
    let (value, rest) = postcard::take_from_bytes::<T>(body).map_err(|_| DecodeError::Malformed)?;
    if !rest.is_empty() {
        return Err(DecodeError::Malformed);
    }
    match postcard::serialize_with_flavor(&value, Same(body)) {
        Ok(true) => Ok(value),
        _ => Err(DecodeError::NotCanonical),
    }
}

/// Holds what is encoded against what should come out, and keeps none of it: the value may be a secret
/// one, and rows are read far more often than written.
struct Same<'a>(&'a [u8]);

impl Flavor for Same<'_> {
    type Output = bool;

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.try_extend(&[byte])
    }

    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        let differs = postcard::Error::SerializeBufferFull;
        self.0 = self.0.strip_prefix(bytes).ok_or(differs)?;
        Ok(())
    }

    /// Whether all of it came out.
    fn finalize(self) -> postcard::Result<bool> {
        Ok(self.0.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Pair = (u32, Vec<u8>);
    const LIMIT: usize = 64;

    #[test]
    fn a_value_comes_back_from_its_encoding() {
        let pair: Pair = (300, vec![1, 2]);
        let bytes = encode(1, &pair);
        assert_eq!(bytes, [1, 0xac, 0x02, 2, 1, 2]);
        assert_eq!(decode::<Pair>(1, &bytes, LIMIT), Ok(pair));
    }

    #[test]
    fn a_secret_row_has_the_same_bytes() {
        let pair: Pair = (300, vec![1, 2]);
        assert_eq!(*encode_secret(1, &pair), encode(1, &pair));
    }

    #[test]
    fn nothing_is_not_a_value() {
        assert_eq!(decode::<Pair>(1, &[], LIMIT), Err(DecodeError::Empty));
    }

    #[test]
    fn another_version_is_named() {
        let bytes = encode(2, &(1_u32, Vec::<u8>::new()));
        let refused = decode::<Pair>(1, &bytes, LIMIT);
        let (expected, found) = (1, 2);
        assert_eq!(
            refused,
            Err(DecodeError::UnknownVersion { expected, found })
        );
    }

    #[test]
    fn more_than_the_limit_is_not_looked_at() {
        let bytes = encode(1, &(1_u32, vec![0_u8; LIMIT]));
        let (length, limit) = (bytes.len(), LIMIT);
        let refused = decode::<Pair>(1, &bytes, LIMIT);
        assert_eq!(refused, Err(DecodeError::TooLong { length, limit }));
    }

    #[test]
    fn left_over_and_missing_bytes_are_malformed() {
        let bytes = encode(1, &(300_u32, vec![1_u8, 2]));
        let longer = [&bytes[..], &[0]].concat();
        for bad in [&longer[..], &bytes[..bytes.len() - 1]] {
            assert_eq!(decode::<Pair>(1, bad, LIMIT), Err(DecodeError::Malformed));
        }
    }

    #[test]
    fn an_overlong_integer_is_not_canonical() {
        let overlong = [1, 0x81, 0x00, 0];
        assert_eq!(
            decode::<Pair>(1, &overlong, LIMIT),
            Err(DecodeError::NotCanonical)
        );
    }

    #[test]
    fn a_declared_length_beyond_the_input_is_malformed() {
        let huge = [1, 1, 0xff, 0xff, 0xff, 0xff, 0x0f];
        assert_eq!(decode::<Pair>(1, &huge, LIMIT), Err(DecodeError::Malformed));
    }
}
