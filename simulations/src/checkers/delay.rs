//! G7: no share leaves before the lane's delay is over, nor under a veto.
use super::{Checker, Sight};
use crate::node::NodeId;
use crate::oracle::Oracle;
use kith_protocol::bytes::Digest;
use kith_protocol::message::Body;
use kith_protocol::time::Timestamp;
use std::collections::BTreeMap;

/// How far each agent has been shown the log.
pub(crate) struct Delay {
    /// How far the ledger's clock may be off, in milliseconds.
    clocks: i64,
    shown: BTreeMap<NodeId, u64>,
}

impl Delay {
    /// For clocks so many milliseconds apart.
    pub(crate) fn new(clocks: i64) -> Self {
        Self {
            clocks,
            shown: BTreeMap::new(),
        }
    }

    fn may_leave(
        &self,
        now: Timestamp,
        node: NodeId,
        id: &Digest,
        ledger: &Oracle,
    ) -> Result<(), String> {
        let asked = ledger
            .requests
            .get(id)
            .ok_or("a share leaves for a request that is not anchored")?;
        let full = asked
            .full_since
            .ok_or("a share leaves before the lane has its approvals")?;
        let due = full.after(asked.body.lane.delay);
        let due = Timestamp(due.0.saturating_add_signed(-self.clocks));
        if now < due {
            return Err(format!(
                "a share leaves {} before the delay is over",
                due.since(now)
            ));
        }
        let shown = self.shown.get(&node).copied().unwrap_or(0);
        if asked.completed.is_some_and(|place| place < shown) {
            return Err(format!(
                "a share leaves although {node:?} was shown the end of the request"
            ));
        }
        match asked.vetoes.iter().find(|place| **place < shown) {
            Some(place) => Err(format!(
                "a share leaves although {node:?} was shown the veto at {place}"
            )),
            None => Ok(()),
        }
    }
}

impl Checker for Delay {
    fn guarantee(&self) -> &'static str {
        "G7 delay and veto"
    }

    fn see(&mut self, now: Timestamp, sight: &Sight<'_>, ledger: &Oracle) -> Result<(), String> {
        match sight {
            Sight::Reads { node, page } => {
                let end = page.from + page.entries.len() as u64;
                let shown = self.shown.entry(*node).or_default();
                *shown = end.max(*shown);
            }
            Sight::Sends { node, message } => {
                if let Body::RecoveryRelease(release) = &message.body {
                    self.may_leave(now, *node, &release.request, ledger)?;
                }
            }
            _ => {}
        }
        Ok(())
    }
}
