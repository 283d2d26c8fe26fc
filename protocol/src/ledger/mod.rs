//! The ledger: one record log, one tree head, a certificate over the head (spec/ledger.md).
//!
//! Everything a reader believes is a record, its place in a tree, a checkpoint over the tree and a
//! certificate over the checkpoint, checked against a [`Descriptor`] that the reader already
//! holds. No node is trusted (L2).
mod body;
mod book;
mod certificate;
mod check;
mod checkpoint;
mod cosignature;
mod descriptor;
mod effect;
mod entry;
mod extend;
mod invalid;
mod kind;
mod operator;
mod query;
mod record;
mod repair;
mod request;
mod rows;
mod sign;
mod state;
mod tree;
mod view;
mod views;
mod witness;

pub use body::{
    ApprovalBody, Authorizations, Change, CompleteBody, OverrideBody, PolicyCreateBody,
    PolicyUpdateBody, RecordBody, RecoveryPolicyBody, Verdict, VetoBody,
};
pub use certificate::{CertificateError, Certified, cosigners};
pub use check::check;
pub use checkpoint::{Checkpoint, CheckpointError};
pub use descriptor::{Descriptor, DescriptorError, OperatorEntry, WitnessEntry};
pub use effect::{Act, Effect};
pub use entry::Entry;
pub use extend::ExtendError;
pub use invalid::Invalid;
pub use kind::Kind;
pub use operator::{CreateError, Operator, OperatorStatus};
pub use query::{Answer, AppendOutcome, Ask, Query};
pub use record::{Endorsement, NO_PREV, Record, RecordError, Subject};
pub use repair::{RepairBody, RepairedBody};
pub use request::{RequestBody, RequestKind};
pub use rows::Conflict;
pub use sign::{CompletionKeys, Link};
pub use state::{Hold, RequestStatus, State, WaitingChange};
pub use view::{AdoptError, Advance, News, View, ViewError, conflicts};
pub use views::Views;
pub use witness::{Witness, WitnessError, Witnesses};
