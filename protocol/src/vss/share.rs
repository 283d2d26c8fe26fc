//! One trustee's share: a point of the dealer's polynomial.

use core::fmt;
use core::marker::PhantomData;
use core::num::NonZeroU8;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use super::purpose::Purpose;
use crate::secret::{SecretScalar, deserialize_secret, serialize_secret};

/// Which share of a deal: 1 to 255. Zero does not exist, because the polynomial's value there is
/// the secret itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ShareIndex(NonZeroU8);

impl ShareIndex {
    /// `None` for zero.
    #[must_use]
    pub fn new(index: u8) -> Option<Self> {
        NonZeroU8::new(index).map(Self)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0.get()
    }
}

impl fmt::Debug for ShareIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

impl fmt::Display for ShareIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Why bytes are not a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ShareError {
    /// Index 0, where the polynomial is the secret.
    #[error("a share has no index 0")]
    IndexZero,
    /// The value is not a reduced scalar.
    #[error("the value of share {index} is not a reduced scalar")]
    NotReduced {
        /// Whose value.
        index: ShareIndex,
    },
}

/// A share of one purpose: index and value.
///
/// # Security
/// Wiped on drop; no `Clone`, no `Debug`, no comparison. Serialises only into binary formats: rows
/// that the store seals, and the inside of sealed boxes.
pub struct Share<P: Purpose> {
    index: ShareIndex,
    value: SecretScalar,
    purpose: PhantomData<P>,
}

// The value wipes itself; this says so to whoever asks for it in a bound.
impl<P: Purpose> zeroize::ZeroizeOnDrop for Share<P> {}

impl<P: Purpose> Share<P> {
    /// Length of the bytes: index, then the scalar.
    pub const LENGTH: usize = 33;

    pub(super) const fn new(index: ShareIndex, value: SecretScalar) -> Self {
        let purpose = PhantomData;
        Self {
            index,
            value,
            purpose,
        }
    }

    /// Which share of the deal this is.
    #[must_use]
    pub const fn index(&self) -> ShareIndex {
        self.index
    }

    pub(super) const fn value(&self) -> &SecretScalar {
        &self.value
    }

    /// The share at the same index of the sum of both polynomials.
    pub(super) fn plus(&self, other: &Self) -> Self {
        Self::new(self.index, self.value.plus(&other.value))
    }

    /// The share at the same index of the polynomial that is lower by `constant` everywhere.
    pub(super) fn minus(&self, constant: &SecretScalar) -> Self {
        Self::new(self.index, self.value.minus(constant))
    }

    /// Index and value, to be sealed.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<[u8; 33]> {
        let mut bytes = Zeroizing::new([self.index.get(); 33]);
        bytes[1..].copy_from_slice(&*self.value.to_canonical());
        bytes
    }

    /// Reads what [`Share::to_bytes`] wrote. Whether the share is right, only its commitment says.
    ///
    /// # Errors
    /// [`ShareError`].
    pub fn from_bytes(bytes: &Zeroizing<[u8; 33]>) -> Result<Self, ShareError> {
        let index = ShareIndex::new(bytes[0]).ok_or(ShareError::IndexZero)?;
        let mut value = Zeroizing::new([0; 32]);
        value.copy_from_slice(&bytes[1..]);
        SecretScalar::from_canonical(&value)
            .map(|value| Self::new(index, value))
            .ok_or(ShareError::NotReduced { index })
    }
}

impl<P: Purpose> Serialize for Share<P> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_secret(&self.to_bytes(), serializer)
    }
}

impl<'de, P: Purpose> Deserialize<'de> for Share<P> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = deserialize_secret(deserializer)?;
        Self::from_bytes(&bytes).map_err(D::Error::custom)
    }
}
