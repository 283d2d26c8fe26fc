//! The dealer's commitment: one point per coefficient, and nothing else.
//!
//! The library's vector carries the generator in front, which a dealer could choose, and is not
//! bound to the threshold. Here exactly `threshold` points travel and the generator is never read.

use core::fmt;
use core::marker::PhantomData;

use curve25519_dalek::RistrettoPoint;
use curve25519_dalek::traits::IsIdentity as _;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::point::{Point, decompress};
use super::purpose::Purpose;
use super::quorum::Quorum;
use crate::bytes::{Blob, Digest, serialize_bytes};
use crate::keys::{Suite, labels};
use crate::limits;

const POINT: usize = 32;

/// Why points are not a commitment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CommitmentError {
    /// The agreed threshold is one that no deal has.
    #[error("no deal has a threshold of {0}")]
    Threshold(u8),
    /// Another number of points than the agreed threshold: a polynomial of another degree.
    #[error("{points} points do not commit to a threshold of {threshold}")]
    Degree {
        /// The agreed threshold.
        threshold: u8,
        /// Whole points received.
        points: usize,
    },
    /// Not a whole number of points.
    #[error("{0} bytes are not a whole number of points")]
    Length(usize),
    /// The suite byte is not that of Ristretto255.
    #[error("suite {0} does not commit to a deal")]
    Suite(u8),
    /// A point that is the identity or not canonically encoded.
    #[error("point {position} is the identity or not canonically encoded")]
    BadPoint {
        /// Which one, from 0.
        position: usize,
    },
}

/// A checked commitment: `threshold` canonical points, none the identity. Point 0 is the public
/// key of the dealt secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Commitment<P: Purpose> {
    points: Vec<RistrettoPoint>,
    bytes: Vec<u8>,
    purpose: PhantomData<P>,
}

impl<P: Purpose> Commitment<P> {
    /// Checks points against the threshold that was agreed.
    ///
    /// # Errors
    /// [`CommitmentError`].
    pub fn from_points(threshold: u8, points: &[[u8; POINT]]) -> Result<Self, CommitmentError> {
        if threshold < Quorum::MIN_THRESHOLD {
            return Err(CommitmentError::Threshold(threshold));
        }
        if points.len() != usize::from(threshold) {
            let points = points.len();
            return Err(CommitmentError::Degree { threshold, points });
        }
        Ok(Self {
            points: points
                .iter()
                .enumerate()
                .map(read)
                .collect::<Result<_, _>>()?,
            bytes: points.concat(),
            purpose: PhantomData,
        })
    }

    /// For points that the dealer has just computed: encodes them, and checks the same things.
    pub(super) fn of_dealt(
        threshold: u8,
        points: Vec<RistrettoPoint>,
    ) -> Result<Self, CommitmentError> {
        if points.len() != usize::from(threshold) {
            let points = points.len();
            return Err(CommitmentError::Degree { threshold, points });
        }
        if let Some(position) = points.iter().position(RistrettoPoint::is_identity) {
            return Err(CommitmentError::BadPoint { position });
        }
        let bytes: Vec<_> = points
            .iter()
            .map(|point| point.compress().to_bytes())
            .collect();
        Ok(Self {
            points,
            bytes: bytes.concat(),
            purpose: PhantomData,
        })
    }

    /// Shares that reconstruct the secret.
    #[must_use]
    pub fn threshold(&self) -> u8 {
        u8::try_from(self.points.len()).expect("at most 255 points, checked when it was made")
    }

    /// Point 0: the public key of the dealt secret.
    #[must_use]
    pub fn public_point(&self) -> Point {
        let first = self.bytes.first_chunk().expect("at least two points");
        Point::checked(*first)
    }

    pub(super) fn points(&self) -> &[RistrettoPoint] {
        &self.points
    }

    /// What the ledger anchors and receipts name: purpose, suite and all points.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let suite = [Suite::Ristretto255.byte()];
        Digest::of(
            labels::COMMITMENT,
            &[P::LABEL.as_bytes(), &suite, &self.bytes],
        )
    }

    /// The form that travels and is stored.
    #[must_use]
    pub fn to_wire(&self) -> UnverifiedCommitment<P> {
        let suite = Suite::Ristretto255.byte();
        UnverifiedCommitment {
            bytes: [&[suite], &self.bytes[..]].concat(),
            purpose: PhantomData,
        }
    }
}

fn read((position, bytes): (usize, &[u8; POINT])) -> Result<RistrettoPoint, CommitmentError> {
    decompress(*bytes).ok_or(CommitmentError::BadPoint { position })
}

impl<P: Purpose> fmt::Debug for Commitment<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let points = self.points.len();
        write!(
            f,
            "Commitment<{}>({points} points, {:?})",
            P::NAME,
            self.digest()
        )
    }
}

/// A commitment as it arrives: bytes of a bounded length, of which nothing else is known.
///
/// Wire form: suite byte, then the points.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnverifiedCommitment<P: Purpose> {
    bytes: Vec<u8>,
    purpose: PhantomData<P>,
}

impl<P: Purpose> UnverifiedCommitment<P> {
    /// The most bytes on the wire.
    pub const MAX_LENGTH: usize = 1 + POINT * limits::sharing::TRUSTEES;

    /// Checks everything, against the threshold that was agreed elsewhere (the lane's): the degree
    /// must not be the dealer's to choose.
    ///
    /// # Errors
    /// [`CommitmentError`].
    pub fn open(&self, threshold: u8) -> Result<Commitment<P>, CommitmentError> {
        let (&suite, body) = self.bytes.split_first().ok_or(CommitmentError::Length(0))?;
        if suite != Suite::Ristretto255.byte() {
            return Err(CommitmentError::Suite(suite));
        }
        let (points, rest) = body.as_chunks::<POINT>();
        if !rest.is_empty() {
            return Err(CommitmentError::Length(self.bytes.len()));
        }
        Commitment::from_points(threshold, points)
    }

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
}

impl<P: Purpose> Serialize for UnverifiedCommitment<P> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_bytes(&self.bytes, serializer)
    }
}

impl<'de, P: Purpose> Deserialize<'de> for UnverifiedCommitment<P> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let blob = Blob::deserialize(deserializer)?;
        Self::from_bytes(blob.0).map_err(D::Error::custom)
    }
}

impl<P: Purpose> fmt::Debug for UnverifiedCommitment<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "UnverifiedCommitment<{}>({} bytes)",
            P::NAME,
            self.bytes.len()
        )
    }
}
