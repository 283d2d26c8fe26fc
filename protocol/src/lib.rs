//! Kith's protocol: pure state machines, no input or output.

pub mod did;
pub mod message;
