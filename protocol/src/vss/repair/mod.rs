//! A share computed by others: a threshold of holders give it to whoever stands at its index (Laing, Stinson, "A Survey
//! and Refinement of Repairable Threshold Schemes", 2017, section 2.1; decision 0040).
//!
//! The wanted share is the sum of each helper's share times its Lagrange weight. No helper may show its part, so each
//! splits it at random into one [`Delta`] for each helper; each adds up the deltas it got, and only these
//! [`Sum`]s reach the one in need. Here every step is verified besides, against points that each helper publishes and
//! that the deal's commitment bears out, so that whoever gives a wrong value is named before it is used (G6).
//!
//! The flow: [`Commitment::repair`] fixes who helps whom; each helper makes a [`Split`] with [`Repair::split`];
//! everybody opens all of them by [`Repair::gather`]; each helper adds up with [`Splits::sum`]; the one in need
//! gets its share from [`Splits::repaired`].
//!
//! What is public (indices, weights, points) may take variable time. Shares, deltas and sums are only added and
//! multiplied as scalars, and multiplied with the base point, in constant time.

mod blame;
mod contribution;
mod joint_refresh;
mod points;
mod split;
mod sum;

pub use blame::{Culprit, Culprits, Fault};
pub use contribution::{Delta, Sum};
pub use joint_refresh::JointRefresh;
pub use points::UnverifiedSplit;
pub use split::{Split, SplitError};
pub use sum::{RepairFailure, Splits};

use curve25519_dalek::Scalar;

use super::commitment::Commitment;
use super::purpose::Purpose;
use super::share::ShareIndex;

/// Why a share cannot be repaired so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RepairError {
    /// More or fewer helpers than the threshold. Fewer do not have the share; one more would only be one more
    /// to wait for.
    #[error("a repair takes {need} helpers, not {have}")]
    Number {
        /// Helpers named.
        have: usize,
        /// The threshold.
        need: u8,
    },
    /// One helper named twice.
    #[error("helper {0} is named twice")]
    Repeated(ShareIndex),
    /// Whoever has the share needs no repair.
    #[error("share {0} cannot help to repair itself")]
    SelfHelp(ShareIndex),
}

/// Who helps whom, in one deal. Nothing of it is secret.
#[derive(Debug)]
pub struct Repair<'a, P: Purpose> {
    commitment: &'a Commitment<P>,
    wanted: ShareIndex,
    /// In rising order, so that all who name the same helpers mean the same repair.
    helpers: Vec<ShareIndex>,
    /// How often each helper's share counts at the wanted index.
    weights: Vec<Scalar>,
}

impl<P: Purpose> Commitment<P> {
    /// The repair of the share at `wanted` by the holders of those at `helpers`, in any order. The wanted index may
    /// be one that was never dealt. The secret itself is at no index: zero is none.
    ///
    /// # Errors
    /// [`RepairError`].
    ///
    /// # Security
    /// The commitment is the one that the helper checked its own share against, and never one that comes with the
    /// question: over a lower threshold fewer would help, and those who are not honest would have the others' shares.
    pub fn repair(
        &self,
        wanted: ShareIndex,
        helpers: &[ShareIndex],
    ) -> Result<Repair<'_, P>, RepairError> {
        let (have, need) = (helpers.len(), self.threshold());
        if have != usize::from(need) {
            return Err(RepairError::Number { have, need });
        }
        let mut helpers = helpers.to_vec();
        helpers.sort_unstable();
        if let Some(pair) = helpers.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(RepairError::Repeated(pair[0]));
        }
        if helpers.contains(&wanted) {
            return Err(RepairError::SelfHelp(wanted));
        }
        let weights = weights(wanted, &helpers);
        Ok(Repair {
            commitment: self,
            wanted,
            helpers,
            weights,
        })
    }
}

impl<P: Purpose> Repair<'_, P> {
    /// Whose share is computed.
    #[must_use]
    pub const fn wanted(&self) -> ShareIndex {
        self.wanted
    }

    /// Who helps, in the order in which points and deltas stand.
    #[must_use]
    pub fn helpers(&self) -> &[ShareIndex] {
        &self.helpers
    }

    /// Where a helper stands among the helpers.
    fn place(&self, helper: ShareIndex) -> Option<usize> {
        self.helpers.binary_search(&helper).ok()
    }
}

/// The Lagrange weights at `at` of different indices, none of which is `at`: for each, the product over the others
/// of (at - other) / (index - other).
fn weights(at: ShareIndex, indices: &[ShareIndex]) -> Vec<Scalar> {
    let difference =
        |one: ShareIndex, other: ShareIndex| Scalar::from(one.get()) - Scalar::from(other.get());
    let all: Scalar = indices.iter().map(|index| difference(at, *index)).product();
    let denominator = |index: &ShareIndex| {
        let others = indices.iter().filter(|other| *other != index);
        let apart: Scalar = others.map(|other| difference(*index, *other)).product();
        apart * difference(at, *index)
    };
    let mut weights: Vec<Scalar> = indices.iter().map(denominator).collect();
    Scalar::invert_batch_alloc(&mut weights);
    for weight in &mut weights {
        *weight *= all;
    }
    weights
}
