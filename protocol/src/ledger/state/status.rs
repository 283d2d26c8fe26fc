//! Questions to the state. Every one that depends on time takes it as an argument; which time (the
//! newest head's for a release, the wall clock's for a screen) is the asker's decision.
use super::State;
use super::policy::{Pending, Policy, Waiting};
use super::request::Request;
use crate::bytes::Digest;
use crate::keys::VerifyingKey;
use crate::keys::role::{AgentPolicy, Approval};
use crate::ledger::body::{RecoveryPolicyBody, Verdict};
use crate::ledger::request::RequestBody;
use crate::ledger::sign::Link;
use crate::time::Timestamp;
use thiserror::Error;

/// How a request, or a repair, stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestStatus {
    /// The policy it is on.
    pub policy: Digest,
    /// When it was anchored.
    pub anchored: Timestamp,
    /// Approvals that stand, "stolen" included.
    pub approvals: usize,
    /// Verdicts "stolen" that stand.
    pub stolen: usize,
    /// Approvals it needs.
    pub threshold: u8,
    /// Since when the lane is full.
    pub full_since: Option<Timestamp>,
    /// When the delay is over, if nothing changes.
    pub releases_at: Option<Timestamp>,
    /// Whether a veto stands.
    pub vetoed: bool,
    /// Whether a veto was set aside.
    pub overridden: bool,
    /// When it ends, or ended, if nothing more is said on it.
    pub ends_at: Timestamp,
    /// Whether it has ended.
    pub ended: bool,
    /// Whether it ended in a completed recovery.
    pub completed: bool,
    /// Whether a release was allowed at any time.
    pub opened: bool,
}

/// Why nothing may be released for a request (G7, R13).
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Hold {
    /// The view is not complete or its head too old to say anything about now.
    #[error(
        "the ledger's newest head is too old, or not all of it is here; it must be fetched first"
    )]
    Stale,
    /// Not on this ledger.
    #[error("the request is not anchored on the ledger")]
    NotAnchored,
    /// Ended.
    #[error("the request has ended")]
    Ended,
    /// Too few approvals.
    #[error("{have} of {needed} approvals are anchored")]
    NotFull {
        /// Those that stand.
        have: usize,
        /// The lane's threshold.
        needed: u8,
    },
    /// A veto.
    #[error("a living agent of the owner has vetoed the request")]
    Vetoed,
    /// Too young.
    #[error("the delay runs until {}", .until.0)]
    Delay {
        /// When it is over.
        until: Timestamp,
    },
}

/// A change that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingChange {
    /// The digest of the record that made it: the subject of a veto.
    pub record: Digest,
    /// Who made it.
    pub by: VerifyingKey<AgentPolicy>,
    /// When it comes into force, if no request holds it back further.
    pub in_force_at: Timestamp,
    /// The epoch it sets, unless it grants an agent.
    pub epoch: Option<u32>,
}

impl State {
    /// How a request stands at `now`; `None` when it is not anchored.
    #[must_use]
    pub fn request_status(&self, id: &Digest, now: Timestamp) -> Option<RequestStatus> {
        self.request(id)?;
        self.status_of(id, now)
    }

    /// The agents whose vetoes of a request, or of a repair, stand.
    #[must_use]
    pub fn standing_vetoes(&self, id: &Digest) -> Vec<VerifyingKey<AgentPolicy>> {
        let vetoes = self.asked(id).map(|request| request.vetoes.iter());
        vetoes
            .into_iter()
            .flatten()
            .filter_map(|(agent, stands)| stands.then_some(*agent))
            .collect()
    }

    /// The anchored body of a recovery request.
    #[must_use]
    pub fn request(&self, id: &Digest) -> Option<&RequestBody> {
        let request = self.asked(id).filter(|request| request.repair.is_none());
        request.map(|request| &request.body)
    }

    /// The ids of all recovery requests on a policy, ended ones included.
    #[must_use]
    pub fn requests_on(&self, policy: &Digest) -> Vec<Digest> {
        self.ids(policy, |request| request.repair.is_none())
    }

    /// The requests, and repairs, that taint an epoch: a release, or contributions, were allowed, and they ended without
    /// completing (G4). Of a repair that nobody closed somebody may hold the share, and no leaf answers for it.
    #[must_use]
    pub fn taints(&self, policy: &Digest, epoch: u32, now: Timestamp) -> Vec<Digest> {
        let mut all = self.ids(policy, |request| request.body.epoch == epoch);
        all.retain(|id| {
            let status = self.status_of(id, now);
            status.is_some_and(|status| status.opened && status.ended && !status.completed)
        });
        all
    }

    /// Whether the chain allows a release, or a completion, for this request at `now` (G7): full
    /// number of approvals, delay over, no standing veto, not ended.
    ///
    /// # Errors
    /// The [`Hold`] that forbids it.
    pub fn release_allowed(&self, id: &Digest, now: Timestamp) -> Result<(), Hold> {
        let status = self.request_status(id, now).ok_or(Hold::NotAnchored)?;
        status.allows(now)
    }

    /// Whether there is a policy of this address.
    #[must_use]
    pub fn knows_policy(&self, policy: &Digest) -> bool {
        self.policy_exists(policy)
    }

    /// The epoch that is active at `now`.
    #[must_use]
    pub fn active_epoch(&self, policy: &Digest, now: Timestamp) -> Option<u32> {
        self.policy_at(policy, now)?.active
    }

    /// The record of an epoch, whether it was, is, or waits to be active.
    #[must_use]
    pub fn recovery_policy(&self, policy: &Digest, epoch: u32) -> Option<&RecoveryPolicyBody> {
        let policy = self.policies.get(policy)?;
        policy
            .epochs
            .get(&epoch)
            .or_else(|| policy.waiting_epoch(epoch))
    }

    /// Whether an agent policy key is alive in the policy at `now`.
    #[must_use]
    pub fn agent_is_live(
        &self,
        policy: &Digest,
        key: &VerifyingKey<AgentPolicy>,
        now: Timestamp,
    ) -> bool {
        let policy = self.policy_at(policy, now);
        policy.is_some_and(|policy| policy.agents.get(key).is_some_and(super::Agent::is_alive))
    }

    /// Whether a veto by this agent on this request, or repair, would be admitted at `now`.
    #[must_use]
    pub fn may_veto(&self, id: &Digest, key: &VerifyingKey<AgentPolicy>, now: Timestamp) -> bool {
        let policy = self
            .policy_of_request(id)
            .and_then(|address| self.policy_at(address, now));
        policy.is_some_and(|policy| {
            crate::ledger::check::veto::of_request(&policy, id, key, now).is_ok()
        })
    }

    /// Whether time alone will still change a policy after `now`: a change waits, or a request has not
    /// ended.
    #[must_use]
    pub fn moves(&self, policy: &Digest, now: Timestamp) -> bool {
        self.policy_at(policy, now).is_some_and(|policy| {
            !policy.waiting.is_empty() || policy.requests.values().any(|one| !one.has_ended(now))
        })
    }

    /// Where the next record of the policy's chain goes.
    #[must_use]
    pub fn next_link(&self, policy: &Digest) -> Option<Link> {
        let head = self.policies.get(policy)?.head;
        Some(Link {
            policy: *policy,
            seq: head.seq.checked_add(1)?,
            prev: head.digest,
        })
    }

    /// The `seq` of this key's next verdict on a request, or a repair, and its last one.
    #[must_use]
    pub fn next_verdict(
        &self,
        id: &Digest,
        key: &VerifyingKey<Approval>,
    ) -> Option<(u64, Option<Verdict>)> {
        let judgement = self.asked(id)?.verdicts.get(key);
        Some(judgement.map_or((0, None), |judgement| {
            (judgement.count, Some(judgement.verdict))
        }))
    }

    /// The changes of a policy that wait at `now`.
    #[must_use]
    pub fn waiting_changes(&self, policy: &Digest, now: Timestamp) -> Vec<WaitingChange> {
        let Some(policy) = self.policy_at(policy, now) else {
            return Vec::new();
        };
        policy
            .waiting
            .iter()
            .map(|waiting| policy.describe(waiting))
            .collect()
    }
}

impl RequestStatus {
    /// Whether what is asked may be given.
    pub(super) fn allows(&self, now: Timestamp) -> Result<(), Hold> {
        if self.ended {
            return Err(Hold::Ended);
        }
        if self.vetoed {
            return Err(Hold::Vetoed);
        }
        match self.releases_at {
            None => Err(Hold::NotFull {
                have: self.approvals,
                needed: self.threshold,
            }),
            Some(until) if now < until => Err(Hold::Delay { until }),
            Some(_) => Ok(()),
        }
    }
}

impl Policy {
    fn waiting_epoch(&self, epoch: u32) -> Option<&RecoveryPolicyBody> {
        self.waiting
            .iter()
            .find_map(|waiting| match &waiting.change {
                Pending::Epoch(body) if body.epoch == epoch => Some(&**body),
                Pending::Epoch(_) | Pending::Agent(..) => None,
            })
    }

    fn describe(&self, waiting: &Waiting) -> WaitingChange {
        let epoch = match &waiting.change {
            Pending::Epoch(body) => Some(body.epoch),
            Pending::Agent(..) => None,
        };
        let in_force_at = self.in_force_at(waiting);
        WaitingChange {
            record: waiting.record,
            by: waiting.by,
            in_force_at,
            epoch,
        }
    }
}

impl Request {
    pub(super) fn status(&self, policy: Digest, now: Timestamp) -> RequestStatus {
        RequestStatus {
            policy,
            anchored: self.anchored,
            approvals: self.approvals(),
            stolen: self.stolen(),
            threshold: self.body.lane.threshold,
            full_since: self.full_since(),
            releases_at: self.releases_at(),
            vetoed: self.is_vetoed(),
            overridden: self.vetoes.values().any(|stands| !stands),
            ends_at: self.ends_at(),
            ended: self.has_ended(now),
            completed: self.is_completed(),
            opened: self.was_opened(now),
        }
    }
}
