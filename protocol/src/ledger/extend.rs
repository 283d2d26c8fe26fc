//! Taking entries over from somebody else: nothing is believed before the root matches.
use super::checkpoint::Checkpoint;
use super::entry::Entry;
use super::tree::Tree;
use crate::bytes::{Blob, Digest};
use crate::limits;
use crate::time::Timestamp;
use thiserror::Error;

/// Entries that are said to lead towards a head, as pages and offers carry them.
pub(super) struct Extension<'a> {
    pub(super) from: u64,
    pub(super) entries: &'a [Blob],
    pub(super) proof: &'a [Digest],
}

/// Why entries are not taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ExtendError {
    /// They do not join on to what is held, or bring nothing although more is needed.
    #[error("the entries do not join on to the {held} that are held")]
    OutOfStep {
        /// Entries held.
        held: u64,
    },
    /// More than a page, or than the head has.
    #[error("more entries than a page or the head may have")]
    TooMany,
    /// Not entries.
    #[error("entry {index} is malformed")]
    Malformed {
        /// Which one.
        index: u64,
    },
    /// Time runs backwards, or past the head.
    #[error("the time of entry {index} runs backwards or past its checkpoint")]
    Time {
        /// Which one.
        index: u64,
    },
    /// Another log's entries, or another past.
    #[error("the head does not follow from the entries")]
    DoesNotFollow,
}

impl Extension<'_> {
    /// Adds the new entries to the tree if with them it is a beginning of the head's tree; else
    /// leaves it as it was. `floor` is the time of the last entry or head that is held.
    pub(super) fn take(
        &self,
        tree: &mut Tree,
        head: &Checkpoint,
        floor: Timestamp,
    ) -> Result<Vec<Entry>, ExtendError> {
        let held = tree.size();
        let new = self.new_entries(held)?;
        let size = held + new.len() as u64;
        if size > head.size {
            return Err(ExtendError::TooMany);
        }
        if new.is_empty() && size < head.size {
            return Err(ExtendError::OutOfStep { held });
        }
        let entries = read(new, held, (floor, head.time))?;
        new.iter().for_each(|entry| tree.push(&entry.0));
        if follows(tree, head, self.proof) {
            return Ok(entries);
        }
        tree.truncate(held);
        Err(ExtendError::DoesNotFollow)
    }

    /// What is new in it: an answer may come twice, or late.
    fn new_entries(&self, held: u64) -> Result<&[Blob], ExtendError> {
        if self.entries.iter().map(Blob::len).sum::<usize>() > limits::ledger::PAGE {
            return Err(ExtendError::TooMany);
        }
        let known = held
            .checked_sub(self.from)
            .and_then(|known| usize::try_from(known).ok());
        known
            .and_then(|known| self.entries.get(known..))
            .ok_or(ExtendError::OutOfStep { held })
    }
}

fn read(new: &[Blob], held: u64, times: (Timestamp, Timestamp)) -> Result<Vec<Entry>, ExtendError> {
    let (mut floor, ceiling) = times;
    let mut entries = Vec::with_capacity(new.len());
    for (bytes, index) in new.iter().zip(held..) {
        let entry = Entry::from_bytes(&bytes.0).map_err(|_| ExtendError::Malformed { index })?;
        if entry.time < floor || entry.time > ceiling {
            return Err(ExtendError::Time { index });
        }
        floor = entry.time;
        entries.push(entry);
    }
    Ok(entries)
}

fn follows(tree: &Tree, head: &Checkpoint, proof: &[Digest]) -> bool {
    if tree.size() == head.size {
        tree.root_at(head.size) == Some(head.root)
    } else {
        tree.begins(head.size, &head.root, proof)
    }
}
