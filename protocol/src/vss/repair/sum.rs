//! The other two steps: each helper adds up what it got, and the one in need adds up the sums.

use core::borrow::Borrow;

use curve25519_dalek::RistrettoPoint;
use subtle::ConstantTimeEq as _;

use super::super::participant::WrongShare;
use super::super::purpose::Purpose;
use super::super::share::{Share, ShareIndex};
use super::Repair;
use super::blame::{Culprit, Culprits, Fault, roll_call};
use super::contribution::{Delta, Sum};
use super::points::UnverifiedSplit;
use crate::bytes::Digest;
use crate::keys::labels;
use crate::secret::SecretScalar;

/// Why there is no repaired share.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RepairFailure {
    /// Some helpers gave something wrong, or nothing.
    #[error(transparent)]
    Culprits(#[from] Culprits),
    /// The result does not lie on the committed polynomial. Cannot happen with verified sums; a fault in the machine
    /// must not pass as a share.
    #[error(transparent)]
    Wrong(#[from] WrongShare),
}

/// The points of all helpers, each helper's checked. Nothing of it is secret.
#[derive(Debug)]
pub struct Splits<'a, P: Purpose> {
    repair: &'a Repair<'a, P>,
    /// By giver, then by receiver, in the helpers' order.
    points: Vec<Vec<RistrettoPoint>>,
    digest: Digest,
}

impl<P: Purpose> Repair<'_, P> {
    /// Checks what all helpers published, each by the index under which the caller knows its sender.
    ///
    /// # Errors
    /// [`Culprits`]: all whose points are wrong, missing or there twice, and who is no helper.
    pub fn gather(
        &self,
        splits: &[(ShareIndex, impl Borrow<UnverifiedSplit<P>>)],
    ) -> Result<Splits<'_, P>, Culprits> {
        let mut culprits = roll_call(&self.helpers, splits);
        let mut points = Vec::with_capacity(self.helpers.len());
        for helper in &self.helpers {
            let opened = splits.iter().filter(|(from, _)| from == helper);
            for (from, split) in opened {
                match self.open(*from, split.borrow()) {
                    Ok(opened) => points.push(opened),
                    Err(culprit) => culprits.push(culprit),
                }
            }
        }
        Culprits::none_of(culprits)?;
        Ok(Splits {
            repair: self,
            points,
            digest: self.digest(splits),
        })
    }

    /// In the helpers' order, whatever the order in which the points came.
    fn digest(&self, splits: &[(ShareIndex, impl Borrow<UnverifiedSplit<P>>)]) -> Digest {
        let deal = self.commitment.digest();
        let wanted = [self.wanted.get()];
        let indices: Vec<u8> = self.helpers.iter().map(|index| index.get()).collect();
        let mut parts: Vec<&[u8]> = vec![&deal.0, &wanted, &indices];
        let mut sorted: Vec<_> = splits.iter().collect();
        sorted.sort_unstable_by_key(|(from, _)| *from);
        parts.extend(sorted.iter().map(|(_, split)| split.borrow().as_bytes()));
        Digest::of(labels::REPAIR_SPLITS, &parts)
    }
}

impl<P: Purpose> Splits<'_, P> {
    /// Of the deal, the wanted index, the helpers and all their points. Who signs it with a sum says which points
    /// the sum is of: the one who passes them on could show others to everyone.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// Checks one delta that `from` gave to the helper at `own`.
    ///
    /// # Errors
    /// [`Culprit`]: the giver.
    pub fn verify(
        &self,
        own: ShareIndex,
        from: ShareIndex,
        delta: &Delta<P>,
    ) -> Result<(), Culprit> {
        let giver = self.repair.place(from).ok_or(Fault::Stranger.of(from))?;
        let committed = self.repair.place(own).map(|to| self.points[giver][to]);
        let right =
            delta.to() == own && committed.is_some_and(|point| is_of(&point, delta.value()));
        right.then_some(()).ok_or(Fault::Wrong.of(from))
    }

    /// Adds up what the helper at `own` got: one delta from each helper, its own included.
    ///
    /// # Errors
    /// [`Culprits`]: all whose deltas are wrong, missing or there twice, and who is no helper.
    pub fn sum(
        &self,
        own: ShareIndex,
        deltas: &[(ShareIndex, impl Borrow<Delta<P>>)],
    ) -> Result<Sum<P>, Culprits> {
        let mut culprits = roll_call(&self.repair.helpers, deltas);
        let checks = deltas
            .iter()
            .map(|(from, delta)| self.verify(own, *from, delta.borrow()));
        culprits.extend(checks.filter_map(Result::err));
        Culprits::none_of(culprits)?;
        let value = total(deltas.iter().map(|(_, delta)| delta.borrow().value()));
        Ok(Sum::new(own, value))
    }

    /// Checks one sum. Where it is wrong its giver is to blame, who has checked every delta in it.
    ///
    /// # Errors
    /// [`Culprit`]: the giver.
    pub fn verify_sum(&self, from: ShareIndex, sum: &Sum<P>) -> Result<(), Culprit> {
        let place = self.repair.place(from).ok_or(Fault::Stranger.of(from))?;
        let committed: RistrettoPoint = self.points.iter().map(|points| points[place]).sum();
        let right = sum.from() == from && is_of(&committed, sum.value());
        right.then_some(()).ok_or(Fault::Wrong.of(from))
    }

    /// The wanted share: one sum of each helper, added up.
    ///
    /// # Errors
    /// [`RepairFailure`]: all whose sums are wrong, missing or there twice, and who is no helper.
    pub fn repaired(
        &self,
        sums: &[(ShareIndex, impl Borrow<Sum<P>>)],
    ) -> Result<Share<P>, RepairFailure> {
        self.confirmed(self.added_up(sums)?)
    }

    /// What all sums, each of them right, add up to.
    pub(crate) fn added_up(
        &self,
        sums: &[(ShareIndex, impl Borrow<Sum<P>>)],
    ) -> Result<Share<P>, Culprits> {
        let mut culprits = roll_call(&self.repair.helpers, sums);
        let checks = sums
            .iter()
            .map(|(from, sum)| self.verify_sum(*from, sum.borrow()));
        culprits.extend(checks.filter_map(Result::err));
        Culprits::none_of(culprits)?;
        let value = total(sums.iter().map(|(_, sum)| sum.borrow().value()));
        Ok(Share::new(self.repair.wanted, value))
    }

    /// The last look at a share before it is used.
    pub(crate) fn confirmed(&self, share: Share<P>) -> Result<Share<P>, RepairFailure> {
        self.repair.commitment.verify(&share)?;
        Ok(share)
    }
}

/// Whether this is the point of the secret, in constant time.
fn is_of(point: &RistrettoPoint, secret: &SecretScalar) -> bool {
    point
        .ct_eq(&RistrettoPoint::mul_base(secret.expose()))
        .into()
}

fn total<'a>(values: impl Iterator<Item = &'a SecretScalar>) -> SecretScalar {
    values.fold(SecretScalar::zero(), |sum, value| sum.plus(value))
}
