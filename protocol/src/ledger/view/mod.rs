//! The reader: what an agent believes of a log, and how it comes to believe more (L2, G14).
mod advance;

pub use advance::{Advance, News, ViewError};

use crate::agent::Work;
use crate::bytes::{Blob, Digest};
use crate::error::Damage;
use crate::ledger::certificate::Certified;
use crate::ledger::check::replay;
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::descriptor::{Descriptor, DescriptorError};
use crate::ledger::effect::Effect;
use crate::ledger::entry::Entry;
use crate::ledger::query::{Ask, Query};
use crate::ledger::record::Record;
use crate::ledger::rows::{Conflict, EntryRow, LogRow};
use crate::ledger::state::{Hold, State};
use crate::ledger::tree::Tree;
use crate::record::{self, Key, Records, Row};
use crate::time::Timestamp;
use std::collections::BTreeMap;
use thiserror::Error;

/// A verified copy of a log and the state it amounts to. In memory it is a cache: everything comes
/// from rows, and [`View::refresh`] reads them anew when they are not what it was made from.
#[derive(Clone)]
pub struct View {
    row: LogRow,
    newest: Option<Checkpoint>,
    tree: Tree,
    state: State,
    /// Where each record with an effect stands.
    found: BTreeMap<Digest, u64>,
    /// Time of the last entry.
    last: Timestamp,
}

/// Why a log is not adopted.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AdoptError {
    /// The disk's fault.
    #[error(transparent)]
    Damage(#[from] Damage),
    /// Not a lawful descriptor.
    #[error(transparent)]
    Descriptor(#[from] DescriptorError),
}

impl View {
    /// Begins to follow a log, or goes on following it.
    ///
    /// # Errors
    /// [`AdoptError`].
    pub fn adopt(work: &mut Work<'_>, descriptor: &Descriptor) -> Result<Self, AdoptError> {
        descriptor.validate()?;
        let log = descriptor.id();
        if let Some(view) = Self::open(work, &log)? {
            return Ok(view);
        }
        let row = LogRow {
            log,
            descriptor: descriptor.clone(),
            newest: None,
            count: 0,
        };
        work.save(&row);
        Ok(Self::empty(row))
    }

    /// The view as it is stored; `None` for a log that was never adopted.
    ///
    /// # Errors
    /// [`Damage`] when a row is missing, cannot be read, or does not belong to the newest head.
    pub fn open(records: &dyn Records, log: &Digest) -> Result<Option<Self>, Damage> {
        let Some(row) = record::load::<LogRow>(records, &log.0)? else {
            return Ok(None);
        };
        if row.descriptor.id() != row.log {
            return Err(damage(&row));
        }
        let mut view = Self::empty(row);
        view.newest = view.read_newest()?;
        for entry in record::load_all::<EntryRow>(records, &log.0)? {
            view.replay(&entry)?;
        }
        view.verify_rows()?;
        Ok(Some(view))
    }

    /// Reads the rows anew if they are not those this view was made from: after a step that never
    /// became durable, or was discarded.
    ///
    /// # Errors
    /// [`Damage`], as [`View::open`].
    pub fn refresh(&mut self, records: &dyn Records) -> Result<(), Damage> {
        // Compared as bytes, because reading them would resolve every identifier in the descriptor.
        let stored = records.read(&Key::new(LogRow::SPACE, &self.row.id()));
        if stored.is_some_and(|stored| *stored == *self.row.to_bytes()) {
            return Ok(());
        }
        let reread = Self::open(records, &self.row.log)?;
        *self = reread.ok_or_else(|| damage(&self.row))?;
        Ok(())
    }

    fn empty(row: LogRow) -> Self {
        Self {
            newest: None,
            tree: Tree::default(),
            state: State::new(row.log),
            found: BTreeMap::new(),
            last: Timestamp(0),
            row,
        }
    }

    fn read_newest(&self) -> Result<Option<Checkpoint>, Damage> {
        let verify = |note: &Blob| {
            Certified::verify(&self.row.descriptor, &note.0).map_err(|_| damage(&self.row))
        };
        let newest = self.row.newest.as_ref().map(verify).transpose()?;
        Ok(newest.map(|certified| certified.checkpoint))
    }

    /// Takes a row that this view wrote: its place and form are checked, its signatures were.
    fn replay(&mut self, row: &EntryRow) -> Result<(), Damage> {
        let entry = Entry::from_bytes(&row.entry.0)
            .ok()
            .filter(|_| row.index == self.tree.size());
        let entry = entry.ok_or_else(|| damage(row))?;
        self.tree.push(&row.entry.0);
        self.last = entry.time;
        if row.effective {
            let record = entry.record().map_err(|_| damage(row))?;
            let effect = replay(&self.state, &record, entry.time).map_err(|_| damage(row))?;
            self.put(&effect, row.index);
        }
        Ok(())
    }

    /// A store that lost or changed an entry is told by the root (G11).
    fn verify_rows(&self) -> Result<(), Damage> {
        let whole = match &self.newest {
            Some(newest) if newest.size == self.tree.size() => {
                self.tree.root_at(newest.size) == Some(newest.root)
            }
            Some(newest) => self.tree.size() < newest.size,
            None => self.tree.size() == 0,
        };
        if whole && self.tree.size() == self.row.count {
            Ok(())
        } else {
            Err(damage(&self.row))
        }
    }

    fn put(&mut self, effect: &Effect, index: u64) {
        self.state.apply(effect);
        self.found.insert(effect.record, index);
    }

    /// The log's id.
    #[must_use]
    pub fn log(&self) -> &Digest {
        &self.row.log
    }

    /// The log's descriptor.
    #[must_use]
    pub fn descriptor(&self) -> &Descriptor {
        &self.row.descriptor
    }

    /// What the log amounts to.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The newest certified head seen.
    #[must_use]
    pub fn head(&self) -> Option<&Checkpoint> {
        self.newest.as_ref()
    }

    /// Entries held.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.row.count
    }

    /// Whether all entries under the newest head are held.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.newest
            .as_ref()
            .is_some_and(|newest| newest.size == self.tree.size())
    }

    /// The ledger's time: the newest head's, once all its entries are held.
    #[must_use]
    pub fn ledger_time(&self) -> Option<Timestamp> {
        self.newest
            .as_ref()
            .filter(|_| self.is_complete())
            .map(|newest| newest.time)
    }

    /// Whether the view says something about now: complete, and its head not older than the
    /// descriptor's largest age.
    #[must_use]
    pub fn is_current(&self, now: Timestamp) -> bool {
        let age = self.row.descriptor.max_age;
        self.ledger_time()
            .is_some_and(|time| now.since(time) <= age)
    }

    /// Whether the chain allows a release for this request, in ledger time, on a head that is still
    /// current (G7, R13). The caller sees to it that the head was fetched after the delay was over,
    /// and asks its own monotonic clock.
    ///
    /// # Errors
    /// The [`Hold`] that forbids it.
    pub fn release_allowed(&self, request: &Digest, now: Timestamp) -> Result<(), Hold> {
        match self.ledger_time().filter(|_| self.is_current(now)) {
            Some(time) => self.state.release_allowed(request, time),
            None => Err(Hold::Stale),
        }
    }

    /// Where the record of this digest stands, if it had an effect.
    #[must_use]
    pub fn find(&self, record: &Digest) -> Option<u64> {
        self.found.get(record).copied()
    }

    /// The question that brings this view further; `since` is the time the head should at least
    /// have, zero for any.
    #[must_use]
    pub fn follow(&self, since: Timestamp) -> Query {
        self.query(Ask::Follow {
            have: self.row.count,
            since,
        })
    }

    /// The question that appends a record.
    #[must_use]
    pub fn append(&self, record: &Record) -> Query {
        self.query(Ask::Append(Blob(record.to_bytes())))
    }

    fn query(&self, ask: Ask) -> Query {
        Query {
            log: self.row.log,
            hosts: self.row.descriptor.hosts(),
            ask,
        }
    }
}

/// Heads that were seen to contradict each other, of all logs.
///
/// # Errors
/// [`Damage`] when a row cannot be read.
pub fn conflicts(records: &dyn Records) -> Result<Vec<Conflict>, Damage> {
    record::load_all(records, &[])
}

fn damage<R: Row>(row: &R) -> Damage {
    Damage {
        key: Key::new(R::SPACE, &row.id()),
    }
}
