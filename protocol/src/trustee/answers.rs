//! What a trustee agent's person sees: questions over rows.
use super::command::{Answer, OwnerView, ShareView};
use super::custody::{self, Standing};
use super::roles::Roles;
use super::ward::{Stage, Ward};
use super::{Config, enrolment, host, invitation, request, seat};
use crate::agent::{Event, Work};
use crate::anchor::{self, Anchor};
use crate::error::{Damage, Stop};
use crate::record::{self, Records};
use crate::time::Timestamp;

/// Who am I.
pub(super) fn status(
    work: &Work<'_>,
    config: &Config,
    anchor: &Anchor,
    roles: &Roles,
) -> Result<Answer, Stop> {
    let wards = work.all::<Ward>()?;
    let mut ledgers: Vec<_> = wards
        .iter()
        .map(|ward| ward.ledger)
        .filter(|log| anchor.view(log).is_some())
        .collect();
    ledgers.sort_unstable();
    ledgers.dedup();
    Ok(Answer::Status {
        name: config.name.clone(),
        owners: wards.iter().filter(|ward| ward.is_verified()).count(),
        waiting: request::list(work)?
            .iter()
            .filter_map(|session| request::waits_for(work, session).transpose())
            .count(),
        invitations: invitation::list(work)?
            .iter()
            .filter(|opened| opened.waits(work.now))
            .count(),
        backups: host::count(work),
        hosts_backups: config.host_backups,
        ledgers: ledgers.len() + roles.ledgers(),
        conflicts: anchor::conflicts(work)?,
    })
}

/// Invitations.
pub(super) fn invitations(work: &Work<'_>) -> Result<Answer, Damage> {
    let list = invitation::list(work)?
        .iter()
        .map(|opened| opened.view(work.now))
        .collect();
    Ok(Answer::Invitations { list })
}

/// Owners.
pub(super) fn owners(work: &Work<'_>) -> Result<Answer, Damage> {
    let wards = work.all::<Ward>()?;
    let list = wards
        .into_iter()
        .map(|ward| owner(work, ward))
        .collect::<Result<_, _>>()?;
    Ok(Answer::Owners { list })
}

fn owner(work: &Work<'_>, ward: Ward) -> Result<OwnerView, Damage> {
    let held = custody::of(work, &ward.id)?;
    let newest = |standing: Standing| {
        held.iter()
            .filter(|custody| custody.standing == standing)
            .map(|custody| custody.epoch)
            .max()
    };
    Ok(OwnerView {
        state: ward.state().into(),
        epoch: newest(Standing::Current),
        pending_epoch: newest(Standing::Waiting),
        name: ward.name,
        capabilities: ward.capabilities,
    })
}

/// Shares held; never a share itself.
pub(super) fn shares(work: &Work<'_>) -> Result<Answer, Damage> {
    let mut list = Vec::new();
    for ward in work.all::<Ward>()? {
        for custody in custody::of(work, &ward.id)? {
            list.push(ShareView {
                owner: ward.name.clone(),
                epoch: custody.epoch,
                active: custody.is_current(),
                over: custody.standing == Standing::Over,
                gone: false,
                stored: custody.stored,
            });
        }
        if let Some(seat) = seat::empty(work, &ward.id)? {
            list.push(ShareView {
                owner: ward.name.clone(),
                epoch: seat.epoch,
                active: false,
                over: false,
                gone: true,
                stored: seat.taken,
            });
        }
    }
    Ok(Answer::Shares { list })
}

/// Requests known.
pub(super) fn requests(work: &Work<'_>, anchor: &Anchor) -> Result<Answer, Damage> {
    let sessions = request::list(work)?;
    let list = sessions
        .iter()
        .map(|session| request::view(work, anchor, session))
        .collect::<Result<_, _>>()?;
    Ok(Answer::Requests { list })
}

/// What waits for a person. Asked after every start, before any time is known: so an invitation
/// that has expired meanwhile is still listed, and says so when it is accepted.
pub(super) fn pending(records: &dyn Records) -> Result<Vec<Event>, Damage> {
    let mut events = Vec::new();
    for opened in invitation::list(records)?
        .iter()
        .filter(|opened| opened.waits(Timestamp(0)))
    {
        let label = &opened.invitation.label;
        let text = format!(
            "{label} asks for your help: trustee-agent invitation accept {}",
            opened.invitation.id
        );
        events.push(Event::new("invitation", label, text));
    }
    for ward in record::load_all::<Ward>(records, &[])? {
        if let Stage::Words(_) = ward.stage {
            events.push(Event::new(
                "words",
                &ward.name,
                enrolment::compare(&ward.name),
            ));
        }
    }
    for session in request::list(records)? {
        events.extend(request::waits_for(records, &session)?);
    }
    events.extend(anchor::pending(records)?);
    Ok(events)
}
