//! The deterministic world: a clock, a network, disks and people around real agents.
//!
//! It owns time, transport, storage and people; everything else is the agents' own code. A step is
//! committed under the write-ahead rule: a crash before the flush and nothing happened, a crash after
//! it and the batch is durable while nothing was sent.
use crate::chance::{Chance, Stream};
use crate::checkers::{Jury, Sight};
use crate::clock::Clock;
use crate::faults::Faults;
use crate::links::Links;
use crate::live::Tally;
use crate::network::{Asker, Network, Parcel, Returned};
use crate::node::{Kind, Node, NodeId, Told};
use crate::people::{Habits, Person, PersonId};
use crate::queue::Queue;
use crate::scenario::{Mutant, Options};
use crate::trace::Trace;
use crate::villains::Seat;
use kith_protocol::error::{CommandError, Damage};
use kith_protocol::message::Body;
use kith_protocol::time::{Millis, Timestamp};
use std::collections::BTreeSet;

/// When every run begins: some day, so that nothing depends on time zero.
const DAWN: Timestamp = Timestamp(1_800_000_000_000);

/// What can happen next.
pub(crate) enum Happening {
    /// A message arrives at a node.
    Arrives(Box<Parcel>),
    /// A reply arrives where it was asked for.
    Returns(Box<Returned>),
    /// A ledger host has not answered in time.
    TimesOut(Asker),
    /// An agent's deadline.
    Alarm(NodeId),
    /// A crashed agent starts again.
    Starts(NodeId),
    /// A person has a moment.
    Turn(PersonId),
    /// The villain of a node acts.
    Plots(NodeId),
}

/// What broke.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Broken {
    /// Which promise: a guarantee such as `G1 consent`, `progress`, or `store`.
    pub promise: String,
    /// What happened instead.
    pub what: String,
}

/// Why a person's command had no effect that the person knows of.
#[derive(Clone, Debug)]
pub enum Trouble {
    /// The agent does not run, or crashed while it answered.
    Away,
    /// The agent says no.
    Refused(CommandError),
}

/// What a step gave, if the agent lived to give it.
#[derive(Default)]
pub(crate) struct Outcome {
    pub(crate) reply: Option<Body>,
    pub(crate) answer: Option<Result<Told, CommandError>>,
}

/// A world.
pub(crate) struct World {
    pub(crate) queue: Queue<Happening>,
    seed: u64,
    pub(crate) nodes: Vec<Node>,
    pub(crate) people: Vec<Option<Person>>,
    pub(crate) network: Network,
    pub(crate) faults: Faults,
    pub(crate) chance: Chance,
    pub(crate) thinking: Chance,
    pub(crate) transport: Chance,
    /// Whether a healed world owes progress: not while somebody is at work against whom only safety is
    /// promised.
    pub(crate) owes_progress: bool,
    /// Until when somebody keeps readers from what the ledger shows.
    pub(crate) misled: Timestamp,
    /// What villains have done.
    pub(crate) misdeeds: u64,
    /// What its people are like.
    pub(crate) habits: Habits,
    /// How its machines are connected.
    pub(crate) links: Links,
    /// What villains draw from.
    pub(crate) mischief: Chance,
    /// Who sits on the wires, if somebody does.
    pub(crate) wires: Seat,
    pub(crate) trace: Trace,
    pub(crate) jury: Jury,
    /// The first thing that broke; the run is over then.
    pub(crate) broken: Option<Broken>,
    /// What was sent, where somebody counts.
    pub(crate) tally: Option<Tally>,
    /// Steps taken by agents.
    pub(crate) steps: u64,
    /// Crashes.
    pub(crate) crashes: u64,
    /// Messages and replies that arrived.
    pub(crate) deliveries: u64,
    /// When the run ends whatever happens.
    until: Option<Timestamp>,
    /// Shares on their way, repetitions counted.
    pub(crate) releases: u64,
    /// Whose shares the claimant of now has called wrong.
    pub(crate) rejected: BTreeSet<NodeId>,
    /// How far clocks are apart, at most.
    spread: Millis,
    /// How much they gain or lose, at most, in millionths.
    drift: u64,
    /// What is broken on purpose.
    pub(crate) mutant: Option<Mutant>,
}

impl World {
    /// An empty, healthy world.
    pub(crate) fn new(
        seed: u64,
        jury: Jury,
        options: Options,
        (spread, drift): (Millis, u64),
    ) -> Self {
        let Options {
            fidelity,
            show,
            draw,
            until,
            mutant,
        } = options;
        Self {
            queue: Queue::new(DAWN),
            seed,
            nodes: Vec::new(),
            people: Vec::new(),
            network: Network::new(fidelity),
            faults: Faults::NONE,
            chance: Chance::new(seed, Stream::Faults),
            thinking: Chance::new(seed, Stream::People),
            transport: Chance::new(seed, Stream::Transport),
            owes_progress: true,
            misled: DAWN,
            misdeeds: 0,
            habits: Habits::TRUSTING,
            links: Links::default(),
            mischief: Chance::new(seed, Stream::Villains),
            wires: Seat::default(),
            trace: Trace::new(DAWN, show, draw),
            jury,
            broken: None,
            tally: None,
            steps: 0,
            crashes: 0,
            deliveries: 0,
            until: until.map(|span| DAWN.after(Millis(span))),
            releases: 0,
            rejected: BTreeSet::new(),
            spread,
            drift,
            mutant,
        }
    }

    /// A new machine, running.
    pub(crate) fn add_node(&mut self, name: &str, kind: Kind) -> NodeId {
        let id = NodeId(self.nodes.len());
        self.nodes.push(Node::new(self.seed, id, name, kind));
        let now = self.queue.now();
        let ahead = Millis(self.chance.between(0, self.spread.0));
        let gains = self.chance.between(0, 2 * self.drift) as i64 - self.drift as i64;
        let link = self.links.of(self.seed, id);
        let node = self.node_mut(id);
        node.clock = Clock::new(now, ahead, gains);
        node.link = link;
        self.start(id);
        id
    }

    /// Somebody has copied a machine, and the copy runs.
    pub(crate) fn twin(&mut self, of: NodeId) -> NodeId {
        let id = self.copy(of);
        self.start(id);
        id
    }

    /// Somebody has copied a machine; the copy does not run yet.
    pub(crate) fn copy(&mut self, of: NodeId) -> NodeId {
        let id = NodeId(self.nodes.len());
        let now = self.queue.now();
        let twin = self.node(of).twin(now);
        self.nodes.push(twin);
        self.show(&Sight::Cheats {
            node: id,
            spares_shares: false,
        });
        id
    }

    /// All machines there are.
    pub(crate) fn everybody(&self) -> Vec<NodeId> {
        (0..self.nodes.len()).map(NodeId).collect()
    }

    /// The seed, for streams of one person or node.
    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    pub(crate) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0]
    }

    pub(crate) fn node_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.nodes[id.0]
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.queue.now()
    }

    pub(crate) fn after(&mut self, span: Millis, what: Happening) {
        self.queue.after(span, what);
    }

    /// When the next thing happens.
    pub(crate) fn peek(&self) -> Option<Timestamp> {
        self.queue.peek()
    }

    /// Whether the time is over that was asked for.
    pub(crate) fn is_over(&self) -> bool {
        let next = self.peek();
        self.until
            .is_some_and(|until| next.is_none_or(|next| until < next))
    }

    /// How many machines there are.
    pub(crate) fn size(&self) -> u64 {
        self.nodes.len() as u64
    }

    /// Lets the next thing happen. False when nothing will, or something broke.
    pub(crate) fn advance(&mut self) -> bool {
        if self.broken.is_some() || self.is_over() {
            return false;
        }
        let Some(what) = self.queue.next() else {
            return false;
        };
        match what {
            Happening::Arrives(parcel) => self.arrives(*parcel),
            Happening::Returns(returned) => self.returns(*returned),
            Happening::TimesOut(asker) if asker.life == self.node(asker.node).life => {
                self.try_next_host(&asker)
            }
            Happening::TimesOut(_) => {}
            Happening::Alarm(node) => self.rings(node),
            Happening::Starts(node) => self.start(node),
            Happening::Turn(person) => self.turn(person),
            Happening::Plots(node) => {
                self.tempt(node, |villain, world| villain.ticks(world, node));
            }
        }
        true
    }

    /// Notes that something broke; the first one counts.
    pub(crate) fn fail(&mut self, promise: &str, what: impl Into<String>) {
        let what = what.into();
        self.note(&format!("BROKEN {promise}: {what}"));
        self.broken.get_or_insert(Broken {
            promise: promise.into(),
            what,
        });
    }

    /// An agent says that a record is damaged, and stops. It is right if the record is.
    pub(crate) fn damaged(&mut self, node: NodeId, damage: &Damage) {
        if self.node(node).disk.is_rotten(&damage.key) {
            let line = format!("{} stops: {damage}", self.node(node).name);
            self.note(&line);
            self.kill(node);
            return;
        }
        let what = format!("{}: {damage}", self.node(node).name);
        self.fail("store", what);
    }

    pub(crate) fn note(&mut self, line: &str) {
        self.trace.note(self.queue.now(), line);
    }

    /// Shows the checkers something.
    pub(crate) fn show(&mut self, sight: &Sight<'_>) {
        let known = self.jury.ledger.kinds.len();
        let seen = self.jury.see(self.queue.now(), sight);
        for (kind, _) in &self.jury.ledger.kinds[known..] {
            self.trace.admitted(self.queue.now(), kind);
        }
        if let Err((guarantee, what)) = seen {
            self.fail(guarantee, what);
        }
    }
}
