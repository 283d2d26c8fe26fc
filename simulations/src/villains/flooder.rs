//! A trustee that says what it has said before, again and again under fresh ids, as fast as it may, on its
//! own connections and from DIDs that nobody knows.
//!
//! Promised (G15): each message costs a bounded step, what it leaves behind is bounded, and honest peers
//! are served meanwhile. If that failed, `checkers/bounds.rs` would count too many rows, or the scenario's
//! demand for progress would fail.
use super::{Infects, Villain, Villainy};
use crate::chance::Span;
use crate::network::Asker;
use crate::node::{NodeId, Told};
use crate::world::World;
use kith_protocol::agent::Step;
use kith_protocol::message::{Body, Outgoing};
use kith_protocol::time::Millis;
use std::collections::VecDeque;

/// What it remembers of what it has said.
const REMEMBERED: usize = 16;
/// Messages in one burst: several times what an agent keeps of one sender.
const BURST: u64 = 120;
/// Between two messages of a burst.
const PACE: Millis = Millis(50);
/// Before the first burst, and between two.
const PAUSE: Span = Span::new(60_000, 20 * 60_000);
/// How many of a thousand come from a DID that nobody knows.
const STRANGE: u16 = 250;

pub(super) const ENTRY: Villainy = Villainy {
    name: "flooder",
    about: "a trustee repeats itself under fresh ids as fast as it may; it costs a bounded amount, and others are \
            served (G15)",
    infects: Infects::Trustee,
    spares_progress: true,
    spares_shares: true,
    make: || Box::<Flooder>::default(),
};

#[derive(Default)]
struct Flooder {
    said: VecDeque<Outgoing>,
    left: u64,
}

impl Villain for Flooder {
    fn begins(&mut self, world: &mut World, me: NodeId) {
        let pause = world.mischief.span(PAUSE);
        world.plots(me, pause);
    }

    fn tamper(&mut self, _world: &mut World, _me: NodeId, step: &mut Step<Told>) {
        for message in &step.sends {
            if self.said.len() == REMEMBERED {
                self.said.pop_front();
            }
            self.said.push_back(message.clone());
        }
    }

    fn ticks(&mut self, world: &mut World, me: NodeId) {
        if self.left == 0 {
            self.left = BURST;
        }
        self.left -= 1;
        self.say_again(world, me);
        let pause = match self.left {
            0 => world.mischief.span(PAUSE),
            _ => PACE,
        };
        world.plots(me, pause);
    }
}

impl Flooder {
    fn say_again(&self, world: &mut World, me: NodeId) {
        let Some(last) = self
            .said
            .len()
            .checked_sub(1)
            .filter(|_| world.node(me).is_up())
        else {
            return;
        };
        let place = world.mischief.between(0, last as u64) as usize;
        let mut message = self.said[place].clone();
        message.id = hex::encode(world.mischief.bytes(16));
        message.expires = world
            .node(me)
            .clock
            .wall(world.now())
            .after(Millis::seconds(3600));
        let stranger = world.node(me).client.own.clone();
        let is_strange = stranger.is_some() && world.mischief.hits(STRANGE);
        if let Some(own) = stranger.filter(|_| is_strange) {
            message.from = own.did().clone();
        }
        // What opens a session once would close it under another id: that is its own, and costs nobody else.
        let once = matches!(message.body, Body::WordsReveal(_) | Body::WordsConfirm(_));
        if once && !is_strange {
            return;
        }
        // Keys of a connection that has ended are gone.
        if world.keys_of(me, &message.from).is_some() {
            let asker = Asker::of(me, world.node(me).life, &message);
            world.dispatch(asker, message);
            world.misdeed();
        }
    }
}
