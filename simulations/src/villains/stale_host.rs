//! A backup host whose disk is put back: what it kept since is gone, and what it offers is older.
//!
//! Promised (G5, and the host's line in threats.md): an old backup is never taken for the newest, because
//! the ledger names the newest one's header. With no other host the recovery waits and says what is
//! missing; it never gives other bytes than were protected. If that failed, `checkers/equality.rs` would
//! see other bytes.
use super::{Infects, Villain, Villainy};
use crate::chance::Span;
use crate::node::{NodeId, Told};
use crate::world::World;
use kith_protocol::agent::Step;
use kith_protocol::message::Body;
use kith_protocol::record::{Key, Records as _, Space};

/// When the disk is put back, after it has taken a backup.
const LATER: Span = Span::new(60_000, 60 * 60_000);
/// What is put back. The rest of the disk may belong to other trades of the same machine.
const SPACES: [Space; 3] = [Space::Kept, Space::KeptChunk, Space::KeptProgress];

pub(super) const ENTRY: Villainy = Villainy {
    name: "stale-host",
    about: "a backup host's disk is put back to what it was when this began; an old backup never passes for the \
            newest, and without another host the recovery waits and says so (G5)",
    infects: Infects::Host,
    spares_progress: false,
    spares_shares: true,
    make: || Box::<StaleHost>::default(),
};

#[derive(Default)]
struct StaleHost {
    copy: Vec<(Key, Vec<u8>)>,
    plotted: bool,
}

impl Villain for StaleHost {
    fn begins(&mut self, world: &mut World, me: NodeId) {
        let disk = &world.node(me).disk;
        let rows = SPACES.map(|space| disk.scan(Key::new(space, &[]).as_bytes()));
        let rows = rows.into_iter().flatten();
        self.copy = rows.map(|(key, bytes)| (key, bytes.to_vec())).collect();
    }

    fn tamper(&mut self, world: &mut World, me: NodeId, step: &mut Step<Told>) {
        if !self.plotted && matches!(step.reply, Some(Body::BackupStored(_))) {
            self.plotted = true;
            let later = world.mischief.span(LATER);
            world.plots(me, later);
        }
    }

    fn ticks(&mut self, world: &mut World, me: NodeId) {
        let disk = &mut world.node_mut(me).disk;
        for space in SPACES {
            disk.lose(space);
        }
        disk.put_back(std::mem::take(&mut self.copy));
        world.restart(me);
        world.misdeed();
    }
}
