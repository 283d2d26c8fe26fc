//! The first step: a helper splits its part, and commits to the pieces.

use curve25519_dalek::{RistrettoPoint, Scalar};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::super::participant::WrongShare;
use super::super::purpose::Purpose;
use super::super::share::{Share, ShareIndex};
use super::Repair;
use super::blame::{Culprit, Fault};
use super::contribution::Delta;
use super::points::UnverifiedSplit;
use crate::bytes::Digest;
use crate::keys::derive::derive;
use crate::keys::labels;
use crate::secret::{SecretBytes, SecretScalar};

/// Why a helper splits nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SplitError {
    /// The share stands at an index that does not help here.
    #[error("share {0} is none of the helpers' shares")]
    NotAHelper(ShareIndex),
    /// The share is damaged. What is made of it would be wrong, and its holder would be blamed.
    #[error(transparent)]
    Wrong(#[from] WrongShare),
}

/// What one helper made: points for all, and secret pieces.
pub struct Split<P: Purpose> {
    /// For every helper and the one in need.
    pub points: UnverifiedSplit<P>,
    /// One for each helper, in the helpers' order. The helper's own is among them and never leaves.
    pub deltas: Vec<Delta<P>>,
}

impl<P: Purpose> Repair<'_, P> {
    /// Splits the part of the helper who holds `share` into random pieces. `run` is the digest of all that the
    /// helpers agree on, and of no other run.
    ///
    /// # Errors
    /// [`SplitError`].
    ///
    /// # Security
    /// Constant time in the share and the pieces. The pieces are uniformly random but for their sum.
    pub fn split(
        &self,
        share: &Share<P>,
        run: &Digest,
        rng: &mut dyn CryptoRng,
    ) -> Result<Split<P>, SplitError> {
        let own = self
            .place(share.index())
            .ok_or(SplitError::NotAHelper(share.index()))?;
        self.commitment.verify(share)?;
        let deltas = self.deltas(own, share, &self.seeded(share, run, rng));
        let points: Vec<RistrettoPoint> = deltas
            .iter()
            .map(|delta| RistrettoPoint::mul_base(delta.value().expose()))
            .collect();
        Ok(Split {
            points: UnverifiedSplit::of_points(&points),
            deltas,
        })
    }

    /// Hedged: from the share, fresh randomness, and all that makes this repair unlike another. Were two repairs
    /// with other weights split by the same pieces, the difference of what is left would give the share away;
    /// neither a broken source of randomness nor a store that was rolled back brings that about.
    fn seeded(&self, share: &Share<P>, run: &Digest, rng: &mut dyn CryptoRng) -> SecretBytes<32> {
        let fresh = SecretBytes::<32>::generate(rng);
        let mut input = Zeroizing::new([0; 64]);
        input[..32].copy_from_slice(&*share.value().to_canonical());
        input[32..].copy_from_slice(fresh.expose());
        let helpers: Vec<u8> = self.helpers.iter().map(|index| index.get()).collect();
        // Which of the two secrets it is, the digest of its commitment says.
        let deal = self.commitment.digest();
        let parts: [&[u8]; 4] = [
            run.as_bytes(),
            deal.as_bytes(),
            &[self.wanted.get()],
            &helpers,
        ];
        derive(&*input, labels::REPAIR_SEED, &parts)
    }

    /// Random pieces for the others; what is left stays here.
    fn deltas(&self, own: usize, share: &Share<P>, seed: &SecretBytes<32>) -> Vec<Delta<P>> {
        let mut left = SecretScalar::new(&share.value().times(&self.weights[own]));
        let mut deltas = Vec::with_capacity(self.helpers.len());
        for to in &self.helpers {
            let value = piece(seed, *to);
            if *to != share.index() {
                left = left.minus(&value);
            }
            deltas.push(Delta::new(*to, value));
        }
        deltas[own] = Delta::new(share.index(), left);
        deltas
    }

    /// Whether a helper's points can be read and add up to its part of the wanted share. That the helper knows
    /// the pieces behind them, each receiver finds out.
    ///
    /// # Errors
    /// The helper as [`Culprit`].
    pub fn check(&self, from: ShareIndex, split: &UnverifiedSplit<P>) -> Result<(), Culprit> {
        self.open(from, split).map(|_| ())
    }

    pub(super) fn open(
        &self,
        from: ShareIndex,
        split: &UnverifiedSplit<P>,
    ) -> Result<Vec<RistrettoPoint>, Culprit> {
        let place = self.place(from).ok_or(Fault::Stranger.of(from))?;
        let points = split
            .read(self.helpers.len())
            .ok_or(Fault::Unreadable.of(from))?;
        let part = self.commitment.value_at(from) * self.weights[place];
        let sum: RistrettoPoint = points.iter().sum();
        (sum == part).then_some(points).ok_or(Fault::Wrong.of(from))
    }
}

/// Random, and known to whoever has the seed.
fn piece(seed: &SecretBytes<32>, to: ShareIndex) -> SecretScalar {
    let wide: SecretBytes<64> = derive(seed.expose(), labels::REPAIR_DELTA, &[&[to.get()]]);
    let value = Zeroizing::new(Scalar::from_bytes_mod_order_wide(wide.expose()));
    SecretScalar::new(&value)
}
