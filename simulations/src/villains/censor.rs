//! An operator of the ledger that keeps vetoes out of its log for a while.
//!
//! Promised (G7): the owner's agent hands its veto to the trustees as well; they hold back at once and
//! append it themselves until it stands. If that failed, `checkers/delay.rs` would see a share leave from
//! a trustee that had taken a veto over.
use super::{Hears, Infects, Villain, Villainy};
use crate::chance::Span;
use crate::node::NodeId;
use crate::world::World;
use kith_protocol::ledger::{Kind, Record};
use kith_protocol::message::{Body, Received};

/// For how long: longer than some delays, shorter than a healed world's patience.
const SPAN: Span = Span::new(10 * 60_000, 60 * 60_000);

pub(super) const ENTRY: Villainy = Villainy {
    name: "censor",
    about: "the ledger's operator keeps vetoes out of its log for a while; trustees who were handed one hold back \
            all the same (G7)",
    infects: Infects::Operator,
    spares_progress: true,
    spares_shares: true,
    make: || Box::<Censor>::default(),
};

#[derive(Default)]
struct Censor {
    /// Counts from the first veto.
    begun: bool,
    over: bool,
}

impl Villain for Censor {
    fn hears(&mut self, world: &mut World, me: NodeId, message: &Received) -> Hears {
        if self.over || !is_veto(&message.body) {
            return Hears::Lets;
        }
        if !self.begun {
            self.begun = true;
            let span = world.mischief.span(SPAN);
            world.plots(me, span);
        }
        world.misdeed();
        Hears::Swallows
    }

    fn ticks(&mut self, _world: &mut World, _me: NodeId) {
        self.over = true;
    }
}

fn is_veto(body: &Body) -> bool {
    let Body::LedgerAppend(append) = body else {
        return false;
    };
    Record::from_bytes(&append.record.0).is_ok_and(|record| record.kind() == Kind::Veto)
}
