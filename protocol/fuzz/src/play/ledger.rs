//! A log of one operator: real entries, heads and pages; and its operator, when he lies.
use crate::pinned::{person, rng};
use kith_protocol::bytes::{Blob, Digest};
use kith_protocol::keys::SigningKey;
use kith_protocol::keys::role::LedgerOperator;
use kith_protocol::ledger::{
    Answer, AppendOutcome, Ask, Checkpoint, Descriptor, Entry, OperatorEntry, Query, Record, State,
    check,
};
use kith_protocol::message::ledger::Page;
use kith_protocol::time::{Millis, Timestamp};
use sha2::{Digest as _, Sha256};

const SEED: u64 = 70;

fn operator() -> SigningKey<LedgerOperator> {
    SigningKey::generate(&mut rng(SEED))
}

/// The log everybody follows.
#[derive(Clone)]
pub(crate) struct Ledger {
    pub(crate) descriptor: Descriptor,
    entries: Vec<Entry>,
    pub(crate) state: State,
    /// Whether a lie has been told: what readers believe is no longer what stands here.
    pub(crate) lied: bool,
}

impl Ledger {
    pub(crate) fn new() -> Self {
        let key = operator().verifying_key();
        let did = person(SEED).did().clone();
        let descriptor = Descriptor {
            origin: "kith.example/fuzz".into(),
            operator: OperatorEntry { key, did },
            witnesses: Vec::new(),
            quorum: 0,
            max_faulty: 0,
            single_operator: true,
            successors: Vec::new(),
            max_age: Millis::seconds(3_600),
            max_skew: Millis::seconds(3_600),
        };
        let state = State::new(descriptor.id());
        Self {
            descriptor,
            entries: Vec::new(),
            state,
            lied: false,
        }
    }

    /// Honest.
    pub(crate) fn answer(&mut self, query: &Query, now: Timestamp) -> Answer {
        if query.log != self.descriptor.id() {
            return Answer::Unavailable;
        }
        match &query.ask {
            Ask::Append(bytes) => Answer::Appended(self.offered(bytes, now)),
            Ask::Follow { have, .. } => Answer::Page(self.page(*have, now)),
        }
    }

    fn offered(&mut self, bytes: &Blob, now: Timestamp) -> AppendOutcome {
        if let Some(index) = self.entries.iter().position(|entry| entry.record == *bytes) {
            let index = index as u64;
            return AppendOutcome::Committed { index };
        }
        let record = Record::from_bytes(&bytes.0).expect("agents offer records");
        let time = now.max(self.last());
        match check(&self.state, &record, time) {
            Ok(effect) => {
                self.state.apply(&effect);
                let record = bytes.clone();
                self.entries.push(Entry { time, record });
                let index = self.entries.len() as u64 - 1;
                AppendOutcome::Committed { index }
            }
            Err(invalid) => AppendOutcome::from(&invalid),
        }
    }

    fn last(&self) -> Timestamp {
        self.entries
            .last()
            .map(|entry| entry.time)
            .unwrap_or_default()
    }

    fn page(&self, have: u64, now: Timestamp) -> Page {
        Told {
            entries: self.entries.clone(),
            time: now.max(self.last()),
        }
        .page(self.descriptor.clone(), have)
    }

    /// A page that its operator signed and that is not the log: cut off at the end, of another time,
    /// with an entry that nobody offered.
    pub(crate) fn lie(&mut self, have: u64, kind: u8, number: u64) -> Page {
        let mut told = Told {
            entries: self.entries.clone(),
            time: Timestamp(number),
        };
        match kind % 4 {
            0 => {
                let kept = self.entries.len().saturating_sub(1 + (number as usize % 4));
                told.entries.truncate(kept);
                told.time = told.entries.last().map(|e| e.time).unwrap_or_default();
            }
            1 => {}
            2 => {
                let record = Blob(vec![7; number as usize % 64]);
                let time = self.last();
                told.entries.push(Entry { time, record });
                told.time = time;
            }
            _ => {
                if let Some(last) = told.entries.last_mut() {
                    last.time = Timestamp(number);
                }
            }
        }
        self.lied = true;
        told.page(self.descriptor.clone(), have)
    }
}

/// What somebody says the log is.
struct Told {
    entries: Vec<Entry>,
    time: Timestamp,
}

impl Told {
    fn page(&self, descriptor: Descriptor, have: u64) -> Page {
        let leaves: Vec<Blob> = self
            .entries
            .iter()
            .map(|entry| Blob(entry.to_bytes()))
            .collect();
        let checkpoint = Checkpoint {
            origin: descriptor.origin.clone(),
            size: leaves.len() as u64,
            root: Digest(root(&leaves)),
            time: self.time,
        };
        let from = have.min(leaves.len() as u64);
        Page {
            log: descriptor.id(),
            note: Blob(checkpoint.sign(&operator())),
            from,
            entries: leaves[from as usize..].to_vec(),
            proof: Vec::new(),
        }
    }
}

/// RFC 6962, 2.1.
fn root(leaves: &[Blob]) -> [u8; 32] {
    match leaves {
        [] => Sha256::digest([]).into(),
        [leaf] => Sha256::new_with_prefix([0])
            .chain_update(&leaf.0)
            .finalize()
            .into(),
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            let inner = Sha256::new_with_prefix([1]);
            inner
                .chain_update(root(left))
                .chain_update(root(right))
                .finalize()
                .into()
        }
    }
}
