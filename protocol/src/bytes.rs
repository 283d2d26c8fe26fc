//! Byte strings with a meaning: digests, salts, nonces, blobs.
//!
//! One rule for all of them: a base64url string without padding in human readable formats, raw
//! bytes in binary ones (a fixed array has no length in front, a [`Blob`] has one). Decoding is
//! strict, because a second spelling of the same bytes would give one record two digests.

use core::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand_core::CryptoRng;
use serde::de::{Error as _, SeqAccess, Visitor};
use serde::ser::SerializeTuple as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

/// Why a text is not the base64url of a byte string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BytesError {
    /// Not base64url without padding, or not the one canonical spelling.
    #[error("not canonical base64url without padding")]
    NotBase64,
    /// The decoded bytes have another length.
    #[error("expected {expected} bytes, got {got}")]
    Length {
        /// Bytes the type has.
        expected: usize,
        /// Bytes the text held.
        got: usize,
    },
}

/// base64url without padding (RFC 4648, section 5).
#[must_use]
pub fn to_base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes canonical base64url without padding.
///
/// # Errors
/// [`BytesError::NotBase64`] for padding, a foreign alphabet, or non-zero trailing bits.
pub fn from_base64url(text: &str) -> Result<Vec<u8>, BytesError> {
    // The engine refuses padding and stray trailing bits, so each byte string has one spelling.
    URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|_| BytesError::NotBase64)
}

fn array_from_base64url<const N: usize>(text: &str) -> Result<[u8; N], BytesError> {
    let bytes = from_base64url(text)?;
    let got = bytes.len();
    bytes
        .try_into()
        .map_err(|_| BytesError::Length { expected: N, got })
}

/// Serialises a fixed array: base64url when readable, raw bytes without a length when binary.
pub(crate) fn serialize_array<const N: usize, S: Serializer>(
    bytes: &[u8; N],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    if serializer.is_human_readable() {
        return serializer.serialize_str(&to_base64url(bytes));
    }
    let mut tuple = serializer.serialize_tuple(N)?;
    for byte in bytes {
        tuple.serialize_element(byte)?;
    }
    tuple.end()
}

/// Reads what [`serialize_array`] writes.
pub(crate) fn deserialize_array<'de, const N: usize, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<[u8; N], D::Error> {
    if deserializer.is_human_readable() {
        return deserializer.deserialize_str(TextVisitor::<N>);
    }
    deserializer.deserialize_tuple(N, ArrayVisitor::<N>)
}

struct TextVisitor<const N: usize>;

impl<const N: usize> Visitor<'_> for TextVisitor<N> {
    type Value = [u8; N];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{N} bytes as base64url without padding")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<[u8; N], E> {
        array_from_base64url(text).map_err(E::custom)
    }
}

struct ArrayVisitor<const N: usize>;

impl<'de, const N: usize> Visitor<'de> for ArrayVisitor<N> {
    type Value = [u8; N];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{N} bytes")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<[u8; N], A::Error> {
        let mut bytes = [0; N];
        for (i, byte) in bytes.iter_mut().enumerate() {
            *byte = seq
                .next_element()?
                .ok_or_else(|| A::Error::invalid_length(i, &self))?;
        }
        Ok(bytes)
    }
}

/// Implements serde for a type with `to_array(&self) -> [u8; N]` and
/// `from_array([u8; N]) -> Result<Self, impl Display>`, by the rule of this module.
macro_rules! serde_by_array {
    ([$($generics:tt)*] $type:ty) => {
        impl<$($generics)*> serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                crate::bytes::serialize_array(&self.to_array(), serializer)
            }
        }

        impl<'de, $($generics)*> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let bytes = crate::bytes::deserialize_array(deserializer)?;
                Self::from_array(bytes).map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use serde_by_array;

macro_rules! array_newtype {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; 32]);

        impl $name {
            /// The 32 bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }

            /// Reads the base64url spelling.
            ///
            /// # Errors
            /// [`BytesError`] when the text is not the canonical spelling of 32 bytes.
            pub fn from_base64url(text: &str) -> Result<Self, BytesError> {
                array_from_base64url(text).map(Self)
            }

            /// The base64url spelling, 43 characters.
            #[must_use]
            pub fn to_base64url(&self) -> String {
                to_base64url(&self.0)
            }

            fn to_array(self) -> [u8; 32] {
                self.0
            }

            fn from_array(bytes: [u8; 32]) -> Result<Self, BytesError> {
                Ok(Self(bytes))
            }
        }

        serde_by_array!([] $name);

        impl AsRef<[u8]> for $name {
            fn as_ref(&self) -> &[u8] {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}(", stringify!($name))?;
                self.0[..4].iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
                f.write_str("..)")
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }
    };
}

array_newtype!(
    /// A SHA-256 digest made by [`Digest::of`]. `Debug` shows four bytes, `Display` all of them.
    Digest
);
array_newtype!(
    /// 32 random bytes that hide what is hashed with them (a leaf, a lane).
    Salt
);
array_newtype!(
    /// 32 random bytes that make an exchange unlike every other one.
    Nonce32
);

impl Digest {
    /// SHA-256 over a domain label and parts, each with its length in front (u64, big endian),
    /// preceded by their number: no two different lists of parts give the same input.
    #[must_use]
    pub fn of(label: &str, parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        absorb(&mut hash, label.as_bytes());
        hash.update((parts.len() as u64).to_be_bytes());
        for part in parts {
            absorb(&mut hash, part);
        }
        Self(hash.finalize().into())
    }
}

fn absorb(hash: &mut Sha256, part: &[u8]) {
    hash.update((part.len() as u64).to_be_bytes());
    hash.update(part);
}

macro_rules! random_newtype {
    ($name:ident) => {
        impl $name {
            /// Draws one.
            pub fn random(rng: &mut dyn CryptoRng) -> Self {
                let mut bytes = [0; 32];
                rng.fill_bytes(&mut bytes);
                Self(bytes)
            }
        }
    };
}
random_newtype!(Salt);
random_newtype!(Nonce32);

/// Bytes of any length, for sealed and foreign content. The reader's limit bounds them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Blob(pub Vec<u8>);

impl Blob {
    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Length in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it holds nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Vec<u8>> for Blob {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl AsRef<[u8]> for Blob {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Blob({} bytes)", self.0.len())
    }
}

impl Serialize for Blob {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_bytes(&self.0, serializer)
    }
}

/// Serialises bytes of any length: base64url when readable, their length in front when binary.
pub(crate) fn serialize_bytes<S: Serializer>(
    bytes: &[u8],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    if serializer.is_human_readable() {
        return serializer.serialize_str(&to_base64url(bytes));
    }
    serializer.serialize_bytes(bytes)
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            return deserializer.deserialize_str(BlobVisitor);
        }
        deserializer.deserialize_bytes(BlobVisitor)
    }
}

struct BlobVisitor;

impl Visitor<'_> for BlobVisitor {
    type Value = Blob;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bytes, or base64url without padding")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Blob, E> {
        from_base64url(text).map(Blob).map_err(E::custom)
    }

    fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<Blob, E> {
        Ok(Blob(bytes.to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cannot_be_shifted_between_each_other() {
        let whole = Digest::of("kith/1/test", &[b"ab", b"c"]);
        for other in [
            Digest::of("kith/1/test", &[b"a", b"bc"]),
            Digest::of("kith/1/test", &[b"abc"]),
            Digest::of("kith/1/test", &[b"ab", b"c", b""]),
            Digest::of("kith/1/tes", &[b"tab", b"c"]),
        ] {
            assert_ne!(whole, other);
        }
    }

    #[test]
    fn the_framing_of_a_digest_is_pinned() {
        assert_eq!(
            Digest::of("kith/1/test", &[b"ab", b"c"]).to_string(),
            "ee415b81bff43e6bd6303607b09aff858fdbed02c0a14e11b26c0f9734defcce"
        );
    }

    #[test]
    fn an_array_is_text_in_json_and_raw_in_binary() {
        let digest = Digest([7; 32]);
        let json = serde_json::to_string(&digest).unwrap();
        assert_eq!(json, "\"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc\"");
        assert_eq!(serde_json::from_str::<Digest>(&json).unwrap(), digest);
        let binary = postcard::to_allocvec(&digest).unwrap();
        assert_eq!(binary, [7; 32]);
        assert_eq!(postcard::from_bytes::<Digest>(&binary).unwrap(), digest);
    }

    #[test]
    fn a_blob_has_its_length_in_front_in_binary() {
        let blob = Blob(vec![1, 2, 3]);
        assert_eq!(postcard::to_allocvec(&blob).unwrap(), [3, 1, 2, 3]);
        assert_eq!(postcard::from_bytes::<Blob>(&[3, 1, 2, 3]).unwrap(), blob);
        assert!(postcard::from_bytes::<Blob>(&[4, 1, 2, 3]).is_err());
        assert_eq!(serde_json::to_string(&blob).unwrap(), "\"AQID\"");
        assert_eq!(serde_json::from_str::<Blob>("\"AQID\"").unwrap(), blob);
    }

    #[test]
    fn a_second_spelling_of_the_same_bytes_is_refused() {
        assert_eq!(from_base64url("AQI").unwrap(), [1, 2]);
        for text in ["AQI=", "AQJ", "A QI", "AQI\n", "A", "AQ+_", "AQ/_"] {
            assert_eq!(from_base64url(text), Err(BytesError::NotBase64), "{text:?}");
        }
        assert!(Digest::from_base64url("AQI").is_err());
    }

    #[test]
    fn debug_is_short_and_display_is_whole() {
        let digest = Digest([0xab; 32]);
        assert_eq!(format!("{digest:?}"), "Digest(abababab..)");
        assert_eq!(digest.to_string(), "ab".repeat(32));
    }
}
