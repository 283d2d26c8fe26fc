//! The only input and output of Kith: the disk, the network, the local API and the clocks, around
//! an agent that knows none of them.
//!
//! Spec: `spec/architecture.md` (the seam, one message), G11 and G15.
pub mod codec;
mod disk;
pub mod homes;
pub mod keystore;
pub mod limits;
pub mod passphrase;
