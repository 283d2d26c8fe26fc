//! Kind 32: a living agent of the owner says no, to a request or to a waiting change (G7).
use super::{Admission, Case};
use crate::bytes::Digest;
use crate::keys::VerifyingKey;
use crate::keys::role::AgentPolicy;
use crate::ledger::body::VetoBody;
use crate::ledger::effect::Act;
use crate::ledger::invalid::Invalid;
use crate::ledger::record::Subject;
use crate::ledger::state::Policy;
use crate::time::Timestamp;

pub(super) fn judge<'a>(case: &Case<'a>, body: &VetoBody) -> Result<Admission<'a>, Invalid> {
    case.unlinked()?;
    let demands = vec![case.by_named_agent(&body.agent)?];
    let (policy, act) = match case.record.subject {
        Subject::Request(request) => {
            let asked = case.asked()?;
            of_request(&asked.policy, &request, &body.agent, case.time)?;
            (
                asked.address,
                Act::Vetoed {
                    request,
                    agent: body.agent,
                },
            )
        }
        Subject::Change(change) => {
            let address = *case
                .state
                .policy_of_change(&change)
                .ok_or(Invalid::UnknownChange)?;
            of_change(&case.policy(&address)?, &change, &body.agent, case.time)?;
            (
                address,
                Act::ChangeVetoed {
                    change,
                    agent: body.agent,
                },
            )
        }
        Subject::Inception | Subject::Policy(_) => return Err(Invalid::WrongSubject),
    };
    Ok(Admission {
        policy,
        act,
        demands,
    })
}

/// Whether this agent may veto this request now.
pub(crate) fn of_request(
    policy: &Policy,
    request: &Digest,
    key: &VerifyingKey<AgentPolicy>,
    time: Timestamp,
) -> Result<(), Invalid> {
    let request = policy
        .requests
        .get(request)
        .ok_or(Invalid::UnknownRequest)?;
    if request.has_ended(time) {
        return Err(Invalid::RequestEnded);
    }
    let agent = policy
        .agents
        .get(key)
        .filter(|agent| agent.is_alive())
        .ok_or(Invalid::NotAuthorized)?;
    if request.vetoes.contains_key(key) {
        return Err(Invalid::VetoedAlready);
    }
    if agent.barred {
        return Err(Invalid::Barred);
    }
    if !agent.stood(request.longest_delay, request.anchored) {
        return Err(Invalid::TooYoung {
            longest_delay: request.longest_delay,
        });
    }
    Ok(())
}

fn of_change(
    policy: &Policy,
    change: &Digest,
    key: &VerifyingKey<AgentPolicy>,
    time: Timestamp,
) -> Result<(), Invalid> {
    if policy
        .waiting
        .iter()
        .all(|waiting| waiting.record != *change)
    {
        return Err(Invalid::UnknownChange);
    }
    let agent = policy
        .agents
        .get(key)
        .filter(|agent| agent.may_veto_changes(time));
    if agent.ok_or(Invalid::NotAuthorized)?.barred {
        Err(Invalid::Barred)
    } else {
        Ok(())
    }
}
