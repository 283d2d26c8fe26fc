//! New shares of the same secret, dealt by the helpers of a repair: the sum of what each adds (Herzberg, Jarecki,
//! Krawczyk, Yung, "Proactive Secret Sharing", 1995, section 3.3; decision 0040, after theft).
//!
//! Each helper makes a [`Refresh`](super::super::Refresh) by itself; all together move the polynomial by the sum. There
//! are as many as the threshold, so one of them at least is honest, and nobody knows by how much, whatever the others chose.

use core::borrow::Borrow;

use curve25519_dalek::RistrettoPoint;
use subtle::ConstantTimeEq as _;

use super::super::commitment::{Commitment, CommitmentError, UnverifiedCommitment};
use super::super::purpose::Purpose;
use super::super::refresh::Addition;
use super::super::share::{Share, ShareIndex};
use super::Repair;
use super::blame::{Culprit, Culprits, Fault, roll_call};
use crate::secret::SecretScalar;

/// What all helpers add to the deal, each one's commitment checked. Nothing of it is secret.
#[derive(Debug)]
pub struct JointRefresh<'a, P: Purpose> {
    repair: &'a Repair<'a, P>,
    /// In the helpers' order: what this helper alone would move the deal's commitment to.
    dealt: Vec<Commitment<P>>,
}

impl<P: Purpose> Repair<'_, P> {
    /// Checks what the helpers published, each by the index under which the caller knows its sender: commitments of
    /// the same degree and with the same point 0, so that each adds a polynomial that is zero at zero.
    ///
    /// # Errors
    /// [`Culprits`]: all whose commitment is wrong, missing or there twice, and who is no helper.
    pub fn joint_refresh(
        &self,
        dealt: &[(ShareIndex, impl Borrow<UnverifiedCommitment<P>>)],
    ) -> Result<JointRefresh<'_, P>, Culprits> {
        let mut culprits = roll_call(&self.helpers, dealt);
        let mut opened = Vec::with_capacity(dealt.len());
        for (from, commitment) in dealt {
            match self.same_secret(commitment.borrow()) {
                Ok(commitment) => opened.push((*from, commitment)),
                Err(fault) => culprits.push(fault.of(*from)),
            }
        }
        Culprits::none_of(culprits)?;
        opened.sort_unstable_by_key(|(from, _)| *from);
        Ok(JointRefresh {
            repair: self,
            dealt: opened.into_iter().map(|(_, dealt)| dealt).collect(),
        })
    }

    fn same_secret(&self, dealt: &UnverifiedCommitment<P>) -> Result<Commitment<P>, Fault> {
        let dealt = dealt
            .open(self.commitment.threshold())
            .map_err(|_| Fault::Unreadable)?;
        let same = dealt.points()[0] == self.commitment.points()[0];
        same.then_some(dealt).ok_or(Fault::Wrong)
    }
}

impl<P: Purpose> JointRefresh<'_, P> {
    /// Checks what `from` gave to the holder at `own`, who may be anybody and whose old share is not needed.
    ///
    /// # Errors
    /// [`Culprit`]: the giver.
    pub fn verify(
        &self,
        own: ShareIndex,
        from: ShareIndex,
        addition: &Addition<P>,
    ) -> Result<(), Culprit> {
        let place = self.repair.place(from).ok_or(Fault::Stranger.of(from))?;
        let moved = self.dealt[place].value_at(own) - self.repair.commitment.value_at(own);
        let right = addition.index() == own && addition.is_of(&moved);
        right.then_some(()).ok_or(Fault::Wrong.of(from))
    }

    /// Adds up what the holder at `own` got: one addition from each helper, its own included where it is one.
    ///
    /// # Errors
    /// [`Culprits`]: all whose additions are wrong, missing or there twice, and who is no helper.
    pub fn add(
        &self,
        own: ShareIndex,
        additions: &[(ShareIndex, impl Borrow<Addition<P>>)],
    ) -> Result<Addition<P>, Culprits> {
        let mut culprits = roll_call(&self.repair.helpers, additions);
        let checks = additions
            .iter()
            .map(|(from, addition)| self.verify(own, *from, addition.borrow()));
        culprits.extend(checks.filter_map(Result::err));
        Culprits::none_of(culprits)?;
        let all = additions.iter().map(|(_, addition)| addition.borrow());
        Ok(Addition::sum(own, all))
    }

    /// What the new shares lie on.
    ///
    /// # Errors
    /// [`CommitmentError`] where the sum of a coefficient vanishes. Honest helpers bring that about with a chance of
    /// 2^-252. One who sees the others' commitments before it makes its own can choose it so, and where few honest
    /// holders take part no addition gives it away; so helpers are held to a digest of theirs before any is shown.
    pub fn commitment(&self) -> Result<Commitment<P>, CommitmentError> {
        let old = self.repair.commitment;
        let moved = |(place, old): (usize, &RistrettoPoint)| -> RistrettoPoint {
            let moves = self.dealt.iter().map(|dealt| dealt.points()[place] - old);
            old + moves.sum::<RistrettoPoint>()
        };
        let points = old.points().iter().enumerate().map(moved).collect();
        Commitment::of_dealt(old.threshold(), points)
    }
}

impl<P: Purpose> Addition<P> {
    /// Whether this is the value behind the point, in constant time.
    fn is_of(&self, point: &RistrettoPoint) -> bool {
        let own = RistrettoPoint::mul_base(self.value().expose());
        point.ct_eq(&own).into()
    }

    /// All of them together, at this index.
    fn sum<'a>(at: ShareIndex, all: impl Iterator<Item = &'a Self>) -> Self {
        let total = all.fold(SecretScalar::zero(), |sum, one| sum.plus(one.value()));
        Self::from_inner(Share::new(at, total))
    }
}
