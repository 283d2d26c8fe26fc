//! Says nothing at all any more, from some moment on: no answer, no message, no question.
//!
//! Promised (G5): as long as a threshold of others answers, nobody waits for it. If that failed, the
//! scenario's demand for progress in a healed world would say so.
use super::{Hears, Infects, Villain, Villainy};
use crate::chance::Span;
use crate::node::{NodeId, Told};
use crate::world::World;
use kith_protocol::agent::Step;
use kith_protocol::message::Received;

/// When it falls silent, after it was told to: at any point of a part of a story.
const BEFORE: Span = Span::new(0, 30 * 60_000);

pub(super) const ENTRY: Villainy = Villainy {
    name: "silent",
    about: "a trustee that answers and says nothing any more, from some moment on; nobody waits for it (G5)",
    infects: Infects::Trustee,
    spares_progress: true,
    spares_shares: false,
    make: || Box::<Silent>::default(),
};

#[derive(Default)]
struct Silent {
    fallen: bool,
}

impl Villain for Silent {
    fn begins(&mut self, world: &mut World, me: NodeId) {
        let before = world.mischief.span(BEFORE);
        world.plots(me, before);
    }

    fn ticks(&mut self, world: &mut World, _me: NodeId) {
        self.fallen = true;
        world.misdeed();
    }

    fn hears(&mut self, _world: &mut World, _me: NodeId, _message: &Received) -> Hears {
        if self.fallen {
            Hears::Swallows
        } else {
            Hears::Lets
        }
    }

    fn tamper(&mut self, _world: &mut World, _me: NodeId, step: &mut Step<Told>) {
        if self.fallen {
            step.sends.clear();
            step.queries.clear();
            step.reply = None;
        }
    }
}
