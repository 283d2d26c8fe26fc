//! Dealing: the polynomial comes from `vsss-rs`, the guards from here.

use core::fmt;
use std::collections::BTreeSet;

use curve25519_dalek::constants::RISTRETTO_BASEPOINT_POINT;
use curve25519_dalek::{RistrettoPoint, Scalar};
use rand_core::CryptoRng;
use vsss_rs::{IdentifierPrimeField, ValueGroup, feldman};
use zeroize::{Zeroize as _, Zeroizing};

use super::commitment::{Commitment, CommitmentError};
use super::purpose::Purpose;
use super::quorum::Quorum;
use super::share::{Share, ShareIndex};
use crate::secret::SecretScalar;

type Element = IdentifierPrimeField<Scalar>;
type Verifier = ValueGroup<RistrettoPoint>;

/// What a dealer made: the public commitment and one secret share per trustee, in the order of their indices as asked.
pub struct Deal<P: Purpose> {
    /// To be sent to every trustee and anchored by its digest.
    pub commitment: Commitment<P>,
    /// Each for one trustee only.
    pub shares: Vec<Share<P>>,
}

/// The library did not give what was asked for. Nothing of the deal may be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DealError {
    /// Other than one index for each trustee, or one twice.
    #[error("there is not one index for each share")]
    Indices,
    /// The library's own refusal.
    #[error("the sharing library refused: {0}")]
    Library(vsss_rs::Error),
    /// The commitment is not over the standard generator.
    #[error("the sharing library used another generator")]
    Generator,
    /// The points are not a commitment of the wanted degree.
    #[error("the sharing library made a bad commitment")]
    Commitment(#[from] CommitmentError),
    /// Another secret was committed to.
    #[error("the sharing library committed to another secret")]
    Secret,
    /// Other shares than one for each trustee.
    #[error("the sharing library made other shares than those asked for")]
    Shares,
}

/// Deals a secret to a quorum, each trustee at one of these indices.
pub(crate) fn deal<P: Purpose>(
    secret: &SecretScalar,
    (quorum, indices): (Quorum, &[ShareIndex]),
    rng: &mut dyn CryptoRng,
) -> Result<Deal<P>, DealError> {
    // The library takes repeated ones too, and two trustees would count as two who hold one share.
    let different: BTreeSet<ShareIndex> = indices.iter().copied().collect();
    let wanted = usize::from(quorum.trustees());
    if indices.len() != wanted || different.len() != wanted {
        return Err(DealError::Indices);
    }
    let (shares, verifiers) = split(secret, (quorum, indices), rng)?;
    let commitment = commitment(quorum, &verifiers)?;
    if commitment.points()[0] != RistrettoPoint::mul_base(secret.expose()) {
        return Err(DealError::Secret);
    }
    let shares = take_over(indices, &shares)?;
    Ok(Deal { commitment, shares })
}

fn split(
    secret: &SecretScalar,
    (quorum, indices): (Quorum, &[ShareIndex]),
    rng: &mut dyn CryptoRng,
) -> Result<(Vec<WipedShare>, Vec<Verifier>), DealError> {
    let indices = indices
        .iter()
        .map(|index| IdentifierPrimeField(Scalar::from(index.get())));
    let secret = WipedShare {
        identifier: Element::default(),
        value: IdentifierPrimeField(*secret.expose()),
    };
    feldman::split_secret_with_participant_ids_iter(
        quorum.threshold().into(),
        quorum.trustees().into(),
        &secret.value,
        None,
        rng,
        indices,
    )
    .map_err(DealError::Library)
}

/// Drops the generator in front, after making sure that it is the standard one.
fn commitment<P: Purpose>(
    quorum: Quorum,
    verifiers: &[Verifier],
) -> Result<Commitment<P>, DealError> {
    let (generator, points) = verifiers.split_first().ok_or(DealError::Generator)?;
    if generator.0 != RISTRETTO_BASEPOINT_POINT {
        return Err(DealError::Generator);
    }
    let points = points.iter().map(|point| point.0).collect();
    Ok(Commitment::of_dealt(quorum.threshold(), points)?)
}

fn take_over<P: Purpose>(
    indices: &[ShareIndex],
    shares: &[WipedShare],
) -> Result<Vec<Share<P>>, DealError> {
    if shares.len() != indices.len() {
        return Err(DealError::Shares);
    }
    let mut taken = Vec::with_capacity(shares.len());
    for (index, share) in indices.iter().zip(shares) {
        if share.identifier.0 != Scalar::from(index.get()) {
            return Err(DealError::Shares);
        }
        let value = SecretScalar::new(&Zeroizing::new(share.value.0));
        taken.push(Share::new(*index, value));
    }
    Ok(taken)
}

/// The share type that `vsss-rs` computes with, which is also its polynomial's coefficient: its
/// own ones stay in freed memory and print their values.
#[derive(Clone, Default, PartialEq, Eq)]
struct WipedShare {
    identifier: Element,
    value: Element,
}

impl Drop for WipedShare {
    fn drop(&mut self) {
        self.identifier.0.zeroize();
        self.value.0.zeroize();
    }
}

impl fmt::Debug for WipedShare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WipedShare(..)")
    }
}

impl vsss_rs::Share for WipedShare {
    type Identifier = Element;
    type Value = Element;

    fn with_identifier_and_value(identifier: Element, value: Element) -> Self {
        Self { identifier, value }
    }

    fn identifier(&self) -> &Element {
        &self.identifier
    }

    fn identifier_mut(&mut self) -> &mut Element {
        &mut self.identifier
    }

    fn value(&self) -> &Element {
        &self.value
    }

    fn value_mut(&mut self) -> &mut Element {
        &mut self.value
    }
}
