//! G15: what an agent keeps is bounded, whoever talks to it. Asked of every batch that is durable, while
//! a flooder is at work as at any other time.
//!
//! The protocol's bounds are for a machine of a person with many owners and years; these are what they
//! come to in a world with one owner, so that a leak of one row a message is seen within one flood.
use super::{Checker, Sight};
use crate::disk::Disk;
use crate::node::NodeId;
use crate::oracle::Oracle;
use kith_protocol::limits;
use kith_protocol::record::Space;
use kith_protocol::time::Timestamp;
use std::collections::BTreeSet;

/// DIDs of one agent: one for each of whom it knows, and one for each session.
const DIDS: usize = limits::trustee::SESSIONS + 2 * 64;
/// Messages that wait on one connection: a few steps of an exchange that the other side does not
/// answer, and a veto handed over for each request.
const WAITING_PER_DID: usize = 16;

/// Rows of these there are at most so many.
const ROWS: &[(Space, usize)] = &[
    (Space::LocalDid, DIDS),
    (Space::Retired, DIDS),
    (Space::Request, limits::trustee::SESSIONS),
    (Space::Invitation, limits::trustee::INVITATIONS),
    (Space::History, limits::trustee::HISTORY as usize),
    (Space::Custody, limits::trustee::DEALS),
    (Space::Kept, limits::trustee::BACKUPS_PER_OWNER),
    (Space::Append, limits::ledger::OFFERS_KEPT + 64),
    (Space::OperatorPending, limits::ledger::PENDING),
    // One of each sort (`ledger::Conflict`).
    (Space::Conflict, 2),
];

/// Rows of these there are at most so many for each DID of the agent.
const ROWS_PER_DID: &[(Space, usize)] = &[
    (Space::Answered, limits::message::ANSWERS_PER_SENDER),
    (Space::Outbox, WAITING_PER_DID),
];

/// Counts what honest agents keep.
#[derive(Default)]
pub(crate) struct Bounds {
    villains: BTreeSet<NodeId>,
}

impl Bounds {
    fn count(node: NodeId, disk: &Disk) -> Result<(), String> {
        let dids = disk.count(Space::LocalDid).max(1);
        let each = ROWS_PER_DID.iter();
        let each = each.map(|(space, bound)| (*space, bound * dids));
        for (space, bound) in ROWS.iter().copied().chain(each) {
            let rows = disk.count(space);
            if rows > bound {
                return Err(format!(
                    "{node:?} keeps {rows} rows of {space:?}, and {bound} is the most"
                ));
            }
        }
        Ok(())
    }
}

impl Checker for Bounds {
    fn guarantee(&self) -> &'static str {
        "G15 bounded"
    }

    fn see(&mut self, _now: Timestamp, sight: &Sight<'_>, _ledger: &Oracle) -> Result<(), String> {
        match sight {
            Sight::Cheats { node, .. } => {
                self.villains.insert(*node);
                Ok(())
            }
            Sight::Stores { node, disk } if !self.villains.contains(node) => {
                Self::count(*node, disk)
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kith_protocol::record::Key;

    fn disk(space: Space, rows: usize) -> Disk {
        let mut disk = Disk::default();
        let row = |number: usize| {
            let id = u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes();
            (Key::new(space, &id), Vec::new())
        };
        disk.put_back((0..rows).map(row).collect());
        disk
    }

    #[test]
    fn as_many_rows_as_allowed_are_right_and_one_more_is_seen() {
        let node = NodeId(0);
        for (space, bound) in ROWS.iter().chain(ROWS_PER_DID) {
            let see = |rows| {
                let disk = disk(*space, rows);
                let sight = Sight::Stores { node, disk: &disk };
                Bounds::default().see(Timestamp(0), &sight, &Oracle::default())
            };
            assert_eq!(see(*bound), Ok(()), "{space:?}");
            assert!(see(bound + 1).is_err(), "{space:?}");
        }
    }

    #[test]
    fn a_villain_may_keep_what_it_likes() {
        let node = NodeId(0);
        let mut checker = Bounds::default();
        let mut see = |sight: &Sight<'_>| checker.see(Timestamp(0), sight, &Oracle::default());
        let cheats = Sight::Cheats {
            node,
            spares_shares: true,
        };
        assert_eq!(see(&cheats), Ok(()));
        let disk = disk(Space::Custody, 1000);
        assert_eq!(see(&Sight::Stores { node, disk: &disk }), Ok(()));
    }
}
