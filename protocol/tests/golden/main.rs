//! Golden bytes: every message, and everything that is signed, hashed or stored, is compared with a
//! file of `protocol/vectors`, so that an encoding cannot change by accident and a stranger can
//! write a second implementation (B14).

#![allow(
    clippy::unwrap_used,
    reason = "all of this is test code; clippy sees that of functions with #[test] only"
)]

mod backup;
mod deal;
mod hostile;
mod invitation;
mod messages;
mod outbox;
mod people;
mod pinned;
mod repair;
mod samples;
mod scene;
mod words;
