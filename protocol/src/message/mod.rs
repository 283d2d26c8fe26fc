//! Messages between agents.

pub mod plaintext;
pub use plaintext::Plaintext;
