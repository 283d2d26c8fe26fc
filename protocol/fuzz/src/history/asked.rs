//! A request, or a repair, as the book has it.
use super::cast::{COOL_DOWN, DELAY, LIFETIME, OVERRIDE, THRESHOLD};
use kith_protocol::keys::VerifyingKey;
use kith_protocol::keys::role::{AgentPolicy, Approval};
use kith_protocol::ledger::{RepairBody, RequestBody, Verdict};
use kith_protocol::time::{Millis, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

pub(super) struct Asked {
    pub(super) body: RequestBody,
    /// What it replaces, where it is a repair.
    pub(super) repair: Option<RepairBody>,
    /// Whose word counts on it: who stood in the leaves when it was anchored.
    pub(super) speakers: BTreeSet<VerifyingKey<Approval>>,
    pub(super) anchored: Timestamp,
    /// How long an agent must have stood.
    pub(super) stood: Millis,
    /// What each key says last, and how often it spoke.
    pub(super) said: BTreeMap<VerifyingKey<Approval>, (Verdict, u64)>,
    /// When its sponsor took its word back.
    dropped: Option<Timestamp>,
    pub(super) vetoes: BTreeMap<VerifyingKey<AgentPolicy>, bool>,
    pub(super) completed: bool,
    full: Option<Timestamp>,
    short: Timestamp,
    last_veto: Timestamp,
    closed: Option<Timestamp>,
    /// What is asked could be given until something was said.
    opened: bool,
}

impl Asked {
    pub(super) fn new(
        body: RequestBody,
        speakers: BTreeSet<VerifyingKey<Approval>>,
        stood: Millis,
        now: Timestamp,
    ) -> Self {
        Self {
            body,
            repair: None,
            speakers,
            anchored: now,
            stood,
            said: BTreeMap::new(),
            dropped: None,
            vetoes: BTreeMap::new(),
            completed: false,
            full: None,
            short: now,
            last_veto: Timestamp(0),
            closed: None,
            opened: false,
        }
    }

    /// Whether what is asked could be given at any time until now.
    pub(super) fn was_opened(&self, now: Timestamp) -> bool {
        self.opened || (!self.vetoed() && self.delay_over(now.min(self.ends())))
    }

    /// Before anything is said on it.
    pub(super) fn note(&mut self, now: Timestamp) {
        self.opened = self.was_opened(now);
    }

    /// Which leaf it replaces, where it is a repair.
    pub(super) fn leaf(&self) -> Option<u8> {
        let repair = self.repair.as_ref()?;
        Some(repair.replacement.path.position)
    }

    pub(super) fn approvals(&self) -> usize {
        let all = self.said.values();
        all.filter(|(last, _)| *last != Verdict::Withdrawn).count()
    }

    pub(super) fn stolen(&self) -> usize {
        let all = self.said.values();
        all.filter(|(last, _)| *last == Verdict::Stolen).count()
    }

    pub(super) fn enough_stolen(&self) -> bool {
        self.stolen() >= usize::from(OVERRIDE)
    }

    pub(super) fn vetoed(&self) -> bool {
        self.vetoes.values().any(|stands| *stands)
    }

    pub(super) fn releases_at(&self) -> Option<Timestamp> {
        self.full.map(|since| since.after(DELAY))
    }

    pub(super) fn delay_over(&self, now: Timestamp) -> bool {
        self.releases_at().is_some_and(|over| over <= now)
    }

    /// Full, waited for, and not vetoed.
    pub(super) fn released(&self, now: Timestamp) -> bool {
        self.approvals() >= usize::from(THRESHOLD) && self.delay_over(now) && !self.vetoed()
    }

    pub(super) fn ends(&self) -> Timestamp {
        match (self.closed, self.releases_at()) {
            (Some(at), _) => at,
            (None, Some(over)) => over.max(self.last_veto).after(LIFETIME),
            (None, None) => self.body.expiry.max(self.short),
        }
    }

    pub(super) fn ended(&self, now: Timestamp) -> bool {
        self.ends() <= now
    }

    /// Whether its sponsor may sponsor another.
    pub(super) fn cooled(&self, now: Timestamp) -> bool {
        let over = self
            .dropped
            .map_or(self.ends(), |back| back.min(self.ends()));
        over <= now && (self.completed || over.after(COOL_DOWN) <= now)
    }

    pub(super) fn say(&mut self, key: VerifyingKey<Approval>, verdict: Verdict, now: Timestamp) {
        let spoke = self.said.get(&key).map_or(0, |(_, count)| *count);
        self.said.insert(key, (verdict, spoke + 1));
        if key == self.body.sponsor {
            self.dropped = (verdict == Verdict::Withdrawn).then_some(now);
        }
        let enough = self.approvals() >= usize::from(THRESHOLD);
        if enough && self.full.is_none() {
            self.full = Some(now);
        }
        if !enough && self.full.take().is_some() {
            self.short = now;
        }
    }

    pub(super) fn veto(&mut self, agent: VerifyingKey<AgentPolicy>, now: Timestamp) {
        self.vetoes.insert(agent, true);
        self.last_veto = now;
    }

    pub(super) fn set_aside(&mut self, agent: VerifyingKey<AgentPolicy>, now: Timestamp) {
        self.vetoes.insert(agent, false);
        self.full = self.full.map(|_| now);
    }

    pub(super) fn close(&mut self, at: Timestamp) {
        if !self.ended(at) {
            self.closed = Some(at);
        }
    }

    pub(super) fn complete(&mut self, now: Timestamp) {
        self.completed = true;
        self.closed = Some(now);
    }
}
