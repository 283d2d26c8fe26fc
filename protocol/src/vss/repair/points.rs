//! A helper's public points, as they travel.

use core::fmt;
use core::marker::PhantomData;

use curve25519_dalek::RistrettoPoint;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::super::commitment::CommitmentError;
use super::super::point::decompress;
use super::super::purpose::Purpose;
use crate::bytes::{Blob, serialize_bytes};
use crate::keys::Suite;
use crate::limits;

const POINT: usize = 32;

/// A helper's points as they arrive: bytes of a bounded length, of which nothing else is known.
///
/// Wire form: suite byte, then one point for each helper, in rising order of their indices.
#[derive(Clone, PartialEq, Eq)]
pub struct UnverifiedSplit<P: Purpose> {
    bytes: Vec<u8>,
    purpose: PhantomData<P>,
}

impl<P: Purpose> UnverifiedSplit<P> {
    /// The most bytes on the wire.
    pub const MAX_LENGTH: usize = 1 + POINT * limits::sharing::TRUSTEES;

    /// Takes bytes as they arrived.
    ///
    /// # Errors
    /// [`CommitmentError::Length`] beyond [`Self::MAX_LENGTH`].
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, CommitmentError> {
        if bytes.len() > Self::MAX_LENGTH {
            return Err(CommitmentError::Length(bytes.len()));
        }
        let purpose = PhantomData;
        Ok(Self { bytes, purpose })
    }

    /// The bytes as they arrived.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn of_points(points: &[RistrettoPoint]) -> Self {
        let encoded = points.iter().flat_map(|point| point.compress().to_bytes());
        Self {
            bytes: [Suite::Ristretto255.byte()]
                .into_iter()
                .chain(encoded)
                .collect(),
            purpose: PhantomData,
        }
    }

    /// So many canonical points, none the identity: a piece of zero would be no secret. An honest helper makes one
    /// with a chance of 2^-252.
    pub(super) fn read(&self, count: usize) -> Option<Vec<RistrettoPoint>> {
        let (suite, body) = self.bytes.split_first()?;
        let (points, rest) = body.as_chunks::<POINT>();
        let form = *suite == Suite::Ristretto255.byte() && rest.is_empty() && points.len() == count;
        form.then(|| points.iter().copied().map(decompress).collect())?
    }
}

impl<P: Purpose> Serialize for UnverifiedSplit<P> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_bytes(&self.bytes, serializer)
    }
}

impl<'de, P: Purpose> Deserialize<'de> for UnverifiedSplit<P> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let blob = Blob::deserialize(deserializer)?;
        Self::from_bytes(blob.0).map_err(D::Error::custom)
    }
}

impl<P: Purpose> fmt::Debug for UnverifiedSplit<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = self.bytes.len();
        write!(f, "UnverifiedSplit<{}>({length} bytes)", P::NAME)
    }
}
