//! Kind 30: a request, anchored by a trustee who sponsors it. No stranger gets this far (G10).
use super::{Admission, Case, Demand};
use crate::ledger::body::RecoveryPolicyBody;
use crate::ledger::effect::Act;
use crate::ledger::invalid::Invalid;
use crate::ledger::record::{Endorsement, Subject};
use crate::ledger::request::RequestBody;
use crate::ledger::state::{Policy, Request};
use crate::time::Timestamp;

pub(super) fn judge<'a>(case: &Case<'a>, body: &RequestBody) -> Result<Admission<'a>, Invalid> {
    if case.record.subject != Subject::Request(body.id()) || body.log != *case.state.log() {
        return Err(Invalid::WrongSubject);
    }
    case.unlinked()?;
    let policy = case.policy(&body.policy)?;
    if policy.requests.contains_key(&body.id()) {
        return Err(Invalid::RequestExists);
    }
    let epoch = policy
        .in_force()
        .filter(|epoch| epoch.epoch == body.epoch)
        .ok_or(Invalid::EpochNotActive)?;
    lawful(&policy, epoch, body, case.time)?;
    Ok(Admission {
        policy: body.policy,
        act: Act::Requested {
            body: Box::new(body.clone()),
        },
        demands: demands(case, body)?,
    })
}

/// Whether this may be asked now: lane, expiry, sponsor.
pub(super) fn lawful(
    policy: &Policy,
    epoch: &RecoveryPolicyBody,
    body: &RequestBody,
    time: Timestamp,
) -> Result<(), Invalid> {
    lane(epoch, body)?;
    expiry(body, time)?;
    sponsor(policy, body, time)
}

/// Who asks and who sponsors it sign.
pub(super) fn demands<'a>(case: &Case<'a>, body: &RequestBody) -> Result<Vec<Demand<'a>>, Invalid> {
    match case.record.signatures.as_slice() {
        [
            Endorsement::Claimant(claimant),
            Endorsement::Approval(approval),
        ] => Ok(vec![
            Demand::Claimant(body.signing, claimant),
            Demand::Approval(body.sponsor, approval),
        ]),
        _ => Err(Invalid::WrongSignatures),
    }
}

fn lane(epoch: &RecoveryPolicyBody, body: &RequestBody) -> Result<(), Invalid> {
    body.lane.validate()?;
    if epoch.lanes.get(usize::from(body.lane.lane)) != Some(&body.lane.commitment()) {
        return Err(Invalid::LaneUnknown);
    }
    body.lane
        .fits(epoch.longest_delay, epoch.longest_lifetime)?;
    Ok(())
}

fn expiry(body: &RequestBody, time: Timestamp) -> Result<(), Invalid> {
    if body.expiry <= time {
        return Err(Invalid::Expired);
    }
    if body.expiry > time.after(body.lane.lifetime) {
        return Err(Invalid::ExpiryTooFar);
    }
    Ok(())
}

fn sponsor(policy: &Policy, body: &RequestBody, time: Timestamp) -> Result<(), Invalid> {
    let root = policy.approval_root().ok_or(Invalid::EpochNotActive)?;
    if !body.path.verify(&root, &body.sponsor) {
        return Err(Invalid::NotATrustee);
    }
    match policy
        .sponsors
        .get(&body.sponsor)
        .and_then(|id| policy.requests.get(id))
    {
        Some(last) => cooled(last, time),
        None => Ok(()),
    }
}

fn cooled(last: &Request, time: Timestamp) -> Result<(), Invalid> {
    let over = last.sponsored_until();
    if time < over {
        return Err(Invalid::SponsorBusy);
    }
    let until = over.after(last.body.lane.cool_down);
    if !last.is_completed() && time < until {
        Err(Invalid::SponsorCooling { until })
    } else {
        Ok(())
    }
}
