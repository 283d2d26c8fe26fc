//! One agent with its store: what is durable survives, the rest is dropped before every step.
use super::START;
use kith_protocol::agent::{Agent, Context, Event, Input, Step};
use kith_protocol::did::{Did, Endpoint, LocalDid};
use kith_protocol::health::Health;
use kith_protocol::ledger::{Answer, Query};
use kith_protocol::message::{Body, Outgoing, Received};
use kith_protocol::owner::OwnerAgent;
use kith_protocol::record::{self, Key};
use kith_protocol::time::Timestamp;
use kith_protocol::trustee::{Config, TrusteeAgent};
use rand_chacha::ChaCha20Rng;
use std::collections::BTreeMap;

pub type Rows = BTreeMap<Key, Vec<u8>>;

pub struct Home<A: Agent> {
    pub name: String,
    pub rows: Rows,
    agent: A,
    rng: ChaCha20Rng,
    pub endpoint: Endpoint,
    pub online: bool,
    pub now: Timestamp,
    out: (Vec<Outgoing>, Vec<Query>),
    pub events: Vec<Event>,
}

/// What the network needs of an agent, whichever it is.
pub trait Node {
    fn holds(&self, did: &Did) -> bool;
    fn take_out(&mut self) -> (Vec<Outgoing>, Vec<Query>);
    fn deliver(&mut self, message: &Outgoing) -> Option<Body>;
    fn replied(&mut self, message: &Outgoing, reply: Body);
    fn answered(&mut self, query: Query, answer: Answer);
    fn wake(&mut self, now: Timestamp);
}

impl Home<OwnerAgent> {
    pub fn owner(seed: u64) -> Self {
        Self::new("owner", seed, OwnerAgent::open)
    }

    /// What a crash leaves.
    pub fn crash(&mut self) {
        self.agent = OwnerAgent::open(&self.rows).unwrap();
        self.out = Default::default();
    }
}

impl Home<TrusteeAgent> {
    pub fn trustee(name: &str, seed: u64) -> Self {
        let config = config(name);
        Self::new(name, seed, |rows| TrusteeAgent::open(rows, config))
    }

    /// What a crash leaves.
    pub fn crash(&mut self) {
        self.agent = TrusteeAgent::open(&self.rows, config(&self.name)).unwrap();
        self.out = Default::default();
    }
}

fn config(name: &str) -> Config {
    Config {
        name: name.into(),
        host_backups: true,
    }
}

impl<A: Agent> Home<A> {
    fn new<E: core::fmt::Debug>(
        name: &str,
        seed: u64,
        open: impl FnOnce(&dyn record::Records) -> Result<A, E>,
    ) -> Self {
        let rows = BTreeMap::new();
        Self {
            name: name.into(),
            agent: open(&rows).unwrap(),
            rows,
            rng: super::rng(seed),
            endpoint: Endpoint::new(format!("12D3KooW{seed}"), vec!["/memory/1".into()]).unwrap(),
            online: true,
            now: START,
            out: (Vec::new(), Vec::new()),
            events: Vec::new(),
        }
    }

    /// The same disk and randomness in another machine.
    pub fn copy_into(&self, other: &mut Self) {
        other.rows = self.rows.clone();
        other.rng = self.rng.clone();
        other.now = self.now;
    }

    pub fn step(&mut self, input: Input<A::Command>) -> Step<A::Answer> {
        let cx = Context {
            records: &self.rows,
            rng: &mut self.rng,
            endpoint: &self.endpoint,
            uptime: self.now.0,
        };
        let mut step = self.agent.step(self.now, input, cx).unwrap();
        for (key, bytes) in step.writes.iter() {
            match bytes {
                Some(bytes) => self.rows.insert(key.clone(), bytes.to_vec()),
                None => self.rows.remove(key),
            };
        }
        self.out.0.append(&mut step.sends);
        self.out.1.append(&mut step.queries);
        self.events.append(&mut step.events.clone());
        step
    }

    pub fn health(&self) -> Health {
        self.agent.health(self.now, &self.rows).unwrap()
    }

    pub fn pending(&self) -> Vec<Event> {
        self.agent.pending(&self.rows).unwrap()
    }
}

impl<A: Agent> Node for Home<A> {
    fn holds(&self, did: &Did) -> bool {
        let local = record::load::<LocalDid>(&self.rows, did.as_str().as_bytes());
        self.online && local.unwrap().is_some()
    }

    fn take_out(&mut self) -> (Vec<Outgoing>, Vec<Query>) {
        let out = core::mem::take(&mut self.out);
        // Who is offline loses what it says.
        if self.online { out } else { Default::default() }
    }

    fn deliver(&mut self, message: &Outgoing) -> Option<Body> {
        let received = Received {
            from: message.from.clone(),
            to: message.to.clone(),
            id: message.id.clone(),
            thid: message.thid.clone(),
            pthid: message.pthid.clone(),
            body: message.body.clone(),
        };
        self.step(Input::Delivered(received)).reply
    }

    fn replied(&mut self, message: &Outgoing, reply: Body) {
        let _ = self.step(Input::Replied {
            from: message.to.clone(),
            id: message.id.clone(),
            reply,
        });
    }

    fn answered(&mut self, query: Query, answer: Answer) {
        let _ = self.step(Input::Answered { query, answer });
    }

    fn wake(&mut self, now: Timestamp) {
        self.now = now;
        let due = self.agent.deadline(&self.rows).unwrap();
        if self.online && due.is_some_and(|due| due <= now) {
            let _ = self.step(Input::DeadlineReached);
        }
    }
}
