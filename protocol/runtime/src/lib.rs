//! The only input and output of Kith: the disk, the network, the local API and the clocks, around
//! an agent that knows none of them.
//!
//! Spec: ARCHITECTURE.md (the seam, one message), G11 and G15.
pub mod address;
mod caught;
pub mod clock;
pub mod codec;
pub mod console;
mod crowd;
mod disk;
mod doctor;
mod door;
pub mod driver;
pub mod export;
mod group;
pub mod homes;
pub mod keystore;
mod leaving;
mod ledger_client;
pub mod local_api;
pub mod local_client;
pub mod lock;
pub mod log;
mod mark;
pub mod network;
pub mod node;
pub mod passphrase;
mod pieces;
mod post;
mod presence;
pub mod process;
mod refusals;
mod residence;
mod sending;
pub mod store;
pub mod swarm;
mod switchboard;
mod synced;
mod told;
