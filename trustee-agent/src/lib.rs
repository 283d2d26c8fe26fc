//! The trustee's program: a command line over the agent of `kith_protocol::trustee`.
//!
//! `run` owns the store and serves the local API; every other command is a client of it.
pub mod cli;
mod commands;
mod profile;
mod show;

pub use commands::carry_out;
