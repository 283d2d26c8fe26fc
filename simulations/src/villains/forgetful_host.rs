//! A backup host that loses a backup while it takes it in: it has asked for a chunk, and when that comes it
//! knows nothing of the backup any more.
//!
//! Promised (R5, G5): the owner's agent offers the backup again by itself. Her simulated person would protect
//! again where it did not, so that the agent alone is enough is shown by `protocol/tests/owner_hosts.rs`; here it
//! meets crashes, losses and a recovery.
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

pub(super) const ENTRY: Villainy = Villainy {
    name: "forgetful-host",
    about: "a backup host acknowledges a backup and loses it before it has all of it; the owner's agent \
            offers it again by itself (R5, G5)",
    infects: Infects::Host,
    spares_progress: true,
    spares_shares: true,
    make: || Box::<ForgetfulHost>::default(),
};

#[derive(Default)]
struct ForgetfulHost {
    /// What it will lose next.
    doomed: Option<Digest>,
    /// Whether it has lost one: that is enough, or nothing would ever end. A claimant's agent has one prekey of
    /// the host's and could not offer hers again (threats.md, G5).
    done: bool,
}

impl Villain for ForgetfulHost {
    fn tamper(&mut self, world: &mut World, me: NodeId, step: &mut Step<Told>) {
        let Some(Body::BackupWanted(wanted)) = &step.reply else {
            return;
        };
        if !self.done {
            self.doomed = Some(wanted.backup);
            // Before any chunk can be there.
            world.plots(me, Millis(0));
        }
    }

    fn ticks(&mut self, world: &mut World, me: NodeId) {
        let Some(doomed) = self.doomed.take() else {
            return;
        };
        let disk = &mut world.node_mut(me).disk;
        let lost = SPACES.map(|space| disk.lose_named(space, &doomed));
        if lost.contains(&true) {
            self.done = true;
            world.restart(me);
            world.misdeed();
        }
    }
}
