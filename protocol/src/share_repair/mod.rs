//! The repair of both shares that one trustee holds, by others: what each helper publishes, gives the others, and gives
//! the one in need (decision 0040).
//!
//! [`crate::vss::Repair`] does it for one secret. Here both are done under one agreement, and whoever is wrong in
//! either is named. What leaves a helper is sealed: deltas to the helper that they are for, sums to the one in need.
mod refresh;

pub use refresh::PairRefresh;

use crate::bytes::Digest;
use crate::keys::role::{ClaimantSealing, RepairSealing};
use crate::keys::{AgreementKey, AgreementSecret, SealedBox, labels};
use crate::message::share::Opened;
use crate::share_pair::{PairError, SharePair, open, seal};
use crate::vss::{
    Culprits, Decrypt, Delta, Repair, RepairError, RepairFailure, ShareIndex, Sign, SplitError,
    Splits, Sum, UnverifiedSplit,
};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

/// What all helpers of one run agree on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// What was asked for, and approved, by its id on the ledger.
    pub repair: Digest,
    /// The deal's digest ([`crate::message::share::Commitments::digest`]).
    pub deal: Digest,
    /// Counted by the one in need: after a culprit was left out, a new one.
    pub number: u32,
    /// Whose shares are computed.
    pub wanted: ShareIndex,
    /// By whose.
    pub helpers: Vec<ShareIndex>,
}

/// A run over one deal's commitments.
#[derive(Debug)]
pub struct PairRepair<'a> {
    run: Digest,
    decrypt: Repair<'a, Decrypt>,
    sign: Repair<'a, Sign>,
}

/// What a helper publishes: its points for both secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairPoints {
    /// Of the share that decrypts.
    pub decrypt: UnverifiedSplit<Decrypt>,
    /// Of the share that signs.
    pub sign: UnverifiedSplit<Sign>,
}

/// What one helper gives another, of both shares.
///
/// # Security
/// Pieces of shares; wiped on drop, written only in binary, inside a sealed box or a sealed row.
#[derive(Serialize, Deserialize)]
pub struct DeltaPair {
    decrypt: Delta<Decrypt>,
    sign: Delta<Sign>,
}

/// What one helper gives the one in need.
///
/// # Security
/// All of them together are her shares; wiped on drop, written only in binary, inside a sealed box or a sealed row.
#[derive(Serialize, Deserialize)]
pub struct SumPair {
    decrypt: Sum<Decrypt>,
    sign: Sum<Sign>,
}

/// What one helper made.
pub struct PairSplit {
    /// For everybody.
    pub points: PairPoints,
    /// One for each helper, in rising order. The helper's own is among them and never leaves.
    pub deltas: Vec<DeltaPair>,
}

/// The points of all helpers of a run, checked. Nothing of it is secret.
#[derive(Debug)]
pub struct PairSplits<'a> {
    digest: Digest,
    decrypt: Splits<'a, Decrypt>,
    sign: Splits<'a, Sign>,
}

impl Run {
    /// Every part has its length in front, so no two runs have one digest. Helpers in another order are the same run.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut helpers: Vec<u8> = self.helpers.iter().map(|index| index.get()).collect();
        helpers.sort_unstable();
        let parts: [&[u8]; 5] = [
            &self.repair.0,
            &self.deal.0,
            &self.number.to_be_bytes(),
            &[self.wanted.get()],
            &helpers,
        ];
        Digest::of(labels::REPAIR_RUN, &parts)
    }

    /// The run over the commitments of the deal that it names.
    ///
    /// # Errors
    /// [`RepairError`]: other than exactly a threshold of different helpers, or the wanted index among them.
    pub fn over<'a>(&self, commitments: &'a Opened) -> Result<PairRepair<'a>, RepairError> {
        Ok(PairRepair {
            run: self.digest(),
            decrypt: commitments.decrypt.repair(self.wanted, &self.helpers)?,
            sign: commitments.sign.repair(self.wanted, &self.helpers)?,
        })
    }
}

impl PairRepair<'_> {
    /// Splits a helper's parts. To be done once in a run, and kept: other helpers may have seen the points.
    ///
    /// # Errors
    /// [`SplitError`]: not a helper's shares, or damaged ones.
    pub fn split(
        &self,
        pair: &SharePair,
        rng: &mut dyn CryptoRng,
    ) -> Result<PairSplit, SplitError> {
        let decrypt = self.decrypt.split(&pair.decrypt, &self.run, rng)?;
        let sign = self.sign.split(&pair.sign, &self.run, rng)?;
        let both = decrypt.deltas.into_iter().zip(sign.deltas);
        Ok(PairSplit {
            points: PairPoints {
                decrypt: decrypt.points,
                sign: sign.points,
            },
            deltas: both
                .map(|(decrypt, sign)| DeltaPair { decrypt, sign })
                .collect(),
        })
    }

    /// Checks what all helpers published, each by the index under which the caller knows its sender: by a signature and
    /// a proof that it holds that share. Without the proof anybody could publish points in its place.
    ///
    /// # Errors
    /// [`Culprits`]: all whose points are wrong, missing or there twice, and who is no helper.
    pub fn gather(&self, points: &[(ShareIndex, PairPoints)]) -> Result<PairSplits<'_>, Culprits> {
        let decrypt = self.decrypt.gather(&each(points, |both| &both.decrypt));
        let sign = self.sign.gather(&each(points, |both| &both.sign));
        let (decrypt, sign) = Culprits::both(decrypt, sign)?;
        let parts: [&[u8]; 3] = [&self.run.0, &decrypt.digest().0, &sign.digest().0];
        Ok(PairSplits {
            digest: Digest::of(labels::REPAIR_POINTS, &parts),
            decrypt,
            sign,
        })
    }
}

impl PairSplits<'_> {
    /// Of the run and all points. Whoever signs it with a sum says which points that is the sum of.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// What the box of one helper's deltas for another is bound to: in another run, with other points, from or for
    /// another helper it does not open.
    #[must_use]
    pub fn delta_context(&self, from: ShareIndex, to: ShareIndex) -> Digest {
        let parts: [&[u8]; 3] = [&self.digest.0, &[from.get()], &[to.get()]];
        Digest::of(labels::REPAIR_DELTA_CONTEXT, &parts)
    }

    /// What the box of one helper's sums is bound to.
    #[must_use]
    pub fn sum_context(&self, from: ShareIndex) -> Digest {
        let parts: [&[u8]; 2] = [&self.digest.0, &[from.get()]];
        Digest::of(labels::REPAIR_SUM_CONTEXT, &parts)
    }

    /// Adds up what the helper at `own` got of each helper, its own included.
    ///
    /// # Errors
    /// [`Culprits`]: all of whose deltas one or both are wrong, missing or there twice, and who is no helper.
    pub fn sum(
        &self,
        own: ShareIndex,
        deltas: &[(ShareIndex, DeltaPair)],
    ) -> Result<SumPair, Culprits> {
        let decrypt = self.decrypt.sum(own, &each(deltas, |both| &both.decrypt));
        let sign = self.sign.sum(own, &each(deltas, |both| &both.sign));
        let (decrypt, sign) = Culprits::both(decrypt, sign)?;
        Ok(SumPair { decrypt, sign })
    }

    /// The wanted pair, of one sum from each helper.
    ///
    /// # Errors
    /// [`RepairFailure`]: all of whose sums one or both are wrong, missing or there twice, and who is no helper.
    pub fn repaired(&self, sums: &[(ShareIndex, SumPair)]) -> Result<SharePair, RepairFailure> {
        let decrypt = self.decrypt.added_up(&each(sums, |both| &both.decrypt));
        let sign = self.sign.added_up(&each(sums, |both| &both.sign));
        let (decrypt, sign) = Culprits::both(decrypt, sign)?;
        Ok(SharePair {
            decrypt: self.decrypt.confirmed(decrypt)?,
            sign: self.sign.confirmed(sign)?,
        })
    }
}

impl DeltaPair {
    /// For whom.
    #[must_use]
    pub const fn to(&self) -> ShareIndex {
        self.decrypt.to()
    }

    /// Seals it to the one-time key of the helper that it is for.
    ///
    /// # Errors
    /// [`PairError::Sealed`] for a key that agrees with nothing.
    pub fn seal(
        &self,
        to: &AgreementKey<RepairSealing>,
        context: &Digest,
        rng: &mut dyn CryptoRng,
    ) -> Result<SealedBox<RepairSealing>, PairError> {
        seal(self, to, context, rng)
    }

    /// Opens what [`DeltaPair::seal`] sealed.
    ///
    /// # Errors
    /// [`PairError`] saying what does not fit. Its sender signed the box, and is to blame.
    pub fn open(
        secret: &AgreementSecret<RepairSealing>,
        context: &Digest,
        sealed: &SealedBox<RepairSealing>,
    ) -> Result<Self, PairError> {
        let pair: Self = open(secret, context, sealed)?;
        let together = pair.decrypt.to() == pair.sign.to();
        together.then_some(pair).ok_or(PairError::Torn)
    }
}

impl SumPair {
    /// Whose sums they say they are.
    #[must_use]
    pub const fn from(&self) -> ShareIndex {
        self.decrypt.from()
    }

    /// Seals it to the key of the one in need that stands on the ledger.
    ///
    /// # Errors
    /// [`PairError::Sealed`] for a key that agrees with nothing.
    pub fn seal(
        &self,
        to: &AgreementKey<ClaimantSealing>,
        context: &Digest,
        rng: &mut dyn CryptoRng,
    ) -> Result<SealedBox<ClaimantSealing>, PairError> {
        seal(self, to, context, rng)
    }

    /// Opens what [`SumPair::seal`] sealed.
    ///
    /// # Errors
    /// [`PairError`] saying what does not fit. Its sender signed the box, and is to blame.
    pub fn open(
        secret: &AgreementSecret<ClaimantSealing>,
        context: &Digest,
        sealed: &SealedBox<ClaimantSealing>,
    ) -> Result<Self, PairError> {
        let pair: Self = open(secret, context, sealed)?;
        let together = pair.decrypt.from() == pair.sign.from();
        together.then_some(pair).ok_or(PairError::Torn)
    }
}

/// One of both, of each sender.
fn each<T, U>(given: &[(ShareIndex, T)], part: impl Fn(&T) -> &U) -> Vec<(ShareIndex, &U)> {
    given
        .iter()
        .map(|(from, both)| (*from, part(both)))
        .collect()
}
