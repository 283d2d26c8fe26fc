//! The views an agent keeps between steps, so that following a log does not mean replaying it.
use super::view::View;
use crate::bytes::Digest;
use crate::error::Damage;
use crate::record::Records;
use std::collections::BTreeMap;

/// A cache of views by log. Losing it loses nothing.
#[derive(Clone, Default)]
pub struct Views(BTreeMap<Digest, View>);

impl Views {
    /// The view of this log as the records have it; `None` for a log that was never adopted.
    ///
    /// # Errors
    /// [`Damage`], as [`View::open`].
    pub fn open(
        &mut self,
        records: &dyn Records,
        log: &Digest,
    ) -> Result<Option<&mut View>, Damage> {
        match self.0.get_mut(log) {
            Some(view) => view.refresh(records)?,
            None => {
                if let Some(view) = View::open(records, log)? {
                    self.0.insert(*log, view);
                }
            }
        }
        Ok(self.0.get_mut(log))
    }
}
