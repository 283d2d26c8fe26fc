//! When something on the outbox is due, in memory.
//!
//! Asked after every step. An owner with 255 trustees has as many rows of several KiB waiting while
//! she deals: reading them all for each reply would cost her the square of their number.
use super::{Retired, Waiting};
use crate::error::Damage;
use crate::record::{self, Batch, Key, Records, Row, Space};
use crate::time::{Millis, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// A month has enough of them for every part of every store.
const BETWEEN_SWEEPS: Millis = Millis::seconds(60);
/// An agent that nothing else wakes is woken to sweep what is due, this long after the last time. One that
/// follows a ledger wakes more often.
const LONGEST_BETWEEN_SWEEPS: Millis = Millis::seconds(15 * 60);
/// Parts of the answers: by the first byte of their ids.
const PARTS: usize = 256;

/// Until when a part rests that holds nothing.
pub(super) const NEVER: Timestamp = Timestamp(u64::MAX);

/// Messages that wait and identifiers that were retired, by time. Rebuilt from the rows; kept true by
/// what each finished step writes.
#[derive(Default)]
pub struct Dues {
    times: BTreeMap<Key, Timestamp>,
    order: BTreeSet<(Timestamp, Key)>,
    /// When answers were swept last.
    swept: Option<Timestamp>,
    /// By the first byte of their ids, until when no answer can be too old. Nothing is said of those that
    /// were not read since the start, or that have changed since.
    rests: Vec<Timestamp>,
}

/// A row that waits for a time.
pub(super) trait Timed: Row {
    /// The longest that such a row waits.
    const LONGEST: Millis;
    /// When something must be done about it.
    fn wakes(&self) -> Timestamp;
}

impl Dues {
    /// Reads the outbox.
    ///
    /// # Errors
    /// [`Damage`] when a row cannot be read.
    pub fn open(records: &dyn Records) -> Result<Self, Damage> {
        let mut dues = Self::default();
        dues.read::<Waiting>(records)?;
        dues.read::<Retired>(records)?;
        Ok(dues)
    }

    fn read<R: Timed>(&mut self, records: &dyn Records) -> Result<(), Damage> {
        for row in record::load_all::<R>(records, &[])? {
            self.put(Key::new(R::SPACE, &row.id()), row.wakes());
        }
        Ok(())
    }

    /// Takes over what a step writes. To be called for every step whose writes become durable, and
    /// for no other.
    ///
    /// # Errors
    /// [`Damage`] when a written row cannot be read.
    pub fn note(&mut self, writes: &Batch) -> Result<(), Damage> {
        self.take::<Waiting>(writes)?;
        self.take::<Retired>(writes)?;
        let answers = writes.touched(Space::Answered);
        for id in answers.chain(writes.touched(Space::Given)) {
            if let Some(until) = id
                .first()
                .and_then(|part| self.rests.get_mut(usize::from(*part)))
            {
                *until = Timestamp(0);
            }
        }
        Ok(())
    }

    fn take<R: Timed>(&mut self, writes: &Batch) -> Result<(), Damage> {
        for (id, row) in writes.written::<R>() {
            let key = Key::new(R::SPACE, id);
            if let Some((key, due)) = self.times.remove_entry(&key) {
                self.order.remove(&(due, key));
            }
            if let Some(row) = row {
                self.put(key, row?.wakes());
            }
        }
        Ok(())
    }

    fn put(&mut self, key: Key, due: Timestamp) {
        self.order.insert((due, key.clone()));
        self.times.insert(key, due);
    }

    /// When the next of them is due.
    #[must_use]
    pub fn next(&self) -> Option<Timestamp> {
        self.order.first().map(|(due, _)| *due)
    }

    /// When answers are swept at the latest. Without it, those of an agent that follows no ledger would
    /// stay for ever: a sweep looks at some only.
    #[must_use]
    pub fn next_sweep(&self) -> Option<Timestamp> {
        let known = self.rests.len() == PARTS;
        let due = self.rests.iter().min().filter(|_| known);
        let due = due.copied().unwrap_or_default();
        let pause = self.swept.map(|last| last.after(LONGEST_BETWEEN_SWEEPS));
        (due < NEVER).then(|| due.max(pause.unwrap_or_default()))
    }

    /// Whether it is time to sweep the answers; it is then taken as done. An agent wakes several times a
    /// second at times, and they are kept for a month. A clock that was set back is no reason to wait.
    pub(super) fn sweeps(&mut self, now: Timestamp) -> bool {
        let rests = |last: Timestamp| last <= now && now < last.after(BETWEEN_SWEEPS);
        let due = !self.swept.is_some_and(rests);
        if due {
            self.swept = Some(now);
        }
        due
    }

    /// The first bytes of ids under which an answer may be too old, from this one on.
    pub(super) fn restless(&self, first: u8, now: Timestamp) -> Vec<u8> {
        let parts = (0..=u8::MAX).map(|part| first.wrapping_add(part));
        let rests = |part: &u8| self.rests.get(usize::from(*part));
        parts
            .filter(|part| rests(part).is_none_or(|until| *until <= now))
            .collect()
    }

    /// Notes until when none under ids that begin with this byte can be.
    pub(super) fn rest(&mut self, part: u8, until: Timestamp) {
        self.rests.resize(PARTS, Timestamp(0));
        self.rests[usize::from(part)] = until;
    }

    /// The ids of the rows of type `R` that something must be done about by `now`, in their order; also
    /// of those that seem to wait longer than any can, because the clock was set back under them.
    pub(super) fn by<R: Timed>(&self, now: Timestamp) -> BTreeSet<&[u8]> {
        let due = self.order.iter().take_while(|(due, _)| *due <= now);
        let latest = now.after(R::LONGEST);
        let beyond = self.order.iter().rev();
        let beyond = beyond.take_while(|(due, _)| *due > latest);
        let keys = due.chain(beyond).map(|(_, key)| key.as_bytes());
        keys.filter_map(|key| key.strip_prefix(&[R::SPACE as u8]))
            .collect()
    }
}
