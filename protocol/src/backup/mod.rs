//! Encrypted wallet backups: what is in them, how they are sealed, who keeps them.
pub mod container;
pub mod header;
pub mod slot;
pub mod wallet;

pub use container::{Recipients, SealError, Sealed, UnsealError};
pub use header::{BackupHeader, Draft, HeaderError};
pub use slot::{Slot, SlotKey};
pub use wallet::{Item, Peer, PeerRole, Wallet};

use crate::keys::layers::OVERHEAD;

/// Bytes of one sealed chunk. A chunk travels in one message: base64url in the body, and again in
/// the envelope, makes 16/9 of it, which with headers stays under the message limit of 64 KiB.
pub const CHUNK: usize = 24 * 1024;
/// Bytes of wallet in one chunk.
pub const CHUNK_PLAIN: usize = CHUNK - OVERHEAD;
/// The largest sum of protected items.
pub const WALLET_LIMIT: usize = 16 << 20;
/// Room for what stands in a wallet beside its items: names, DIDs and prekeys of 255 trustees.
pub const WALLET_OVERHEAD: usize = 512 << 10;
/// The most chunks a backup has.
pub const CHUNKS_LIMIT: usize = (WALLET_LIMIT + WALLET_OVERHEAD).div_ceil(CHUNK_PLAIN);
/// The most hosts one backup goes to: each costs a slot in every header, and a message to read it back.
pub const HOSTS_LIMIT: usize = 8;
/// The most key slots: two recovery keys (active and waiting) for every host.
pub const SLOTS_LIMIT: usize = 2 * HOSTS_LIMIT;
/// Bytes of the largest header.
pub const HEADER_LIMIT: usize = CHUNKS_LIMIT * 32 + SLOTS_LIMIT * 160 + 512;

const _: () = assert!(
    HEADER_LIMIT * 16 / 9 < 60 * 1024,
    "a header fits in one message"
);
const _: () = assert!(CHUNK * 16 / 9 < 60 * 1024, "a chunk fits in one message");
