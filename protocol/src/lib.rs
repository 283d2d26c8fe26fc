//! Kith's protocol: pure state machines, no input or output.

pub mod agent;
pub mod anchor;
pub mod backup;
pub mod bytes;
pub mod codec;
pub mod custody_proof;
pub mod did;
pub mod error;
pub mod export;
pub mod frame;
pub mod health;
pub mod keys;
pub mod known;
pub mod ledger;
pub mod limits;
pub mod message;
pub mod outbox;
pub mod owner;
pub mod policy;
pub mod record;
pub mod secret;
pub mod share_pair;
pub mod time;
pub mod trustee;
pub mod vss;
pub mod words;
