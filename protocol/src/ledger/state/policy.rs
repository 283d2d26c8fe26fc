//! One owner's policy on the ledger: agents, epochs, waiting changes, requests.
use super::agent::{Agent, Life};
use super::request::{Ground, Request};
use crate::bytes::Digest;
use crate::keys::VerifyingKey;
use crate::keys::role::{AgentPolicy, Approval};
use crate::ledger::body::{Authorizations, RecoveryPolicyBody};
use crate::policy::Replacement;
use crate::time::{Millis, Timestamp};
use std::collections::BTreeMap;

/// A policy. What time alone does to it, [`Policy::settle`] does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Policy {
    pub(crate) agents: BTreeMap<VerifyingKey<AgentPolicy>, Agent>,
    pub(crate) head: Head,
    /// Every epoch that was ever active.
    pub(crate) epochs: BTreeMap<u32, RecoveryPolicyBody>,
    pub(crate) active: Option<u32>,
    /// The leaves of the active epoch's approval tree that repairs have replaced, in order.
    pub(crate) replacements: Vec<Replacement>,
    /// In the order they were anchored.
    pub(crate) waiting: Vec<Waiting>,
    pub(crate) requests: BTreeMap<Digest, Request>,
    /// The last request each approval key has sponsored.
    pub(crate) sponsors: BTreeMap<VerifyingKey<Approval>, Digest>,
}

/// The newest record of a policy's chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) seq: u64,
    pub(crate) digest: Digest,
}

/// A change that is anchored and not yet in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Waiting {
    pub(crate) record: Digest,
    pub(crate) by: VerifyingKey<AgentPolicy>,
    /// When its own waiting time ends.
    pub(crate) ripe: Timestamp,
    pub(crate) change: Pending,
}

/// What will be in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Pending {
    /// The next epoch.
    Epoch(Box<RecoveryPolicyBody>),
    /// An agent with ADMIN.
    Agent(VerifyingKey<AgentPolicy>, Authorizations),
}

impl Policy {
    pub(crate) fn founded(
        agent: VerifyingKey<AgentPolicy>,
        address: Digest,
        time: Timestamp,
    ) -> Self {
        Self {
            agents: BTreeMap::from([(agent, Agent::founder(time))]),
            head: Head {
                seq: 0,
                digest: address,
            },
            epochs: BTreeMap::new(),
            active: None,
            replacements: Vec::new(),
            waiting: Vec::new(),
            requests: BTreeMap::new(),
            sponsors: BTreeMap::new(),
        }
    }

    /// The active epoch's body.
    pub(crate) fn in_force(&self) -> Option<&RecoveryPolicyBody> {
        self.active.and_then(|epoch| self.epochs.get(&epoch))
    }

    /// The root of the active epoch's approval tree as it is by now.
    pub(crate) fn approval_root(&self) -> Option<Digest> {
        let dealt = self.in_force()?.approval_root;
        Some(self.replacements.last().map_or(dealt, Replacement::root))
    }

    /// What a request that is anchored now stands on.
    pub(crate) fn ground(&self) -> Ground {
        Ground {
            // Without an epoch nothing is admitted that would ask for it.
            root: self.approval_root().unwrap_or(Digest([0; 32])),
            replaced: self.replacements.len(),
            longest_delay: self.longest_delay(),
        }
    }

    /// The number of the epoch after the active one.
    pub(crate) fn next_epoch(&self) -> u32 {
        self.active.unwrap_or(0).saturating_add(1)
    }

    /// No lane's delay is longer; zero before there is a lane to protect.
    pub(crate) fn longest_delay(&self) -> Millis {
        self.in_force()
            .map_or(Millis(0), |body| body.longest_delay.span())
    }

    /// How long a change waits: the longest delay and the longest request lifetime, so that no
    /// request which runs when it is made can be cut off by it.
    pub(crate) fn waiting_time(&self) -> Option<Millis> {
        self.in_force()
            .map(|body| body.longest_delay.span() + body.longest_lifetime.span())
    }

    pub(crate) fn agent_may(
        &self,
        key: &VerifyingKey<AgentPolicy>,
        needed: Authorizations,
    ) -> bool {
        self.agents.get(key).is_some_and(|agent| agent.may(needed))
    }

    /// Whether the key stands, stood, or waits to stand here.
    pub(crate) fn knows(&self, key: &VerifyingKey<AgentPolicy>) -> bool {
        let waits =
            |waiting: &Waiting| matches!(&waiting.change, Pending::Agent(agent, _) if agent == key);
        self.agents.contains_key(key) || self.waiting.iter().any(waits)
    }

    /// Does what time alone does: changes that waited long enough come into force, in the order in
    /// which they do.
    pub(crate) fn settle(&mut self, time: Timestamp) {
        while let Some((at, index)) = self.next_in_force()
            && at <= time
        {
            let ripe = self.waiting.remove(index);
            self.put_in_force(ripe, at);
        }
    }

    fn next_in_force(&self) -> Option<(Timestamp, usize)> {
        let times = self
            .waiting
            .iter()
            .enumerate()
            .map(|(index, waiting)| (self.in_force_at(waiting), index));
        times.min()
    }

    /// A change is held back only by recoveries that were anchored before its own waiting time
    /// ended, each until it ends; otherwise endless requests could starve it.
    pub(crate) fn in_force_at(&self, waiting: &Waiting) -> Timestamp {
        let holding = self
            .requests
            .values()
            .filter(|request| request.repair.is_none() && request.anchored < waiting.ripe);
        holding
            .map(Request::ends_at)
            .fold(waiting.ripe, Timestamp::max)
    }

    fn put_in_force(&mut self, ripe: Waiting, at: Timestamp) {
        match ripe.change {
            Pending::Epoch(body) => self.begin_epoch(*body, at),
            Pending::Agent(key, authorizations) => {
                self.admit_agent((key, authorizations), ripe.by, at)
            }
        }
    }

    pub(crate) fn begin_epoch(&mut self, body: RecoveryPolicyBody, at: Timestamp) {
        for request in self.requests.values_mut() {
            request.end(at);
        }
        self.replacements.clear();
        self.active = Some(body.epoch);
        self.epochs.insert(body.epoch, body);
    }

    pub(crate) fn admit_agent(
        &mut self,
        (key, authorizations): (VerifyingKey<AgentPolicy>, Authorizations),
        by: VerifyingKey<AgentPolicy>,
        at: Timestamp,
    ) {
        let barred = self.agents.get(&by).is_some_and(|granter| granter.barred);
        let agent = Agent {
            authorizations,
            since: at,
            founding: false,
            granted_by: Some(by),
            life: Life::Alive,
            barred,
        };
        self.agents.insert(key, agent);
    }

    /// Bars an agent and all that it granted, however far down.
    pub(crate) fn bar(&mut self, key: VerifyingKey<AgentPolicy>) {
        let Some(agent) = self.agents.get_mut(&key) else {
            return;
        };
        if core::mem::replace(&mut agent.barred, true) {
            return;
        }
        let granted_by_it = |agent: &Agent| agent.granted_by == Some(key);
        let below: Vec<_> = self
            .agents
            .iter()
            .filter(|(_, agent)| granted_by_it(agent))
            .map(|(key, _)| *key)
            .collect();
        for key in below {
            self.bar(key);
        }
    }
}
