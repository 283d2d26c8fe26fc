//! An operator, three witnesses and a reader over a network that loses messages, on disks that
//! crash.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]
use super::ledger_support::{key, rng};
use kith_protocol::agent::{Context, Step, Work};
use kith_protocol::bytes::{Blob, Digest};
use kith_protocol::did::{Did, Endpoint, LocalDid};
use kith_protocol::error::Halt;
use kith_protocol::keys::role::LedgerWitness;
use kith_protocol::ledger::{
    AppendOutcome, Descriptor, Operator, OperatorEntry, Record, View, Witness, WitnessEntry,
    Witnesses,
};
use kith_protocol::message::ledger::{Append, Cosign, CosignOutcome, Cosigned, Entries, Page};
use kith_protocol::message::{Body, Outgoing, Received};
use kith_protocol::record::{Key, Records};
use kith_protocol::time::{Millis, Timestamp};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::Rng as _;
use std::collections::BTreeMap;

pub type Disk = BTreeMap<Key, Vec<u8>>;

pub const BEGIN: Timestamp = Timestamp(1_700_000_000_000);

pub fn endpoint() -> Endpoint {
    Endpoint::new("12D3KooWtest".into(), vec!["/memory/1".into()]).unwrap()
}

pub fn did(seed: u64) -> Did {
    LocalDid::generate(Some(&endpoint()), &mut rng(seed))
        .did()
        .clone()
}

/// Witness `index`'s key.
pub fn witness_key(index: u64) -> kith_protocol::keys::SigningKey<LedgerWitness> {
    key(110 + index)
}

pub fn descriptor() -> Descriptor {
    let witness = |index: u64| WitnessEntry {
        name: format!("witness-{index}"),
        key: witness_key(index).verifying_key(),
        did: did(120 + index),
    };
    Descriptor {
        origin: "kith.example/log".into(),
        operator: OperatorEntry {
            key: key(100).verifying_key(),
            did: did(101),
        },
        witnesses: (0..3).map(witness).collect(),
        quorum: 2,
        max_faulty: 0,
        single_operator: false,
        successors: vec![],
        max_age: Millis::seconds(600),
        max_skew: Millis::seconds(5),
    }
}

/// Runs one step of anybody on a disk. Returns what it made and what would leave.
pub fn step<T>(disk: &Disk, now: Timestamp, act: impl FnOnce(&mut Work<'_>) -> T) -> (T, Step<()>) {
    let endpoint = endpoint();
    let mut rng = rng(now.0);
    let records: &dyn Records = disk;
    let cx = Context {
        records,
        rng: &mut rng,
        endpoint: &endpoint,
        uptime: now.0,
    };
    let mut work = Work::new(now, cx);
    let made = act(&mut work);
    (made, work.finish(None, None))
}

pub fn write(disk: &mut Disk, step: &Step<()>) {
    for (key, bytes) in step.writes.iter() {
        match bytes {
            Some(bytes) => disk.insert(key.clone(), bytes.to_vec()),
            None => disk.remove(key),
        };
    }
}

/// The same, durable at once.
pub fn run<T>(disk: &mut Disk, now: Timestamp, act: impl FnOnce(&mut Work<'_>) -> T) -> T {
    let (made, step) = step(disk, now, act);
    write(disk, &step);
    made
}

pub fn received(from: Did, to: Did, body: Body) -> Received {
    Received {
        from,
        to,
        id: "id".into(),
        thid: None,
        pthid: None,
        body,
    }
}

/// What a crash destroys.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Crash {
    /// The whole step.
    Before,
    /// What the step would have sent.
    After,
}

pub enum Flight {
    Offer { witness: usize, offer: Cosign },
    Answer { witness: usize, answer: Cosigned },
}

pub struct Net {
    pub now: Timestamp,
    pub descriptor: Descriptor,
    pub log: Digest,
    pub operator_disk: Disk,
    pub witness_disks: Vec<Disk>,
    operator: Option<Operator>,
    witnesses: Vec<Witnesses>,
    pub flights: Vec<(Timestamp, Flight)>,
    pub down: Vec<bool>,
    loss: u32,
    rng: ChaCha20Rng,
    /// Steps taken, and which of them crashes how.
    pub steps: u64,
    pub crash: Option<(u64, Crash)>,
    pub offers: Vec<Cosign>,
    /// What the witnesses' clocks show when it is not what the operator's shows.
    pub refusing_clock: Option<Timestamp>,
    /// The root each witness has signed for each size.
    signed: BTreeMap<(usize, String), String>,
}

impl Net {
    pub fn new() -> Self {
        Self::with(descriptor())
    }

    pub fn with(descriptor: Descriptor) -> Self {
        let mut operator_disk = Disk::new();
        let operator = run(&mut operator_disk, BEGIN, |work| {
            Operator::create(work, &descriptor, key(100)).unwrap()
        });
        let mut witness_disks = vec![Disk::new(); descriptor.witnesses.len()];
        for (index, disk) in witness_disks.iter_mut().enumerate() {
            run(disk, BEGIN, |work| {
                Witness::adopt(work, &descriptor, witness_key(index as u64)).unwrap()
            });
        }
        let count = descriptor.witnesses.len();
        Self {
            now: BEGIN,
            log: descriptor.id(),
            descriptor,
            operator_disk,
            witness_disks,
            operator: Some(operator),
            witnesses: (0..count).map(|_| Witnesses::default()).collect(),
            flights: Vec::new(),
            down: vec![false; count],
            loss: 0,
            rng: rng(1),
            steps: 0,
            crash: None,
            offers: Vec::new(),
            refusing_clock: None,
            signed: BTreeMap::new(),
        }
    }

    pub fn losing(percent: u32, seed: u64) -> Self {
        Self {
            loss: percent,
            rng: rng(seed),
            ..Self::new()
        }
    }

    pub fn operator(&self) -> &Operator {
        self.operator.as_ref().unwrap()
    }

    /// Forgets everything in memory.
    pub fn restart_operator(&mut self) {
        self.operator = Operator::open(&self.operator_disk, self.now).unwrap();
    }

    fn crashes(&mut self) -> Option<Crash> {
        self.steps += 1;
        self.crash
            .filter(|(at, _)| *at == self.steps)
            .map(|(_, how)| how)
    }

    /// One step of the operator; `None` where a crash swallowed what it said.
    pub fn at_operator<T>(
        &mut self,
        act: impl FnOnce(&mut Operator, &mut Work<'_>) -> T,
    ) -> Option<T> {
        let crash = self.crashes();
        let mut operator = self.operator.take().unwrap();
        let (made, step) = step(&self.operator_disk, self.now, |work| {
            act(&mut operator, work)
        });
        self.operator = Some(operator);
        if crash != Some(Crash::Before) {
            write(&mut self.operator_disk, &step);
        }
        if crash.is_some() {
            self.restart_operator();
            return None;
        }
        step.sends
            .into_iter()
            .for_each(|message| self.send(message));
        Some(made)
    }

    fn send(&mut self, message: Outgoing) {
        let Body::LedgerCosign(offer) = message.body else {
            panic!("an operator sends offers only")
        };
        let witness = self
            .descriptor
            .witnesses
            .iter()
            .position(|witness| witness.did == message.to)
            .unwrap();
        self.offers.push(offer.clone());
        self.fly(Flight::Offer { witness, offer });
    }

    fn fly(&mut self, flight: Flight) {
        if self.rng.next_u32() % 100 >= self.loss {
            let delay = Millis(u64::from(1 + self.rng.next_u32() % 50));
            self.flights.push((self.now.after(delay), flight));
        }
    }

    fn land(&mut self, flight: Flight) {
        match flight {
            Flight::Offer { witness, .. } if self.down[witness] => {}
            Flight::Offer { witness, offer } => {
                if let Some(answer) = self.offer(witness, offer) {
                    self.fly(Flight::Answer { witness, answer });
                }
            }
            Flight::Answer { witness, answer } => {
                let from = self.descriptor.witnesses[witness].did.clone();
                self.at_operator(|operator, work| {
                    operator.on_cosigned(work, &from, &answer).unwrap()
                });
            }
        }
    }

    /// One step of a witness.
    pub fn offer(&mut self, witness: usize, offer: Cosign) -> Option<Cosigned> {
        let crash = self.crashes();
        let note = offer.note.clone();
        let (log, now) = (offer.log, self.refusing_clock.unwrap_or(self.now));
        let from = self.descriptor.operator.did.clone();
        let message = received(
            from,
            self.descriptor.witnesses[witness].did.clone(),
            Body::LedgerCosign(offer.clone()),
        );
        let memory = &mut self.witnesses[witness];
        let disk = &self.witness_disks[witness];
        let (made, step) = step(disk, now, |work| {
            memory
                .open(work, &log)
                .unwrap()
                .unwrap()
                .on_cosign(work, &message, &offer)
        });
        if crash != Some(Crash::Before) {
            write(&mut self.witness_disks[witness], &step);
        }
        if crash.is_some() {
            self.witnesses[witness] = Witnesses::default();
            return None;
        }
        match made {
            Ok(Body::LedgerCosigned(answer)) => {
                self.hold_to(witness, &answer, &note);
                Some(answer)
            }
            other => panic!("{other:?}"),
        }
    }

    /// G14, whatever else happens: no witness signs two roots of one size.
    fn hold_to(&mut self, witness: usize, answer: &Cosigned, note: &Blob) {
        if matches!(answer.outcome, CosignOutcome::Signed { .. }) {
            let text = String::from_utf8(note.0.clone()).unwrap();
            let mut lines = text.lines().skip(1).map(str::to_owned);
            let (size, root) = (lines.next().unwrap(), lines.next().unwrap());
            let before = self.signed.insert((witness, size), root.clone());
            assert!(
                before.is_none_or(|before| before == root),
                "witness {witness} signed a fork"
            );
        }
    }

    /// Lets everything happen that is due within `span`.
    pub fn pass(&mut self, span: Millis) {
        let end = self.now.after(span);
        loop {
            let flight = self.flights.iter().map(|(at, _)| *at).min();
            let due = self
                .operator()
                .deadline()
                .map(|due| due.max(self.now.after(Millis(1))));
            let Some(next) = [flight, due]
                .into_iter()
                .flatten()
                .min()
                .filter(|next| *next <= end)
            else {
                break;
            };
            self.now = next.max(self.now);
            let (landing, flying) = core::mem::take(&mut self.flights)
                .into_iter()
                .partition(|(at, _)| *at <= self.now);
            self.flights = flying;
            let landing: Vec<(Timestamp, Flight)> = landing;
            landing
                .into_iter()
                .for_each(|(_, flight)| self.land(flight));
            self.at_operator(|operator, work| operator.tick(work).unwrap());
        }
        self.now = end;
    }

    pub fn append(&mut self, record: &Record) -> Option<AppendOutcome> {
        self.append_from(&did(150), record)
    }

    pub fn append_from(&mut self, from: &Did, record: &Record) -> Option<AppendOutcome> {
        self.append_bytes(from, record.to_bytes())
    }

    pub fn append_bytes(&mut self, from: &Did, bytes: Vec<u8>) -> Option<AppendOutcome> {
        let append = Append {
            log: self.log,
            record: Blob(bytes),
        };
        let to = self.descriptor.operator.did.clone();
        let message = received(from.clone(), to, Body::LedgerAppend(append.clone()));
        self.at_operator(|operator, work| {
            match operator.on_append(work, &message, &append).unwrap() {
                Body::LedgerAppended(appended) => appended.outcome,
                other => panic!("{other:?}"),
            }
        })
    }

    /// Repeats the same bytes until they are committed or refused, as every caller does.
    pub fn commit(&mut self, record: &Record) -> u64 {
        for _ in 0..200 {
            match self.append(record) {
                Some(AppendOutcome::Committed { index }) => return index,
                Some(AppendOutcome::Pending) | None => self.pass(Millis(700)),
                Some(refused @ AppendOutcome::Refused { .. }) => panic!("{refused:?}"),
            }
        }
        panic!("never committed");
    }

    pub fn page(&mut self, have: u64) -> Page {
        self.page_since(have, Timestamp(0))
    }

    pub fn page_since(&mut self, have: u64, since: Timestamp) -> Page {
        let entries = Entries {
            log: self.log,
            have,
            since,
        };
        let body = self
            .at_operator(|operator, work| operator.on_entries(work, &entries))
            .unwrap();
        page_of(body)
    }

    pub fn page_of_witness(&mut self, witness: usize, have: u64) -> Page {
        let entries = Entries {
            log: self.log,
            have,
            since: Timestamp(0),
        };
        let memory = &mut self.witnesses[witness];
        let (body, _) = step(&self.witness_disks[witness], self.now, |work| {
            memory
                .open(work, &entries.log)
                .unwrap()
                .unwrap()
                .on_entries(work, &entries)
        });
        page_of(body)
    }

    pub fn held_by(&mut self, witness: usize) -> u64 {
        let log = self.log;
        let disk = &self.witness_disks[witness];
        self.witnesses[witness]
            .open(disk, &log)
            .unwrap()
            .unwrap()
            .size()
    }
}

fn page_of(body: Result<Body, Halt>) -> Page {
    match body.unwrap() {
        Body::LedgerPage(page) => page,
        other => panic!("{other:?}"),
    }
}

/// A reader with a disk of its own.
pub struct Reader {
    pub disk: Disk,
    pub view: View,
}

impl Reader {
    pub fn of(descriptor: &Descriptor) -> Self {
        let mut disk = Disk::new();
        let view = run(&mut disk, BEGIN, |work| {
            View::adopt(work, descriptor).unwrap()
        });
        Self { disk, view }
    }

    pub fn read(
        &mut self,
        now: Timestamp,
        page: &Page,
    ) -> Result<kith_protocol::ledger::Advance, kith_protocol::ledger::ViewError> {
        run(&mut self.disk, now, |work| self.view.advance(work, page))
    }

    /// Reads until nothing is left.
    pub fn follow(&mut self, net: &mut Net) {
        loop {
            let page = net.page(self.view.count());
            if !self.read(net.now, &page).unwrap().more {
                return;
            }
        }
    }
}
