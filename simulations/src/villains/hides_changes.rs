//! A backup host that takes every change, gives the backup back, and says nothing of what came after it.
//!
//! Promised (G5, decision 0038): the claimant is told that changes are missing of which trustees know, and nothing goes
//! on without them before she says so. If it did, `checkers/equality.rs` would see older items come back.
use super::{Infects, Villain, Villainy};
use crate::node::{NodeId, Told};
use crate::world::World;
use kith_protocol::agent::Step;
use kith_protocol::message::Body;

pub(super) const ENTRY: Villainy = Villainy {
    name: "hides-changes",
    about: "a backup host gives the backup and not what changed since; the claimant is told by trustees (G5)",
    infects: Infects::Host,
    spares_progress: true,
    spares_shares: true,
    make: || Box::new(HidesChanges),
};

struct HidesChanges;

impl Villain for HidesChanges {
    fn tamper(&mut self, world: &mut World, _me: NodeId, step: &mut Step<Told>) {
        if let Some(Body::BackupHead(head)) = &mut step.reply
            && head.newest.take().is_some()
        {
            world.misdeed();
        }
    }
}
