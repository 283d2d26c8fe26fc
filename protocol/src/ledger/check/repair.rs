//! Kind 36: the others are asked to compute the share of a trustee whose agent is gone; and the answer of a trustee
//! whose agent is not.
use super::{Admission, Asked, Case, request};
use crate::ledger::body::{ApprovalBody, Verdict};
use crate::ledger::effect::Act;
use crate::ledger::invalid::Invalid;
use crate::ledger::record::Subject;
use crate::ledger::repair::RepairBody;
use crate::ledger::request::RequestKind;
use crate::ledger::state::Policy;
use crate::policy::Replacement;

pub(super) fn judge<'a>(case: &Case<'a>, body: &RepairBody) -> Result<Admission<'a>, Invalid> {
    let asked = &body.request;
    if case.record.subject != Subject::Request(body.id()) || asked.log != *case.state.log() {
        return Err(Invalid::WrongSubject);
    }
    case.unlinked()?;
    let policy = case.policy(&asked.policy)?;
    if policy.requests.contains_key(&body.id()) {
        return Err(Invalid::RequestExists);
    }
    // After a theft the thief may hold the share: computing it anew takes nothing from him. That needs new shares for
    // all, which this version does not admit.
    if asked.kind != RequestKind::Lost {
        return Err(Invalid::Unsupported);
    }
    let epoch = policy
        .in_force()
        .filter(|epoch| epoch.epoch == asked.epoch)
        .ok_or(Invalid::EpochNotActive)?;
    request::lawful(&policy, epoch, asked, case.time)?;
    leaves(&policy, body)?;
    Ok(Admission {
        policy: asked.policy,
        act: Act::RepairRequested {
            body: Box::new(body.clone()),
        },
        demands: request::demands(case, asked)?,
    })
}

/// The old key stands where it is said to, somebody else sponsors its replacement, and something is replaced: whoever
/// found the phone would otherwise go on with the key that is on it.
fn leaves(policy: &Policy, body: &RepairBody) -> Result<(), Invalid> {
    let root = policy.approval_root().ok_or(Invalid::EpochNotActive)?;
    let path = &body.replacement.path;
    if !path.verify(&root, &body.gone) {
        return Err(Invalid::NotATrustee);
    }
    if body.request.sponsor == body.gone {
        return Err(Invalid::KeyLeaves);
    }
    if body.replacement.leaf == Replacement::leaf(&path.salt, &body.gone) {
        return Err(Invalid::WrongLeaf);
    }
    Ok(())
}

/// Kind 31 by the key that is to go. It ends the repair, at once and for good, even when the delay is over: nobody is
/// pushed out of her leaf while she holds its key. She says nothing else, and nothing twice.
pub(super) fn object<'a>(
    case: &Case<'a>,
    asked: &Asked,
    body: &ApprovalBody,
) -> Result<Admission<'a>, Invalid> {
    case.unlinked()?;
    if body.verdict != Verdict::Withdrawn {
        return Err(Invalid::KeyLeaves);
    }
    Ok(Admission {
        policy: asked.address,
        act: Act::Objected { repair: asked.id },
        demands: vec![case.by_approval(&body.key)?],
    })
}
