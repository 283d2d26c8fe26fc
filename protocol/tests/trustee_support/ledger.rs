//! A log of one operator: real entries, heads and pages, at the times a test wants.
use kith_protocol::bytes::{Blob, Digest};
use kith_protocol::did::LocalDid;
use kith_protocol::keys::SigningKey;
use kith_protocol::keys::role::LedgerOperator;
use kith_protocol::ledger::{
    Answer, AppendOutcome, Ask, Checkpoint, Descriptor, Entry, Invalid, OperatorEntry, Query,
    Record, State, check,
};
use kith_protocol::limits;
use kith_protocol::message::ledger::Page;
use kith_protocol::time::{Millis, Timestamp};
use sha2::{Digest as _, Sha256};

pub struct Ledger {
    pub descriptor: Descriptor,
    operator: SigningKey<LedgerOperator>,
    entries: Vec<Blob>,
    pub state: State,
    /// Added to the world's time: a ledger that is pushed.
    pub ahead: Millis,
    /// Taken off: a ledger whose time is right where the trustee's own clock has jumped.
    pub behind: Millis,
    /// Answers nothing.
    pub silent: bool,
    /// How often it was asked something.
    pub asked: u32,
    /// Refuses every veto.
    pub censors_vetoes: bool,
}

impl Ledger {
    pub fn new(name: &str, seed: u64) -> Self {
        let mut rng = super::rng(seed);
        let operator = SigningKey::generate(&mut rng);
        let did = LocalDid::generate_did_key(&mut rng).did().clone();
        let descriptor = Descriptor {
            origin: name.into(),
            operator: OperatorEntry {
                key: operator.verifying_key(),
                did,
            },
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
            operator,
            entries: Vec::new(),
            state,
            ahead: Millis(0),
            behind: Millis(0),
            silent: false,
            asked: 0,
            censors_vetoes: false,
        }
    }

    /// Another of the same history, made from the same seed.
    pub fn again(&self, name: &str, seed: u64) -> Self {
        Self {
            entries: self.entries.clone(),
            state: self.state.clone(),
            ..Self::new(name, seed)
        }
    }

    pub fn log(&self) -> Digest {
        self.descriptor.id()
    }

    /// Admits a record that must be lawful.
    pub fn admit(&mut self, record: &Record, now: Timestamp) {
        self.append(record, now)
            .unwrap_or_else(|invalid| panic!("{invalid}: {record:?}"));
    }

    pub fn append(&mut self, record: &Record, now: Timestamp) -> Result<u64, Invalid> {
        let time = self.time(now);
        let effect = check(&self.state, record, time)?;
        self.state.apply(&effect);
        self.entries.push(Blob(
            Entry {
                time,
                record: Blob(record.to_bytes()),
            }
            .to_bytes(),
        ));
        Ok(self.entries.len() as u64 - 1)
    }

    pub fn answer(&mut self, query: &Query, now: Timestamp) -> Answer {
        self.asked += 1;
        if self.silent || query.log != self.log() {
            return Answer::Unavailable;
        }
        match &query.ask {
            Ask::Append(bytes) => Answer::Appended(self.offered(bytes, now)),
            Ask::Follow { have, .. } => Answer::Page(self.page(*have, now)),
        }
    }

    fn offered(&mut self, bytes: &Blob, now: Timestamp) -> AppendOutcome {
        let record = Record::from_bytes(&bytes.0).unwrap();
        if self
            .entries
            .iter()
            .any(|entry| Entry::from_bytes(&entry.0).unwrap().record == *bytes)
        {
            return AppendOutcome::Committed { index: 0 };
        }
        if self.censors_vetoes && record.kind() == kith_protocol::ledger::Kind::Veto {
            return AppendOutcome::from(&Invalid::NotAuthorized);
        }
        match self.append(&record, now) {
            Ok(index) => AppendOutcome::Committed { index },
            Err(invalid) => AppendOutcome::from(&invalid),
        }
    }

    /// As many entries as a page may have, and the proof that the head over all goes on from them.
    pub fn page(&self, have: u64, now: Timestamp) -> Page {
        let mut bytes = 0;
        let fits = |entry: &&Blob| {
            bytes += entry.0.len();
            bytes <= limits::ledger::PAGE
        };
        let rest = &self.entries[have as usize..];
        let entries: Vec<Blob> = rest.iter().take_while(fits).cloned().collect();
        let end = have as usize + entries.len();
        let checkpoint = Checkpoint {
            origin: self.descriptor.origin.clone(),
            size: self.entries.len() as u64,
            root: Digest(root(&self.entries)),
            time: self.time(now),
        };
        Page {
            log: self.log(),
            note: Blob(checkpoint.sign(&self.operator)),
            from: have,
            entries,
            proof: proof(end, &self.entries, true),
        }
    }

    fn time(&self, now: Timestamp) -> Timestamp {
        Timestamp(now.after(self.ahead).0 - self.behind.0)
    }

    pub fn size(&self) -> usize {
        self.entries.len()
    }
}

/// RFC 6962, 2.1.
fn root(entries: &[Blob]) -> [u8; 32] {
    match entries {
        [] => Sha256::digest([]).into(),
        [entry] => Sha256::new_with_prefix([0])
            .chain_update(&entry.0)
            .finalize()
            .into(),
        _ => {
            let (left, right) = entries.split_at(entries.len().next_power_of_two() / 2);
            Sha256::new_with_prefix([1])
                .chain_update(root(left))
                .chain_update(root(right))
                .finalize()
                .into()
        }
    }
}

/// RFC 6962, 2.1.2: that these entries begin with the first `first` of them. `known` as long as who
/// reads it has the root of just those.
fn proof(first: usize, entries: &[Blob], known: bool) -> Vec<Digest> {
    if first == entries.len() {
        let own = (!known).then(|| Digest(root(entries)));
        return own.into_iter().collect();
    }
    let (left, right) = entries.split_at(entries.len().next_power_of_two() / 2);
    let (mut inner, other) = match first.checked_sub(left.len()) {
        None | Some(0) => (proof(first, left, known), right),
        Some(more) => (proof(more, right, false), left),
    };
    inner.push(Digest(root(other)));
    inner
}
