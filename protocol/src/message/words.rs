//! short-authentication/1.0: the commitment behind the words that two people compare.
use crate::bytes::Nonce32;
use serde::{Deserialize, Serialize};

/// `reveal`: opens the commitment; both sides can now show words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reveal {
    /// The nonce that was committed to.
    pub nonce: Nonce32,
}

/// `confirm`: this side's person heard the right words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirm {}

/// `mismatch`: this side's person heard others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mismatch {}
