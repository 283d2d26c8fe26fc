//! Kind 11: grants and revocations (requirement L6).
use super::{Admission, Case, Demand};
use crate::bytes::Blob;
use crate::keys::VerifyingKey;
use crate::keys::role::AgentPolicy;
use crate::ledger::body::{Authorizations, Change, PolicyUpdateBody};
use crate::ledger::effect::Act;
use crate::ledger::invalid::Invalid;
use crate::ledger::state::{Agent, Policy};
use crate::limits;
use crate::time::Timestamp;

type Key = VerifyingKey<AgentPolicy>;

pub(super) fn judge<'a>(
    case: &Case<'a>,
    body: &PolicyUpdateBody,
) -> Result<Admission<'a>, Invalid> {
    let (address, policy) = case.linked()?;
    let (by, signature) = case.by_agent()?;
    let act = match &body.change {
        Change::Grant {
            agent,
            authorizations,
            commitment,
        } => {
            supported(commitment.as_ref())?;
            grant(&policy, (*agent, *authorizations), by, case.time)?
        }
        Change::Revoke { agent } => revoke(&policy, *agent, by, case.time)?,
    };
    Ok(Admission {
        policy: address,
        act,
        demands: vec![Demand::Agent(by, signature)],
    })
}

fn supported(commitment: Option<&Blob>) -> Result<(), Invalid> {
    if commitment.is_none() {
        Ok(())
    } else {
        Err(Invalid::Unsupported)
    }
}

fn grant(
    policy: &Policy,
    (agent, authorizations): (Key, Authorizations),
    by: Key,
    time: Timestamp,
) -> Result<Act, Invalid> {
    if !policy.agent_may(&by, needed_to_grant(authorizations)) {
        return Err(Invalid::NotAuthorized);
    }
    if policy.knows(&agent) {
        return Err(Invalid::KeySeen);
    }
    room(policy)?;
    // A device that a thief opened for a minute would else make itself a second owner.
    let waits = authorizations.includes(Authorizations::ADMIN);
    let waits_until = policy
        .waiting_time()
        .filter(|_| waits)
        .map(|span| time.after(span));
    Ok(Act::Granted {
        agent,
        authorizations,
        by,
        waits_until,
    })
}

/// Nobody grants more than their own: PROVE takes PROVE_GRANT, all else takes ADMIN.
fn needed_to_grant(authorizations: Authorizations) -> Authorizations {
    if authorizations == Authorizations::PROVE {
        Authorizations::PROVE_GRANT
    } else {
        Authorizations::ADMIN
    }
}

fn room(policy: &Policy) -> Result<(), Invalid> {
    let alive = policy
        .agents
        .values()
        .filter(|agent| agent.is_alive())
        .count();
    let full = alive + policy.waiting.len() >= limits::ledger::AGENTS
        || policy.waiting.len() >= limits::ledger::WAITING
        || policy.agents.len() >= limits::ledger::AGENTS_EVER;
    if full { Err(Invalid::TooMany) } else { Ok(()) }
}

fn revoke(policy: &Policy, agent: Key, by: Key, time: Timestamp) -> Result<Act, Invalid> {
    let target: &Agent = policy.agents.get(&agent).ok_or(Invalid::NotAlive)?;
    let revoker = policy.agents.get(&by).ok_or(Invalid::NotAuthorized)?;
    let counter = revoker.may_answer(&agent, time) && was_admin(revoker);
    let plain = revoker.may(needed_to_revoke(target));
    if !counter && !plain {
        return Err(Invalid::NotAuthorized);
    }
    if !target.is_alive() {
        return Err(Invalid::NotAlive);
    }
    Ok(Act::Revoked { agent, by, counter })
}

fn was_admin(agent: &Agent) -> bool {
    agent.authorizations.includes(Authorizations::ADMIN)
}

fn needed_to_revoke(target: &Agent) -> Authorizations {
    if target.authorizations == Authorizations::PROVE {
        Authorizations::PROVE_REVOKE
    } else {
        Authorizations::ADMIN
    }
}
