//! The entries of a log as operator and witness keep them: rows, with the tree over them in memory.
use super::checkpoint::Checkpoint;
use super::entry::Entry;
use super::extend::{ExtendError, Extension};
use super::tree::Tree;
use crate::agent::Work;
use crate::bytes::{Blob, Digest};
use crate::error::Damage;
use crate::limits;
use crate::record::{self, Key, Records, Row, Space};
use crate::time::Timestamp;
use core::marker::PhantomData;
use serde::{Deserialize, Serialize};

/// Which role's entries: one agent may operate a log and witness another.
pub(super) trait Shelf {
    const SPACE: Space;
}

/// Of the operator.
pub(super) enum Operated {}
/// Of a witness.
pub(super) enum Witnessed {}

impl Shelf for Operated {
    const SPACE: Space = Space::Operator;
}
impl Shelf for Witnessed {
    const SPACE: Space = Space::WitnessEntry;
}

/// In front of the ids of entries, because an operator's other rows stand in the same space.
const TAG: u8 = 2;

#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct BookRow<S> {
    log: Digest,
    index: u64,
    entry: Blob,
    #[serde(skip)]
    shelf: PhantomData<S>,
}

impl<S: Shelf> Row for BookRow<S> {
    const SPACE: Space = S::SPACE;
    fn id(&self) -> Vec<u8> {
        place(&self.log, self.index)
    }
}

fn place(log: &Digest, index: u64) -> Vec<u8> {
    [&[TAG][..], &log.0, &index.to_be_bytes()].concat()
}

/// All entries of one log.
pub(super) struct Book<S> {
    log: Digest,
    tree: Tree,
    last: Timestamp,
    shelf: PhantomData<S>,
}

impl<S: Shelf> Book<S> {
    pub(super) fn empty(log: Digest) -> Self {
        Self {
            log,
            tree: Tree::default(),
            last: Timestamp(0),
            shelf: PhantomData,
        }
    }

    /// Reads all rows, and shows each entry to `see` in order.
    pub(super) fn open(
        records: &dyn Records,
        log: Digest,
        mut see: impl FnMut(&Entry) -> bool,
    ) -> Result<Self, Damage> {
        let mut book = Self::empty(log);
        for row in record::load_all::<BookRow<S>>(records, &[&[TAG][..], &log.0].concat())? {
            let in_order = row.index == book.tree.size();
            let entry = Entry::from_bytes(&row.entry.0)
                .ok()
                .filter(|entry| in_order && see(entry));
            let entry = entry.ok_or_else(|| Damage {
                key: Key::new(S::SPACE, &row.id()),
            })?;
            book.tree.push(&row.entry.0);
            book.last = entry.time;
        }
        Ok(book)
    }

    pub(super) fn size(&self) -> u64 {
        self.tree.size()
    }

    /// Time of the last entry.
    pub(super) fn last(&self) -> Timestamp {
        self.last
    }

    pub(super) fn root_at(&self, size: u64) -> Option<Digest> {
        self.tree.root_at(size)
    }

    /// Adds an entry of our own.
    pub(super) fn push(&mut self, work: &mut Work<'_>, entry: &Entry) {
        self.tree.push(&entry.to_bytes());
        self.shelve(work, self.tree.size() - 1, entry);
    }

    /// Takes over entries that lead towards a head.
    pub(super) fn take(
        &mut self,
        work: &mut Work<'_>,
        extension: &Extension<'_>,
        head: (&Checkpoint, Timestamp),
    ) -> Result<(), ExtendError> {
        let held = self.tree.size();
        let entries = extension.take(&mut self.tree, head.0, head.1.max(self.last))?;
        for (entry, index) in entries.iter().zip(held..) {
            self.shelve(work, index, entry);
        }
        Ok(())
    }

    fn shelve(&mut self, work: &mut Work<'_>, index: u64, entry: &Entry) {
        self.last = entry.time;
        let entry = Blob(entry.to_bytes());
        work.save(&BookRow::<S> {
            log: self.log,
            index,
            entry,
            shelf: PhantomData,
        });
    }

    /// As many entries from `from` on as fit into a page under a head of this size, and the proof
    /// that they lead to it.
    pub(super) fn page(
        &self,
        records: &dyn Records,
        from: u64,
        size: u64,
    ) -> Result<(Vec<Blob>, Vec<Digest>), Damage> {
        let (mut entries, mut bytes, mut end) = (Vec::new(), 0, from);
        while end < size {
            let entry = self.entry(records, end)?;
            bytes += entry.len();
            if bytes > limits::ledger::PAGE {
                break;
            }
            entries.push(entry);
            end += 1;
        }
        Ok((entries, self.tree.prove(end, size)))
    }

    fn entry(&self, records: &dyn Records, index: u64) -> Result<Blob, Damage> {
        let id = place(&self.log, index);
        let row = record::load::<BookRow<S>>(records, &id)?;
        row.map(|row| row.entry).ok_or_else(|| Damage {
            key: Key::new(S::SPACE, &id),
        })
    }
}
