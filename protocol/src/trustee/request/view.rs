//! Sessions as our person sees them.
use super::{Comparing, Session, Stage};
use crate::agent::Event;
use crate::anchor::Anchor;
use crate::error::Damage;
use crate::record::{self, Records};
use crate::trustee::command::RequestView;
use crate::trustee::{custody, enrolment, facts, ward};

/// All sessions, oldest first.
pub(in crate::trustee) fn list(records: &dyn Records) -> Result<Vec<Session>, Damage> {
    let mut sessions = record::load_all::<Session>(records, &[])?;
    sessions.sort_by_key(|session| session.opened);
    Ok(sessions)
}

/// One session.
pub(in crate::trustee) fn view(
    records: &dyn Records,
    anchor: &Anchor,
    session: &Session,
) -> Result<RequestView, Damage> {
    let ward = ward::load(records, &session.ward)?;
    let request = session.ask().map(|ask| ask.request);
    let chain = ward.as_ref().and_then(|ward| anchor.view(&ward.ledger));
    let status = chain
        .zip(request)
        .and_then(|(view, id)| facts::request(view, &id))
        .map(|(_, status)| status);
    let words = match &session.stage {
        Stage::Words(Comparing { transcript, .. }) => Some(enrolment::view(transcript)),
        // Also once the share is there: the claimant uses it only after she has heard our words, and may
        // have lost her device for an hour meanwhile.
        Stage::Verified(_) | Stage::Approved(_) | Stage::Released(_) | Stage::Delivered(_) => {
            session.words.clone()
        }
        Stage::Challenged(_) | Stage::Revealing(_) | Stage::Denied(_) | Stage::Over(_) => None,
    };
    let lane = match session.ask() {
        Some(ask) => Some(ask.body().lane),
        None => custody::find(records, &session.ward, session.epoch, &session.deal)?
            .map(|custody| custody.lane),
    };
    Ok(RequestView {
        id: session.id.to_string(),
        owner: ward.map(|ward| ward.name).unwrap_or_default(),
        state: state(&session.stage).into(),
        request,
        words,
        approvals: status.as_ref().map_or(0, |status| {
            u8::try_from(status.approvals).unwrap_or(u8::MAX)
        }),
        threshold: lane.map_or(0, |lane| lane.threshold),
        releases_at: status.as_ref().and_then(|status| status.releases_at),
        vetoed: session.veto.is_some() || status.is_some_and(|status| status.vetoed),
    })
}

fn state(stage: &Stage) -> &'static str {
    match stage {
        Stage::Challenged(_) | Stage::Revealing(_) => "connecting",
        Stage::Words(_) => "words",
        Stage::Verified(_) => "verified",
        Stage::Approved(_) => "approved",
        Stage::Released(_) => "released",
        Stage::Delivered(_) => "delivered",
        Stage::Denied(_) => "denied",
        Stage::Over(over) if over.mismatch => "mismatch",
        Stage::Over(_) => "ended",
    }
}

/// What our person is asked to do about it, if anything.
pub(in crate::trustee) fn waits_for(
    records: &dyn Records,
    session: &Session,
) -> Result<Option<Event>, Damage> {
    let name = ward::load(records, &session.ward)?
        .map(|ward| ward.name)
        .unwrap_or_default();
    let text = match &session.stage {
        Stage::Words(_) => talk(session, &name),
        Stage::Verified(_) => format!(
            "The words of {name} were right. Approve or deny: trustee-agent request approve {0}, or request deny {0}",
            session.id
        ),
        Stage::Challenged(_)
        | Stage::Revealing(_)
        | Stage::Approved(_)
        | Stage::Released(_)
        | Stage::Delivered(_)
        | Stage::Denied(_)
        | Stage::Over(_) => return Ok(None),
    };
    Ok(Some(Event::new("request", session.id.to_string(), text)))
}

/// The guided check: the contact that was known before, never one from the request.
pub(super) fn talk(session: &Session, name: &str) -> String {
    format!(
        "Someone says they are {name}. Call {name} on a number you already had, or meet; nobody is in a hurry. \
         Then compare words: trustee-agent request show {}",
        session.id
    )
}
