//! Protocols of others that every DIDComm agent speaks: trust-ping/2.0, report-problem/2.0,
//! empty/1.0.
use serde::{Deserialize, Serialize};

/// trust-ping/2.0 `ping`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ping {
    /// Whether an answer is wanted; ours always is.
    pub response_requested: bool,
}

/// trust-ping/2.0 `ping-response`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PingResponse {}

/// report-problem/2.0 `problem-report`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProblemReport {
    /// Stable reason code, such as `e.p.trust.vetoed`.
    pub code: String,
    /// One sentence for people.
    #[serde(default)]
    pub comment: String,
}

/// empty/1.0 `empty`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Empty {}
