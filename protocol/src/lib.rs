//! Kith's protocol: pure state machines, no input or output.

pub mod bytes;
pub mod codec;
pub mod did;
pub mod keys;
pub mod ledger;
pub mod message;
pub mod policy;
pub mod secret;
pub mod time;
pub mod vss;
