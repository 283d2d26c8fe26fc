//! The ledger: one record log, one tree head, a certificate over the head (spec/ledger.md).
//!
//! Everything a reader believes is a record, its place in a tree, a checkpoint over the tree and a
//! certificate over the checkpoint, checked against a [`Descriptor`] that the reader already
//! holds. No node is trusted (L2).
mod body;
mod check;
mod descriptor;
mod effect;
mod invalid;
mod kind;
pub mod limits;
mod query;
mod record;
mod request;
mod sign;
mod state;

pub use body::{
    ApprovalBody, Authorizations, Change, CompleteBody, OverrideBody, PolicyCreateBody,
    PolicyUpdateBody, RecordBody, RecoveryPolicyBody, Verdict, VetoBody,
};
pub use check::check;
pub use descriptor::{Descriptor, DescriptorError, OperatorEntry, WitnessEntry};
pub use effect::{Act, Effect};
pub use invalid::Invalid;
pub use kind::Kind;
pub use query::{Answer, AppendOutcome, Ask, Query};
pub use record::{Endorsement, NO_PREV, Record, RecordError, Subject};
pub use request::{RequestBody, RequestKind};
pub use sign::{CompletionKeys, Link};
pub use state::{Hold, RequestStatus, State, WaitingChange};
