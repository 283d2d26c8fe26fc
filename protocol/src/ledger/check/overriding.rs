//! Kind 33: enough trustees who checked "stolen" set a veto aside (G10).
//!
//! It is a record of its own and no consequence of the verdicts, so that somebody has to look at
//! the veto before it falls.
use super::{Admission, Case};
use crate::ledger::body::{OverrideBody, Verdict};
use crate::ledger::effect::Act;
use crate::ledger::invalid::Invalid;

pub(super) fn judge<'a>(case: &Case<'a>, body: &OverrideBody) -> Result<Admission<'a>, Invalid> {
    case.unlinked()?;
    let asked = case.asked()?;
    let request = asked.request()?;
    if request.vetoes.get(&body.agent) != Some(&true) {
        return Err(Invalid::NoSuchVeto);
    }
    let spoken = request
        .verdicts
        .get(&body.key)
        .map(|judgement| judgement.verdict);
    if spoken != Some(Verdict::Stolen) {
        return Err(Invalid::NotAuthorized);
    }
    let (have, needed) = (request.stolen(), request.body.lane.override_threshold);
    if have < usize::from(needed) {
        return Err(Invalid::TooFewStolen { have, needed });
    }
    let act = Act::Overridden {
        request: asked.id,
        agent: body.agent,
    };
    Ok(Admission {
        policy: asked.address,
        act,
        demands: vec![case.by_approval(&body.key)?],
    })
}
