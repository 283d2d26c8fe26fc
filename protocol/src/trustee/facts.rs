//! What our own view of a ledger says, as of the newest head it has verified.
//!
//! Always the head's time, never our wall clock: a clock that jumps must not end a delay.
use crate::bytes::Digest;
use crate::error::Refusal;
use crate::keys::VerifyingKey;
use crate::keys::role::AgentPolicy;
use crate::ledger::{Authorizations, Hold, RecoveryPolicyBody, RequestBody, RequestStatus, View};
use crate::time::Timestamp;

/// How an agent's key stands in a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Alive, with ADMIN.
    Admin,
    /// It stands or stood there, and may not do this.
    Revoked,
    /// Not in the policy as far as it was read.
    Unknown,
}

/// The time of the newest verified head; zero before there is one.
pub(crate) fn head(view: &View) -> Timestamp {
    view.ledger_time().unwrap_or_default()
}

/// How an agent stands.
pub(crate) fn standing(view: &View, policy: &Digest, key: &VerifyingKey<AgentPolicy>) -> Standing {
    let Some(policy) = view.state().policy_at(policy, head(view)) else {
        return Standing::Unknown;
    };
    if policy.agent_may(key, Authorizations::ADMIN) {
        Standing::Admin
    } else if policy.agents.contains_key(key) {
        Standing::Revoked
    } else {
        Standing::Unknown
    }
}

/// The record of the active epoch.
pub(crate) fn active<'a>(view: &'a View, policy: &Digest) -> Option<&'a RecoveryPolicyBody> {
    let epoch = view.state().active_epoch(policy, head(view))?;
    view.state().recovery_policy(policy, epoch)
}

/// Whether this deal of this epoch stands on the ledger, active or not.
pub(crate) fn stands(view: &View, policy: &Digest, epoch: u32, deal: &Digest) -> bool {
    view.state()
        .recovery_policy(policy, epoch)
        .is_some_and(|body| body.deal_digest == *deal)
}

/// A request and how it stands.
pub(crate) fn request<'a>(view: &'a View, id: &Digest) -> Option<(&'a RequestBody, RequestStatus)> {
    Some((
        view.state().request(id)?,
        view.state().request_status(id, head(view))?,
    ))
}

/// Whether the chain, as we have verified it, allows giving something out for this request.
///
/// # Errors
/// The refusal that a peer is told.
pub(crate) fn allows_release(view: &View, id: &Digest, now: Timestamp) -> Result<(), Refusal> {
    view.release_allowed(id, now).map_err(|hold| {
        let code = match hold {
            Hold::NotAnchored | Hold::NotFull { .. } => "e.p.trust.not-approved",
            Hold::Ended => "e.p.req.time.expired",
            Hold::Vetoed => "e.p.trust.vetoed",
            Hold::Delay { .. } => "e.m.req.time.waiting-period",
            Hold::Stale => "e.m.trust.ledger-behind",
        };
        Refusal::new(code, hold.to_string())
    })
}

/// Whether time alone will change this policy: a change waits, or a request has not ended.
pub(crate) fn moves(view: &View, policy: &Digest) -> bool {
    view.state().moves(policy, head(view))
}

/// The newest epoch that a recovery has ended; zero where there was none.
pub(crate) fn recovered(view: &View, policy: &Digest) -> u32 {
    let ids = view.state().requests_on(policy);
    let completed = ids
        .iter()
        .filter_map(|id| request(view, id))
        .filter(|(_, status)| status.completed);
    completed.map(|(body, _)| body.epoch).max().unwrap_or(0)
}
