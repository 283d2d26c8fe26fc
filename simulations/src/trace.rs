//! What a run did: a hash over every decision, and the last lines for a person.
//!
//! Sealed bytes are left out, because the envelope draws its own randomness; everything an agent
//! decides is in, down to the rows it writes.
use kith_protocol::time::Timestamp;
use sha2::{Digest as _, Sha256};
use std::collections::VecDeque;
use std::fmt;

/// Lines kept for the report of a failure.
const KEPT: usize = 60;

/// A run's trace.
pub(crate) struct Trace {
    hash: Sha256,
    begun: Timestamp,
    lines: VecDeque<String>,
    /// Prints each line as it comes.
    watched: bool,
}

impl Trace {
    /// An empty one; with `watched`, each line goes to standard error as it is made.
    pub(crate) fn new(begun: Timestamp, watched: bool) -> Self {
        Self {
            hash: Sha256::new(),
            begun,
            lines: VecDeque::new(),
            watched,
        }
    }

    /// Adds a decision: a line for people, and bytes that only the hash covers.
    pub(crate) fn note(&mut self, now: Timestamp, line: impl fmt::Display, more: &[u8]) {
        let since = now.since(self.begun).0;
        let line = format!("{:>8}.{:03} {line}", since / 1000, since % 1000);
        self.hash.update(line.as_bytes());
        self.hash.update((more.len() as u64).to_be_bytes());
        self.hash.update(more);
        if self.watched {
            eprintln!("{line}");
        }
        if self.lines.len() == KEPT {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }

    /// The hash of all so far.
    pub(crate) fn hash(&self) -> String {
        hex::encode(self.hash.clone().finalize())
    }

    /// The last lines.
    pub(crate) fn tail(&self) -> Vec<String> {
        self.lines.iter().cloned().collect()
    }
}
