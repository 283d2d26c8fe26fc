//! A veto stands, or was handed to us: what is on its way comes back, and what our person found about
//! it is said.
use super::follow::{Place, offer};
use super::open::approval_key;
use super::{Approved, Ask, Released, Session, Stage};
use crate::agent::{Event, Work};
use crate::anchor::Anchor;
use crate::error::Damage;
use crate::ledger::{OverrideBody, Record, Verdict};
use crate::outbox;
use crate::time::Timestamp;
use crate::trustee::{facts, history};

/// A share that is still being offered is offered no longer once the chain does not allow it any
/// more: a veto stops whatever has not arrived (G7). What did arrive cannot be called back.
pub(super) fn take_back(
    work: &mut Work<'_>,
    anchor: &Anchor,
    place: &Place,
    session: Session,
) -> Result<Session, Damage> {
    let Stage::Released(Released { ask, message }) = session.stage.clone() else {
        return Ok(session);
    };
    let view = anchor.view(&place.ward.ledger);
    let status = view.and_then(|view| facts::request(view, &ask.request));
    let stopped = status.is_some_and(|(_, status)| status.vetoed || status.full_since.is_none());
    if !stopped && session.veto.is_none() {
        return Ok(session);
    }
    outbox::withdraw(work, &message);
    let text = "the share is held back: the request was stopped before it arrived";
    history::note(work, format!("{}: {text}", session.id))?;
    work.hint(Event::new("hold", session.id.to_string(), text));
    Ok(session.at(Stage::Approved(Approved {
        ask,
        retry: Timestamp(0),
        retry_release: Timestamp(0),
    })))
}

/// Enough trustees checked "stolen", and ours is one of them: the veto is the thief's, and is set
/// aside (G10). Any of them may say so; a repetition is harmless.
pub(super) fn set_aside(
    work: &mut Work<'_>,
    anchor: &mut Anchor,
    place: &Place,
    (ask, retry): (&Ask, &mut Timestamp),
) -> Result<(), Damage> {
    let (Some(custody), Some(view)) = (&place.custody, anchor.view(&place.ward.ledger)) else {
        return Ok(());
    };
    let enough = facts::request(view, &ask.request)
        .is_some_and(|(body, status)| status.stolen >= usize::from(body.lane.override_threshold));
    if !enough {
        return Ok(());
    }
    let signing = approval_key(work, custody)?.approval;
    let key = signing.verifying_key();
    let said = view.state().next_verdict(&ask.request, &key);
    if said.is_none_or(|(_, last)| last != Some(Verdict::Stolen)) {
        return Ok(());
    }
    for agent in view.state().standing_vetoes(&ask.request) {
        let body = OverrideBody { agent, key };
        let record = Record::overriding(&place.ward.ledger, ask.request, body, &signing);
        offer(work, anchor, &place.ward.ledger, (&record, retry))?;
    }
    Ok(())
}
