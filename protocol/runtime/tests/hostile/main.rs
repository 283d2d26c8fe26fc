//! What arrives over real sockets and must not be believed: a running agent, a peer that breaks one
//! rule, and an honest peer who is served all the while.
#![allow(clippy::unwrap_used)]
mod door;
mod envelopes;
mod frames;
mod guests;
mod house;
mod peer;
mod streams;
#[path = "../toy/mod.rs"]
mod toy;
