//! A recovery request, or a repair, on the ledger: verdicts, delay, vetoes, end (spec/ledger.md, "A request
//! ends").
use crate::bytes::Digest;
use crate::keys::VerifyingKey;
use crate::keys::role::{AgentPolicy, Approval};
use crate::ledger::body::Verdict;
use crate::ledger::repair::RepairBody;
use crate::ledger::request::RequestBody;
use crate::time::{Millis, Timestamp};
use std::collections::BTreeMap;

/// A request and all that was said on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) body: RequestBody,
    /// What leaf it replaces, where it is a repair and no recovery.
    pub(crate) repair: Option<Box<RepairBody>>,
    pub(crate) anchored: Timestamp,
    /// The approval root when it was anchored: who may speak on it.
    pub(crate) root: Digest,
    /// How many leaves of its epoch had been replaced by then.
    pub(crate) replaced: usize,
    /// The longest delay of its epoch: how long an agent must have stood to veto it.
    pub(crate) longest_delay: Millis,
    pub(crate) verdicts: BTreeMap<VerifyingKey<Approval>, Judgement>,
    full_since: Option<Timestamp>,
    short_since: Timestamp,
    /// Vetoes by agent; true while one stands.
    pub(crate) vetoes: BTreeMap<VerifyingKey<AgentPolicy>, bool>,
    last_veto: Timestamp,
    closed: Option<Closed>,
    /// A release was allowed until something was said on it.
    opened: bool,
}

/// What a policy looks like when something is asked.
#[derive(Clone, Copy)]
pub(crate) struct Ground {
    pub(crate) root: Digest,
    pub(crate) replaced: usize,
    pub(crate) longest_delay: Millis,
}

/// What one approval key says, since when, and how many times it has spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Judgement {
    pub(crate) verdict: Verdict,
    pub(crate) since: Timestamp,
    pub(crate) count: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Closed {
    at: Timestamp,
    completed: bool,
}

impl Request {
    pub(crate) fn anchored(body: RequestBody, ground: Ground, time: Timestamp) -> Self {
        Self {
            body,
            repair: None,
            anchored: time,
            root: ground.root,
            replaced: ground.replaced,
            longest_delay: ground.longest_delay,
            verdicts: BTreeMap::new(),
            full_since: None,
            short_since: time,
            vetoes: BTreeMap::new(),
            last_veto: Timestamp(0),
            closed: None,
            opened: false,
        }
    }

    /// The same for a repair.
    pub(crate) fn of_repair(body: RepairBody, ground: Ground, time: Timestamp) -> Self {
        Self {
            repair: Some(Box::new(body.clone())),
            ..Self::anchored(body.request, ground, time)
        }
    }

    /// Whether it would put another key in this one's place.
    pub(crate) fn replaces(&self, key: &VerifyingKey<Approval>) -> bool {
        self.repair
            .as_ref()
            .is_some_and(|repair| repair.gone == *key)
    }

    /// Which leaf it replaces, where it is a repair.
    pub(crate) fn leaf(&self) -> Option<u8> {
        let repair = self.repair.as_ref()?;
        Some(repair.replacement.path.position)
    }

    /// Something is about to be said on it, or to end it: was a release allowed until now?
    pub(crate) fn note_opening(&mut self, time: Timestamp) {
        self.opened = self.was_opened(time);
    }

    /// Whether a release was allowed at any time until now: somebody may hold shares of its epoch, and nothing
    /// that is said later takes them back (G4).
    pub(crate) fn was_opened(&self, time: Timestamp) -> bool {
        let last = time.min(self.ends_at());
        self.opened || (!self.is_vetoed() && self.delay_is_over(last))
    }

    pub(crate) fn approvals(&self) -> usize {
        self.count(Verdict::approves)
    }

    pub(crate) fn stolen(&self) -> usize {
        self.count(|verdict| verdict == Verdict::Stolen)
    }

    fn count(&self, wanted: impl Fn(Verdict) -> bool) -> usize {
        self.verdicts
            .values()
            .filter(|judgement| wanted(judgement.verdict))
            .count()
    }

    pub(crate) fn full_since(&self) -> Option<Timestamp> {
        self.full_since
    }

    /// When the delay is over, as long as the lane is full.
    pub(crate) fn releases_at(&self) -> Option<Timestamp> {
        self.full_since.map(|full| full.after(self.body.lane.delay))
    }

    pub(crate) fn delay_is_over(&self, time: Timestamp) -> bool {
        self.releases_at().is_some_and(|over| over <= time)
    }

    pub(crate) fn is_vetoed(&self) -> bool {
        self.vetoes.values().any(|stands| *stands)
    }

    /// When it ends if nothing more is said on it: at its expiry while it is short, else one
    /// lifetime after its delay or its last veto. A standing veto does not keep it alive for ever,
    /// or it would hold back every change of policy.
    pub(crate) fn ends_at(&self) -> Timestamp {
        match (self.closed, self.releases_at()) {
            (Some(closed), _) => closed.at,
            (None, None) => self.body.expiry.max(self.short_since),
            (None, Some(over)) => over.max(self.last_veto).after(self.body.lane.lifetime),
        }
    }

    pub(crate) fn has_ended(&self, time: Timestamp) -> bool {
        self.ends_at() <= time
    }

    /// Until when it takes its sponsor's place: until it ends, or until the sponsor has taken its word
    /// back (decision 0026).
    pub(crate) fn sponsored_until(&self) -> Timestamp {
        let back = self
            .verdicts
            .get(&self.body.sponsor)
            .filter(|judgement| judgement.verdict == Verdict::Withdrawn);
        back.map_or(self.ends_at(), |judgement| {
            self.ends_at().min(judgement.since)
        })
    }

    pub(crate) fn is_completed(&self) -> bool {
        self.closed.is_some_and(|closed| closed.completed)
    }

    /// Replaces a key's verdict. The delay starts whenever the lane becomes full, again too, so
    /// that approvals taken back and given anew cannot eat it up.
    pub(crate) fn judge(&mut self, key: VerifyingKey<Approval>, verdict: Verdict, time: Timestamp) {
        let count = self
            .verdicts
            .get(&key)
            .map_or(0, |judgement| judgement.count)
            + 1;
        let judgement = Judgement {
            verdict,
            since: time,
            count,
        };
        self.verdicts.insert(key, judgement);
        let full = self.approvals() >= usize::from(self.body.lane.threshold);
        match (self.full_since, full) {
            (None, true) => self.full_since = Some(time),
            (Some(_), false) => {
                self.full_since = None;
                self.short_since = time;
            }
            (None, false) | (Some(_), true) => {}
        }
    }

    pub(crate) fn veto(&mut self, agent: VerifyingKey<AgentPolicy>, time: Timestamp) {
        self.vetoes.insert(agent, true);
        self.last_veto = time;
    }

    /// Sets a veto aside and restarts the full delay: another living agent still has its time.
    pub(crate) fn set_aside(&mut self, agent: VerifyingKey<AgentPolicy>, time: Timestamp) {
        self.vetoes.insert(agent, false);
        if self.full_since.is_some() {
            self.full_since = Some(time);
        }
    }

    pub(crate) fn complete(&mut self, time: Timestamp) {
        self.closed = Some(Closed {
            at: time,
            completed: true,
        });
    }

    /// Ends it because its epoch did, or because who should go is there, unless it had ended before.
    pub(crate) fn end(&mut self, time: Timestamp) {
        if !self.has_ended(time) {
            self.closed = Some(Closed {
                at: time,
                completed: false,
            });
        }
    }
}
