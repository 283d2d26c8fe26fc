//! The seam: one input, one atomic durable batch, then sends.
//!
//! An agent is pure. It reads records, and everything it wants done comes back as a [`Step`]. A
//! step became durable whole or never happened; "send, then save" cannot be written. A crash is:
//! drop the agent, open the store, ask [`Agent::pending`].
use crate::did::{Did, Endpoint};
use crate::error::{CommandError, Damage};
use crate::health::Health;
use crate::ledger::{Answer, Query};
use crate::message::{Body, Outgoing, Received};
use crate::record::{self, Batch, Bytes, Key, Overlay, Records, Row};
use crate::time::Timestamp;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

/// One participant: same records, same input, same seed, same step.
pub trait Agent {
    /// What its person asks.
    type Command;
    /// What its person is told in return.
    type Answer;

    /// Whether this command shows what is protected: then whoever asks must prove again that she has the
    /// passphrase of the device.
    fn shows_secrets(_command: &Self::Command) -> bool {
        false
    }

    /// Takes one input.
    ///
    /// # Errors
    /// [`Damage`] when a record cannot be read: the process stops and names it.
    fn step(
        &mut self,
        now: Timestamp,
        input: Input<Self::Command>,
        cx: Context<'_>,
    ) -> Result<Step<Self::Answer>, Damage>;

    /// When it wants [`Input::DeadlineReached`]: one timer.
    ///
    /// # Errors
    /// [`Damage`] when a record cannot be read.
    fn deadline(&self, records: &dyn Records) -> Result<Option<Timestamp>, Damage>;

    /// What waits for a person; a query over records, asked after every start, because an event
    /// can die with the process that was told it.
    ///
    /// # Errors
    /// [`Damage`] when a record cannot be read.
    fn pending(&self, records: &dyn Records) -> Result<Vec<Event>, Damage>;

    /// What its rows say of its health, and whom to ask for the rest; for `doctor`. An agent that
    /// serves nobody has nothing to say.
    ///
    /// # Errors
    /// [`Damage`] when a record cannot be read.
    fn health(&self, _now: Timestamp, _records: &dyn Records) -> Result<Health, Damage> {
        Ok(Health::default())
    }
}

/// What can happen to an agent.
pub enum Input<C> {
    /// Its person asks for something.
    Command(C),
    /// A message arrived, opened, its sender proven.
    Delivered(Received),
    /// The reply to a message of ours arrived, opened, from the one we had asked.
    Replied {
        /// Who answers.
        from: Did,
        /// The id of our message.
        id: String,
        /// The answer.
        reply: Body,
    },
    /// A ledger answered; its bytes are not verified yet.
    Answered {
        /// What we had asked.
        query: Query,
        /// What came back.
        answer: Answer,
    },
    /// The time that [`Agent::deadline`] named has come.
    DeadlineReached,
}

/// What a step may read.
pub struct Context<'a> {
    /// The durable state.
    pub records: &'a dyn Records,
    /// Randomness; seeded in a simulation.
    pub rng: &'a mut dyn CryptoRng,
    /// Where this agent can be reached.
    pub endpoint: &'a Endpoint,
    /// Milliseconds on the machine's monotonic clock, which no one can set: for G7.
    pub uptime: u64,
}

/// What a step wants done, in this order: writes, reply, sends, queries, answer and events.
#[must_use]
pub struct Step<A> {
    /// One batch, atomic and durable before anything below leaves.
    pub writes: Batch,
    /// The reply to the delivered message, on the same stream.
    pub reply: Option<Body>,
    /// Messages of our own.
    pub sends: Vec<Outgoing>,
    /// Questions to a ledger.
    pub queries: Vec<Query>,
    /// What the command's person is told.
    pub answer: Option<Result<A, CommandError>>,
    /// Hints; never the only trace of anything.
    pub events: Vec<Event>,
}

impl<A> Default for Step<A> {
    fn default() -> Self {
        Self {
            writes: Batch::default(),
            reply: None,
            sends: Vec::new(),
            queries: Vec::new(),
            answer: None,
            events: Vec::new(),
        }
    }
}

/// A hint to the person, or a thing that waits for one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// What kind of thing, in kebab case: `invitation`, `words`, `request`, `alarm` ...
    pub kind: String,
    /// Whom or what it is about: a name, a request id.
    pub about: String,
    /// One sentence.
    pub text: String,
}

impl Event {
    /// A hint of this kind.
    pub fn new(kind: &str, about: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            kind: kind.into(),
            about: about.into(),
            text: text.into(),
        }
    }
}

/// A step in the making: reads see its own writes.
pub struct Work<'a> {
    /// The time of this step.
    pub now: Timestamp,
    /// Randomness.
    pub rng: &'a mut dyn CryptoRng,
    /// Where this agent can be reached.
    pub endpoint: &'a Endpoint,
    /// The machine's monotonic clock in milliseconds.
    pub uptime: u64,
    base: &'a dyn Records,
    writes: Batch,
    sends: Vec<Outgoing>,
    queries: Vec<Query>,
    events: Vec<Event>,
}

impl<'a> Work<'a> {
    /// Begins a step.
    pub fn new(now: Timestamp, cx: Context<'a>) -> Self {
        Self {
            now,
            rng: cx.rng,
            endpoint: cx.endpoint,
            uptime: cx.uptime,
            base: cx.records,
            writes: Batch::default(),
            sends: Vec::new(),
            queries: Vec::new(),
            events: Vec::new(),
        }
    }

    /// The row of type `R` with this id.
    ///
    /// # Errors
    /// [`Damage`] when it cannot be read.
    pub fn load<R: Row>(&self, id: &[u8]) -> Result<Option<R>, Damage> {
        record::load(self, id)
    }

    /// All rows of type `R`.
    ///
    /// # Errors
    /// [`Damage`] when one cannot be read.
    pub fn all<R: Row>(&self) -> Result<Vec<R>, Damage> {
        record::load_all(self, &[])
    }

    /// Puts a row.
    pub fn save<R: Row>(&mut self, row: &R) {
        self.writes.put(row);
    }

    /// Deletes a row.
    pub fn erase<R: Row>(&mut self, id: &[u8]) {
        self.writes.delete::<R>(id);
    }

    /// Sends a message now, once, without keeping it; for answers that the peer will ask for again.
    /// Everything else goes through [`crate::outbox::send`].
    pub fn transmit(&mut self, message: Outgoing) {
        self.sends.push(message);
    }

    /// Asks a ledger.
    pub fn ask(&mut self, query: Query) {
        self.queries.push(query);
    }

    /// Hints at something.
    pub fn hint(&mut self, event: Event) {
        self.events.push(event);
    }

    /// 32 fresh random bytes.
    pub fn random(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        rand_core::Rng::fill_bytes(self.rng, &mut bytes);
        bytes
    }

    /// Whether this step changes anything so far.
    #[must_use]
    pub fn has_written(&self) -> bool {
        !self.writes.is_empty()
    }

    /// Forgets all that this step wanted: a refusal changes nothing.
    pub fn discard(&mut self) {
        self.writes = Batch::default();
        self.sends.clear();
        self.queries.clear();
        self.events.clear();
    }

    /// The finished step.
    pub fn finish<A>(
        self,
        reply: Option<Body>,
        answer: Option<Result<A, CommandError>>,
    ) -> Step<A> {
        Step {
            writes: self.writes,
            reply,
            sends: self.sends,
            queries: self.queries,
            answer,
            events: self.events,
        }
    }
}

impl Records for Work<'_> {
    fn read(&self, key: &Key) -> Option<Bytes> {
        Overlay {
            base: self.base,
            batch: &self.writes,
        }
        .read(key)
    }

    fn scan(&self, prefix: &[u8]) -> Vec<(Key, Bytes)> {
        Overlay {
            base: self.base,
            batch: &self.writes,
        }
        .scan(prefix)
    }
}
