//! Checking shares against a commitment, one at a time or all at once.
//!
//! What is public may take variable time: points, indices and the weights of a batch, which the
//! verifier draws and never uses again. Share values are secret: they are only ever added and
//! multiplied as scalars and multiplied with the base point, all in constant time.

use curve25519_dalek::traits::VartimeMultiscalarMul as _;
use curve25519_dalek::{RistrettoPoint, Scalar};
use rand_core::CryptoRng;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::batch::power_sums;
use super::commitment::Commitment;
use super::purpose::Purpose;
use super::share::{Share, ShareIndex};

/// A share that is not on the committed polynomial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("share {index} does not lie on the committed polynomial")]
pub struct WrongShare {
    /// The index it claims.
    pub index: ShareIndex,
}

/// What is held against a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offence {
    /// Not on the committed polynomial.
    Wrong,
    /// Right, but the same index was given before.
    Repeated,
}

/// A share that was left out. The position says who sent it; the index is only what it claims,
/// and anyone can claim another's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rejected {
    /// Where it stood among the shares given.
    pub position: usize,
    /// The index it claims.
    pub index: ShareIndex,
    /// Why it was left out.
    pub offence: Offence,
}

/// Shares that were all verified against this commitment, each index once.
pub struct VerifiedShares<'a, P: Purpose> {
    commitment: &'a Commitment<P>,
    shares: Vec<&'a Share<P>>,
}

/// The result of checking many shares.
pub struct Checked<'a, P: Purpose> {
    /// Those that are right.
    pub verified: VerifiedShares<'a, P>,
    /// Those that were left out, by position.
    pub rejected: Vec<Rejected>,
}

impl<'a, P: Purpose> VerifiedShares<'a, P> {
    /// The commitment they lie on.
    #[must_use]
    pub const fn commitment(&self) -> &'a Commitment<P> {
        self.commitment
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shares.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.shares.is_empty()
    }

    pub(super) fn shares(&self) -> &[&'a Share<P>] {
        &self.shares
    }
}

impl<P: Purpose> Commitment<P> {
    /// Checks one share: its value times the base point must be the committed polynomial's value
    /// at its index.
    ///
    /// # Errors
    /// [`WrongShare`].
    pub fn verify(&self, share: &Share<P>) -> Result<(), WrongShare> {
        let index = share.index();
        let claimed = RistrettoPoint::mul_base(share.value().expose());
        bool::from(self.value_at(index).ct_eq(&claimed))
            .then_some(())
            .ok_or(WrongShare { index })
    }

    /// Checks many shares at once by a random linear combination, and one by one only when that
    /// fails, to name the wrong ones. The others go on.
    pub fn verify_all<'a>(
        &'a self,
        shares: &'a [Share<P>],
        rng: &mut dyn CryptoRng,
    ) -> Checked<'a, P> {
        let all_right = self.holds_for_all(shares, rng);
        let mut sorted = Sorted::new(self, shares.len());
        for (position, share) in shares.iter().enumerate() {
            let right = all_right || self.verify(share).is_ok();
            sorted.add(position, share, right);
        }
        sorted.checked
    }

    /// Horner's rule in the group. Indices are below 256, so a step costs at most eight doublings
    /// where a multiplication with a whole scalar costs 252.
    pub(super) fn value_at(&self, index: ShareIndex) -> RistrettoPoint {
        let (last, rest) = self.points().split_last().expect("at least two points");
        rest.iter()
            .rev()
            .fold(*last, |sum, point| small_multiple(&sum, index) + point)
    }

    /// Whether sum r_i f(x_i) G = sum r_i F(x_i) for random weights r_i of 128 bits: a wrong share
    /// passes with a chance of 2^-128.
    fn holds_for_all(&self, shares: &[Share<P>], rng: &mut dyn CryptoRng) -> bool {
        let mut weights = Vec::with_capacity(shares.len());
        let mut values = Zeroizing::new(Scalar::ZERO);
        for share in shares {
            let weight = random_weight(rng);
            *values += *share.value().times(&weight);
            weights.push((share.index().get(), weight));
        }
        let times = power_sums(&weights, self.points().len());
        let committed = RistrettoPoint::vartime_multiscalar_mul(&times, self.points());
        committed.ct_eq(&RistrettoPoint::mul_base(&values)).into()
    }
}

pub(super) fn random_weight(rng: &mut dyn CryptoRng) -> Scalar {
    let mut bytes = [0; 16];
    rng.fill_bytes(&mut bytes);
    Scalar::from(u128::from_le_bytes(bytes))
}

/// Double and add, from the bit below the highest; both arguments are public.
fn small_multiple(point: &RistrettoPoint, factor: ShareIndex) -> RistrettoPoint {
    let factor = factor.get();
    let highest = u8::BITS - 1 - factor.leading_zeros();
    (0..highest).rev().fold(*point, |sum, bit| {
        let doubled = sum + sum;
        if factor >> bit & 1 == 1 {
            doubled + point
        } else {
            doubled
        }
    })
}

/// Collects shares by verdict, each index once.
struct Sorted<'a, P: Purpose> {
    checked: Checked<'a, P>,
    seen: [bool; 256],
}

impl<'a, P: Purpose> Sorted<'a, P> {
    fn new(commitment: &'a Commitment<P>, capacity: usize) -> Self {
        let shares = Vec::with_capacity(capacity.min(255));
        let verified = VerifiedShares { commitment, shares };
        let checked = Checked {
            verified,
            rejected: Vec::new(),
        };
        Self {
            checked,
            seen: [false; 256],
        }
    }

    fn add(&mut self, position: usize, share: &'a Share<P>, right: bool) {
        let index = share.index();
        // Only a right share takes its index: a wrong one must not push out the honest holder's.
        let offence = match (right, self.seen[usize::from(index.get())]) {
            (false, _) => Offence::Wrong,
            (true, true) => Offence::Repeated,
            (true, false) => {
                self.seen[usize::from(index.get())] = true;
                self.checked.verified.shares.push(share);
                return;
            }
        };
        let rejected = Rejected {
            position,
            index,
            offence,
        };
        self.checked.rejected.push(rejected);
    }
}
