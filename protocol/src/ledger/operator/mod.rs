//! The operator of an embedded log: admits records, orders them, has heads cosigned.
//!
//! One head at a time is on offer. Offers are sent without being kept in the outbox and repeated by
//! [`Operator::tick`] from the state itself, because a stored offer would carry entries that the
//! witness has long since got; so a lost message costs one repetition and an idle log costs none.
//! A witness learns the certified note with the next offer: if the operator dies right after
//! certifying, its witnesses hold the last entries but serve the head before.
mod append;
mod peers;
mod publish;
mod queue;
mod rows;
mod status;

use super::book::{Book, Operated};
use super::certificate::{Certified, verify_offer};
use super::check::replay;
use super::checkpoint::Checkpoint;
use super::descriptor::{Descriptor, DescriptorError};
use super::state::State;
use crate::agent::Work;
use crate::bytes::Digest;
use crate::error::{Damage, Refusal};
use crate::keys::SigningKey;
use crate::keys::role::LedgerOperator;
use crate::record::{self, Key, Records, Row};
use crate::time::Timestamp;
use peers::Peer;
use queue::{Creations, Queue};
use rows::{HeadRow, Notes, OperatorRow};
pub use status::OperatorStatus;
use std::collections::BTreeMap;
use thiserror::Error;

/// The operator of one log. In memory it is a cache of its rows, as [`super::View`] is.
pub struct Operator {
    log: OperatorRow,
    head: HeadRow,
    certified: Option<Checkpoint>,
    proposal: Option<Checkpoint>,
    book: Book<Operated>,
    state: State,
    found: BTreeMap<Digest, u64>,
    queue: Queue,
    peers: Vec<Peer>,
    creations: Creations,
    /// Somebody wants a head of at least this time.
    wanted: Option<Timestamp>,
}

/// Why a log is not created.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CreateError {
    /// The disk's fault.
    #[error(transparent)]
    Damage(#[from] Damage),
    /// Not a lawful descriptor.
    #[error(transparent)]
    Descriptor(#[from] DescriptorError),
    /// Another operator's descriptor.
    #[error("the descriptor names another operator's key")]
    WrongKey,
    /// One agent operates one log.
    #[error("this agent operates a log already")]
    Exists,
}

impl Operator {
    /// Creates a log. Its first head, of no entries, is offered at the first [`Operator::tick`].
    ///
    /// # Errors
    /// [`CreateError`].
    pub fn create(
        work: &mut Work<'_>,
        descriptor: &Descriptor,
        key: SigningKey<LedgerOperator>,
    ) -> Result<Self, CreateError> {
        descriptor.validate()?;
        if descriptor.operator.key != key.verifying_key() {
            return Err(CreateError::WrongKey);
        }
        if Self::open(work, work.now)?.is_some() {
            return Err(CreateError::Exists);
        }
        let log = descriptor.id();
        work.save(&OperatorRow {
            log,
            descriptor: descriptor.clone(),
            key,
        });
        work.save(&HeadRow {
            log,
            revision: 0,
            arrivals: 0,
            certified: None,
            proposal: None,
        });
        Self::open(work, work.now)?.ok_or(CreateError::Exists)
    }

    /// The log that this agent operates, if it does.
    ///
    /// # Errors
    /// [`Damage`] when a row is missing, cannot be read, or contradicts another.
    pub fn open(records: &dyn Records, now: Timestamp) -> Result<Option<Self>, Damage> {
        let logs = record::load_all::<OperatorRow>(records, &OperatorRow::PREFIX)?;
        logs.into_iter()
            .next()
            .map(|log| Self::read(records, log, now))
            .transpose()
    }

    fn read(records: &dyn Records, log: OperatorRow, now: Timestamp) -> Result<Self, Damage> {
        if log.descriptor.id() != log.log {
            return Err(damage(&log));
        }
        let head = record::load::<HeadRow>(records, &HeadRow::id_of(&log.log))?
            .ok_or_else(|| damage(&log))?;
        let (mut state, mut found) = (State::new(log.log), BTreeMap::new());
        let book = Book::open(records, log.log, |entry| {
            let effect = entry
                .record()
                .ok()
                .and_then(|record| replay(&state, &record, entry.time).ok());
            effect.is_some_and(|effect| {
                state.apply(&effect);
                found.insert(effect.record, found.len() as u64);
                true
            })
        })?;
        let (certified, proposal) = read_notes(&log, &head)?;
        let have = certified.as_ref().map_or(0, |certified| certified.size);
        Ok(Self {
            peers: vec![Peer::new(have); log.descriptor.witnesses.len()],
            queue: Queue::open(records, &state, now)?,
            creations: Creations::default(),
            wanted: None,
            log,
            head,
            certified,
            proposal,
            book,
            state,
            found,
        })
    }

    /// Reads the rows anew if memory is not what they say, and looks at the clock.
    fn refresh(&mut self, work: &mut Work<'_>) -> Result<(), Damage> {
        let stored = work.load::<HeadRow>(&self.head.id())?;
        if stored.as_ref() != Some(&self.head)
            && let Some(reread) = Self::open(work, work.now)?
        {
            *self = reread;
        }
        self.mind_the_clock(work);
        Ok(())
    }

    fn save_head(&mut self, work: &mut Work<'_>) {
        self.head.revision += 1;
        work.save(&self.head);
    }

    /// The log's descriptor.
    #[must_use]
    pub fn descriptor(&self) -> &Descriptor {
        &self.log.descriptor
    }

    /// Entries in the log, and how many of them are certified.
    #[must_use]
    pub fn size(&self) -> (u64, Option<u64>) {
        (
            self.book.size(),
            self.certified.as_ref().map(|certified| certified.size),
        )
    }

    /// Whether messages about this log are for this operator.
    #[must_use]
    pub fn operates(&self, log: &Digest) -> bool {
        self.log.log == *log
    }

    fn own(&self, log: &Digest) -> Result<(), Refusal> {
        if self.operates(log) {
            Ok(())
        } else {
            Err(unknown_log())
        }
    }

    /// Ledger time never runs backwards, whatever the clock does.
    fn next_time(&self, now: Timestamp) -> Timestamp {
        let head = self
            .certified
            .as_ref()
            .map_or(Timestamp(0), |certified| certified.time);
        now.max(head).max(self.book.last())
    }
}

/// The stored notes are the operator's own; a store that changed one is told by its signatures.
fn read_notes(
    log: &OperatorRow,
    head: &HeadRow,
) -> Result<(Option<Checkpoint>, Option<Checkpoint>), Damage> {
    let offer =
        |notes: &Notes| verify_offer(&log.descriptor, &notes.note.0).map_err(|_| damage(head));
    let certified = |notes: &Notes| {
        Certified::verify(&log.descriptor, &notes.whole().0).map_err(|_| damage(head))
    };
    let newest = head.certified.as_ref().map(certified).transpose()?;
    let proposal = head.proposal.as_ref().map(offer).transpose()?;
    Ok((newest.map(|newest| newest.checkpoint), proposal))
}

pub(super) fn unknown_log() -> Refusal {
    Refusal::new(
        "e.p.ledger.unknown-log",
        "this agent does not serve that log",
    )
}

pub(super) fn no_head() -> Refusal {
    Refusal::new(
        "e.p.ledger.no-head",
        "the log has no certified head yet; ask again",
    )
}

fn damage<R: Row>(row: &R) -> Damage {
    Damage {
        key: Key::new(R::SPACE, &row.id()),
    }
}
