//! Encrypted wallet backups: what is in them, how they are sealed, who keeps them.
pub mod container;
pub mod header;
pub mod slot;
pub mod supplement;
pub mod wallet;

pub use container::{Recipients, SealError, Sealed, UnsealError};
pub use header::{BackupHeader, Draft, HeaderError};
pub use slot::{Slot, SlotKey};
pub use supplement::{Supplement, supplements};
pub use wallet::{Item, Peer, PeerRole, Wallet};
