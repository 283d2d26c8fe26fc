//! A backup host that acknowledges a backup, and some days later has lost it, whole.
//!
//! Promised (G5): the owner's screen says so while she can still make another. If it did not,
//! `checkers/custody.rs` would see that it shows the host as having it.
use super::{Infects, Villain, Villainy};
use crate::node::{NodeId, Told};
use crate::world::World;
use kith_protocol::agent::Step;
use kith_protocol::bytes::Digest;
use kith_protocol::message::Body;
use kith_protocol::record::Space;
use kith_protocol::time::Millis;

/// Where a host keeps backups; the digest of one stands in every key.
const SPACES: [Space; 3] = [Space::Kept, Space::KeptChunk, Space::KeptProgress];
/// How long it has it.
const KEPT: Millis = Millis::seconds(2 * 86_400);

/// As scenarios call it.
pub(crate) const NAME: &str = "leaky-host";

pub(super) const ENTRY: Villainy = Villainy {
    name: NAME,
    about: "a backup host loses a backup days after it acknowledged all of it; the owner's screen says so (G5)",
    infects: Infects::Host,
    spares_progress: true,
    spares_shares: true,
    make: || Box::<LeakyHost>::default(),
};

#[derive(Default)]
struct LeakyHost {
    /// What it will lose.
    doomed: Option<Digest>,
}

impl Villain for LeakyHost {
    fn tamper(&mut self, world: &mut World, me: NodeId, step: &mut Step<Told>) {
        if let Some(Body::BackupStored(stored)) = &step.reply
            && self.doomed != Some(stored.backup)
        {
            self.doomed = Some(stored.backup);
            world.plots(me, KEPT);
        }
    }

    fn ticks(&mut self, world: &mut World, me: NodeId) {
        let Some(doomed) = self.doomed else {
            return;
        };
        let disk = &mut world.node_mut(me).disk;
        let lost = SPACES.map(|space| disk.lose_named(space, &doomed));
        if lost.contains(&true) {
            world.restart(me);
            world.misdeed();
        }
    }
}
