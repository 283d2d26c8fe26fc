//! What the ledger tells about the people we keep something for, without anybody's help (G9).
use crate::agent::{Event, Work};
use crate::error::Damage;
use crate::ledger::{Act, Effect};
use crate::trustee::history;
use crate::trustee::register::Register;
use crate::trustee::ward::{self, Ward, WardId};

/// Tells our person, if the new entry concerns somebody we know.
pub(super) fn raise(
    work: &mut Work<'_>,
    register: &Register,
    effect: &Effect,
) -> Result<(), Damage> {
    let Some(what) = what(&effect.act) else {
        return Ok(());
    };
    let Some(ward) = verified(work, &register.on(&effect.policy))? else {
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

fn verified(work: &Work<'_>, ids: &[WardId]) -> Result<Option<Ward>, Damage> {
    for id in ids {
        if let Some(ward) = ward::load(work, id)?.filter(Ward::is_verified) {
            return Ok(Some(ward));
        }
    }
    Ok(None)
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
        Act::RepairRequested { body } => Some(format!(
            "a trustee's share is to be given to a new device, repair {}",
            body.id()
        )),
        Act::Objected { repair } => Some(format!(
            "the trustee who was to be replaced by repair {repair} has stopped it"
        )),
        Act::Repaired { repair } => {
            Some(format!("repair {repair} is done; a trustee has a new key"))
        }
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
