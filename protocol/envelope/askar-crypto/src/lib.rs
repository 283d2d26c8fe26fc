//! `didcomm` 0.4.1 pins `askar-crypto` 0.2, which stands on curve25519-dalek 3.2
//! (RUSTSEC-2024-0344) and ed25519-dalek 1.0 (RUSTSEC-2022-0093). This crate takes that name and
//! re-exports 0.3.7, whose interface is the same where `didcomm` uses it.
//!
//! [`encrypt`] stands before the module of that name and lets an envelope's text be read once
//! before `didcomm` makes values of it: a repeated member is gone in those.
#![forbid(unsafe_code)]
pub mod encrypt;
pub use askar_crypto_current::*;
