//! What the records of a log amount to.
//!
//! The state is a function of the admitted records and their times alone: every reader that
//! replays the same log has the same state. Time passes in it only through the `now` of a question
//! or the time of the next record.
mod agent;
mod apply;
mod policy;
mod repair;
mod request;
mod status;

pub(crate) use agent::Agent;
pub(crate) use policy::{Pending, Policy};
pub(crate) use request::Request;
pub use status::{Hold, RequestStatus, WaitingChange};

use crate::bytes::Digest;
use crate::ledger::effect::{Act, Effect};
use crate::time::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The state of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    log: Digest,
    /// Shared between copies of the state until one of them changes: an operator keeps a second
    /// copy that runs ahead.
    policies: BTreeMap<Digest, Arc<Policy>>,
    /// Which policy each request, and each repair, is on.
    requests: BTreeMap<Digest, Digest>,
    /// Which policy each waiting change was made on.
    changes: BTreeMap<Digest, Digest>,
}

impl State {
    /// Nothing, on the log of this id.
    #[must_use]
    pub fn new(log: Digest) -> Self {
        Self {
            log,
            policies: BTreeMap::new(),
            requests: BTreeMap::new(),
            changes: BTreeMap::new(),
        }
    }

    /// The log's id.
    #[must_use]
    pub fn log(&self) -> &Digest {
        &self.log
    }

    /// Carries out what [`crate::ledger::check`] has admitted.
    pub fn apply(&mut self, effect: &Effect) {
        match &effect.act {
            Act::Created { agent } => {
                self.policies.insert(
                    effect.policy,
                    Arc::new(Policy::founded(*agent, effect.policy, effect.time)),
                );
            }
            Act::Requested { body } => {
                self.requests.insert(body.id(), effect.policy);
            }
            Act::RepairRequested { body } => {
                self.requests.insert(body.id(), effect.policy);
            }
            Act::Granted {
                waits_until: Some(_),
                ..
            }
            | Act::Dealt {
                waits_until: Some(_),
                ..
            } => {
                self.changes.insert(effect.record, effect.policy);
            }
            _ => {}
        }
        if let Some(policy) = self.policies.get_mut(&effect.policy) {
            let policy = Arc::make_mut(policy);
            policy.settle(effect.time);
            policy.apply(effect);
        }
    }

    /// The policy of this address as it stands at this time.
    pub(crate) fn policy_at(&self, address: &Digest, time: Timestamp) -> Option<Policy> {
        let mut policy = Policy::clone(self.policies.get(address)?);
        policy.settle(time);
        Some(policy)
    }

    pub(crate) fn policy_exists(&self, address: &Digest) -> bool {
        self.policies.contains_key(address)
    }

    pub(crate) fn policy_of_request(&self, request: &Digest) -> Option<&Digest> {
        self.requests.get(request)
    }

    pub(crate) fn policy_of_change(&self, change: &Digest) -> Option<&Digest> {
        self.changes.get(change)
    }
}
