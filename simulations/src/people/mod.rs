//! The people: they think, look at their agent, call each other, and do the next sensible thing.
//!
//! A person's turn reads the agent's state through commands and does at most one thing. So a command
//! that was lost to a crash is repeated because the state still asks for it, as a real person would.
mod churn;
mod claimant;
mod guard;
mod habits;
mod helper;
mod owner;
pub(crate) mod phone;
mod thief;
mod town;

pub use churn::Churn;
pub(crate) use churn::{Blow, Fate, Rates};
pub(crate) use claimant::Claimant;
pub(crate) use guard::Guard;
pub use habits::Habits;
pub(crate) use habits::Manner;
pub(crate) use helper::Helper;
pub use owner::Terms;
pub(crate) use owner::{Owner, Wish};
pub(crate) use thief::Thief;
pub(crate) use town::Town;

use crate::node::{NodeId, Screen};
use crate::world::{Happening, World};
use kith_protocol::time::{Millis, Timestamp};

/// How long somebody waits for an answer to a link before she calls again.
const CALLING_AGAIN: Millis = Millis::seconds(45 * 60);

/// Which person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PersonId(pub(crate) usize);

/// What a person is up to.
pub(crate) enum Role {
    /// Sets up and protects an identity.
    Owner(Owner),
    /// Recovers one.
    Claimant(Claimant),
    /// Looks for recoveries in her name and stops them.
    Guard(Guard),
    /// Has somebody else's device.
    Thief(Thief),
    /// Helps others: a trustee or backup host.
    Helper(Helper),
    /// Nothing.
    Bystander,
}

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Errand {
    /// Become a trustee or host.
    Join,
    /// Help somebody recover.
    Recover,
}

/// A link that somebody sent by other means.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub(crate) from: PersonId,
    pub(crate) errand: Errand,
    pub(crate) text: String,
}

/// A person and the agent that is theirs.
pub(crate) struct Person {
    pub(crate) id: PersonId,
    pub(crate) name: String,
    pub(crate) node: NodeId,
    pub(crate) links: Vec<Link>,
    pub(crate) role: Role,
    /// When the next turn is due, if one is on the way.
    due: Option<Timestamp>,
    /// There was nothing on the screen for her to do.
    idle: bool,
    /// What the screen was made of then: as long as it is the same, she need not ask her agent.
    nothing: Option<Screen>,
}

/// What comes after a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// There is more to do.
    Soon,
    /// Others have to do something first.
    Later,
    /// That was all.
    Done,
}

impl World {
    /// Somebody new.
    pub(crate) fn add_person(&mut self, name: &str, node: NodeId) -> PersonId {
        let id = PersonId(self.people.len());
        self.people.push(Some(Person::new(id, name, node)));
        id
    }

    /// A person, outside of her own turn.
    pub(crate) fn person(&self, id: PersonId) -> &Person {
        self.people[id.0]
            .as_ref()
            .expect("nobody looks at a person in the middle of her turn")
    }

    pub(crate) fn person_mut(&mut self, id: PersonId) -> &mut Person {
        self.people[id.0]
            .as_mut()
            .expect("nobody looks at a person in the middle of her turn")
    }

    /// Gives somebody something to do.
    pub(crate) fn engage(&mut self, id: PersonId, role: Role) {
        self.person_mut(id).role = role;
        self.person_mut(id).nothing = None;
        self.wake(id, Next::Soon);
    }

    /// Makes a helper want to be one no longer.
    pub(crate) fn tire(&mut self, id: PersonId) {
        if let Role::Helper(helper) = &mut self.person_mut(id).role {
            helper.tire();
            self.person_mut(id).nothing = None;
            self.wake(id, Next::Soon);
        }
    }

    fn wake(&mut self, id: PersonId, next: Next) {
        let pause = match next {
            Next::Soon => self.habits.thinking,
            Next::Later => self.habits.resting,
            Next::Done => return,
        };
        if self.person(id).due.is_none() {
            let pause = self.thinking.span(pause);
            self.call(id, pause);
        }
    }

    fn call(&mut self, id: PersonId, pause: Millis) {
        self.person_mut(id).due = Some(self.now().after(pause));
        self.after(pause, Happening::Turn(id));
    }

    /// Whoever would not have looked for longer than people usually rest does so soon.
    fn rouse(&mut self, id: PersonId) {
        let longest = self.now().after(Habits::FIELD.resting.longest);
        if self.person(id).due.is_some_and(|due| due > longest) {
            let pause = self.thinking.span(self.habits.thinking);
            self.call(id, pause);
        }
    }

    /// The same of everybody.
    pub(crate) fn rouse_all(&mut self) {
        (0..self.people.len())
            .map(PersonId)
            .for_each(|id| self.rouse(id));
    }

    /// A link reaches somebody.
    pub(super) fn receive(&mut self, to: PersonId, link: Link) {
        self.person_mut(to).links.push(link);
        self.rouse(to);
        self.wake(to, Next::Soon);
    }

    /// Somebody has a moment.
    pub(crate) fn turn(&mut self, id: PersonId) {
        let Some(mut person) = self.people[id.0].take() else {
            return;
        };
        // She was called earlier, and this turn is void.
        if person.due != Some(self.now()) {
            self.people[id.0] = Some(person);
            return;
        }
        person.due = None;
        let next = if self.node(person.node).is_dead() {
            Next::Done
        } else if person.links.is_empty() && person.nothing == Some(self.node(person.node).screen())
        {
            Next::Later
        } else {
            person.idle = false;
            let next = person.turn(self);
            let screen = self.node(person.node).screen();
            person.nothing = person.idle.then_some(screen);
            next
        };
        if next == Next::Later {
            self.tires(person.node);
        }
        self.people[id.0] = Some(person);
        self.wake(id, next);
    }
}

impl Person {
    /// Somebody without anything to do.
    pub(crate) fn new(id: PersonId, name: &str, node: NodeId) -> Self {
        Self {
            id,
            name: name.into(),
            node,
            links: Vec::new(),
            role: Role::Bystander,
            due: None,
            idle: false,
            nothing: None,
        }
    }

    pub(crate) fn turn(&mut self, world: &mut dyn Town) -> Next {
        let mut role = std::mem::replace(&mut self.role, Role::Bystander);
        let next = match &mut role {
            Role::Owner(owner) => owner.turn(world, self),
            Role::Claimant(claimant) => claimant.turn(world, self),
            Role::Guard(guard) => guard.turn(world, self),
            Role::Thief(thief) => thief.turn(world, self),
            Role::Helper(helper) => helper.turn(world, self),
            Role::Bystander => Next::Done,
        };
        self.role = role;
        next
    }
}
