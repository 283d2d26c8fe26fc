//! One agent and what it keeps. Every step is held to what an agent promises.
use crate::pinned::rng;
use kith_protocol::agent::{Agent, Context, Input, Step};
use kith_protocol::did::{Did, Endpoint, LocalDid};
use kith_protocol::error::Damage;
use kith_protocol::ledger::{Answer as Ledgers, Query};
use kith_protocol::limits;
use kith_protocol::message::{Body, Received};
use kith_protocol::owner::OwnerAgent;
use kith_protocol::record::{Key, Records as _, Row as _, Space};
use kith_protocol::time::Timestamp;
use kith_protocol::trustee::{Config, TrusteeAgent};
use rand_chacha::ChaCha20Rng;
use serde_json::Value;
use std::collections::BTreeMap;

pub(crate) type Rows = BTreeMap<Key, Vec<u8>>;
/// More rows than any of these short plays can lawfully make.
const MANY: usize = 2_000;

/// What happens to an agent.
#[derive(Clone)]
pub(crate) enum Event {
    Order(Value),
    Delivered(Received),
    Replied(Did, String, Body),
    Answered(Query, Ledgers),
    Deadline,
}

/// Which agent runs here.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Owner,
    Trustee,
}

#[allow(clippy::large_enum_variant)]
enum Mind {
    Owner(OwnerAgent),
    Trustee(TrusteeAgent),
}

/// What a home is when its agent does not run.
#[derive(Clone)]
pub(crate) struct Still {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) rows: Rows,
    pub(crate) now: Timestamp,
    /// Whether its person has approved a recovery.
    pub(crate) approved: bool,
    rng: ChaCha20Rng,
}

/// A home whose agent runs.
pub(crate) struct Home {
    pub(crate) still: Still,
    mind: Mind,
}

/// A step with the person's answer as JSON.
pub(crate) type Done = Step<Value>;

impl Still {
    pub(crate) fn new(name: &'static str, kind: Kind, seed: u64, now: Timestamp) -> Self {
        Self {
            name,
            kind,
            rows: Rows::new(),
            now,
            approved: false,
            rng: rng(seed),
        }
    }

    /// Opens the agent over its rows.
    pub(crate) fn wake(self) -> Home {
        let mind = self
            .mind()
            .unwrap_or_else(|damage| panic!("{}: {damage}", self.name));
        Home { still: self, mind }
    }

    fn mind(&self) -> Result<Mind, Damage> {
        let config = Config {
            name: self.name.into(),
            host_backups: true,
        };
        Ok(match self.kind {
            Kind::Owner => Mind::Owner(OwnerAgent::open(&self.rows)?),
            Kind::Trustee => Mind::Trustee(TrusteeAgent::open(&self.rows, config)?),
        })
    }

    fn endpoint(&self) -> Endpoint {
        let address = vec!["/memory/1".into()];
        Endpoint::new(format!("12D3KooW{}", self.name), address).expect("a lawful endpoint")
    }

    /// Its own DIDs.
    pub(crate) fn dids(&self) -> Vec<Did> {
        let rows = self.rows.scan(&[Space::LocalDid as u8]);
        let texts = rows
            .iter()
            .filter_map(|(key, _)| core::str::from_utf8(&key.as_bytes()[1..]).ok());
        texts.filter_map(|text| Did::parse(text).ok()).collect()
    }

    /// Whether this DID is one of its own.
    pub(crate) fn holds(&self, did: &Did) -> bool {
        let key = Key::new(LocalDid::SPACE, did.as_str().as_bytes());
        self.rows.read(&key).is_some()
    }
}

fn step(mind: &mut Mind, still: &Still, rng: &mut ChaCha20Rng, event: Event) -> Option<Done> {
    let endpoint = still.endpoint();
    let cx = Context {
        records: &still.rows,
        rng,
        endpoint: &endpoint,
        uptime: still.now.0,
    };
    let step = match mind {
        Mind::Owner(agent) => agent.step(still.now, input(event)?, cx).map(told),
        Mind::Trustee(agent) => agent.step(still.now, input(event)?, cx).map(told),
    };
    Some(step.unwrap_or_else(|damage| panic!("{}: {damage}", still.name)))
}

/// None for an order that is no command of this agent.
fn input<C: serde::de::DeserializeOwned>(event: Event) -> Option<Input<C>> {
    Some(match event {
        Event::Order(order) => Input::Command(serde_json::from_value(order).ok()?),
        Event::Delivered(message) => Input::Delivered(message),
        Event::Replied(from, id, reply) => Input::Replied { from, id, reply },
        Event::Answered(query, answer) => Input::Answered { query, answer },
        Event::Deadline => Input::DeadlineReached,
    })
}

fn told<A: serde::Serialize>(step: Step<A>) -> Done {
    let value = |answer| serde_json::to_value(answer).expect("answers are JSON");
    Step {
        writes: step.writes,
        reply: step.reply,
        sends: step.sends,
        queries: step.queries,
        answer: step.answer.map(|answer| answer.map(value)),
        events: step.events,
    }
}

impl Home {
    /// Takes one input and makes its writes durable.
    pub(crate) fn take(&mut self, event: Event) -> Option<Done> {
        let mut rng = self.still.rng.clone();
        let step = step(&mut self.mind, &self.still, &mut rng, event)?;
        self.still.rng = rng;
        self.hold(&step);
        for (key, bytes) in step.writes.iter() {
            match bytes {
                Some(bytes) => self.still.rows.insert(key.clone(), bytes.to_vec()),
                None => self.still.rows.remove(key),
            };
        }
        assert!(
            self.still.rows.len() < MANY,
            "{} hoards rows",
            self.still.name
        );
        Some(step)
    }

    /// What holds of every step.
    fn hold(&self, step: &Done) {
        let name = self.still.name;
        for (key, bytes) in step.writes.iter() {
            assert!(
                key.as_bytes().len() <= limits::row::KEY,
                "{name}: a long key"
            );
            let length = bytes.map_or(0, <[u8]>::len);
            assert!(
                length <= limits::row::VALUE,
                "{name}: a row of {length} bytes"
            );
        }
        if let Some(Err(error)) = &step.answer {
            let error = &error.message;
            assert!(
                step.writes.is_empty() && step.sends.is_empty(),
                "{name}: {error}"
            );
        }
        if let Some(Body::Problem(problem)) = &step.reply {
            let aside = [Space::History as u8];
            let mut keys = step.writes.iter().map(|(key, _)| key.as_bytes()[0]);
            let kept = keys.find(|space| !aside.contains(space));
            assert_eq!(kept, None, "{name}: refused with {} and kept", problem.code);
        }
        for sent in &step.sends {
            // G1: a share leaves only where its person has approved.
            let share = matches!(sent.body, Body::RecoveryRelease(_));
            assert!(
                !share || self.still.approved,
                "{name}: a share left unasked"
            );
        }
    }

    /// A crash: what is in memory is gone.
    pub(crate) fn crash(self) -> Self {
        self.still.wake()
    }

    /// The same, and a newly opened agent would write and reply the same: memory decides nothing.
    pub(crate) fn take_and_compare(&mut self, event: Event) -> Option<Done> {
        let before = self.still.clone();
        let mut fresh = before.clone().wake();
        let mut rng = before.rng.clone();
        let theirs = step(&mut fresh.mind, &before, &mut rng, event.clone())?;
        let ours = self.take(event)?;
        let name = before.name;
        assert!(
            ours.writes.iter().eq(theirs.writes.iter()),
            "{name}: memory wrote"
        );
        assert_eq!(ours.reply, theirs.reply, "{name}: memory replied");
        Some(ours)
    }

    /// When it wants to be woken; what waits for its person is asked as well.
    pub(crate) fn due(&self) -> Option<Timestamp> {
        let rows = &self.still.rows;
        let (due, pending) = match &self.mind {
            Mind::Owner(agent) => (agent.deadline(rows), agent.pending(rows)),
            Mind::Trustee(agent) => (agent.deadline(rows), agent.pending(rows)),
        };
        pending.unwrap_or_else(|damage| panic!("{}: {damage}", self.still.name));
        due.unwrap_or_else(|damage| panic!("{}: {damage}", self.still.name))
    }
}
