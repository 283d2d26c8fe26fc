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

/// Longest identifier accepted, in bytes. A `did:peer:2` with four full addresses needs about
/// 1,800; ours with one needs about 260.
pub const MAX_DID_BYTES: usize = 2_048;
/// Most keys in one document. Each costs the reader a point decompression.
pub const MAX_KEYS: usize = 8;
/// Most addresses in one endpoint: they travel in QR codes.
pub const MAX_ADDRESSES: usize = 4;
/// Longest address, in bytes. A relayed address with two peer ids needs about 200.
pub const MAX_ADDRESS_BYTES: usize = 256;
/// Longest libp2p peer id in its text form, in bytes. Ed25519 ids have 52.
pub const MAX_PEER_ID_BYTES: usize = 64;
/// Most routing keys and most accepted profiles in one service.
pub const MAX_SERVICE_ITEMS: usize = 4;

// Four full addresses, their JSON and base64, two keys and the prefixes fit into one identifier.
const _: () = assert!(
    (MAX_ADDRESSES * (MAX_ADDRESS_BYTES + 3) + MAX_PEER_ID_BYTES + 96) * 4 / 3 + 128
        <= MAX_DID_BYTES
);

#[cfg(test)]
mod tests;
