//! Where people live: what they need of the world around them, and no more.
//!
//! The simulator's world is one such place. Another is made of real agents ([`crate::live`]): there the
//! same people do the same things, so that both can be compared.
use super::{Habits, Link, Person, PersonId};
use crate::chance::Chance;
use crate::checkers::Sight;
use crate::node::{NodeId, Order, Told};
use crate::scenario::Mutant;
use crate::world::{Trouble, World};
use kith_protocol::time::Timestamp;

/// The world as people see it.
pub(crate) trait Town {
    /// A command of the person at this agent.
    fn order(&mut self, node: NodeId, order: Order) -> Result<Told, Trouble>;

    /// The time.
    fn now(&self) -> Timestamp;

    /// Somebody else, outside of her own turn.
    fn person(&self, id: PersonId) -> &Person;

    /// A link reaches somebody by other means.
    fn send_link(&mut self, to: PersonId, link: Link);

    /// The seed, for what is drawn for one person.
    fn seed(&self) -> u64;

    /// What its people are like.
    fn habits(&self) -> Habits;

    /// What people draw from.
    fn thinking(&mut self) -> &mut Chance;

    /// Whether this agent is a villain's.
    fn is_bent(&self, node: NodeId) -> bool;

    /// Shows the checkers something, if there are any.
    fn show(&mut self, sight: &Sight<'_>);

    /// Somebody did wrong, knowing better.
    fn misdeed(&mut self);

    /// What is broken on purpose.
    fn mutant(&self) -> Option<Mutant>;
}

impl Town for World {
    fn order(&mut self, node: NodeId, order: Order) -> Result<Told, Trouble> {
        self.order(node, order)
    }

    fn now(&self) -> Timestamp {
        self.now()
    }

    fn person(&self, id: PersonId) -> &Person {
        self.person(id)
    }

    fn send_link(&mut self, to: PersonId, link: Link) {
        self.receive(to, link);
    }

    fn seed(&self) -> u64 {
        self.seed()
    }

    fn habits(&self) -> Habits {
        self.habits
    }

    fn thinking(&mut self) -> &mut Chance {
        &mut self.thinking
    }

    fn is_bent(&self, node: NodeId) -> bool {
        self.node(node).villain.is_taken()
    }

    fn show(&mut self, sight: &Sight<'_>) {
        self.show(sight);
    }

    fn misdeed(&mut self) {
        self.misdeed();
    }

    fn mutant(&self) -> Option<Mutant> {
        self.mutant
    }
}
