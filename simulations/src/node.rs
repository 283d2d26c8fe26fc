//! One agent and its machine.
use crate::chance::{Stream, generator};
use crate::clock::Clock;
use crate::disk::Disk;
use crate::ledger_client::LedgerClient;
use crate::links::Link;
use crate::villains::Seat;
use kith_protocol::agent::{Agent, Context, Event, Input, Step};
use kith_protocol::did::{Did, Endpoint, LocalDid};
use kith_protocol::error::Damage;
use kith_protocol::ledger::{Answer as LedgerAnswer, Query};
use kith_protocol::message::{Body, Received};
use kith_protocol::owner::{OwnerAgent, command as owner};
use kith_protocol::record::{self, Key, Row as _};
use kith_protocol::time::Timestamp;
use kith_protocol::trustee::{Config, TrusteeAgent, command as trustee};
use rand_chacha::ChaCha12Rng;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Which node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NodeId(pub(crate) usize);

/// Which agent runs on a machine.
#[derive(Clone, Debug)]
pub enum Kind {
    /// An owner's or claimant's.
    Owner,
    /// A trustee's, or whatever else a trustee agent can be.
    Trustee(Config),
}

/// A command of a person.
#[derive(Clone, Debug)]
pub(crate) enum Order {
    /// To an owner agent.
    Owner(owner::Command),
    /// To a trustee agent.
    Trustee(trustee::Command),
}

/// What a person is told.
#[derive(Clone, Debug)]
pub(crate) enum Told {
    /// By an owner agent.
    Owner(Box<owner::Answer>),
    /// By a trustee agent.
    Trustee(trustee::Answer),
}

/// What happens to an agent.
pub(crate) enum Stimulus {
    /// Its person asks.
    Order(Order),
    /// A message arrived.
    Delivered(Received),
    /// A reply arrived.
    Replied {
        /// Who answers.
        from: Did,
        /// Which message.
        id: String,
        /// What.
        reply: Body,
    },
    /// A ledger answered.
    Answered {
        /// What was asked.
        query: Query,
        /// What came back.
        answer: LedgerAnswer,
    },
    /// Its time has come.
    Deadline,
}

/// A running agent. There are a dozen in a world, so their sizes need not be alike.
#[allow(clippy::large_enum_variant)]
pub(crate) enum Mind {
    /// An owner's or claimant's.
    Owner(OwnerAgent),
    /// A trustee's.
    Trustee(TrusteeAgent),
}

/// What a trustee's screen is made of: the agent's life and the changes of the rows it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Screen(u32, u64);

/// A machine with an agent.
pub(crate) struct Node {
    /// What the run calls it.
    pub(crate) name: String,
    kind: Kind,
    mind: Option<Mind>,
    /// What survives.
    pub(crate) disk: Disk,
    /// Keys read from it.
    keyring: BTreeMap<Did, Arc<LocalDid>>,
    rng: ChaCha12Rng,
    endpoint: Endpoint,
    /// Counts the agent's starts: what belongs to an earlier one is void.
    pub(crate) life: u32,
    /// What its machine takes for the time.
    pub(crate) clock: Clock,
    /// How its machine is connected.
    pub(crate) link: Link,
    /// Gone for good.
    dead: bool,
    /// Until when it is switched off.
    off: Timestamp,
    /// The alarm that is set.
    pub(crate) alarm: Option<Timestamp>,
    /// When it went off last: the next one comes a shortest nap after it, and not after each step, or
    /// whoever is asked often enough never wakes.
    pub(crate) rang: Timestamp,
    /// Its transport to ledgers.
    pub(crate) client: LedgerClient,
    /// Whether a villain keeps what its agent should be keeping for others from them.
    pub(crate) hoards: bool,
    /// Who has taken it over, if somebody has.
    pub(crate) villain: Seat,
}

/// The peer id of a node's endpoint.
fn peer_id(id: NodeId) -> String {
    format!("Sim{:04}", id.0)
}

/// The node of an endpoint's peer id.
pub(crate) fn node_of(endpoint: &Endpoint) -> Option<NodeId> {
    let number = endpoint.peer_id().strip_prefix("Sim")?;
    number.parse().ok().map(NodeId)
}

impl Node {
    /// A machine with an empty disk, switched off.
    pub(crate) fn new(seed: u64, id: NodeId, name: &str, kind: Kind) -> Self {
        let address = format!("/memory/{}", id.0 + 1);
        let endpoint = Endpoint::new(peer_id(id), vec![address]);
        Self {
            name: name.into(),
            kind,
            mind: None,
            disk: Disk::default(),
            keyring: BTreeMap::new(),
            rng: generator(seed, Stream::Agent(id.0 as u64)),
            endpoint: endpoint.expect("letters, digits and a short address"),
            life: 0,
            clock: Clock::default(),
            link: Link::default(),
            dead: false,
            off: Timestamp(0),
            alarm: None,
            rang: Timestamp(0),
            client: LedgerClient::default(),
            hoards: false,
            villain: Seat::default(),
        }
    }

    /// Another machine with a copy of this one: its disk, its address, and the state of its generator.
    /// What is sent to the address reaches the first.
    pub(crate) fn twin(&self, now: Timestamp) -> Self {
        Self {
            name: format!("{}'s twin", self.name),
            kind: self.kind.clone(),
            mind: None,
            disk: self.disk.clone(),
            keyring: BTreeMap::new(),
            rng: self.rng.clone(),
            endpoint: self.endpoint.clone(),
            life: 0,
            clock: self.clock.of_a_twin(now),
            link: self.link,
            dead: false,
            alarm: None,
            client: LedgerClient::default(),
            off: Timestamp(0),
            rang: now,
            hoards: true,
            villain: Seat::default(),
        }
    }

    /// What its screen is made of now.
    pub(crate) fn screen(&self) -> Screen {
        Screen(self.life, self.disk.shown())
    }

    /// Whether its agent runs.
    pub(crate) fn is_up(&self) -> bool {
        self.mind.is_some()
    }

    /// Whether it will ever run again.
    pub(crate) fn is_dead(&self) -> bool {
        self.dead
    }

    /// Whether it can be started now.
    pub(crate) fn may_start(&self, now: Timestamp) -> bool {
        !self.dead && self.off <= now
    }

    /// Nobody starts it before then, when its machine comes up.
    pub(crate) fn switch_off(&mut self, until: Timestamp) {
        self.off = until;
        self.clock.boot(until);
    }

    /// Starts the agent over what is durable; returns what waits for its person.
    pub(crate) fn start(&mut self) -> Result<Vec<Event>, Damage> {
        let mind = match &self.kind {
            Kind::Owner => Mind::Owner(OwnerAgent::open(&self.disk)?),
            Kind::Trustee(config) => Mind::Trustee(TrusteeAgent::open(&self.disk, config.clone())?),
        };
        let pending = match &mind {
            Mind::Owner(agent) => agent.pending(&self.disk)?,
            Mind::Trustee(agent) => agent.pending(&self.disk)?,
        };
        self.mind = Some(mind);
        Ok(pending)
    }

    /// The agent is gone with all it had in memory.
    pub(crate) fn crash(&mut self) {
        self.mind = None;
        self.life += 1;
        self.alarm = None;
        self.client = LedgerClient::default();
    }

    /// The same, for good.
    pub(crate) fn die(&mut self) {
        self.crash();
        self.dead = true;
    }

    /// Somebody has a copy of the disk.
    pub(crate) fn resurrect(&mut self) {
        self.dead = false;
    }

    /// Takes one input; nothing is durable yet.
    pub(crate) fn step(
        &mut self,
        now: Timestamp,
        stimulus: Stimulus,
    ) -> Result<Step<Told>, Damage> {
        let uptime = self.clock.uptime(now);
        let now = self.clock.wall(now);
        let cx = Context {
            records: &self.disk,
            rng: &mut self.rng,
            endpoint: &self.endpoint,
            uptime,
        };
        match self
            .mind
            .as_mut()
            .expect("only a running agent takes a step")
        {
            Mind::Owner(agent) => {
                let step = agent.step(now, owner_input(stimulus), cx)?;
                Ok(told(step, |answer| Told::Owner(Box::new(answer))))
            }
            Mind::Trustee(agent) => {
                let step = agent.step(now, trustee_input(stimulus), cx)?;
                Ok(told(step, Told::Trustee))
            }
        }
    }

    /// When its agent wants to be woken, in the world's time.
    pub(crate) fn deadline(&self, now: Timestamp) -> Result<Option<Timestamp>, Damage> {
        let due = match &self.mind {
            Some(Mind::Owner(agent)) => agent.deadline(&self.disk)?,
            Some(Mind::Trustee(agent)) => agent.deadline(&self.disk)?,
            None => None,
        };
        Ok(due.map(|due| self.clock.when(now, due)))
    }

    /// The keys of a DID of this agent, if they are on its disk. Read once, because reading them
    /// checks that they fit the DID.
    pub(crate) fn keys(&mut self, did: &Did) -> Result<Option<Arc<LocalDid>>, Damage> {
        let id = did.as_str().as_bytes();
        if !self.disk.has(&Key::new(LocalDid::SPACE, id)) {
            return Ok(None);
        }
        if let Some(known) = self.keyring.get(did) {
            return Ok(Some(known.clone()));
        }
        let keys = record::load::<LocalDid>(&self.disk, id)?.map(Arc::new);
        self.keyring
            .extend(keys.iter().map(|keys| (did.clone(), keys.clone())));
        Ok(keys)
    }
}

fn input<C>(stimulus: Stimulus, command: impl FnOnce(Order) -> C) -> Input<C> {
    match stimulus {
        Stimulus::Order(order) => Input::Command(command(order)),
        Stimulus::Delivered(message) => Input::Delivered(message),
        Stimulus::Replied { from, id, reply } => Input::Replied { from, id, reply },
        Stimulus::Answered { query, answer } => Input::Answered { query, answer },
        Stimulus::Deadline => Input::DeadlineReached,
    }
}

fn owner_input(stimulus: Stimulus) -> Input<owner::Command> {
    input(stimulus, |order| match order {
        Order::Owner(command) => command,
        Order::Trustee(_) => unreachable!("people of this world know which agent is theirs"),
    })
}

fn trustee_input(stimulus: Stimulus) -> Input<trustee::Command> {
    input(stimulus, |order| match order {
        Order::Trustee(command) => command,
        Order::Owner(_) => unreachable!("people of this world know which agent is theirs"),
    })
}

fn told<A>(step: Step<A>, wrap: impl FnOnce(A) -> Told) -> Step<Told> {
    Step {
        writes: step.writes,
        reply: step.reply,
        sends: step.sends,
        queries: step.queries,
        answer: step.answer.map(|answer| answer.map(wrap)),
        events: step.events,
    }
}
