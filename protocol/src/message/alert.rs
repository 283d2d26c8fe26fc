//! recovery-alert/1.0: a veto that reaches a trustee when the ledger cannot be reached or is
//! censored.
use crate::bytes::{Blob, Digest};
use serde::{Deserialize, Serialize};

/// `veto`: the trustee appends it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Veto {
    /// The ledger the request stands on.
    pub log: Digest,
    /// The signed veto record, canonical bytes.
    pub record: Blob,
}

/// `veto-ack`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VetoAck {
    /// The request it stops.
    pub request: Digest,
}
