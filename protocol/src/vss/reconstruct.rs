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
        for (share, weight) in used.iter().zip(weights_at_zero(&indices)) {
            *secret += weight * share.value().expose();
        }
        let public = RistrettoPoint::mul_base(&secret);
        bool::from(public.ct_eq(&self.commitment().points()[0]))
            .then(|| SecretScalar::new(&secret))
            .ok_or(ReconstructError::Mismatch)
    }
}

/// The Lagrange weights at zero of different, non-zero indices: for each i the product over the
/// others of x_j / (x_j - x_i). All public; one inversion serves them all.
fn weights_at_zero(indices: &[u8]) -> Vec<Scalar> {
    let numerator = product(indices.iter().copied());
    let mut weights: Vec<Scalar> = indices.iter().map(|x| denominator(*x, indices)).collect();
    Scalar::invert_batch_alloc(&mut weights);
    for weight in &mut weights {
        *weight *= numerator;
    }
    weights
}

/// x_i times the product of (x_j - x_i) over the others.
fn denominator(x: u8, indices: &[u8]) -> Scalar {
    let others = indices.iter().copied().filter(|other| *other != x);
    let distances = others.clone().map(|other| other.abs_diff(x));
    let magnitude = product(distances.chain([x]));
    let negative = others.filter(|other| *other < x).count() % 2 == 1;
    if negative { -magnitude } else { magnitude }
}

/// Sixteen factors below 256 fit into 128 bits, so the field is entered once for sixteen of them.
fn product(factors: impl Iterator<Item = u8>) -> Scalar {
    let mut all = Scalar::ONE;
    let (mut few, mut count) = (1_u128, 0);
    for factor in factors {
        few *= u128::from(factor);
        count += 1;
        if count == 16 {
            all *= Scalar::from(few);
            (few, count) = (1, 0);
        }
    }
    all * Scalar::from(few)
}
