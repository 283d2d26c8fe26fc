//! Villains: a file each, found by name in [`VILLAINS`].
//!
//! A villain runs the honest agent and bends what goes in and out of it, so that it can lie in due form:
//! its messages are sealed and signed with keys that it really has. Each file says what the protocol
//! promises against it and which checker would see it if the promise were broken.
//!
//! To add one: a file with a type, its [`Villain`] and an `ENTRY`, and a line in [`VILLAINS`].
mod censor;
mod cheating_dealer;
mod colluders;
mod equivocating_dealer;
mod flooder;
mod forgetful_host;
mod forgetful_liar;
mod forking_operator;
mod hides_changes;
pub(crate) mod leaky_host;
pub(crate) mod old_proof;
mod plunder;
mod replay;
mod silent;
mod stale_host;
mod stale_operator;
mod two_faced;
mod withheld_share;
mod wrong_share;

use crate::checkers::Sight;
use crate::network::Parcel;
use crate::node::{NodeId, Told};
use crate::world::{Happening, World};
use kith_protocol::agent::Step;
use kith_protocol::did::Did;
use kith_protocol::message::{Body, Received};
use kith_protocol::time::Millis;

/// All there are.
pub const VILLAINS: &[Villainy] = &[
    wrong_share::ENTRY,
    withheld_share::ENTRY,
    silent::ENTRY,
    old_proof::ENTRY,
    forgetful_liar::ENTRY,
    two_faced::ENTRY,
    colluders::ENTRY,
    flooder::ENTRY,
    cheating_dealer::ENTRY,
    cheating_dealer::REFRESH,
    equivocating_dealer::ENTRY,
    stale_host::ENTRY,
    forgetful_host::ENTRY,
    leaky_host::ENTRY,
    hides_changes::ENTRY,
    censor::ENTRY,
    forking_operator::ENTRY,
    stale_operator::ENTRY,
    replay::ENTRY,
];

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
    /// Whether everybody's share is there when it is needed; false costs one of those that can be spared.
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

    /// The answer to a message of the agent has arrived.
    fn is_told(&mut self, _world: &mut World, _me: NodeId, _answer: &Received) {}

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

    /// Whether each of them takes a usable share away.
    pub(crate) fn costs_a_share(&self) -> bool {
        !self.spares_shares
    }
}

/// One of those to whom this step deals, if it deals.
fn victim(world: &mut World, step: &Step<Told>) -> Option<Did> {
    let deals = step
        .sends
        .iter()
        .filter(|message| matches!(message.body, Body::ShareStore(_)));
    let dealt: Vec<&Did> = deals.map(|message| &message.to).collect();
    let last = dealt.len().checked_sub(1)?;
    let place = world.mischief.between(0, last as u64) as usize;
    dealt.get(place).map(|did| (*did).clone())
}

/// A pair of shares of no deal, for tests of checkers.
#[cfg(test)]
pub(crate) fn sample_pair() -> kith_protocol::share_pair::SharePair {
    let mut chance = crate::chance::Chance::new(1, crate::chance::Stream::Villains);
    wrong_share::made_up(1, &mut chance).expect("a reduced scalar")
}

/// One that is at work. It is away while it acts, so that it can act on the world.
#[derive(Default)]
pub(crate) struct Seat(Option<Box<dyn Villain>>);

impl Seat {
    /// Whether there is one.
    pub(crate) fn is_taken(&self) -> bool {
        self.0.is_some()
    }
}

impl World {
    /// A villain takes over this node, or the wires.
    pub(crate) fn infect(&mut self, node: NodeId, kind: &Villainy) {
        let mut villain = (kind.make)();
        self.owes_progress &= kind.spares_progress;
        let line = match kind.infects {
            Infects::Network => format!("{} listens on the wires", kind.name),
            _ => format!("{} is a villain: {}", self.node(node).name, kind.name),
        };
        self.note(&line);
        if kind.infects == Infects::Network {
            villain.begins(self, node);
            self.wires = Seat(Some(villain));
        } else {
            self.node_mut(node).hoards |= !kind.spares_shares;
            self.show(&Sight::Cheats {
                node,
                spares_shares: kind.spares_shares,
            });
            villain.begins(self, node);
            self.node_mut(node).villain = Seat(Some(villain));
        }
    }

    /// A villain's helper sits down at this node, which is one already.
    fn seat(&mut self, node: NodeId, villain: Box<dyn Villain>) {
        self.node_mut(node).villain = Seat(Some(villain));
    }

    /// A villain has done what it is there for.
    pub(crate) fn misdeed(&mut self) {
        self.misdeeds += 1;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Options, Scenario, plan::Plan};
    use crate::story::Story;
    use std::collections::BTreeSet;

    /// A story in which each villain finds something to do.
    fn story(villainy: &Villainy) -> &'static [&'static str] {
        match villainy.name {
            "forgetful-liar"
            | "forgetful-host"
            | "cheating-dealer"
            | "equivocating-dealer"
            | "replay" => &["CHEAT", "protect"],
            "colluder" | "censor" => &["protect", "CHEAT", "impostor"],
            "cheating-refresh" => &["CHEAT", "protect", "refresh"],
            "old-proof" | "leaky-host" => &["CHEAT", "protect", "years-pass"],
            "hides-changes" => &[
                "CHEAT",
                "protect",
                "change",
                "years-pass",
                "lose-device",
                "claim",
                "older",
            ],
            "stale-host" => &["CHEAT", "protect", "pass"],
            "stale-operator" => &["protect", "CHEAT", "pass"],
            _ => &["protect", "CHEAT", "lose-device", "claim", "attempted"],
        }
    }

    /// In one of these; which, is luck.
    const SEEDS: std::ops::Range<u64> = 4..9;
    /// A small one, so that debug builds get through.
    const DEAL: &str = "[deal]\ndelay = \"5m\"\nlifetime = \"3h\"\nitems = 1\nitem-bytes = 100\n";

    fn misdeeds(villain: &str, story: &[&str], seed: u64) -> u64 {
        let acts = story.iter().map(|act| match *act {
            "CHEAT" => format!("[[story]]\nact = \"cheat\"\nvillain = \"{villain}\"\n"),
            "years-pass" => {
                "[[story]]\nact = \"years-pass\"\ntime = \"70d\"\nlost = 0\n".to_owned()
            }
            act => format!("[[story]]\nact = \"{act}\"\n"),
        });
        let text = format!(
            "about = \"one of them\"\n{DEAL}{}",
            acts.collect::<String>()
        );
        let scenario = Scenario::read("one", &text).expect("a scenario");
        let mut story = Story::new(seed, Plan::draw(&scenario, seed), Options::default());
        story.play();
        let world = story.into_world();
        assert_eq!(world.broken, None, "{villain}: {text}");
        world.misdeeds
    }

    /// A villain that finds nothing to do would show nothing.
    #[test]
    fn every_villain_does_what_it_is_there_for_and_no_promise_breaks() {
        for villainy in VILLAINS {
            let does = |seed| misdeeds(villainy.name, story(villainy), seed) > 0;
            let mut seeds = SEEDS;
            assert!(seeds.any(does), "{} does nothing", villainy.name);
        }
    }

    #[test]
    fn names_of_villains_differ_and_find_them() {
        let names: BTreeSet<&str> = VILLAINS.iter().map(|villainy| villainy.name).collect();
        assert_eq!(names.len(), VILLAINS.len());
        let found = |name: &&str| Villainy::named(name).is_some_and(|found| found.name == *name);
        assert!(names.iter().all(found));
        assert!(Villainy::named("nobody").is_none());
    }
}
