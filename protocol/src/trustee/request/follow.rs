//! What the ledger allows: sponsoring, anchoring our verdict, releasing.
//!
//! Run after every look, after every command and after every start; each step is repeated until
//! our own view of the ledger shows that it is done, so a crash between any two changes nothing.
use super::open::approval_key;
use super::replied::LONGEST_AGAIN;
use super::{Approved, Ask, Denied, Released, Session, SessionId, Stage, contest};
use crate::agent::{Event, Work};
use crate::anchor::{Anchor, Outcome};
use crate::bytes::Digest;
use crate::error::Damage;
use crate::ledger::{ApprovalBody, Record, RequestKind, RequestStatus, Verdict, View};
use crate::message::Body;
use crate::message::recovery::{Deny, EPOCH_OVER};
use crate::outbox;
use crate::record::Records;
use crate::time::{Millis, Timestamp};
use crate::trustee::custody::{self, Custody};
use crate::trustee::register::Register;
use crate::trustee::release::{self, Chain, Consent};
use crate::trustee::sighting::{Reading, Sighting};
use crate::trustee::ward::{self, Ward};
use crate::trustee::{facts, history};
use std::collections::BTreeMap;

/// How often a chain is looked at while a request on it is under way: an eighth of its delay, so
/// that a veto is seen in time; never so often that it burdens the ledger.
const SLOWEST: Millis = Millis::seconds(300);
const FASTEST: Millis = Millis(200);
/// Pause before a record that was refused for the moment is offered again.
const AGAIN: Millis = Millis::seconds(5);

/// The pace for a lane.
fn pace(delay: Millis) -> Millis {
    Millis((delay.0 / 8).clamp(FASTEST.0, SLOWEST.0))
}

/// How often a session asks for its chain to be looked at, and which chain. None where we keep no share
/// for it any more.
pub(in crate::trustee) type Pace = Option<(Digest, Millis)>;

/// Sets how often each chain is looked at: often where a request is under way, else as the chain
/// itself asks.
pub(in crate::trustee) fn pace_all(
    records: &dyn Records,
    register: &mut Register,
    anchor: &mut Anchor,
) -> Result<(), Damage> {
    let mut paces: BTreeMap<Digest, Millis> = anchor.idle_paces().collect();
    let mut want = |(ledger, wanted): (Digest, Millis)| {
        let slot = paces.entry(ledger).or_insert(wanted);
        *slot = (*slot).min(wanted);
    };
    for (ledger, policy) in register.moving() {
        let wanted = anchor.view(ledger).and_then(|view| hurry(view, policy));
        wanted.into_iter().for_each(|pace| want((*ledger, pace)));
    }
    let paced = register.paces(|id| pace_of(records, id))?;
    paced.into_iter().for_each(&mut want);
    for (log, pace) in paces {
        anchor.set_pace(&log, pace);
    }
    Ok(())
}

fn pace_of(records: &dyn Records, id: &SessionId) -> Result<Pace, Damage> {
    let Some(session) = super::load(records, id)? else {
        return Ok(None);
    };
    let Some(ward) = ward::load(records, &session.ward)? else {
        return Ok(None);
    };
    let custody = custody::find(records, &ward.id, session.epoch, &session.deal)?;
    Ok(custody.map(|custody| (ward.ledger, pace(custody.lane.delay))))
}

/// The pace that an open request on this owner's policy asks for, ours or not: a backup host and a
/// trustee who was not called must see its end as soon as anybody, or a revoked agent has power with
/// them for as long as they look the other way (G13).
fn hurry(view: &View, policy: &Digest) -> Option<Millis> {
    let ids = view.state().requests_on(policy);
    let open = ids.iter().filter_map(|id| facts::request(view, id));
    open.filter(|(_, status)| !status.ended)
        .map(|(body, _)| pace(body.lane.delay))
        .min()
}

/// Moves these sessions as far as our view of the ledger allows. `fresh` names the log whose newest
/// head was verified in this very step: only then may anything leave (G7).
pub(in crate::trustee) fn follow_all(
    work: &mut Work<'_>,
    anchor: &mut Anchor,
    ids: Vec<SessionId>,
    fresh: Option<&Digest>,
) -> Result<(), Damage> {
    for id in ids {
        let Some(session) = super::load(work, &id)?.filter(Session::follows) else {
            continue;
        };
        let Some(ward) = ward::load(work, &session.ward)? else {
            continue;
        };
        let Some(ask) = session.ask().cloned() else {
            continue;
        };
        let custody = custody::find(work, &ward.id, session.epoch, &session.deal)?;
        let place = Place {
            ward,
            custody,
            fresh: fresh.copied(),
        };
        let before = session.clone();
        let watched = watch(work, anchor, &place.ward, session, &ask);
        let after = step(work, anchor, &place, watched, &ask)?;
        if after != before {
            work.save(&after);
        }
    }
    Ok(())
}

/// Fetches the chain a session is on.
pub(in crate::trustee) fn look_for(
    work: &mut Work<'_>,
    anchor: &mut Anchor,
    session: &Session,
) -> Result<(), Damage> {
    if let Some(ward) = ward::load(work, &session.ward)? {
        anchor.look(work, ward.ledger);
    }
    Ok(())
}

/// Where a session plays.
pub(super) struct Place {
    pub(super) ward: Ward,
    pub(super) custody: Option<Custody>,
    fresh: Option<Digest>,
}

/// Reads our own clocks, from the first sight of the full lane on.
fn watch(
    work: &Work<'_>,
    anchor: &Anchor,
    ward: &Ward,
    mut session: Session,
    ask: &Ask,
) -> Session {
    let status = anchor
        .view(&ward.ledger)
        .and_then(|view| facts::request(view, &ask.request));
    let full_since = status.and_then(|(_, status)| status.full_since);
    let reading = Reading {
        uptime: work.uptime,
        wall: work.now,
    };
    session.sighting = full_since.map(|since| match session.sighting {
        Some(sighting) => sighting.read(since, reading),
        None => Sighting::first(since, reading),
    });
    session
}

fn step(
    work: &mut Work<'_>,
    anchor: &mut Anchor,
    place: &Place,
    session: Session,
    ask: &Ask,
) -> Result<Session, Damage> {
    let view = anchor.view(&place.ward.ledger);
    match view
        .and_then(|view| facts::request(view, &ask.request))
        .map(|(_, status)| status)
    {
        Some(status) if status.ended => ended(work, session, &status),
        Some(_) => anchored(work, anchor, place, session),
        None if is_outdated(view, place, &session) => outdated(work, session, ask),
        None => unanchored(work, anchor, place, session),
    }
}

/// Whether another epoch came into force since the challenge: the ledger will never admit the request, and
/// the share that it asks for is being retired.
fn is_outdated(view: Option<&View>, place: &Place, session: &Session) -> bool {
    let active = view.and_then(|view| facts::active(view, &place.ward.policy));
    session.is_live()
        && active.is_some_and(|active| {
            active.epoch > session.epoch
                || (active.epoch == session.epoch && active.deal_digest != session.deal)
        })
}

/// The claimant asked what we knew a head ago. She is told, or both people would wait for a record that
/// nobody can anchor.
fn outdated(work: &mut Work<'_>, session: Session, ask: &Ask) -> Result<Session, Damage> {
    let deny = Body::RecoveryDeny(Deny {
        request: ask.request,
        code: EPOCH_OVER.into(),
    });
    outbox::send(work, &session.ours, &session.theirs, deny);
    let reason = "another epoch came into force meanwhile; the claimant is told to send a new link";
    over(work, session, reason)
}

/// The end of a request is the end of its sessions.
fn ended(work: &mut Work<'_>, session: Session, status: &RequestStatus) -> Result<Session, Damage> {
    if let Stage::Released(released) = &session.stage {
        outbox::withdraw(work, &released.message);
    }
    if let Stage::Denied(denied) = session.stage.clone() {
        return Ok(session.at(Stage::Denied(Denied {
            withdraw: false,
            ..denied
        })));
    }
    let reason = if status.completed {
        "the recovery is complete"
    } else {
        "the request has ended on the ledger"
    };
    over(work, session, reason)
}

fn over(work: &mut Work<'_>, session: Session, reason: &str) -> Result<Session, Damage> {
    history::note(work, format!("{}: {reason}", session.id))?;
    work.hint(Event::new("request", session.id.to_string(), reason));
    Ok(session.over(false, reason))
}

/// Not on the ledger yet: whoever's person has verified the words sponsors it.
fn unanchored(
    work: &mut Work<'_>,
    anchor: &mut Anchor,
    place: &Place,
    mut session: Session,
) -> Result<Session, Damage> {
    let (ask, retry) = match &mut session.stage {
        Stage::Verified(verified) => (&verified.ask, &mut verified.retry),
        Stage::Approved(approved) => (&approved.ask, &mut approved.retry),
        Stage::Challenged(_)
        | Stage::Revealing(_)
        | Stage::Words(_)
        | Stage::Released(_)
        | Stage::Delivered(_)
        | Stage::Over(_) => return Ok(session),
        Stage::Denied(denied) => {
            denied.withdraw &= can_be_anchored(work, anchor, place, denied);
            return Ok(session);
        }
    };
    if ask.body().expiry <= work.now {
        return over(work, session, "the request expired before it was anchored");
    }
    let Some(custody) = &place.custody else {
        return Ok(session);
    };
    let key = approval_key(work, custody)?;
    let record = ask.signed().sponsored(&place.ward.ledger, &key.approval);
    offer(work, anchor, &place.ward.ledger, (&record, retry))?;
    Ok(session)
}

/// Whether what was denied before the ledger had it may still come to stand there. A head may be a skew
/// behind our clock.
fn can_be_anchored(work: &Work<'_>, anchor: &Anchor, place: &Place, denied: &Denied) -> bool {
    let skew = anchor
        .view(&place.ward.ledger)
        .map_or(Millis(0), |view| view.descriptor().max_skew);
    denied
        .ask
        .as_ref()
        .is_some_and(|ask| work.now < ask.body().expiry.after(skew))
}

/// Offers a record once; again, after a pause, where the ledger refused it for now.
pub(super) fn offer(
    work: &mut Work<'_>,
    anchor: &mut Anchor,
    log: &Digest,
    (record, retry): (&Record, &mut Timestamp),
) -> Result<(), Damage> {
    match anchor.outcome(work, &record.digest(log))? {
        Some(Outcome::Waiting | Outcome::Admitted { .. }) => return Ok(()),
        Some(Outcome::Refused { .. }) if !retry.is_over(work.now, AGAIN) => return Ok(()),
        Some(Outcome::Refused { .. }) | None => {}
    }
    *retry = work.now.after(AGAIN);
    anchor.append(work, *log, record)
}

fn anchored(
    work: &mut Work<'_>,
    anchor: &mut Anchor,
    place: &Place,
    mut session: Session,
) -> Result<Session, Damage> {
    keep_veto(work, anchor, place, &mut session)?;
    let session = contest::take_back(work, anchor, place, session)?;
    match session.stage.clone() {
        Stage::Approved(mut approved) => {
            let verdict = verdict_on(&approved.ask);
            let said = (&approved.ask, verdict, &mut approved.retry);
            say(work, anchor, place, said)?;
            let said = (&approved.ask, &mut approved.retry);
            contest::set_aside(work, anchor, place, said)?;
            release(
                work,
                anchor,
                place,
                session.at(Stage::Approved(approved.clone())),
                approved,
            )
        }
        Stage::Denied(denied) => withdraw(work, anchor, place, session, denied),
        Stage::Challenged(_)
        | Stage::Revealing(_)
        | Stage::Words(_)
        | Stage::Verified(_)
        | Stage::Released(_)
        | Stage::Delivered(_)
        | Stage::Over(_) => Ok(session),
    }
}

fn verdict_on(ask: &Ask) -> Verdict {
    match ask.body().kind {
        RequestKind::Lost => Verdict::Approve,
        RequestKind::Stolen => Verdict::Stolen,
    }
}

/// Anchors a verdict of ours; whether it stands already.
fn say(
    work: &mut Work<'_>,
    anchor: &mut Anchor,
    place: &Place,
    (ask, verdict, retry): (&Ask, Verdict, &mut Timestamp),
) -> Result<bool, Damage> {
    let Some(custody) = &place.custody else {
        return Ok(false);
    };
    let Some(view) = anchor.view(&place.ward.ledger) else {
        return Ok(false);
    };
    let signing = approval_key(work, custody)?.approval;
    let key = signing.verifying_key();
    let (seq, last) = view
        .state()
        .next_verdict(&ask.request, &key)
        .unwrap_or((0, None));
    if last == Some(verdict) {
        return Ok(true);
    }
    // Nothing was said yet: there is nothing to take back, but an approval may still be on its way.
    let sponsored = facts::request(view, &ask.request).is_some_and(|(body, _)| body.sponsor == key);
    if verdict == Verdict::Withdrawn && last.is_none() && !sponsored {
        return Ok(false);
    }
    let body = ApprovalBody {
        key,
        path: custody.path.clone(),
        verdict,
    };
    let record = Record::approval(&place.ward.ledger, (ask.request, seq), body, &signing);
    offer(work, anchor, &place.ward.ledger, (&record, retry))?;
    Ok(false)
}

fn withdraw(
    work: &mut Work<'_>,
    anchor: &mut Anchor,
    place: &Place,
    session: Session,
    mut denied: Denied,
) -> Result<Session, Damage> {
    let Some(ask) = denied.ask.clone() else {
        return Ok(session);
    };
    if say(
        work,
        anchor,
        place,
        (&ask, Verdict::Withdrawn, &mut denied.retry),
    )? {
        denied.withdraw = false;
    }
    Ok(session.at(Stage::Denied(denied)))
}

/// Keeps offering a veto that was handed to us, whatever the operator says, for as long as our own
/// view shows that the ledger must admit it.
fn keep_veto(
    work: &mut Work<'_>,
    anchor: &mut Anchor,
    place: &Place,
    session: &mut Session,
) -> Result<(), Damage> {
    let (Some(veto), Some(ask)) = (session.veto.clone(), session.ask()) else {
        return Ok(());
    };
    let Some(view) = anchor.view(&place.ward.ledger) else {
        return Ok(());
    };
    if !view
        .state()
        .may_veto(&ask.request, &veto.agent, facts::head(view))
    {
        // It stands now, or was set aside for good: the chain speaks for itself.
        session.veto = None;
        return Ok(());
    }
    let record = Record::from_bytes(&veto.record.0).expect("checked when it came");
    anchor.append(work, place.ward.ledger, &record)
}

/// Lets the share go, if the rule allows it in this very step.
fn release(
    work: &mut Work<'_>,
    anchor: &Anchor,
    place: &Place,
    mut session: Session,
    approved: Approved,
) -> Result<Session, Damage> {
    let (Some(custody), Some(view)) = (&place.custody, anchor.view(&place.ward.ledger)) else {
        return Ok(session);
    };
    if place.fresh != Some(place.ward.ledger)
        || !approved.retry_release.is_over(work.now, LONGEST_AGAIN)
    {
        return Ok(session);
    }
    let was_disputed = session
        .sighting
        .is_some_and(|sighting| sighting.is_disputed());
    let consent = Consent::new(approved.ask.body(), session.veto.is_some());
    let chain = Chain::read(
        view,
        &approved.ask.request,
        pace(custody.lane.delay),
        work.now,
    );
    match release::rule(&consent, &chain, &mut session.sighting) {
        Ok(permit) => {
            let message = release::send(work, permit, (&session.ours, &session.theirs), custody)?;
            history::note(
                work,
                format!("{}: released the share of {}", session.id, place.ward.name),
            )?;
            work.hint(Event::new(
                "released",
                session.id.to_string(),
                format!("the share of {} is on its way", place.ward.name),
            ));
            Ok(session.at(Stage::Released(Released {
                ask: approved.ask,
                message,
            })))
        }
        Err(hold) => {
            let disputed = session
                .sighting
                .is_some_and(|sighting| sighting.is_disputed());
            if disputed && !was_disputed {
                history::note(work, format!("{}: holds: {hold}", session.id))?;
                work.hint(Event::new("hold", session.id.to_string(), hold.to_string()));
            }
            Ok(session)
        }
    }
}
