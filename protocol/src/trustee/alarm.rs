//! What the ledger tells about the people we keep something for, without anybody's help (G9).
use crate::agent::{Event, Work};
use crate::error::Damage;
use crate::ledger::{Act, News};
use crate::trustee::history;
use crate::trustee::ward::Ward;

/// Tells our person, if the new entry concerns somebody we know.
pub(super) fn raise(work: &mut Work<'_>, news: &News) -> Result<(), Damage> {
    let Ok(effect) = &news.outcome else {
        return Ok(());
    };
    let Some(what) = what(&effect.act) else {
        return Ok(());
    };
    let wards = work.all::<Ward>()?;
    let Some(ward) = wards
        .iter()
        .find(|ward| ward.is_verified() && ward.policy == effect.policy)
    else {
        return Ok(());
    };
    history::note(work, format!("ledger, {}: {what}", ward.name))?;
    work.hint(Event::new(
        "alarm",
        &ward.name,
        format!("{}: {what}", ward.name),
    ));
    Ok(())
}

/// In words, what of it concerns a trustee; single approvals do not.
fn what(act: &Act) -> Option<String> {
    match act {
        Act::Requested { body } => Some(format!("a recovery was asked for, request {}", body.id())),
        Act::Vetoed { request, .. } => Some(format!("request {request} was vetoed")),
        Act::Overridden { request, .. } => {
            Some(format!("a veto of request {request} was set aside"))
        }
        Act::Completed { request, .. } => Some(format!(
            "request {request} was completed; her keys have changed"
        )),
        Act::Dealt {
            body,
            waits_until: Some(_),
            ..
        } => Some(format!("epoch {} was set and waits", body.epoch)),
        Act::Granted { .. } => Some("a device was added".into()),
        Act::Revoked { .. } => Some("a device was revoked".into()),
        Act::ChangeVetoed { .. } => Some("a waiting change was vetoed".into()),
        Act::Created { .. }
        | Act::Dealt {
            waits_until: None, ..
        }
        | Act::Judged { .. } => None,
    }
}
