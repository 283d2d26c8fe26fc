//! Histories: records that are properly signed, some with one thing wrong, one after the other
//! through the rule that admits them; held against a book of its own of what the rule must never do
//! (`book.rs`), and against the same log read again.
mod asked;
mod book;
mod cast;
mod house;
mod may;
mod may_repair;
mod mending;
mod pen;
mod spoilt;

use crate::pinned::digest;
use crate::taps::Taps;
use book::Book;
use kith_protocol::bytes::{Blob, Digest};
use kith_protocol::ledger::{Entry, Record, State, check};
use kith_protocol::time::{Millis, Timestamp};
use pen::Pen;

/// Records of one history.
const RECORDS: usize = 48;
const START: Timestamp = Timestamp(1_000_000_000);

/// A log while it grows.
struct History {
    now: Timestamp,
    state: State,
    book: Book,
    /// Each with the policy it is on.
    entries: Vec<(Digest, Entry)>,
    /// Every record that was made, admitted or not, before anything was spoilt.
    made: Vec<Record>,
}

/// Bytes as records: the first says how far everything has come, then each record takes a few.
pub(crate) fn history(bytes: &[u8]) {
    let mut taps = Taps::new(bytes);
    let mut history = History {
        now: START,
        state: State::new(digest("log")),
        book: Book::default(),
        entries: Vec::new(),
        made: Vec::new(),
    };
    for stage in 0..usize::from(taps.byte()) % (pen::STAGES + 1) {
        history.begin(stage);
    }
    for _ in 0..RECORDS {
        if taps.is_dry() {
            break;
        }
        history.go_on(&mut taps);
    }
    history.is_what_the_log_says();
    history.owners_are_apart();
}

impl History {
    fn pen(&self) -> Pen<'_> {
        Pen {
            state: &self.state,
            now: self.now,
            made: &self.made,
        }
    }

    /// What honest people do first; all of it must be admitted.
    fn begin(&mut self, stage: usize) {
        for record in self.pen().honest(stage) {
            assert!(self.offer(&record), "an honest record is refused");
        }
        // The first agent must have stood for long before anybody asks.
        if stage < pen::ASKED {
            self.now = self.now.after(Millis::seconds(30_000));
        }
    }

    fn go_on(&mut self, taps: &mut Taps<'_>) {
        self.pass(taps);
        let Some(record) = self.pen().record(taps) else {
            return;
        };
        let spoil = taps.byte();
        let bad = spoilt::spoilt(spoil, &record, &self.made);
        self.made.push(record.clone());
        match bad {
            Some(bad) => assert!(!self.offer(&bad), "admitted though spoilt by {spoil}"),
            None => {
                self.offer(&record);
            }
        }
    }

    fn pass(&mut self, taps: &mut Taps<'_>) {
        const SPANS: [u64; 8] = [0, 0, 1, 600, 999, 1_000, 5_000, 30_000];
        let span = taps.one(&SPANS).copied().unwrap_or_default();
        self.now = self.now.after(Millis::seconds(span));
        self.book.settle(self.now);
        self.book.agrees(&self.state, self.now);
    }

    /// Whether it was admitted.
    fn offer(&mut self, record: &Record) -> bool {
        let Ok(effect) = check(&self.state, record, self.now) else {
            return false;
        };
        self.book.may(record, &effect, self.now);
        self.state.apply(&effect);
        self.book.write(record, &effect, self.now);
        self.book.agrees(&self.state, self.now);
        assert!(
            check(&self.state, record, self.now).is_err(),
            "admitted twice"
        );
        let (time, record) = (self.now, Blob(record.to_bytes()));
        self.entries.push((effect.policy, Entry { time, record }));
        true
    }

    /// Whoever reads the log comes to the same state.
    fn is_what_the_log_says(&self) {
        let mut state = State::new(digest("log"));
        for (_, entry) in &self.entries {
            let entry = Entry::from_bytes(&entry.to_bytes()).expect("an entry");
            let record = entry.record().expect("a record");
            let effect = check(&state, &record, entry.time).expect("it was admitted");
            state.apply(&effect);
        }
        assert_eq!(state, self.state, "the log read again says something else");
    }

    /// An owner's records alone say the same of her as with another's between them.
    fn owners_are_apart(&self) {
        for owner in self.book.owners() {
            let mut alone = State::new(digest("log"));
            for (_, entry) in self.entries.iter().filter(|(whose, _)| *whose == owner) {
                let record = entry.record().expect("a record");
                let effect = check(&alone, &record, entry.time).expect("it was admitted");
                alone.apply(&effect);
            }
            self.book.agrees_on(&owner, &alone, self.now);
        }
    }
}
