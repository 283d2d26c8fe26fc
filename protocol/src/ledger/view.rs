//! The reader: what an agent believes of a log, and how it comes to believe more (L2, G14).
use super::certificate::{CertificateError, Certified};
use super::check::{check, replay};
use super::checkpoint::Checkpoint;
use super::descriptor::{Descriptor, DescriptorError};
use super::effect::Effect;
use super::entry::Entry;
use super::extend::{ExtendError, Extension};
use super::invalid::Invalid;
use super::kind::Kind;
use super::query::{Ask, Query};
use super::record::{Record, Subject};
use super::rows::{Conflict, EntryRow, LogRow};
use super::state::{Hold, State};
use super::tree::Tree;
use crate::agent::Work;
use crate::bytes::{Blob, Digest};
use crate::error::Damage;
use crate::message::ledger::Page;
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

/// What a page brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advance {
    /// The new entries, in order.
    pub news: Vec<News>,
    /// Whether the head has more entries than were brought: ask again at once.
    pub more: bool,
}

/// One new entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    /// Where it stands.
    pub index: u64,
    /// Its time.
    pub time: Timestamp,
    /// What kind of record about what; `None` when it is no record of this version.
    pub about: Option<(Kind, Subject)>,
    /// What it does, or why it does nothing.
    pub outcome: Result<Effect, Invalid>,
}

/// Why a page is not believed. The view stays as it was.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ViewError {
    /// The disk's fault.
    #[error(transparent)]
    Damage(#[from] Damage),
    /// Of another log.
    #[error("the page is of another log")]
    WrongLog,
    /// The head is not certified.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The head is from the future.
    #[error("the head is ahead of this machine's clock by more than the descriptor allows")]
    Ahead,
    /// The head is too old to say anything about now.
    #[error("the head is older than the descriptor allows")]
    Stale,
    /// A smaller or earlier head than one seen before.
    #[error("the head is smaller or earlier than one seen before")]
    Rollback,
    /// Two certified heads that contradict each other: the log lied. Kept as proof.
    #[error("two certified heads of the log contradict each other; both are kept as proof")]
    Conflict,
    /// The entries do not lead to the head, or not from where this view is.
    #[error(transparent)]
    Page(#[from] ExtendError),
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
        let stored = record::load::<LogRow>(records, &self.row.log.0)?;
        if stored.as_ref() == Some(&self.row) {
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

    /// Verifies a page and takes over what it brings.
    ///
    /// # Errors
    /// [`ViewError`]. Nothing of the page is believed then, but a conflict of heads is kept.
    pub fn advance(&mut self, work: &mut Work<'_>, page: &Page) -> Result<Advance, ViewError> {
        if page.log != self.row.log {
            return Err(ViewError::WrongLog);
        }
        let head = Certified::verify(&self.row.descriptor, &page.note.0)?;
        self.admit_time(&head.checkpoint, work.now)?;
        self.admit_head(work, &head)?;
        let extension = Extension {
            from: page.from,
            entries: &page.entries,
            proof: &page.proof,
        };
        let held = self.tree.size();
        let floor = self.floor();
        let taken = extension.take(&mut self.tree, &head.checkpoint, floor);
        let entries = match taken {
            Ok(entries) => entries,
            Err(error) => return Err(self.not_taken(work, &head, error)),
        };
        if self.contradicts_newest() {
            self.tree.truncate(held);
            return Err(self.conflict(work, &head, true));
        }
        Ok(self.believe(work, head, (held, entries)))
    }

    /// Looks at the head's time alone.
    fn admit_time(&self, head: &Checkpoint, now: Timestamp) -> Result<(), ViewError> {
        if head.time > now.after(self.row.descriptor.max_skew) {
            return Err(ViewError::Ahead);
        }
        if now.since(head.time) > self.row.descriptor.max_age {
            return Err(ViewError::Stale);
        }
        Ok(())
    }

    /// Compares the head with the newest one seen.
    fn admit_head(&self, work: &mut Work<'_>, head: &Certified) -> Result<(), ViewError> {
        let Some(newest) = &self.newest else {
            return Ok(());
        };
        let checkpoint = &head.checkpoint;
        if checkpoint.size == newest.size && checkpoint.root != newest.root {
            return Err(self.conflict(work, head, true));
        }
        if checkpoint.size < newest.size || checkpoint.time < newest.time {
            return Err(ViewError::Rollback);
        }
        Ok(())
    }

    /// No new entry is earlier than the last one, nor than the head under which they were not yet.
    fn floor(&self) -> Timestamp {
        let head = self
            .newest
            .as_ref()
            .filter(|newest| newest.size <= self.tree.size());
        head.map_or(self.last, |newest| newest.time.max(self.last))
    }

    /// Entries that do not lead to a certified head may be a fork, or a host's lie about entries:
    /// kept as a suspicion, because the second needs no dishonest witness.
    fn not_taken(&self, work: &mut Work<'_>, head: &Certified, error: ExtendError) -> ViewError {
        if error == ExtendError::DoesNotFollow && self.newest.is_some() {
            let _ = self.conflict(work, head, false);
        }
        error.into()
    }

    /// Whether the entries now held, all under the new head, are not those under the newest one
    /// seen before.
    fn contradicts_newest(&self) -> bool {
        let root = |newest: &Checkpoint| {
            self.tree
                .root_at(newest.size)
                .map(|root| root != newest.root)
        };
        self.newest.as_ref().and_then(root).unwrap_or(false)
    }

    fn conflict(&self, work: &mut Work<'_>, head: &Certified, proven: bool) -> ViewError {
        let ours = self.row.newest.clone().unwrap_or_default();
        let noticed = work.now;
        work.save(&Conflict {
            log: self.row.log,
            ours,
            theirs: head.note.clone(),
            proven,
            noticed,
        });
        ViewError::Conflict
    }

    fn believe(&mut self, work: &mut Work<'_>, head: Certified, new: (u64, Vec<Entry>)) -> Advance {
        let (held, entries) = new;
        let news = entries
            .into_iter()
            .zip(held..)
            .map(|(entry, index)| self.take(work, entry, index))
            .collect();
        // The head seen before stays the remembered one until all its entries are held and its root
        // was met; so there is never a head that nothing holds the log to.
        let reached = self
            .newest
            .as_ref()
            .is_none_or(|newest| newest.size <= self.tree.size());
        if reached {
            self.newest = Some(head.checkpoint);
            self.row.newest = Some(head.note);
        }
        self.row.count = self.tree.size();
        work.save(&self.row);
        Advance {
            news,
            more: !self.is_complete(),
        }
    }

    fn take(&mut self, work: &mut Work<'_>, entry: Entry, index: u64) -> News {
        let record = entry.record();
        let outcome = match &record {
            Ok(record) => check(&self.state, record, entry.time),
            Err(_) => Err(Invalid::Malformed),
        };
        if let Ok(effect) = &outcome {
            self.put(effect, index);
        }
        self.last = entry.time;
        let effective = outcome.is_ok();
        work.save(&EntryRow {
            log: self.row.log,
            index,
            entry: Blob(entry.to_bytes()),
            effective,
        });
        let about = record.ok().map(|record| (record.kind(), record.subject));
        News {
            index,
            time: entry.time,
            about,
            outcome,
        }
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
