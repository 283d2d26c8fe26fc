//! The recovery policy of an owner: lanes, their bounds, and who may approve.
//!
//! What stands here is what people decide and what the ledger keeps as commitments only; the
//! records themselves are in [`crate::ledger`].
mod approval_tree;
mod bucket;
mod lane;
mod replacement;

pub use approval_tree::{ApprovalPath, ApprovalTree, DEPTH, LEAVES, TreeError, seats};
pub use bucket::{Bucket, UnknownBucket};
pub use lane::{LANES, LONGEST_SPAN, LaneError, LaneOpening};
pub use replacement::Replacement;
