//! Records an operator has admitted and not yet published.
use crate::bytes::{Blob, Digest};
use crate::did::Did;
use crate::error::Damage;
use crate::ledger::check::{check, replay};
use crate::ledger::effect::Effect;
use crate::ledger::invalid::Invalid;
use crate::ledger::record::Record;
use crate::ledger::state::State;
use crate::limits;
use crate::record::{self, Records, Row, Space};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// One of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct PendingRow {
    pub(super) log: Digest,
    pub(super) arrival: u64,
    pub(super) at: Timestamp,
    pub(super) from: Did,
    pub(super) record: Blob,
}

impl Row for PendingRow {
    const SPACE: Space = Space::OperatorPending;
    fn id(&self) -> Vec<u8> {
        crate::ledger::rows::indexed(&self.log, self.arrival)
    }
}

/// All of them, and the state they will lead to if time changes nothing.
pub(super) struct Queue {
    rows: Vec<PendingRow>,
    digests: BTreeSet<Digest>,
    preview: State,
}

/// Why the queue is closed to a sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closed {
    Sender,
    All,
}

impl Queue {
    pub(super) fn open(
        records: &dyn Records,
        state: &State,
        now: Timestamp,
    ) -> Result<Self, Damage> {
        let rows = record::load_all::<PendingRow>(records, &state.log().0)?;
        let mut queue = Self {
            rows,
            digests: BTreeSet::new(),
            preview: state.clone(),
        };
        queue.replay(state, now);
        Ok(queue)
    }

    /// Begins the preview anew on this state.
    pub(super) fn replay(&mut self, state: &State, now: Timestamp) {
        self.preview = state.clone();
        self.digests.clear();
        for row in &self.rows {
            let Ok(record) = Record::from_bytes(&row.record.0) else {
                continue;
            };
            self.digests.insert(record.digest(state.log()));
            if let Ok(effect) = replay(&self.preview, &record, now) {
                self.preview.apply(&effect);
            }
        }
    }

    pub(super) fn has(&self, digest: &Digest) -> bool {
        self.digests.contains(digest)
    }

    pub(super) fn is_open_to(&self, sender: &Did) -> Result<(), Closed> {
        if self.rows.len() >= limits::ledger::PENDING {
            return Err(Closed::All);
        }
        let own = self.rows.iter().filter(|row| row.from == *sender).count();
        if own >= limits::ledger::PENDING_PER_SENDER {
            Err(Closed::Sender)
        } else {
            Ok(())
        }
    }

    /// Whether the record will have an effect after all that waits before it.
    pub(super) fn check(&self, record: &Record, now: Timestamp) -> Result<Effect, Invalid> {
        check(&self.preview, record, now)
    }

    pub(super) fn push(&mut self, row: PendingRow, effect: &Effect) {
        self.preview.apply(effect);
        self.digests.insert(effect.record);
        self.rows.push(row);
    }

    pub(super) fn rows(&self) -> &[PendingRow] {
        &self.rows
    }

    /// Takes the first `count` off.
    pub(super) fn drain(&mut self, count: usize) -> Vec<PendingRow> {
        self.rows.drain(..count).collect()
    }

    /// Nothing arrived later than now, whatever the clock showed then.
    pub(super) fn mind_the_clock(&mut self, now: Timestamp) {
        self.rows
            .iter_mut()
            .for_each(|row| row.at = row.at.min(now));
    }

    /// When the first of them arrived.
    pub(super) fn oldest(&self) -> Option<Timestamp> {
        self.rows.first().map(|row| row.at)
    }
}

/// Counts who creates policies, in memory: a window that a restart cuts short does no harm.
#[derive(Default)]
pub(super) struct Creations {
    since: Timestamp,
    counts: BTreeMap<Did, u32>,
}

impl Creations {
    /// Counts one more; false where that is too many.
    pub(super) fn admit(&mut self, sender: &Did, now: Timestamp) -> bool {
        if now.since(self.since) >= limits::ledger::CREATION_WINDOW || now < self.since {
            self.since = now;
            self.counts.clear();
        }
        if !self.counts.contains_key(sender) && self.counts.len() >= limits::ledger::CREATORS {
            return false;
        }
        let count = self.counts.entry(sender.clone()).or_insert(0);
        *count += 1;
        *count <= limits::ledger::CREATIONS_PER_SENDER
    }
}
