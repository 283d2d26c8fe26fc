//! Every bound of the ledger, and how they fit each other (G15).
use crate::time::Millis;

/// The largest record. The largest lawful one, a completion with room for owner factors, has about
/// 2 KiB.
pub const RECORD_LIMIT: usize = 16 * 1024;
/// Signatures on a record: three today, room for m-of-n.
pub const SIGNATURES_LIMIT: usize = 16;
/// The largest log entry: a record, its time, their framing.
pub const ENTRY_LIMIT: usize = RECORD_LIMIT + 32;
/// Bytes of entries in one page. An offer to a witness carries two notes and a proof beside them, and
/// base64 in the body and again in the envelope makes 16/9 of all that; with the longest identifiers
/// in its headers it stays below the 64 KiB that any message may have (`envelope/tests/largest.rs`).
pub const PAGE_LIMIT: usize = 17 * 1024;
/// The largest checkpoint note: 16 witnesses at 220 bytes, with room.
pub const NOTE_LIMIT: usize = 4 * 1024 + 512;
/// Digests in a consistency proof. One over a log of [`LOG_LIMIT`] entries has 41 (RFC 6962, 2.1.2:
/// one per level, and one).
pub const PROOF_LIMIT: usize = 64;
/// Witnesses of one log.
pub const WITNESSES_LIMIT: usize = 16;
/// Successor operators of one log.
pub const SUCCESSORS_LIMIT: usize = 8;
/// The longest name of a log or witness, in bytes.
pub const NAME_LIMIT: usize = 100;
/// The largest descriptor: keys and DIDs of operator, witnesses and successors. It travels whole, in
/// a challenge beside an opened lane.
pub const DESCRIPTOR_LIMIT: usize = 24 * 1024;
/// Entries of one log: what an index as stored, and every size computed from it, can bear.
pub const LOG_LIMIT: u64 = 1 << 40;

/// Agents of a policy that are alive or waiting.
pub const AGENTS_LIMIT: usize = 32;
/// Agents of a policy, revoked ones included.
pub const AGENTS_EVER_LIMIT: usize = 1024;
/// Changes of one policy that wait at once.
pub const WAITING_LIMIT: usize = 16;

/// Records an operator holds for one sender, unpublished.
pub const PENDING_PER_SENDER: usize = 64;
/// Records an operator holds at all, unpublished.
pub const PENDING_LIMIT: usize = 4096;
/// Policies one sender may create in [`CREATION_WINDOW`].
pub const CREATIONS_PER_SENDER: u32 = 16;
/// Senders whose creations are counted at once; beyond, creation waits for the next window.
pub const CREATORS_LIMIT: usize = 4096;
/// The span over which creations are counted.
pub const CREATION_WINDOW: Millis = Millis::seconds(3600);

const _: () = assert!(ENTRY_LIMIT < PAGE_LIMIT, "a page holds at least one entry");
const _: () = assert!(
    (PAGE_LIMIT + 2 * NOTE_LIMIT) * 4 / 3 + PROOF_LIMIT * 46 < 38 * 1024,
    "the body of an offer leaves room for base64 and headers in a message of 64 KiB"
);
const _: () = assert!(
    LOG_LIMIT.ilog2() as usize + 1 < PROOF_LIMIT,
    "the longest proof is read"
);
const _: () = assert!(
    WITNESSES_LIMIT * 250 < NOTE_LIMIT,
    "a note holds every cosignature"
);
const _: () = assert!(
    PENDING_PER_SENDER < PENDING_LIMIT,
    "one sender cannot take the whole queue"
);
