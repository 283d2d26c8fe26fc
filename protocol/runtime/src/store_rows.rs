//! Every row of a store, one after the other.
use super::{Store, StoreError, damage, is_own, unread};
use crate::caught::caught;
use crate::pieces;
use kith_protocol::error::Damage;
use kith_protocol::record::{Bytes, Key};
use std::time::Instant;

/// What [`Store::examine`] found.
#[derive(Debug, Default)]
pub struct Examined {
    /// Rows read.
    pub rows: usize,
    /// Those that cannot be read.
    pub damaged: Vec<Damage>,
    /// Whether all rows were read.
    pub is_whole: bool,
}

impl Store {
    /// Reads every row until `end`, and tells which cannot be read. It does not stop the agent as
    /// [`Self::check`] does, because nothing is done with what it reads.
    pub fn examine(&self, end: Instant) -> Examined {
        let mut examined = Examined::default();
        for found in self.db.iter() {
            if Instant::now() >= end {
                return examined;
            }
            let Ok((key, first)) = found else {
                examined.damaged.push(damage(&[]));
                break;
            };
            if pieces::is_part(&key) || is_own(&key) {
                continue;
            }
            examined.rows += 1;
            examined.damaged.extend(self.assemble(&key, &first).err());
        }
        examined.is_whole = true;
        examined
    }

    /// Shows every row, in key order, one at a time: all of them may not fit into memory. Ends with the
    /// first that cannot be read.
    pub(crate) fn each<E: From<StoreError>>(
        &self,
        mut visit: impl FnMut(Key, Bytes) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut found = self.db.iter();
        while let Some(found) = caught(|| found.next()).unwrap_or(Some(Err(unread()))) {
            let (key, first) = found.map_err(|_| self.naming(damage(&[])))?;
            if pieces::is_part(&key) || is_own(&key) {
                continue;
            }
            let value = self.assemble(&key, &first);
            let value = value.map_err(|source| self.naming(source))?;
            visit(Key::from_bytes(&key), value)?;
        }
        Ok(())
    }
}
