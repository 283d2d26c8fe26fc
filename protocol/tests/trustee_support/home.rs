//! One agent with its store: what is durable survives, everything else is dropped when asked.
use super::ledger::Ledger;
use kith_protocol::agent::{Agent, Context, Event, Input, Step};
use kith_protocol::did::{Did, Endpoint};
use kith_protocol::error::CommandError;
use kith_protocol::message::{Body, Outgoing, Received};
use kith_protocol::record::{Batch, Key};
use kith_protocol::time::{Millis, Timestamp};
use kith_protocol::trustee::command::{Answer, Command};
use kith_protocol::trustee::{Config, TrusteeAgent};
use rand_chacha::ChaCha20Rng;
use std::collections::BTreeMap;

/// Takes batches.
pub type Disk = Box<dyn Fn(&Batch)>;

pub struct Home {
    pub rows: BTreeMap<Key, Vec<u8>>,
    agent: Option<TrusteeAgent>,
    config: Config,
    rng: ChaCha20Rng,
    endpoint: Endpoint,
    /// Drop the agent and open it anew before every step: the crash rule.
    pub forgetful: bool,
    pub now: Timestamp,
    pub uptime: u64,
    /// Everything sent, in order.
    pub sent: Vec<Outgoing>,
    pub events: Vec<Event>,
    /// Also given every batch: a disk.
    pub disk: Option<Disk>,
}

impl Home {
    pub fn new(name: &str, seed: u64) -> Self {
        Self {
            rows: BTreeMap::new(),
            agent: None,
            config: Config {
                name: name.into(),
                host_backups: true,
            },
            rng: super::rng(seed),
            endpoint: Endpoint::new("12D3KooWTrustee".into(), vec!["/memory/1".into()]).unwrap(),
            forgetful: false,
            now: Timestamp(1_000_000_000),
            uptime: 5_000_000,
            sent: Vec::new(),
            events: Vec::new(),
            disk: None,
        }
    }

    /// What a crash leaves: the rows.
    pub fn crash(&mut self) {
        self.agent = None;
    }

    fn open(&mut self) -> &mut TrusteeAgent {
        if self.forgetful {
            self.crash();
        }
        let (rows, config) = (&self.rows, self.config.clone());
        self.agent
            .get_or_insert_with(|| TrusteeAgent::open(rows, config).unwrap())
    }

    pub fn step(&mut self, input: Input<Command>) -> Step<Answer> {
        let mut agent = {
            self.open();
            self.agent.take().unwrap()
        };
        let cx = Context {
            records: &self.rows,
            rng: &mut self.rng,
            endpoint: &self.endpoint,
            uptime: self.uptime,
        };
        let step = agent.step(self.now, input, cx).unwrap();
        self.agent = Some(agent);
        for (key, bytes) in step.writes.iter() {
            match bytes {
                Some(bytes) => self.rows.insert(key.clone(), bytes.to_vec()),
                None => self.rows.remove(key),
            };
        }
        self.disk.iter().for_each(|disk| disk(&step.writes));
        self.sent.extend(step.sends.iter().cloned());
        self.events.extend(step.events.iter().cloned());
        step
    }

    /// A step, and all questions to the ledger answered.
    pub fn run(&mut self, input: Input<Command>, ledger: &mut Ledger) -> Step<Answer> {
        let mut first = self.step(input);
        let mut open: Vec<_> = first.queries.drain(..).collect();
        while let Some(query) = open.pop() {
            let answer = ledger.answer(&query, self.now);
            open.extend(self.step(Input::Answered { query, answer }).queries);
        }
        first
    }

    pub fn command(
        &mut self,
        command: Command,
        ledger: &mut Ledger,
    ) -> Result<Answer, CommandError> {
        self.run(Input::Command(command), ledger).answer.unwrap()
    }

    /// The answer to a message.
    pub fn deliver(&mut self, message: &Received, ledger: &mut Ledger) -> Body {
        self.run(Input::Delivered(message.clone()), ledger)
            .reply
            .unwrap()
    }

    /// Answers a message of the agent.
    pub fn reply(&mut self, to: &Outgoing, body: Body, ledger: &mut Ledger) {
        let input = Input::Replied {
            from: to.to.clone(),
            id: to.id.clone(),
            reply: body,
        };
        let _ = self.run(input, ledger);
    }

    /// Lets time pass on all clocks, waking the agent whenever it wants.
    pub fn pass(&mut self, span: Millis, ledger: &mut Ledger) {
        let end = self.now.after(span);
        while self.now < end {
            self.open();
            let due = self
                .agent
                .as_ref()
                .unwrap()
                .deadline(&self.rows)
                .unwrap()
                .unwrap_or(end);
            // An agent that was just opened wants to look at once, every time.
            let least = if self.forgetful { 2_000 } else { 1 };
            let next = due.max(Timestamp(self.now.0 + least)).min(end);
            self.uptime += next.0 - self.now.0;
            self.now = next;
            if due <= self.now {
                let _ = self.run(Input::DeadlineReached, ledger);
            }
        }
    }

    pub fn pending(&mut self) -> Vec<Event> {
        self.open();
        self.agent.as_ref().unwrap().pending(&self.rows).unwrap()
    }

    /// The newest message of this kind, sent once or again.
    pub fn last(&self, wanted: impl Fn(&Body) -> bool) -> Option<Outgoing> {
        self.sent
            .iter()
            .rev()
            .find(|message| wanted(&message.body))
            .cloned()
    }

    /// Whether anything of this kind was ever sent.
    pub fn has_sent(&self, wanted: impl Fn(&Body) -> bool) -> bool {
        self.last(wanted).is_some()
    }
}

/// A message as the envelope hands it over.
pub fn message(from: &Did, to: &Did, id: &str, body: Body) -> Received {
    Received {
        from: from.clone(),
        to: to.clone(),
        id: id.into(),
        thid: None,
        pthid: None,
        body,
    }
}

pub fn code(body: &Body) -> &str {
    match body {
        Body::Problem(problem) => &problem.code,
        other => panic!("not refused: {}", other.typ()),
    }
}
