//! The deterministic world: a clock, a network, disks and people around real agents.
//!
//! It owns time, transport, storage and people; everything else is the agents' own code. A step is
//! committed under the write-ahead rule: a crash before the flush and nothing happened, a crash after
//! it and the batch is durable while nothing was sent.
use crate::chance::{Chance, Stream};
use crate::checkers::{Jury, Sight};
use crate::clock::Clock;
use crate::faults::Faults;
use crate::network::{Asker, Network, Parcel, Returned};
use crate::node::{Kind, Node, NodeId, Order, Stimulus, Told};
use crate::people::{Habits, Person, PersonId};
use crate::queue::Queue;
use crate::scenario::{Mutant, Options};
use crate::trace::{Stimuli, Trace};
use crate::villains::Seat;
use kith_protocol::agent::Step;
use kith_protocol::did::{Did, LocalDid};
use kith_protocol::error::{CommandError, Damage};
use kith_protocol::message::Body;
use kith_protocol::record::Space;
use kith_protocol::time::{Millis, Timestamp};
use kith_protocol::trustee::command as trustee;
use std::sync::Arc;

/// When every run begins: some day, so that nothing depends on time zero.
const DAWN: Timestamp = Timestamp(1_800_000_000_000);
/// Shortest pause between two deadlines of one agent, as in the runtime.
const SHORTEST_NAP: Millis = Millis(20);

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
pub(crate) enum Trouble {
    /// The agent does not run, or crashed while it answered.
    Away,
    /// The agent says no.
    Refused(#[allow(dead_code, reason = "read by whoever debugs a set-up")] CommandError),
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
    /// What villains have done.
    pub(crate) misdeeds: u64,
    /// What its people are like.
    pub(crate) habits: Habits,
    /// What villains draw from.
    pub(crate) mischief: Chance,
    /// Who sits on the wires, if somebody does.
    pub(crate) wires: Seat,
    pub(crate) trace: Trace,
    pub(crate) jury: Jury,
    /// The first thing that broke; the run is over then.
    pub(crate) broken: Option<Broken>,
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
            misdeeds: 0,
            habits: Habits::TRUSTING,
            mischief: Chance::new(seed, Stream::Villains),
            wires: Seat::default(),
            trace: Trace::new(DAWN, show, draw),
            jury,
            broken: None,
            steps: 0,
            crashes: 0,
            deliveries: 0,
            until: until.map(|span| DAWN.after(Millis(span))),
            releases: 0,
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
        self.node_mut(id).clock = Clock::new(now, ahead, gains);
        self.start(id);
        id
    }

    /// Somebody has copied a machine, and the copy runs.
    pub(crate) fn twin(&mut self, of: NodeId) -> NodeId {
        let id = NodeId(self.nodes.len());
        let now = self.queue.now();
        let twin = self.node(of).twin(now);
        self.nodes.push(twin);
        self.show(&Sight::Cheats {
            node: id,
            spares_shares: false,
        });
        self.start(id);
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
    fn damaged(&mut self, node: NodeId, damage: &Damage) {
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

    // ---- life and death of agents

    /// Starts an agent over what is durable.
    pub(crate) fn start(&mut self, id: NodeId) {
        let now = self.queue.now();
        if self.node(id).is_up() || !self.node(id).may_start(now) {
            return;
        }
        let line = format!("{} starts", self.node(id).name);
        self.note(&line);
        let own = LocalDid::generate(None, self.transport.generator());
        let node = self.node_mut(id);
        node.client.own = Some(Arc::new(own));
        match node.start() {
            Ok(_pending) => {
                let shares = &self.node(id).disk.held();
                self.show(&Sight::Starts { node: id, shares });
                // As the runtime does: its clock may have been set while no agent ran.
                self.step(id, Stimulus::Deadline);
            }
            Err(damage) => self.damaged(id, &damage),
        }
    }

    fn crash(&mut self, id: NodeId, when: &str) {
        self.crashes += 1;
        let power = self.chance.hits(self.faults.power_cut);
        let down = self.chance.span(self.faults.downtime);
        let kind = if power { "loses power" } else { "crashes" };
        let line = format!("{} {kind} {when}", self.node(id).name);
        self.note(&line);
        let back = self.queue.now().after(down);
        self.node_mut(id).crash();
        if power {
            self.node_mut(id).clock.boot(back);
        }
        self.queue.at(back, Happening::Starts(id));
    }

    /// Whether a flush fails: the disk says so, or is full and stays full for a while. The agent stops, as
    /// one that could not write does, and its machine starts it again.
    fn disk_fails(&mut self, id: NodeId) -> bool {
        let now = self.queue.now();
        if self.chance.hits(self.faults.disk_full) {
            let until = now.after(self.chance.span(self.faults.downtime));
            self.node_mut(id).disk.fill(until);
        }
        let full = self.node(id).disk.is_full(now);
        let fails = full || self.chance.hits(self.faults.disk_error);
        if fails {
            let why = if full {
                "because its disk is full"
            } else {
                "because its disk failed"
            };
            self.crash(id, why);
        }
        fails
    }

    /// The clock of a machine jumps.
    pub(crate) fn clock_jumps(&mut self, id: NodeId, by: i64) {
        let now = self.queue.now();
        let line = format!(
            "the clock of {} jumps by {} s",
            self.node(id).name,
            by / 1000
        );
        self.note(&line);
        self.node_mut(id).clock.jump(now, by);
        self.wind(id);
    }

    /// All clocks are set right.
    pub(crate) fn set_clocks_right(&mut self) {
        let now = self.queue.now();
        for id in (0..self.nodes.len()).map(NodeId) {
            if self.node_mut(id).clock.set_right(now) {
                self.wind(id);
            }
        }
    }

    /// A clock was set: the runtime notices, and wakes its agent.
    fn wind(&mut self, id: NodeId) {
        self.step(id, Stimulus::Deadline);
    }

    /// The record at this place of a disk rots.
    pub(crate) fn rot(&mut self, id: NodeId, place: usize) {
        if let Some(key) = self.node_mut(id).disk.rot(place) {
            let line = format!("on the disk of {} rots {key:?}", self.node(id).name);
            self.note(&line);
        }
    }

    /// Switches a machine off for a while.
    pub(crate) fn switch_off(&mut self, id: NodeId, span: Millis) {
        let line = format!("{} is switched off", self.node(id).name);
        self.note(&line);
        let back = self.queue.now().after(span);
        self.node_mut(id).crash();
        self.node_mut(id).switch_off(back);
        self.queue.at(back, Happening::Starts(id));
    }

    /// Starts an agent anew, if it runs.
    pub(crate) fn restart(&mut self, id: NodeId) {
        if self.node(id).is_up() {
            self.node_mut(id).crash();
            self.start(id);
        }
    }

    /// Kills an agent for good.
    pub(crate) fn kill(&mut self, id: NodeId) {
        let line = format!("{} is gone for good", self.node(id).name);
        self.note(&line);
        self.node_mut(id).die();
        self.show(&Sight::Dies { node: id });
    }

    // ---- steps

    fn rings(&mut self, id: NodeId) {
        let now = self.queue.now();
        let node = self.node_mut(id);
        // An alarm that was set for another time, or for an agent that is gone.
        if node.alarm == Some(now) {
            node.alarm = None;
            node.rang = now;
            self.step(id, Stimulus::Deadline);
        }
    }

    /// Sets the one timer of an agent.
    fn arm(&mut self, id: NodeId) {
        match self.node(id).deadline(self.queue.now()) {
            Ok(None) => self.node_mut(id).alarm = None,
            Ok(Some(due)) => {
                let soonest = self.node(id).rang.after(SHORTEST_NAP);
                let due = due.max(soonest).max(self.queue.now());
                if self.node(id).alarm != Some(due) {
                    self.node_mut(id).alarm = Some(due);
                    self.queue.at(due, Happening::Alarm(id));
                }
            }
            Err(damage) => self.damaged(id, &damage),
        }
    }

    /// One input into one agent, committed. Nothing comes back from an agent that is away or crashed.
    pub(crate) fn step(&mut self, id: NodeId, stimulus: Stimulus) -> Option<Outcome> {
        if self.broken.is_some() || !self.node(id).is_up() {
            return None;
        }
        self.steps += 1;
        let what = Stimuli::of(&stimulus);
        let now = self.queue.now();
        let step = match self.node_mut(id).step(now, stimulus) {
            Ok(step) => step,
            Err(damage) => {
                self.damaged(id, &damage);
                return None;
            }
        };
        let Self {
            trace,
            nodes,
            network,
            ..
        } = self;
        let name = |did: &Did| match network.route(did) {
            Some(node) => nodes[node.0].name.clone(),
            None => "nobody".into(),
        };
        trace.step(now, (&nodes[id.0].name, &what), &step, name);
        self.commit(id, step)
    }

    fn commit(&mut self, id: NodeId, mut step: Step<Told>) -> Option<Outcome> {
        self.tempt(id, |villain, world| villain.tamper(world, id, &mut step));
        self.judge(id, &step);
        if self.chance.hits(self.faults.crash_before_flush) {
            self.crash(id, "before the flush");
            return None;
        }
        if !step.writes.is_empty() && self.disk_fails(id) {
            return None;
        }
        self.node_mut(id).disk.flush(&step.writes);
        self.tempt(id, |villain, world| villain.keeps(world, id));
        self.look_at_disk(id, &step);
        if self.chance.hits(self.faults.crash_after_flush) {
            self.crash(id, "after the flush");
            return None;
        }
        for message in step.sends {
            let asker = Asker::of(id, self.node(id).life, &message);
            self.dispatch(asker, message);
        }
        for query in step.queries {
            self.ask_ledger(id, query);
        }
        self.arm(id);
        Some(Outcome {
            reply: step.reply,
            answer: step.answer,
        })
    }

    /// Shows the checkers what an agent has decided, before a crash can hide it.
    fn judge(&mut self, id: NodeId, step: &Step<Told>) {
        for message in &step.sends {
            if matches!(message.body, Body::RecoveryRelease(_)) {
                self.releases += 1;
            }
            let to = self.network.route(&message.to);
            self.show(&Sight::Sends {
                node: id,
                to,
                message,
            });
        }
    }

    fn look_at_disk(&mut self, id: NodeId, step: &Step<Told>) {
        let now = self.queue.now();
        let disk = &self.nodes[id.0].disk;
        let stores = Sight::Stores { node: id, disk };
        if let Err((guarantee, what)) = self.jury.see(now, &stores) {
            self.fail(guarantee, what);
        }
        let custody = Space::Custody as u8;
        if step
            .writes
            .iter()
            .any(|(key, _)| key.as_bytes().first() == Some(&custody))
        {
            let shares = &self.node(id).disk.held();
            self.show(&Sight::Holds { node: id, shares });
        }
    }

    /// The shares this agent says it holds; its step is thrown away.
    pub(crate) fn shares_held(&mut self, id: NodeId) -> Vec<trustee::ShareView> {
        if !self.node(id).is_up() {
            return Vec::new();
        }
        let order = Order::Trustee(trustee::Command::ShareList);
        let now = self.queue.now();
        let step = self.node_mut(id).step(now, Stimulus::Order(order));
        match step.map(|step| step.answer) {
            Ok(Some(Ok(Told::Trustee(trustee::Answer::Shares { list })))) => list,
            Ok(_) => Vec::new(),
            Err(damage) => {
                self.damaged(id, &damage);
                Vec::new()
            }
        }
    }

    /// A command of the person at this node.
    pub(crate) fn order(&mut self, id: NodeId, order: Order) -> Result<Told, Trouble> {
        let outcome = self.step(id, Stimulus::Order(order)).ok_or(Trouble::Away)?;
        match outcome.answer {
            Some(Ok(told)) => Ok(told),
            Some(Err(error)) => Err(Trouble::Refused(error)),
            None => {
                let what = format!("{} gave no answer to a command", self.node(id).name);
                self.fail("answers", what);
                Err(Trouble::Away)
            }
        }
    }
}
