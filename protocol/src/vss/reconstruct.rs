//! Reconstructing the secret by Lagrange interpolation at zero.
//!
//! Not through `vsss-rs`: it inverts once per share (three times as slow), leaves its copies of
//! the shares in memory, and gives a wrong value as `Ok` for too few of them. The interpolation
//! is a dozen lines; its inputs are verified and its result is checked against commitment 0.

use curve25519_dalek::{RistrettoPoint, Scalar};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::participant::VerifiedShares;
use super::purpose::Purpose;
use crate::secret::SecretScalar;

/// Why no secret can be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReconstructError {
    /// Fewer right shares than the threshold.
    #[error("{have} right shares, {need} are needed")]
    NotEnough {
        /// Right shares with different indices.
        have: usize,
        /// The threshold.
        need: u8,
    },
    /// The result is not the secret committed to. Cannot happen with verified shares; a fault in
    /// the machine must not pass as a secret.
    #[error("the reconstructed value is not the committed secret")]
    Mismatch,
}

impl<P: Purpose> VerifiedShares<'_, P> {
    /// Interpolates exactly `threshold` of the shares.
    pub(crate) fn reconstruct(&self) -> Result<SecretScalar, ReconstructError> {
        let need = self.commitment().threshold();
        let have = self.len();
        let used = self
            .shares()
            .get(..usize::from(need))
            .ok_or(ReconstructError::NotEnough { have, need })?;
        let indices: Vec<u8> = used.iter().map(|share| share.index().get()).collect();
        let mut secret = Zeroizing::new(Scalar::ZERO);
        for (share, weight) in used.iter().zip(inverted_denominators(&indices)) {
            *secret += *share.value().times(&weight);
        }
        *secret *= product(1, &indices, |index| index);
        let public = RistrettoPoint::mul_base(&secret);
        bool::from(public.ct_eq(&self.commitment().points()[0]))
            .then(|| SecretScalar::new(&secret))
            .ok_or(ReconstructError::Mismatch)
    }
}

/// The Lagrange weight at zero of index i is the product of the others x_j / (x_j - x_i), that is
/// the product of all x_j over a denominator of its own. These are the denominators, inverted by
/// one inversion for them all. Indices are public, different and not zero.
fn inverted_denominators(indices: &[u8]) -> Vec<Scalar> {
    let mut all: Vec<Scalar> = indices.iter().map(|x| denominator(*x, indices)).collect();
    Scalar::invert_batch_alloc(&mut all);
    all
}

/// x_i times the product of (x_j - x_i) over the others.
fn denominator(x: u8, indices: &[u8]) -> Scalar {
    // The distance to itself counts as one.
    let magnitude = product(x, indices, |other| other.abs_diff(x).max(1));
    let negative = indices.iter().filter(|other| **other < x).count() % 2 == 1;
    if negative { -magnitude } else { magnitude }
}

/// `first` times the product of a small number for each index. Four of them fit into 32 bits, and
/// the field is entered only when 128 are full: once for some twenty factors.
fn product(first: u8, indices: &[u8], factor: impl Fn(u8) -> u8) -> Scalar {
    let mut all = Scalar::ONE;
    let mut few = u128::from(first);
    for four in indices.chunks(4) {
        let part: u32 = four.iter().map(|index| u32::from(factor(*index))).product();
        if few.leading_zeros() < u32::BITS {
            all *= Scalar::from(few);
            few = 1;
        }
        few *= u128::from(part);
    }
    all * Scalar::from(few)
}
