//! Group commit: steps are applied one after the other, share one flush, and only then may
//! anything leave.
//!
//! [`Group::commit`] is the only way to what the steps wanted done outside, so that "send, then
//! save" cannot be written here either.
use crate::store::{Examined, Store, StoreError};
use kith_protocol::error::Damage;
use kith_protocol::record::{Batch, Records};
use std::time::Instant;

/// A store as the driver needs it; a test's may fail.
pub(crate) trait Disk: Records {
    /// See [`Store::apply`].
    fn apply(&self, batch: &Batch) -> Result<(), StoreError>;
    /// See [`Store::flush`].
    fn flush(&self) -> Result<(), StoreError>;
    /// See [`Store::check`].
    fn check(&self) -> Result<(), StoreError>;
    /// See [`Store::naming`].
    fn naming(&self, damage: Damage) -> StoreError;
    /// See [`Store::examine`].
    fn examine(&self, end: Instant) -> Examined;
}

impl Disk for Store {
    fn apply(&self, batch: &Batch) -> Result<(), StoreError> {
        Self::apply(self, batch)
    }

    fn flush(&self) -> Result<(), StoreError> {
        Self::flush(self)
    }

    fn check(&self) -> Result<(), StoreError> {
        Self::check(self)
    }

    fn naming(&self, damage: Damage) -> StoreError {
        Self::naming(self, damage)
    }

    fn examine(&self, end: Instant) -> Examined {
        Self::examine(self, end)
    }
}

/// Steps that are applied and not yet durable, with what they want done outside.
pub(crate) struct Group<'d, D, E> {
    disk: &'d D,
    effects: Vec<E>,
    dirty: bool,
}

impl<'d, D: Disk, E> Group<'d, D, E> {
    pub(crate) fn new(disk: &'d D) -> Self {
        Self {
            disk,
            effects: Vec::new(),
            dirty: false,
        }
    }

    /// What the next step reads: everything applied so far.
    pub(crate) fn disk(&self) -> &'d D {
        self.disk
    }

    /// Applies one step's writes; later steps see them.
    pub(crate) fn apply(&mut self, writes: &Batch) -> Result<(), StoreError> {
        // What the step read may have been damaged: then nothing of it counts.
        self.disk.check()?;
        if !writes.is_empty() {
            self.dirty = true;
            self.disk.apply(writes)?;
        }
        Ok(())
    }

    /// Keeps what is to be done outside once all is durable.
    pub(crate) fn hold(&mut self, effect: E) {
        self.effects.push(effect);
    }

    /// Makes all durable and hands out what is to be done now, in order.
    pub(crate) fn commit(self) -> Result<Vec<E>, StoreError> {
        if self.dirty {
            self.disk.flush()?;
        }
        self.disk.check()?;
        Ok(self.effects)
    }
}
