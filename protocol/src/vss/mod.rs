//! Verifiable secret sharing: Feldman's scheme over Ristretto255, through `vsss-rs` behind guards.
//!
//! Everything that arrives may come from an attacker: a dealer that chooses degree or generator,
//! a trustee that returns a wrong or a repeated share. What the library does not check is checked
//! here, and each of its bites has a named test in `tests/sharing_bites.rs`.
//!
//! The flow: [`RecoverySecret::deal`](crate::keys::RecoverySecret::deal) gives a [`Deal`]; its
//! commitment travels as [`UnverifiedCommitment`] and is opened with the threshold that was
//! agreed; a trustee checks its share with [`Commitment::verify`]; a claimant sorts what it got
//! with [`Commitment::verify_all`] and reconstructs from the [`VerifiedShares`].

mod batch;
mod commitment;
mod dealer;
mod knowledge;
mod participant;
mod point;
mod purpose;
mod quorum;
mod reconstruct;
mod refresh;
mod repair;
mod share;

pub use commitment::{Commitment, CommitmentError, UnverifiedCommitment};
pub(crate) use dealer::deal;
pub use dealer::{Deal, DealError};
pub use knowledge::UnverifiedProof;
pub(crate) use knowledge::{Claimed, Holding, prove};
pub use participant::{Checked, Offence, Rejected, VerifiedShares, WrongShare};
pub use point::Point;
pub use purpose::{Decrypt, Purpose, Sign};
pub use quorum::{Quorum, QuorumError, QuorumWarning};
pub use reconstruct::ReconstructError;
pub use refresh::{Addition, Refresh};
pub use repair::{
    Culprit, Culprits, Delta, Fault, JointRefresh, Repair, RepairError, RepairFailure, Split,
    SplitError, Splits, Sum, UnverifiedSplit,
};
pub use share::{Share, ShareError, ShareIndex};
