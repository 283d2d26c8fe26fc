//! An operator of the ledger that runs twice over one copied disk and shows some readers one of its logs
//! and some the other.
//!
//! Promised (G14): witnesses sign one head of a size and no second one, so that only one of the two logs
//! is ever certified, and readers refuse the other. Whoever is shown the one that stands still gets
//! nowhere: nothing is promised of progress while the operator lies. If that failed,
//! `checkers/history.rs` would see two entries at one place.
use super::{Infects, Villain, Villainy};
use crate::chance::Span;
use crate::network::Detour;
use crate::node::NodeId;
use crate::world::World;

/// When it splits.
const BEFORE: Span = Span::new(0, 30 * 60_000);
/// How many of a thousand readers are shown the other log.
const DECEIVED: u16 = 500;

pub(super) const ENTRY: Villainy = Villainy {
    name: "forking-operator",
    about: "the ledger's operator runs twice over one copied disk and shows half of its readers the other log; \
            witnesses certify one of them only (G14)",
    infects: Infects::Operator,
    spares_progress: false,
    spares_shares: true,
    make: || Box::new(ForkingOperator),
};

struct ForkingOperator;

impl Villain for ForkingOperator {
    fn begins(&mut self, world: &mut World, me: NodeId) {
        let before = world.mischief.span(BEFORE);
        world.plots(me, before);
    }

    fn ticks(&mut self, world: &mut World, me: NodeId) {
        let twin = world.twin(me);
        let detour = Detour {
            to: twin,
            pages_only: false,
        };
        for reader in world.everybody() {
            if reader != me && reader != twin && world.mischief.hits(DECEIVED) {
                world.network.divert((reader, me), detour);
                world.misdeed();
            }
        }
    }
}
