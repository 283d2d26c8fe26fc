//! A disk: what survives a crash.
use kith_protocol::record::{Batch, Bytes, Key, Records};
use std::collections::BTreeMap;

/// The durable rows of one agent.
#[derive(Clone, Default)]
pub(crate) struct Disk {
    rows: BTreeMap<Key, Vec<u8>>,
    /// A broken disk, for the test that shows the world would notice: of so many batches it forgets
    /// one that it said was durable.
    forgets_one_in: Option<u64>,
    batches: u64,
}

impl Disk {
    /// Breaks it: from now on it loses one batch in `count`.
    pub(crate) fn forget_one_in(&mut self, count: u64) {
        self.forgets_one_in = Some(count);
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
            match value {
                Some(bytes) => self.rows.insert(key.clone(), bytes.to_vec()),
                None => self.rows.remove(key),
            };
        }
    }
}

impl Records for Disk {
    fn read(&self, key: &Key) -> Option<Bytes> {
        self.rows.read(key)
    }

    fn scan(&self, prefix: &[u8]) -> Vec<(Key, Bytes)> {
        self.rows.scan(prefix)
    }
}
