//! Taking a page over: nothing of it is believed before all of it is verified.
use super::View;
use crate::agent::Work;
use crate::bytes::Blob;
use crate::error::Damage;
use crate::ledger::certificate::{CertificateError, Certified};
use crate::ledger::check::check;
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::effect::Effect;
use crate::ledger::entry::Entry;
use crate::ledger::extend::{ExtendError, Extension};
use crate::ledger::invalid::Invalid;
use crate::ledger::kind::Kind;
use crate::ledger::record::Subject;
use crate::ledger::rows::{Conflict, EntryRow};
use crate::message::ledger::Page;
use crate::time::Timestamp;
use thiserror::Error;

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

impl View {
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
}
