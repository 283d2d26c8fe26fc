//! Villains: a file each, found by name in [`VILLAINS`].
//!
//! A villain runs the honest agent and bends what goes in and out of it, so that it can lie in due form:
//! its messages are sealed and signed with keys that it really has. Each file says what the protocol
//! promises against it and which checker would see it if the promise were broken.
//!
//! To add one: a file with a type, its [`Villain`] and an `ENTRY`, and a line in [`VILLAINS`].
mod silent;
mod withheld_share;
mod wrong_share;

use crate::checkers::Sight;
use crate::network::Parcel;
use crate::node::{NodeId, Told};
use crate::world::{Happening, World};
use kith_protocol::agent::Step;
use kith_protocol::message::Received;
use kith_protocol::time::Millis;

/// All there are.
pub const VILLAINS: &[Villainy] = &[wrong_share::ENTRY, withheld_share::ENTRY, silent::ENTRY];

/// A kind of villain.
pub struct Villainy {
    /// What scenarios call it.
    pub name: &'static str,
    /// What it does, and what is promised against it.
    pub about: &'static str,
    /// Whose agent it takes over.
    pub infects: Infects,
    /// Whether a healed world still owes the others their progress; against some villains only safety
    /// is promised.
    pub spares_progress: bool,
    /// Whether what its agent keeps for others is there when they need it.
    pub spares_shares: bool,
    pub(crate) make: fn() -> Box<dyn Villain>,
}

/// Whose agent a villain takes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Infects {
    /// A trustee's.
    Trustee,
    /// The owner's device.
    Owner,
    /// A backup host's.
    Host,
    /// The operator's of the ledger.
    Operator,
    /// Nobody's: it sits on the wires.
    Network,
}

impl Infects {
    /// As scenarios and lists spell it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Trustee => "trustee",
            Self::Owner => "owner",
            Self::Host => "host",
            Self::Operator => "operator",
            Self::Network => "network",
        }
    }
}

/// Whether a message reaches the agent that the villain has taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hears {
    /// It does.
    Lets,
    /// It does not, and nothing is answered.
    Swallows,
}

/// What a villain does. Each of these does nothing unless it is written.
pub(crate) trait Villain {
    /// It takes over.
    fn begins(&mut self, _world: &mut World, _me: NodeId) {}

    /// A message has arrived for the agent.
    fn hears(&mut self, _world: &mut World, _me: NodeId, _message: &Received) -> Hears {
        Hears::Lets
    }

    /// The agent has decided; nothing is durable yet and nothing has left. A repetition of a message
    /// comes through here like the first time.
    fn tamper(&mut self, _world: &mut World, _me: NodeId, _step: &mut Step<Told>) {}

    /// What the agent decided is durable.
    fn keeps(&mut self, _world: &mut World, _me: NodeId) {}

    /// The time for which it asked with [`World::plots`] has come.
    fn ticks(&mut self, _world: &mut World, _me: NodeId) {}

    /// Something is on the wire; for those that sit there.
    fn overhears(&mut self, _world: &mut World, _parcel: &Parcel) {}
}

impl Villainy {
    /// The villain of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        VILLAINS.iter().find(|villainy| villainy.name == name)
    }
}

/// One that is at work. It is away while it acts, so that it can act on the world.
#[derive(Default)]
pub(crate) struct Seat(Option<Box<dyn Villain>>);

impl World {
    /// A villain takes over this node, or the wires.
    pub(crate) fn infect(&mut self, node: NodeId, kind: &Villainy) {
        let mut villain = (kind.make)();
        let line = match kind.infects {
            Infects::Network => format!("{} listens on the wires", kind.name),
            _ => format!("{} is a villain: {}", self.node(node).name, kind.name),
        };
        self.note(&line);
        if kind.infects == Infects::Network {
            villain.begins(self, node);
            self.wires = Seat(Some(villain));
        } else {
            self.show(&Sight::Cheats {
                node,
                spares_shares: kind.spares_shares,
            });
            villain.begins(self, node);
            self.node_mut(node).villain = Seat(Some(villain));
        }
    }

    /// The villain of this node wants to act in so much time.
    pub(crate) fn plots(&mut self, node: NodeId, span: Millis) {
        self.after(span, Happening::Plots(node));
    }

    /// Lets the villain of a node act, if it has one.
    pub(crate) fn tempt<T>(
        &mut self,
        node: NodeId,
        act: impl FnOnce(&mut dyn Villain, &mut Self) -> T,
    ) -> Option<T> {
        let mut villain = self.node_mut(node).villain.0.take()?;
        let done = act(villain.as_mut(), self);
        self.node_mut(node).villain = Seat(Some(villain));
        Some(done)
    }

    /// Lets who listens on the wires hear this.
    pub(crate) fn is_overheard(&mut self, parcel: &Parcel) {
        if let Some(mut villain) = self.wires.0.take() {
            villain.overhears(self, parcel);
            self.wires = Seat(Some(villain));
        }
    }
}
