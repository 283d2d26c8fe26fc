//! After theft: what all helpers of a run add to both shares of everybody who takes part.
//!
//! Each helper deals as an owner's agent does for a refresh ([`crate::vss::Commitment::refresh`]); what one holder gets
//! of one helper is a pair of additions ([`SharePair::of_additions`]), sealed to that holder.
use super::{PairRepair, each};
use crate::bytes::Digest;
use crate::keys::labels;
use crate::message::share::{Commitments, Opened};
use crate::share_pair::SharePair;
use crate::vss::{Addition, CommitmentError, Culprits, Decrypt, JointRefresh, ShareIndex, Sign};

/// What all helpers deal, each one's commitments checked. Nothing of it is secret.
#[derive(Debug)]
pub struct PairRefresh<'a> {
    digest: Digest,
    decrypt: JointRefresh<'a, Decrypt>,
    sign: JointRefresh<'a, Sign>,
}

impl PairRepair<'_> {
    /// Checks what all helpers dealt, each by the index under which the caller knows its sender. They were held to these
    /// commitments by digest before any was shown ([`PairRefresh::commitments`] says why).
    ///
    /// # Errors
    /// [`Culprits`]: all whose commitments keep another secret or threshold, are missing or there twice, and who is no
    /// helper.
    pub fn joint_refresh(
        &self,
        dealt: &[(ShareIndex, Commitments)],
    ) -> Result<PairRefresh<'_>, Culprits> {
        let decrypt = self
            .decrypt
            .joint_refresh(&each(dealt, |both| &both.decrypt));
        let sign = self.sign.joint_refresh(&each(dealt, |both| &both.sign));
        let (decrypt, sign) = Culprits::both(decrypt, sign)?;
        Ok(PairRefresh {
            digest: self.digest_of(dealt),
            decrypt,
            sign,
        })
    }

    /// In the helpers' order, whatever the order in which the commitments came.
    fn digest_of(&self, dealt: &[(ShareIndex, Commitments)]) -> Digest {
        let mut sorted: Vec<&(ShareIndex, Commitments)> = dealt.iter().collect();
        sorted.sort_unstable_by_key(|(from, _)| *from);
        let both = sorted
            .iter()
            .flat_map(|(_, dealt)| [dealt.decrypt.as_bytes(), dealt.sign.as_bytes()]);
        let parts: Vec<&[u8]> = core::iter::once(&self.run.0[..]).chain(both).collect();
        Digest::of(labels::REPAIR_REFRESH, &parts)
    }
}

impl PairRefresh<'_> {
    /// Of the run and all commitments.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// What the box of one helper's additions for one holder is bound to.
    #[must_use]
    pub fn addition_context(&self, from: ShareIndex, to: ShareIndex) -> Digest {
        let parts: [&[u8]; 3] = [&self.digest.0, &[from.get()], &[to.get()]];
        Digest::of(labels::REPAIR_ADDITION_CONTEXT, &parts)
    }

    /// Adds up what the holder at `own` got of each helper: additions, for [`SharePair::plus`].
    ///
    /// # Errors
    /// [`Culprits`]: all of whose additions one or both are wrong, missing or there twice, and who is no helper.
    pub fn add(
        &self,
        own: ShareIndex,
        additions: Vec<(ShareIndex, SharePair)>,
    ) -> Result<SharePair, Culprits> {
        let (mut decrypt, mut sign) = (Vec::new(), Vec::new());
        for (from, pair) in additions {
            decrypt.push((from, Addition::from_inner(pair.decrypt)));
            sign.push((from, Addition::from_inner(pair.sign)));
        }
        let both = Culprits::both(self.decrypt.add(own, &decrypt), self.sign.add(own, &sign));
        both.map(|(decrypt, sign)| SharePair::of_additions(decrypt, sign))
    }

    /// What all new shares lie on, with the recovery keys of before.
    ///
    /// # Errors
    /// [`CommitmentError`]: see [`JointRefresh::commitment`].
    pub fn commitments(&self) -> Result<Opened, CommitmentError> {
        Ok(Opened {
            decrypt: self.decrypt.commitment()?,
            sign: self.sign.commitment()?,
        })
    }
}
