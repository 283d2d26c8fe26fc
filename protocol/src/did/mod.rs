//! Decentralised identifiers: the two methods that need no directory, resolved from the text alone.
//!
//! - `did:peer:2` ([`peer`]): keys and one service inside the identifier. Default for a
//!   relationship between two agents: fresh for each, so that two trustees cannot find out that
//!   they know the same owner (K6).
//! - `did:key` ([`key`]): one Ed25519 key, the X25519 key derived from it, no service. For
//!   throw-away identities.
//!
//! Every other method is refused. Parsing resolves: a [`Did`] that exists has a document with at
//! least one agreement key and one authentication key, all of them valid, none of them twice. Every
//! key inside says what it is for and which curve it is on, by its multicodec prefix (K9,
//! [`multikey`]).
//!
//! The text comes from strangers, so each part has a bound (below), and each key and each encoding
//! has one spelling only.

mod document;
mod endpoint;
mod error;
mod evidence;
mod identifier;
mod json;
pub mod key;
mod local;
pub mod multikey;
pub mod peer;

pub use document::{DidDocument, Purpose, Service, VerificationMethod};
pub use endpoint::Endpoint;
pub use error::DidError;
pub use identifier::Did;
pub use local::LocalDid;
pub use multikey::Multikey;

#[cfg(test)]
mod tests;
