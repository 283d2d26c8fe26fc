//! An operator of the ledger that admits every record and shows its readers old pages only, for a while:
//! those of a copy that it made of itself and that learns nothing more.
//!
//! Promised (G7, G14): whoever is shown nothing newer than the oldest age of a head holds back and goes on
//! when newer pages come; nobody goes back behind what it has read. If that failed, `checkers/delay.rs`
//! would see a share leave from a trustee that was not shown a full lane, or one whose newest page is
//! older than the end of the delay.
use super::{Infects, Villain, Villainy};
use crate::chance::Span;
use crate::network::Detour;
use crate::node::{NodeId, Told};
use crate::world::World;
use kith_protocol::agent::Step;

/// When it begins.
const BEFORE: Span = Span::new(0, 30 * 60_000);
/// For how long: longer than some heads may age, shorter than a healed world's patience.
const SPAN: Span = Span::new(10 * 60_000, 60 * 60_000);

pub(super) const ENTRY: Villainy = Villainy {
    name: "stale-operator",
    about: "the ledger's operator shows its readers old pages only, for a while; they hold back until newer ones \
            come (G7, G14)",
    infects: Infects::Operator,
    spares_progress: true,
    spares_shares: true,
    make: || Box::<StaleOperator>::default(),
};

#[derive(Default)]
struct StaleOperator {
    /// The copy that answers, while it does.
    copy: Option<NodeId>,
}

impl Villain for StaleOperator {
    fn begins(&mut self, world: &mut World, me: NodeId) {
        let before = world.mischief.span(BEFORE);
        world.plots(me, before);
    }

    fn ticks(&mut self, world: &mut World, me: NodeId) {
        if let Some(copy) = self.copy.take() {
            world.network.straighten(copy);
            world.kill(copy);
            return;
        }
        let copy = world.copy(me);
        world.seat(copy, Box::new(Copy));
        world.start(copy);
        let detour = Detour {
            to: copy,
            pages_only: true,
        };
        for reader in world.everybody() {
            if reader != me && reader != copy {
                world.network.divert((reader, me), detour);
                world.misdeed();
            }
        }
        self.copy = Some(copy);
        let span = world.mischief.span(SPAN);
        world.misled = world.now().after(span);
        world.plots(me, span);
    }
}

/// It answers, and asks nobody for anything.
struct Copy;

impl Villain for Copy {
    fn tamper(&mut self, _world: &mut World, _me: NodeId, step: &mut Step<Told>) {
        step.sends.clear();
        step.queries.clear();
    }
}
