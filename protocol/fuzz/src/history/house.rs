//! An owner's policy, as the book has it: agents, waiting changes, epochs, requests.
use super::asked::Asked;
use super::cast::{self, OWNERS};
use kith_protocol::bytes::Digest;
use kith_protocol::keys::VerifyingKey;
use kith_protocol::keys::role::{AgentPolicy, Approval};
use kith_protocol::ledger::{
    Act, Authorizations, Effect, Endorsement, Record, RecordBody, RecoveryPolicyBody, RequestBody,
};
use kith_protocol::time::{Millis, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

pub(super) type Key = VerifyingKey<AgentPolicy>;

/// Every key that could be an agent's.
pub(super) fn every_agent() -> impl Iterator<Item = Key> {
    let agents = OWNERS.iter().flat_map(|owner| &owner.agents);
    agents.map(|agent| agent.verifying_key())
}

pub(super) fn signed_by(record: &Record, agent: &Key) {
    let signed =
        matches!(record.signatures.as_slice(), [Endorsement::Agent { key, .. }] if key == agent);
    assert!(signed, "admitted without the agent's signature");
}

pub(super) struct Agent {
    pub(super) powers: Authorizations,
    pub(super) since: Timestamp,
    pub(super) founding: bool,
    pub(super) by: Option<Key>,
    pub(super) barred: bool,
    /// Revoked by whom, and until when it may answer.
    pub(super) out: Option<(Key, Timestamp)>,
    pub(super) spent: bool,
}

impl Agent {
    fn founder(now: Timestamp) -> Self {
        Self {
            powers: Authorizations::ALL,
            since: now,
            founding: true,
            by: None,
            barred: false,
            out: None,
            spent: false,
        }
    }

    pub(super) fn lives(&self) -> bool {
        self.out.is_none() && !self.spent
    }

    pub(super) fn may(&self, power: Authorizations) -> bool {
        self.lives() && self.powers.includes(power)
    }
}

/// What will be.
pub(super) enum What {
    Epoch(RecoveryPolicyBody),
    Agent(Key, Authorizations),
}

/// Anchored, and not yet in force.
pub(super) struct Change {
    pub(super) record: Digest,
    pub(super) by: Key,
    pub(super) ripe: Timestamp,
    pub(super) what: What,
}

pub(super) struct House {
    pub(super) seq: u64,
    pub(super) prev: Digest,
    pub(super) agents: BTreeMap<Key, Agent>,
    pub(super) changes: Vec<Change>,
    pub(super) active: Option<u32>,
    pub(super) bodies: BTreeMap<u32, RecoveryPolicyBody>,
    pub(super) requests: BTreeMap<Digest, Asked>,
    pub(super) sponsors: BTreeMap<VerifyingKey<Approval>, Digest>,
    /// Who stands in the leaves of the epoch in force, and how many of them by repair.
    pub(super) leaves: BTreeSet<VerifyingKey<Approval>>,
    pub(super) replaced: usize,
}

impl House {
    pub(super) fn founded(agent: Key, address: Digest, now: Timestamp) -> Self {
        Self {
            seq: 0,
            prev: address,
            agents: BTreeMap::from([(agent, Agent::founder(now))]),
            changes: Vec::new(),
            active: None,
            bodies: BTreeMap::new(),
            requests: BTreeMap::new(),
            sponsors: BTreeMap::new(),
            leaves: BTreeSet::new(),
            replaced: 0,
        }
    }

    pub(super) fn in_force(&self) -> Option<&RecoveryPolicyBody> {
        self.bodies.get(&self.active?)
    }

    pub(super) fn next(&self) -> u32 {
        self.active.unwrap_or(0) + 1
    }

    pub(super) fn longest_delay(&self) -> Millis {
        self.in_force()
            .map_or(Millis(0), |body| body.longest_delay.span())
    }

    /// When a change that is made now may come into force at the earliest.
    pub(super) fn ripe(&self, now: Timestamp) -> Option<Timestamp> {
        let body = self.in_force()?;
        Some(now.after(body.longest_delay.span() + body.longest_lifetime.span()))
    }

    /// Changes whose time has come, the earliest first; recoveries from before hold them back.
    pub(super) fn settle(&mut self, now: Timestamp) {
        let due = |house: &Self| {
            let changes = house.changes.iter().enumerate();
            let times = changes.map(|(at, change)| (house.comes(change), at));
            times.min().filter(|(time, _)| *time <= now)
        };
        while let Some((time, at)) = due(self) {
            let change = self.changes.remove(at);
            match change.what {
                What::Epoch(body) => self.begin(body, time),
                What::Agent(key, powers) => self.admit(key, powers, change.by, time),
            }
        }
    }

    fn comes(&self, change: &Change) -> Timestamp {
        let before = |asked: &&Asked| asked.repair.is_none() && asked.anchored < change.ripe;
        let ends = self.requests.values().filter(before).map(Asked::ends);
        ends.fold(change.ripe, Timestamp::max)
    }

    fn begin(&mut self, body: RecoveryPolicyBody, now: Timestamp) {
        self.requests
            .values_mut()
            .for_each(|asked| asked.close(now));
        let trustees = cast::epoch_of(&body).trustees.iter();
        self.leaves = trustees.map(|trustee| trustee.verifying_key()).collect();
        self.replaced = 0;
        self.active = Some(body.epoch);
        self.bodies.insert(body.epoch, body);
    }

    fn admit(&mut self, key: Key, powers: Authorizations, by: Key, now: Timestamp) {
        let barred = self.agents.get(&by).is_some_and(|granter| granter.barred);
        let agent = Agent {
            powers,
            founding: false,
            by: Some(by),
            barred,
            ..Agent::founder(now)
        };
        self.agents.insert(key, agent);
    }

    /// Writes down what was admitted.
    pub(super) fn write(&mut self, record: &Record, effect: &Effect, now: Timestamp) {
        let linked = matches!(
            effect.act,
            Act::Granted { .. } | Act::Revoked { .. } | Act::Dealt { .. } | Act::Completed { .. }
        );
        if linked {
            self.seq += 1;
            self.prev = record.digest(&crate::pinned::digest("log"));
        }
        self.write_change(effect, now);
        self.write_request(effect, now);
        self.write_repair(record, effect, now);
    }

    fn write_change(&mut self, effect: &Effect, now: Timestamp) {
        let ripe = self.ripe(now);
        let waits = |by: Key, ripe, what| Change {
            record: effect.record,
            by,
            ripe,
            what,
        };
        match &effect.act {
            Act::Granted {
                agent,
                authorizations,
                by,
                ..
            } => match ripe.filter(|_| authorizations.includes(Authorizations::ADMIN)) {
                Some(ripe) => {
                    self.changes
                        .push(waits(*by, ripe, What::Agent(*agent, *authorizations)))
                }
                None => self.admit(*agent, *authorizations, *by, now),
            },
            Act::Dealt { body, by, .. } => match ripe {
                Some(ripe) => self
                    .changes
                    .push(waits(*by, ripe, What::Epoch((**body).clone()))),
                None => self.begin((**body).clone(), now),
            },
            Act::Revoked { agent, by, .. } => self.revoke(*agent, *by, now),
            Act::ChangeVetoed { change, .. } => {
                self.changes.retain(|waiting| waiting.record != *change);
            }
            _ => {}
        }
    }

    /// An answer to a revocation, and leaving by oneself, are for good.
    fn revoke(&mut self, agent: Key, by: Key, now: Timestamp) {
        let until = now.after(self.longest_delay());
        let answers = self.agents[&by]
            .out
            .is_some_and(|(first, _)| first == agent);
        let target = self.agents.get_mut(&agent).expect("an agent");
        target.spent = answers || agent == by;
        target.out = Some((by, until));
        if answers && let Some(first) = self.agents.get_mut(&by) {
            first.spent = true;
        }
        self.changes.retain(|waiting| waiting.by != agent);
    }

    fn write_request(&mut self, effect: &Effect, now: Timestamp) {
        match &effect.act {
            Act::Requested { body } => {
                let asked = self.asked((**body).clone(), body.id(), now);
                self.requests.insert(body.id(), asked);
            }
            Act::Judged {
                request,
                key,
                verdict,
            } => self.on_at(request, now).say(*key, *verdict, now),
            Act::Vetoed { request, agent } => self.on_at(request, now).veto(*agent, now),
            Act::Overridden { request, agent } => {
                self.on_at(request, now).set_aside(*agent, now);
                self.bar(*agent);
            }
            Act::Completed {
                request,
                agent,
                next,
            } => {
                self.on_at(request, now).complete(now);
                self.agents.values_mut().for_each(|old| old.spent = true);
                self.changes.clear();
                self.agents.insert(*agent, Agent::founder(now));
                self.begin((**next).clone(), now);
            }
            _ => {}
        }
    }

    /// Somebody asks, and somebody stands by it.
    fn asked(&mut self, body: RequestBody, id: Digest, now: Timestamp) -> Asked {
        self.sponsors.insert(body.sponsor, id);
        Asked::new(body, self.leaves.clone(), self.longest_delay(), now)
    }

    fn write_repair(&mut self, record: &Record, effect: &Effect, now: Timestamp) {
        match (&effect.act, &record.body) {
            (Act::RepairRequested { body }, _) => {
                let mut asked = self.asked(body.request.clone(), body.id(), now);
                asked.repair = Some((**body).clone());
                self.requests.insert(body.id(), asked);
            }
            (Act::Objected { repair }, _) => self.on_at(repair, now).close(now),
            (Act::Repaired { repair }, RecordBody::Repaired(body)) => {
                self.on_at(repair, now).complete(now);
                let repair = self.on(repair);
                let (leaf, gone) = (
                    repair.leaf(),
                    repair.repair.as_ref().map(|repair| repair.gone),
                );
                self.leaves.remove(&gone.expect("a repair"));
                self.leaves.insert(body.key);
                self.replaced += 1;
                let others = self.requests.values_mut();
                others
                    .filter(|other| other.leaf() == leaf)
                    .for_each(|other| other.close(now));
            }
            _ => {}
        }
    }

    fn on(&mut self, request: &Digest) -> &mut Asked {
        self.requests.get_mut(request).expect("a request")
    }

    fn on_at(&mut self, request: &Digest, now: Timestamp) -> &mut Asked {
        let asked = self.on(request);
        asked.note(now);
        asked
    }

    /// It, and all that it granted.
    fn bar(&mut self, key: Key) {
        let agent = self.agents.get_mut(&key).expect("an agent");
        if core::mem::replace(&mut agent.barred, true) {
            return;
        }
        let granted = |(below, agent): (&Key, &Agent)| (agent.by == Some(key)).then_some(*below);
        let below: Vec<Key> = self.agents.iter().filter_map(granted).collect();
        below.into_iter().for_each(|below| self.bar(below));
    }
}
