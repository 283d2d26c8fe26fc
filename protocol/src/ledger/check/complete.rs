//! Kind 34: the recovery is complete. Everything of before loses its power in this one record
//! (G13).
use super::{Admission, Asked, Case, Demand};
use crate::ledger::body::CompleteBody;
use crate::ledger::effect::Act;
use crate::ledger::invalid::Invalid;
use crate::ledger::record::Endorsement;
use crate::ledger::state::Request;
use crate::time::Timestamp;

pub(super) fn judge<'a>(case: &Case<'a>, body: &CompleteBody) -> Result<Admission<'a>, Invalid> {
    case.unlinked()?;
    let asked = case.asked()?;
    if body.commitment.is_some() {
        return Err(Invalid::Unsupported);
    }
    if asked.request()?.repair.is_some() {
        return Err(Invalid::WrongSubject);
    }
    due(asked.request()?, case.time)?;
    fits(&asked, body)?;
    let demands = demands(case, asked.request()?, body)?;
    let next = Box::new(body.next.clone());
    let act = Act::Completed {
        request: asked.id,
        agent: body.agent,
        next,
    };
    Ok(Admission {
        policy: asked.address,
        act,
        demands,
    })
}

/// Whether the lane is full, its delay over, and no veto stands.
pub(super) fn due(request: &Request, time: Timestamp) -> Result<(), Invalid> {
    let Some(until) = request.releases_at() else {
        let (have, needed) = (request.approvals(), request.body.lane.threshold);
        return Err(Invalid::LaneNotFull { have, needed });
    };
    if time < until {
        return Err(Invalid::DelayRunning { until });
    }
    if request.is_vetoed() {
        Err(Invalid::VetoStands)
    } else {
        Ok(())
    }
}

fn fits(asked: &Asked, body: &CompleteBody) -> Result<(), Invalid> {
    let request = asked.request()?;
    if asked.policy.active != Some(request.body.epoch) {
        return Err(Invalid::EpochNotActive);
    }
    // A key from before the request may be a thief's too. One that appeared since is no reason to
    // refuse: whoever reads this record before it is included could grant its key first and so
    // block it for ever.
    let earlier = asked.policy.agents.get(&body.agent);
    if earlier.is_some_and(|agent| agent.since <= request.anchored) {
        return Err(Invalid::KeySeen);
    }
    super::recovery_policy::follows(&asked.policy, &body.next)
}

fn demands<'a>(
    case: &Case<'a>,
    request: &Request,
    body: &CompleteBody,
) -> Result<Vec<Demand<'a>>, Invalid> {
    match case.record.signatures.as_slice() {
        [
            Endorsement::Agent { key, signature },
            Endorsement::Claimant(claimant),
            Endorsement::Recovery(recovery),
        ] if *key == body.agent => Ok(vec![
            Demand::Agent(*key, signature),
            Demand::Claimant(request.body.signing, claimant),
            Demand::Recovery(request.body.lane.sign_key, recovery),
        ]),
        _ => Err(Invalid::WrongSignatures),
    }
}
