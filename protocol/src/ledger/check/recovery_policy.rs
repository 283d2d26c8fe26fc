//! Kind 20: the next epoch. The first one of an address is active at once, because there is nothing
//! yet that a thief could take away; later ones wait (G7).
use super::{Admission, Case, Demand};
use crate::ledger::body::{Authorizations, RecoveryPolicyBody};
use crate::ledger::effect::Act;
use crate::ledger::invalid::Invalid;
use crate::ledger::state::{Pending, Policy};
use crate::limits;

pub(super) fn judge<'a>(
    case: &Case<'a>,
    body: &RecoveryPolicyBody,
) -> Result<Admission<'a>, Invalid> {
    let (address, policy) = case.linked()?;
    let (by, signature) = case.by_agent()?;
    if !policy.agent_may(&by, Authorizations::ADMIN) {
        return Err(Invalid::NotAuthorized);
    }
    follows(&policy, body)?;
    if policy
        .waiting
        .iter()
        .any(|waiting| matches!(waiting.change, Pending::Epoch(_)))
    {
        return Err(Invalid::ChangeWaiting);
    }
    if policy.waiting.len() >= limits::ledger::WAITING {
        return Err(Invalid::TooMany);
    }
    let waits_until = policy.waiting_time().map(|span| case.time.after(span));
    let act = Act::Dealt {
        body: Box::new(body.clone()),
        by,
        waits_until,
    };
    Ok(Admission {
        policy: address,
        act,
        demands: vec![Demand::Agent(by, signature)],
    })
}

/// Epochs are counted without gaps, so that a claimant knows the number she must deal for.
pub(super) fn follows(policy: &Policy, body: &RecoveryPolicyBody) -> Result<(), Invalid> {
    let (expected, named) = (policy.next_epoch(), body.epoch);
    if expected == named {
        Ok(())
    } else {
        Err(Invalid::WrongEpoch { expected, named })
    }
}
