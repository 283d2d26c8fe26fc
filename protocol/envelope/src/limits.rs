//! Bounds on what a stranger can make us read.

/// Longest envelope, in bytes. Default circuits of libp2p relays carry 128 KiB in both directions
/// together; larger things travel in chunks.
pub const MAX_ENVELOPE_BYTES: usize = 64 * 1024;
/// Most recipient entries, all keys of one DID (a document has at most as many keys).
pub const MAX_RECIPIENTS: usize = kith_protocol::did::MAX_KEYS;
/// Longest message or thread id: a hyphenated UUID. Ours have 32.
pub const MAX_ID_BYTES: usize = 36;
/// Longest message type URI.
pub const MAX_TYPE_BYTES: usize = 256;
/// Most ids one message can acknowledge.
pub const MAX_ACKS: usize = 16;
/// Deepest nesting of arrays and objects in a body. Ours need six.
pub const MAX_BODY_DEPTH: usize = 32;
/// How far the clock of a sender may be ahead of ours, in seconds.
pub const MAX_CLOCK_AHEAD: u64 = 5 * 60;
/// How long before it expires a message may arrive, in seconds: 400 days. Agents remember the ids
/// of messages that can still be replayed, so validity costs them storage.
pub const MAX_VALIDITY: u64 = 400 * 24 * 60 * 60;
