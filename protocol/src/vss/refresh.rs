//! New shares of the same secret: what is added lies on a polynomial that is zero at zero (Herzberg, Jarecki,
//! Krawczyk, Yung, "Proactive Secret Sharing", 1995, section 3.3; the owner's agent is the only dealer).
//!
//! Old and new shares lie on different polynomials, so fewer than the threshold of each are together as good as
//! fewer than the threshold. The dealer needs the commitment and never sees secret or shares.

use curve25519_dalek::RistrettoPoint;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::commitment::Commitment;
use super::dealer::{DealError, deal};
use super::purpose::Purpose;
use super::quorum::Quorum;
use super::share::{Share, ShareError, ShareIndex};
use crate::secret::SecretScalar;

/// What a refresh made: the commitment of the new shares, and for each trustee what it adds to its share.
pub struct Refresh<P: Purpose> {
    /// To be sent to every trustee and anchored by its digest. Its point 0 is that of the old commitment.
    pub commitment: Commitment<P>,
    /// Each for the trustee at its index only.
    pub additions: Vec<Addition<P>>,
}

/// What one trustee adds to its share. No share itself: it lies on no committed polynomial.
///
/// # Security
/// With the old share it is the new one; wiped on drop, like a share.
pub struct Addition<P: Purpose>(Share<P>);

impl<P: Purpose> Commitment<P> {
    /// Makes additions for the shares at these indices, under the same threshold.
    ///
    /// # Errors
    /// [`DealError`]: fewer indices than the threshold, or the library's result is not what was asked for.
    pub fn refresh(
        &self,
        indices: &[ShareIndex],
        rng: &mut dyn CryptoRng,
    ) -> Result<Refresh<P>, DealError> {
        let count = u8::try_from(indices.len()).map_err(|_| DealError::Indices)?;
        let quorum = Quorum::new(self.threshold(), count).map_err(|_| DealError::Indices)?;
        // The library deals no zero. So a random value is dealt, and taken away again from every share.
        let blind = SecretScalar::generate(rng);
        let dealt = deal::<P>(&blind, (quorum, indices), rng)?;
        let commitment = self.moved_by(&dealt.commitment)?;
        let dealt = dealt.shares.into_iter();
        let additions = dealt.map(|share| Addition(share.minus(&blind))).collect();
        Ok(Refresh {
            commitment,
            additions,
        })
    }

    /// Commits to the sum of both polynomials less the other's value at zero.
    fn moved_by(&self, other: &Self) -> Result<Self, DealError> {
        let sums = self.points().iter().zip(other.points()).skip(1);
        let mut points: Vec<RistrettoPoint> = vec![self.points()[0]];
        points.extend(sums.map(|(one, other)| one + other));
        Ok(Self::of_dealt(self.threshold(), points)?)
    }
}

impl<P: Purpose> Addition<P> {
    /// At which index it stands.
    #[must_use]
    pub const fn index(&self) -> ShareIndex {
        self.0.index()
    }

    /// The new share: to be checked against the new commitment, for the dealer may have lied. `None` where
    /// `share` stands at another index.
    #[must_use]
    pub fn to(&self, share: &Share<P>) -> Option<Share<P>> {
        (self.0.index() == share.index()).then(|| share.plus(&self.0))
    }

    pub(super) const fn value(&self) -> &SecretScalar {
        self.0.value()
    }

    /// Index and value, to be sealed.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<[u8; 33]> {
        self.0.to_bytes()
    }

    /// Reads what [`Addition::to_bytes`] wrote. Whether it is right, only the commitments say.
    ///
    /// # Errors
    /// [`ShareError`].
    pub fn from_bytes(bytes: &Zeroizing<[u8; 33]>) -> Result<Self, ShareError> {
        Share::from_bytes(bytes).map(Self)
    }

    /// Index and value, as a share has them, for what travels in the same box.
    pub(crate) fn into_inner(self) -> Share<P> {
        self.0
    }

    /// Takes over what [`Addition::into_inner`] gave.
    pub(crate) const fn from_inner(inner: Share<P>) -> Self {
        Self(inner)
    }
}
