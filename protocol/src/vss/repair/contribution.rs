//! The two secret values of a repair: what one helper gives another, and what it gives the one in need.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::super::purpose::Purpose;
use super::super::share::{Share, ShareError, ShareIndex};
use crate::secret::SecretScalar;

/// A piece of one helper's part, for one helper. Who gave it, the sealed box says that it came in.
///
/// # Security
/// All deltas of a helper together are its share; wiped on drop, no copy, no print, written in binary only.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Delta<P: Purpose>(Share<P>);

/// What one helper got, added up, for the one in need.
///
/// # Security
/// All sums of a repair together are the repaired share; wiped on drop, no copy, no print, written in binary only.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Sum<P: Purpose>(Share<P>);

macro_rules! contribution {
    ($name:ident, $index:ident, $whose:literal) => {
        impl<P: Purpose> $name<P> {
            /// Length of the bytes: an index, then the scalar.
            pub const LENGTH: usize = Share::<P>::LENGTH;

            pub(super) const fn new($index: ShareIndex, value: SecretScalar) -> Self {
                Self(Share::new($index, value))
            }

            #[doc = $whose]
            #[must_use]
            pub const fn $index(&self) -> ShareIndex {
                self.0.index()
            }

            pub(super) const fn value(&self) -> &SecretScalar {
                self.0.value()
            }

            /// Index and value, to be sealed.
            #[must_use]
            pub fn to_bytes(&self) -> Zeroizing<[u8; 33]> {
                self.0.to_bytes()
            }

            /// Reads what `to_bytes` wrote. Whether it is right, only the committed points say.
            ///
            /// # Errors
            /// [`ShareError`].
            pub fn from_bytes(bytes: &Zeroizing<[u8; 33]>) -> Result<Self, ShareError> {
                Share::from_bytes(bytes).map(Self)
            }
        }

        impl<P: Purpose> zeroize::ZeroizeOnDrop for $name<P> {}
    };
}

contribution!(Delta, to, "For whom.");
contribution!(Sum, from, "Whose sum it says it is.");
