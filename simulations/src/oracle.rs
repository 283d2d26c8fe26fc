//! The ledger as the world saw it: every entry that any page brought to anybody, read with rules of
//! its own, so that the code under test does not judge itself.
//!
//! It assumes an operator that admits what it must and nothing else; a log that shows two entries at
//! one place is caught here.
use kith_protocol::bytes::Digest;
use kith_protocol::keys::VerifyingKey;
use kith_protocol::keys::role::{AgentPolicy, Approval};
use kith_protocol::ledger::{
    ApprovalBody, Endorsement, Entry, OverrideBody, Record, RecordBody, RecoveryPolicyBody,
    RequestBody, Subject, Verdict,
};
use kith_protocol::message::ledger::Page;
use kith_protocol::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// A veto of a request.
pub(crate) struct Vetoed {
    /// Where it stands.
    pub(crate) place: u64,
    time: Timestamp,
    pub(crate) agent: VerifyingKey<AgentPolicy>,
    /// Where and when it was set aside.
    pub(crate) set_aside: Option<(u64, Timestamp)>,
}

/// A request on the ledger.
pub(crate) struct Asked {
    pub(crate) body: RequestBody,
    verdicts: BTreeMap<VerifyingKey<Approval>, Verdict>,
    /// Since when its sponsor has taken its word back.
    unsponsored: Option<Timestamp>,
    /// When the lane last became full.
    full_since: Option<Timestamp>,
    /// The same as each verdict left it, and where that stands.
    fullness: Vec<(u64, Option<Timestamp>)>,
    pub(crate) vetoes: Vec<Vetoed>,
    /// Where the completion stands.
    pub(crate) completed: Option<u64>,
}

/// A change that waits.
struct Waiting {
    record: Digest,
    due: Timestamp,
}

/// All that is known.
#[derive(Default)]
pub(crate) struct Oracle {
    entries: BTreeMap<u64, Vec<u8>>,
    next: u64,
    log: Option<Digest>,
    /// Agents that live.
    live: BTreeSet<VerifyingKey<AgentPolicy>>,
    /// Agents that lived.
    revoked: BTreeSet<VerifyingKey<AgentPolicy>>,
    /// The epoch that is active, and its record.
    pub(crate) epoch: Option<u32>,
    active: Option<RecoveryPolicyBody>,
    waiting: Option<(Waiting, RecoveryPolicyBody)>,
    /// The deals that were ever in force, by epoch.
    pub(crate) deals: BTreeSet<(u32, Digest)>,
    pub(crate) requests: BTreeMap<Digest, Asked>,
    /// Records in order: what they are and when they were admitted.
    pub(crate) kinds: Vec<(&'static str, Timestamp)>,
}

/// An entry that nobody had seen before.
pub(crate) struct Anchored {
    pub(crate) kind: &'static str,
    pub(crate) record: Record,
    pub(crate) time: Timestamp,
    /// Whether the epoch changed.
    pub(crate) new_epoch: bool,
    /// A key without power whose signature the record carries.
    pub(crate) by_the_dead: bool,
}

impl Asked {
    /// When it ends if nothing more happens to it: short of its approvals it expires; else it stays
    /// open for a lifetime after its delay, or after its last veto.
    pub(crate) fn ends(&self) -> Timestamp {
        let lane = &self.body.lane;
        let Some(full) = self.full_since else {
            return self.body.expiry;
        };
        let vetoed = self.vetoes.iter().map(|veto| veto.time);
        let last = vetoed.chain([self.releases_after(full)]).max();
        last.unwrap_or(full).after(lane.lifetime)
    }

    /// Whether its sponsor may not sponsor another: it is under way and the sponsor stands by it, or that
    /// came to an end, not a good one, too short a time ago.
    pub(crate) fn binds_its_sponsor(&self, time: Timestamp, active: Option<u32>) -> bool {
        let dropped = self.unsponsored.is_some_and(|since| since <= time);
        if !dropped && !self.is_over(time, active) {
            return true;
        }
        let ended = self
            .unsponsored
            .map_or(self.ends(), |since| since.min(self.ends()));
        self.completed.is_none() && ended <= time && time < ended.after(self.body.lane.cool_down)
    }

    /// When the lane last became full, for somebody who was shown so many entries.
    pub(crate) fn full_since(&self, shown: u64) -> Option<Timestamp> {
        let mut latest = self.fullness.iter().rev();
        let seen = latest.find(|(place, _)| *place < shown);
        seen.and_then(|(_, since)| *since)
    }

    fn releases_after(&self, full: Timestamp) -> Timestamp {
        let set_aside = self.vetoes.iter().filter_map(|veto| veto.set_aside);
        let begun = set_aside.map(|(_, time)| time).chain([full]).max();
        begun.unwrap_or(full).after(self.body.lane.delay)
    }

    /// Whether it is over at that time.
    pub(crate) fn is_over(&self, time: Timestamp, active: Option<u32>) -> bool {
        self.completed.is_some() || active != Some(self.body.epoch) || self.ends() <= time
    }

    /// Whether vetoes of this agent count no longer.
    pub(crate) fn bars(&self, agent: &VerifyingKey<AgentPolicy>) -> bool {
        let mut vetoes = self.vetoes.iter();
        vetoes.any(|veto| veto.agent == *agent && veto.set_aside.is_some())
    }
}

impl Oracle {
    /// Takes a page.
    ///
    /// # Errors
    /// When it contradicts what was seen before.
    pub(crate) fn read(&mut self, page: &Page) -> Result<(), String> {
        self.log = Some(page.log);
        for (index, entry) in (page.from..).zip(&page.entries) {
            let known = self.entries.entry(index).or_insert_with(|| entry.0.clone());
            if *known != entry.0 {
                return Err(format!(
                    "two entries were shown at place {index} of the log"
                ));
            }
        }
        Ok(())
    }

    /// The next entry that nobody had seen before, applied.
    ///
    /// # Errors
    /// When it is none.
    pub(crate) fn advance(&mut self) -> Result<Option<Anchored>, String> {
        let Some(bytes) = self.entries.get(&self.next) else {
            return Ok(None);
        };
        let bad = |error: &dyn std::fmt::Display| format!("entry {}: {error}", self.next);
        let entry = Entry::from_bytes(bytes).map_err(|error| bad(&error))?;
        let record = entry.record().map_err(|error| bad(&error))?;
        Ok(Some(self.take(record, entry.time)))
    }

    /// The entries in order, as everybody sees them.
    #[cfg(test)]
    pub(crate) fn entries(&self) -> impl Iterator<Item = &[u8]> {
        self.entries.values().map(Vec::as_slice)
    }

    /// How many entries were seen.
    pub(crate) fn size(&self) -> u64 {
        self.next
    }

    pub(crate) fn take(&mut self, record: Record, time: Timestamp) -> Anchored {
        let before = self.epoch;
        let by_the_dead = record.signatures.iter().any(|signature| match signature {
            Endorsement::Agent { key, .. } => self.revoked.contains(key),
            Endorsement::Approval(_) | Endorsement::Claimant(_) | Endorsement::Recovery(_) => false,
        });
        self.wait_no_longer(time);
        self.apply(&record, time);
        let kind = record.kind().name();
        self.kinds.push((kind, time));
        self.next += 1;
        Anchored {
            kind,
            record,
            time,
            new_epoch: self.epoch != before,
            by_the_dead,
        }
    }

    /// What waited comes into force once its time is over and every request that was anchored before
    /// is.
    pub(crate) fn wait_no_longer(&mut self, time: Timestamp) {
        let held_back = |waiting: &Waiting| {
            let mut requests = self.requests.values();
            requests.any(|asked| !asked.is_over(time.max(waiting.due), self.epoch))
        };
        if self
            .waiting
            .as_ref()
            .is_some_and(|(waiting, _)| waiting.due <= time && !held_back(waiting))
            && let Some((_, body)) = self.waiting.take()
        {
            self.comes_into_force(&body);
        }
    }

    fn apply(&mut self, record: &Record, time: Timestamp) {
        let place = self.next;
        match (&record.body, record.subject) {
            (RecordBody::PolicyCreate(body), _) => {
                self.live.insert(body.agent);
            }
            (RecordBody::RecoveryPolicy(body), _) => self.deal(record, body, time),
            (RecordBody::Request(body), _) => self.ask(body),
            (RecordBody::Approval(body), Subject::Request(id)) => self.approve(&id, body, time),
            (RecordBody::Veto(body), Subject::Request(id)) => {
                let veto = Vetoed {
                    place,
                    time,
                    agent: body.agent,
                    set_aside: None,
                };
                self.with(&id, |asked| asked.vetoes.push(veto));
            }
            (RecordBody::Veto(_), Subject::Change(change)) => {
                self.waiting
                    .take_if(|(waiting, _)| waiting.record == change);
            }
            (RecordBody::Override(body), Subject::Request(id)) => {
                self.with(&id, |asked| asked.set_aside(body, (place, time)));
            }
            (RecordBody::Complete(body), Subject::Request(id)) => {
                self.with(&id, |asked| asked.completed = Some(place));
                self.comes_into_force(&body.next);
                self.waiting = None;
                self.revoked.append(&mut self.live);
                self.live.insert(body.agent);
            }
            _ => {}
        }
    }

    pub(crate) fn comes_into_force(&mut self, body: &RecoveryPolicyBody) {
        self.deals.insert((body.epoch, body.deal_digest));
        self.epoch = Some(body.epoch);
        self.active = Some(body.clone());
    }

    /// The epoch in force and its deal.
    pub(crate) fn in_force(&self) -> Option<(u32, Digest)> {
        let active = self.active.as_ref();
        active.map(|body| (body.epoch, body.deal_digest))
    }

    /// The first epoch is active at once, later ones wait.
    fn deal(&mut self, record: &Record, body: &RecoveryPolicyBody, time: Timestamp) {
        match (&self.active, self.log) {
            (Some(active), Some(log)) => {
                let due = time
                    .after(active.longest_delay.span())
                    .after(active.longest_lifetime.span());
                let waiting = Waiting {
                    record: record.digest(&log),
                    due,
                };
                self.waiting = Some((waiting, body.clone()));
            }
            _ => self.comes_into_force(body),
        }
    }

    fn with(&mut self, id: &Digest, change: impl FnOnce(&mut Asked)) {
        if let Some(asked) = self.requests.get_mut(id) {
            change(asked);
        }
    }

    pub(crate) fn ask(&mut self, body: &RequestBody) {
        self.requests.entry(body.id()).or_insert_with(|| Asked {
            body: body.clone(),
            verdicts: BTreeMap::new(),
            unsponsored: None,
            full_since: None,
            fullness: Vec::new(),
            vetoes: Vec::new(),
            completed: None,
        });
    }

    fn approve(&mut self, id: &Digest, body: &ApprovalBody, time: Timestamp) {
        let place = self.next;
        self.with(id, |asked| {
            asked.verdicts.insert(body.key, body.verdict);
            if body.key == asked.body.sponsor {
                asked.unsponsored = (!body.verdict.approves()).then_some(time);
            }
            let yes = asked.verdicts.values().filter(|verdict| verdict.approves());
            let full = yes.count() >= usize::from(asked.body.lane.threshold);
            asked.full_since = full.then(|| asked.full_since.unwrap_or(time));
            asked.fullness.push((place, asked.full_since));
        });
    }
}

impl Asked {
    fn set_aside(&mut self, body: &OverrideBody, at: (u64, Timestamp)) {
        let vetoes = self.vetoes.iter_mut();
        for veto in vetoes.filter(|veto| veto.agent == body.agent) {
            veto.set_aside.get_or_insert(at);
        }
    }

    /// Trustees whose people say that a thief has a device.
    pub(crate) fn stolen(&self) -> usize {
        let verdicts = self.verdicts.values();
        verdicts
            .filter(|verdict| **verdict == Verdict::Stolen)
            .count()
    }
}
