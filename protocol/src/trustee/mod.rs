//! The trustee's side: custody and release.
pub mod command;
