//! The ledger as the world saw it: every entry that any page brought to anybody, read with rules of
//! its own, so that the code under test does not judge itself.
//!
//! It assumes an operator that admits what it must and nothing else; a log that shows two entries at
//! one place is caught here.
use kith_protocol::bytes::Digest;
use kith_protocol::keys::VerifyingKey;
use kith_protocol::keys::role::{AgentPolicy, Approval};
use kith_protocol::ledger::{
    ApprovalBody, Endorsement, Entry, Record, RecordBody, RequestBody, Subject,
};
use kith_protocol::message::ledger::Page;
use kith_protocol::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// A request on the ledger.
pub(crate) struct Asked {
    pub(crate) body: RequestBody,
    approvals: BTreeSet<VerifyingKey<Approval>>,
    /// When the lane last became full.
    pub(crate) full_since: Option<Timestamp>,
    /// Where the vetoes stand.
    pub(crate) vetoes: Vec<u64>,
    /// Where the completion stands.
    pub(crate) completed: Option<u64>,
}

/// All that is known.
#[derive(Default)]
pub(crate) struct Oracle {
    entries: BTreeMap<u64, Vec<u8>>,
    next: u64,
    /// Agents that live.
    live: BTreeSet<VerifyingKey<AgentPolicy>>,
    /// Agents that lived.
    revoked: BTreeSet<VerifyingKey<AgentPolicy>>,
    /// The epoch that is active.
    pub(crate) epoch: Option<u32>,
    pub(crate) requests: BTreeMap<Digest, Asked>,
    /// Records in order: what they are and when they were admitted.
    pub(crate) kinds: Vec<(&'static str, Timestamp)>,
}

/// An entry that nobody had seen before.
pub(crate) struct Anchored {
    pub(crate) kind: &'static str,
    /// Whether the epoch changed.
    pub(crate) new_epoch: bool,
    /// A key without power whose signature the record carries.
    pub(crate) by_the_dead: bool,
}

impl Oracle {
    /// Takes a page; says what is new in it.
    ///
    /// # Errors
    /// When it contradicts what was seen before.
    pub(crate) fn read(&mut self, page: &Page) -> Result<Vec<Anchored>, String> {
        for (index, entry) in (page.from..).zip(&page.entries) {
            let known = self.entries.entry(index).or_insert_with(|| entry.0.clone());
            if *known != entry.0 {
                return Err(format!(
                    "two entries were shown at place {index} of the log"
                ));
            }
        }
        let mut new = Vec::new();
        while let Some(bytes) = self.entries.get(&self.next) {
            let entry = Entry::from_bytes(bytes)
                .map_err(|error| format!("entry {}: {error}", self.next))?;
            let record = entry
                .record()
                .map_err(|error| format!("entry {}: {error}", self.next))?;
            new.push(self.take(&record, entry.time));
            self.next += 1;
        }
        Ok(new)
    }

    fn take(&mut self, record: &Record, time: Timestamp) -> Anchored {
        let before = self.epoch;
        let by_the_dead = record.signatures.iter().any(|signature| match signature {
            Endorsement::Agent { key, .. } => self.revoked.contains(key),
            Endorsement::Approval(_) | Endorsement::Claimant(_) | Endorsement::Recovery(_) => false,
        });
        self.apply(record, time);
        let kind = record.kind().name();
        self.kinds.push((kind, time));
        Anchored {
            kind,
            new_epoch: self.epoch != before,
            by_the_dead,
        }
    }

    fn apply(&mut self, record: &Record, time: Timestamp) {
        match (&record.body, record.subject) {
            (RecordBody::PolicyCreate(body), _) => {
                self.live.insert(body.agent);
            }
            // Only the first epoch is active at once; later ones wait, and no scenario waits so long.
            (RecordBody::RecoveryPolicy(body), _) if self.epoch.is_none() => {
                self.epoch = Some(body.epoch)
            }
            (RecordBody::Request(body), _) => self.ask(body),
            (RecordBody::Approval(body), Subject::Request(id)) => self.approve(&id, body, time),
            (RecordBody::Veto(_), Subject::Request(id)) => {
                let place = self.next;
                self.with(&id, |asked| asked.vetoes.push(place));
            }
            (RecordBody::Complete(body), Subject::Request(id)) => {
                let place = self.next;
                self.with(&id, |asked| asked.completed = Some(place));
                self.epoch = Some(body.next.epoch);
                self.revoked.append(&mut self.live);
                self.live.insert(body.agent);
            }
            _ => {}
        }
    }

    fn with(&mut self, id: &Digest, change: impl FnOnce(&mut Asked)) {
        if let Some(asked) = self.requests.get_mut(id) {
            change(asked);
        }
    }

    fn ask(&mut self, body: &RequestBody) {
        self.requests.entry(body.id()).or_insert_with(|| Asked {
            body: body.clone(),
            approvals: BTreeSet::new(),
            full_since: None,
            vetoes: Vec::new(),
            completed: None,
        });
    }

    fn approve(&mut self, id: &Digest, body: &ApprovalBody, time: Timestamp) {
        self.with(id, |asked| {
            if body.verdict.approves() {
                asked.approvals.insert(body.key);
            } else {
                asked.approvals.remove(&body.key);
            }
            let full = asked.approvals.len() >= usize::from(asked.body.lane.threshold);
            asked.full_since = full.then(|| asked.full_since.unwrap_or(time));
        });
    }
}
