//! A disk: what survives a crash.
use crate::checkers::Held;
use kith_protocol::bytes::Digest;
use kith_protocol::record::{Batch, Bytes, Key, Records, Space};
use kith_protocol::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// The durable rows of one agent.
#[derive(Clone, Default)]
pub(crate) struct Disk {
    rows: BTreeMap<Key, Vec<u8>>,
    /// How many rows each space has: asked after each batch.
    counts: BTreeMap<u8, usize>,
    /// A broken disk, for the test that shows the world would notice: of so many batches it forgets
    /// one that it said was durable.
    forgets_one_in: Option<u64>,
    batches: u64,
    /// Changes of rows that stand on a trustee's screen: owners and requests.
    shown: u64,
    /// Until when it takes nothing.
    full: Timestamp,
    /// Records that cannot be read any more. What the store gives for one is nothing that decodes: values
    /// are sealed, and a seal that is broken opens to nothing.
    rotten: BTreeSet<Key>,
}

impl Disk {
    /// Breaks it: from now on it loses one batch in `count`.
    pub(crate) fn forget_one_in(&mut self, count: u64) {
        self.forgets_one_in = Some(count);
    }

    /// All rows of a space are gone.
    pub(crate) fn lose(&mut self, space: Space) {
        let space = space as u8;
        self.rows
            .retain(|key, _| key.as_bytes().first() != Some(&space));
        self.counts.remove(&space);
        self.shown += 1;
    }

    /// How often it changed what a trustee's screen shows.
    pub(crate) fn shown(&self) -> u64 {
        self.shown
    }

    fn changes(&mut self, space: u8) {
        self.shown += u64::from(space == Space::Ward as u8 || space == Space::Request as u8);
    }

    /// Whether there is such a row.
    pub(crate) fn has(&self, key: &Key) -> bool {
        self.rows.contains_key(key)
    }

    /// Rows of a space are gone in whose keys this stands; whether there were any.
    pub(crate) fn lose_named(&mut self, space: Space, name: &Digest) -> bool {
        let rows = self.scan(Key::new(space, &[]).as_bytes()).into_iter();
        let keys = rows.map(|(key, _)| key);
        let named = |key: &Key| key.as_bytes().windows(32).any(|part| part == name.0);
        let lost: Vec<Key> = keys.filter(named).collect();
        lost.iter().for_each(|key| self.erase(key));
        !lost.is_empty()
    }

    /// Rows of a space.
    pub(crate) fn count(&self, space: Space) -> usize {
        self.counts.get(&(space as u8)).copied().unwrap_or(0)
    }

    /// The shares in a trustee's custody (storage.md): ward, epoch and deal in the key, and whether it is
    /// the current one behind the same in the row.
    pub(crate) fn held(&self) -> Vec<Held> {
        let rows = self.rows.range(Key::new(Space::Custody, &[])..);
        let custody = rows.take_while(|(key, _)| key.as_bytes()[0] == Space::Custody as u8);
        custody
            .filter_map(|(key, bytes)| held(key.as_bytes(), bytes).or_else(|| self.rotten(key)))
            .collect()
    }

    /// A share whose row has rotted: its agent names the row when it reads it, and stops. It was kept.
    fn rotten(&self, key: &Key) -> Option<Held> {
        let (epoch, deal) = named(key.as_bytes()).filter(|_| self.is_rotten(key))?;
        Some(Held {
            epoch,
            deal,
            active: false,
        })
    }

    fn put(&mut self, key: Key, bytes: Vec<u8>) {
        let space = key.as_bytes().first().copied().unwrap_or(0);
        self.changes(space);
        if self.rows.insert(key, bytes).is_none() {
            *self.counts.entry(space).or_default() += 1;
        }
    }

    fn erase(&mut self, key: &Key) {
        let space = key.as_bytes().first().copied().unwrap_or(0);
        self.changes(space);
        if self.rows.remove(key).is_some() {
            *self.counts.entry(space).or_default() -= 1;
        }
    }

    /// Rows of an earlier copy are back.
    pub(crate) fn put_back(&mut self, rows: Vec<(Key, Vec<u8>)>) {
        for (key, bytes) in rows {
            self.put(key, bytes);
        }
    }

    /// It is full until then.
    pub(crate) fn fill(&mut self, until: Timestamp) {
        self.full = until;
    }

    /// Whether it takes nothing now.
    pub(crate) fn is_full(&self, now: Timestamp) -> bool {
        now < self.full
    }

    /// How many records there are.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The record at this place rots; which one it is.
    pub(crate) fn rot(&mut self, place: usize) -> Option<Key> {
        let (key, value) = self.rows.iter_mut().nth(place)?;
        value.clear();
        self.shown += 1;
        self.rotten.insert(key.clone());
        Some(key.clone())
    }

    /// Whether this record has rotted and was not written again.
    pub(crate) fn is_rotten(&self, key: &Key) -> bool {
        self.rotten.contains(key)
    }

    /// How many batches are durable.
    pub(crate) fn flushes(&self) -> u64 {
        self.batches
    }

    /// Flushes a batch: whole, because a step became durable whole or never happened.
    pub(crate) fn flush(&mut self, batch: &Batch) {
        if batch.is_empty() {
            return;
        }
        self.batches += 1;
        if self
            .forgets_one_in
            .is_some_and(|count| self.batches.is_multiple_of(count))
        {
            return;
        }
        for (key, value) in batch.iter() {
            self.rotten.remove(key);
            match value {
                Some(bytes) => self.put(key.clone(), bytes.to_vec()),
                None => self.erase(key),
            }
        }
    }
}

/// Bytes of a ward's id.
const WARD: usize = 16;

/// Epoch and deal in the key of a share's row.
fn named(key: &[u8]) -> Option<(u32, Digest)> {
    let id = key.strip_prefix(&[Space::Custody as u8])?;
    let epoch = u32::from_be_bytes(*id.get(WARD..)?.first_chunk()?);
    Some((epoch, Digest(*id.get(WARD + 4..)?.first_chunk()?)))
}

fn held(key: &[u8], row: &[u8]) -> Option<Held> {
    let (epoch, deal) = named(key)?;
    let varint = row.get(1 + WARD..)?;
    let epoch_bytes = varint.iter().position(|byte| *byte < 0x80)? + 1;
    let active = *varint.get(epoch_bytes + 32)? == 1;
    Some(Held {
        epoch,
        deal,
        active,
    })
}

impl Records for Disk {
    fn read(&self, key: &Key) -> Option<Bytes> {
        self.rows.read(key)
    }

    fn scan(&self, prefix: &[u8]) -> Vec<(Key, Bytes)> {
        self.rows.scan(prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// It is no loss of what was acknowledged: the record is named when it is read (G11).
    #[test]
    fn a_share_whose_row_has_rotted_was_kept() {
        let mut disk = Disk::default();
        let id = [&[7; WARD][..], &3u32.to_be_bytes(), &[9; 32]].concat();
        let row = [&[1][..], &[7; WARD], &[3], &[9; 32], &[1]].concat();
        disk.put(Key::new(Space::Custody, &id), row);
        let kept = disk.held();
        assert_eq!((kept.len(), kept[0].active), (1, true));
        assert!(disk.rot(0).is_some());
        let rotten = disk.held();
        assert_eq!((rotten[0].epoch, rotten[0].deal), (3, Digest([9; 32])));
        assert!(!rotten[0].active);
    }
}
