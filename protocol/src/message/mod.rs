//! Messages between agents.

pub mod ledger;
pub mod plaintext;
pub use plaintext::Plaintext;
