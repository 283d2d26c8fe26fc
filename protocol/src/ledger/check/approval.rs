//! Kind 31: a trustee's verdict, and what may replace it when.
use super::{Admission, Case};
use crate::ledger::body::{ApprovalBody, Verdict};
use crate::ledger::effect::Act;
use crate::ledger::invalid::Invalid;
use crate::ledger::record::NO_PREV;
use crate::ledger::state::Request;
use crate::limits::ledger as limits;
use crate::time::Timestamp;

pub(super) fn judge<'a>(case: &Case<'a>, body: &ApprovalBody) -> Result<Admission<'a>, Invalid> {
    let asked = case.asked()?;
    let request = asked.request()?;
    // The root of when it was anchored: whose leaf is replaced meanwhile speaks with the old key or not at all, and
    // nobody with both.
    if !body.path.verify(&request.root, &body.key) {
        return Err(Invalid::NotATrustee);
    }
    if request.replaces(&body.key) {
        return super::repair::object(case, &asked, body);
    }
    let spoken = request.verdicts.get(&body.key);
    // The key's own count: without it anybody could repeat an approval that was withdrawn.
    if case.record.seq != spoken.map_or(0, |judgement| judgement.count)
        || case.record.prev != NO_PREV
    {
        return Err(Invalid::StaleHead);
    }
    // A verdict that alternates would otherwise be a permanent record each time, without end.
    if case.record.seq >= limits::VERDICTS_PER_KEY {
        return Err(Invalid::TooManyVerdicts);
    }
    let last = spoken.map(|judgement| judgement.verdict);
    // A sponsor has said something before its first verdict: that this request may be asked.
    if body.verdict == Verdict::Withdrawn && last.is_none() && body.key != request.body.sponsor {
        return Err(Invalid::NothingToWithdraw);
    }
    replaces(request, last, body.verdict, case.time)?;
    let act = Act::Judged {
        request: asked.id,
        key: body.key,
        verdict: body.verdict,
    };
    Ok(Admission {
        policy: asked.address,
        act,
        demands: vec![case.by_approval(&body.key)?],
    })
}

fn replaces(
    request: &Request,
    last: Option<Verdict>,
    next: Verdict,
    time: Timestamp,
) -> Result<(), Invalid> {
    if last == Some(next) {
        return Err(Invalid::VerdictUnchanged);
    }
    if next != Verdict::Withdrawn {
        return Ok(());
    }
    // Shares may be on their way once the delay is over: taking the approval back would only leave
    // the claimant unable to complete.
    if request.delay_is_over(time) {
        return Err(Invalid::WithdrawalTooLate);
    }
    Ok(())
}
