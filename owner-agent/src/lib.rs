//! The owner's program: a command line over the agent of `kith_protocol::owner`.
//!
//! `run` owns the store and serves the local API; every other command is a client of it. `demo`
//! plays the main job with real processes.
pub mod cli;
mod commands;
pub mod demo;
mod first;
mod kinds;
mod show;

pub use commands::carry_out;
