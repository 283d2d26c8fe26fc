//! What the claimant answers: the request, then silence while people talk, then the receipt.
use super::open::approval_key;
use super::{Approved, Ask, Challenged, Comparing, Released, Session, Stage};
use crate::agent::{Event, Work};
use crate::anchor::Anchor;
use crate::error::{Damage, Halt, Refusal};
use crate::keys::VerifyingKey;
use crate::keys::role::Approval;
use crate::ledger::{Endorsement, NO_PREV, Record, RecordBody, RequestBody, Subject};
use crate::message::recovery::{Released as Receipt, Request};
use crate::message::words::Reveal;
use crate::message::{Body, Empty, ProblemReport, Received};
use crate::outbox;
use crate::time::{Millis, Timestamp};
use crate::trustee::custody::{self, Custody};
use crate::trustee::history;
use crate::trustee::ward::{self, Ward};
use crate::words::{Occasion, Transcript};

/// Pause before a share that was refused for the moment is offered again.
const AGAIN: Millis = Millis::seconds(5);
/// The same where the claimant will hardly change its mind.
pub(super) const LONGEST_AGAIN: Millis = AGAIN.times(60);

/// Takes an answer of the claimant.
pub(in crate::trustee) fn replied(
    work: &mut Work<'_>,
    anchor: &Anchor,
    session: Session,
    reply: Body,
) -> Result<(), Damage> {
    let Some(ward) = ward::load(work, &session.ward)? else {
        return Ok(());
    };
    let next = match (session.stage.clone(), reply) {
        (Stage::Challenged(challenged), Body::RecoveryRequest(request)) => {
            asked(work, anchor, (&session, &ward), challenged, request)?
        }
        (Stage::Revealing(comparing), Body::Empty(Empty {})) => {
            Ok(compare(work, &session, &ward, comparing))
        }
        (Stage::Released(released), Body::RecoveryReleased(receipt)) => {
            Ok(delivered(work, &session, released, receipt)?)
        }
        (Stage::Released(released), Body::Problem(problem)) => {
            Ok(refused(work, &session, released, &problem)?)
        }
        (_, Body::Problem(problem)) => Err(format!("{} ({})", problem.comment, problem.code)),
        (_, reply) => Err(format!(
            "an answer that does not belong here: {}",
            reply.typ()
        )),
    };
    match next {
        Ok(stage) => work.save(&session.at(stage)),
        Err(reason) => {
            history::note(
                work,
                format!("{}: the request came to nothing: {reason}", session.id),
            )?;
            work.hint(Event::new("request", session.id.to_string(), &reason));
            work.save(&session.over(false, reason));
        }
    }
    Ok(())
}

/// A transition that may come to nothing, with the reason for our person.
type Next = Result<Stage, String>;

fn asked(
    work: &mut Work<'_>,
    anchor: &Anchor,
    (session, ward): (&Session, &Ward),
    challenged: Challenged,
    request: Request,
) -> Result<Next, Damage> {
    let Some(custody) = custody::find(work, &ward.id, session.epoch, &session.deal)? else {
        return Ok(Err("the epoch it was about is over".into()));
    };
    let skew = anchor
        .view(&ward.ledger)
        .map_or(Millis(0), |view| view.descriptor().max_skew);
    let approval = approval_key(work, &custody)?.approval.verifying_key();
    let latest = work.now.after(custody.lane.lifetime).after(skew);
    let body = match lawful(ward, &custody, &approval, &request.record.0) {
        Ok(body) if body.expiry <= work.now || body.expiry > latest => {
            return Ok(Err("its expiry is out of bounds".into()));
        }
        Ok(body) => body,
        Err(reason) => return Ok(Err(reason)),
    };
    let ask = Ask {
        request: body.id(),
        record: request.record,
    };
    let transcript = Transcript {
        occasion: Occasion::Recovery,
        owner: session.theirs.clone(),
        trustee: session.ours.clone(),
        owner_nonce: request.nonce,
        trustee_nonce: challenged.nonce,
        ledger: ward.ledger,
        policy: ward.policy,
        request: Some(ask.request),
    };
    let reveal = Body::WordsReveal(Reveal {
        nonce: challenged.nonce,
    });
    let message = outbox::send(work, &session.ours, &session.theirs, reveal);
    Ok(Ok(Stage::Revealing(Comparing {
        message,
        transcript,
        ask,
    })))
}

/// A request record for this very share, signed by the claimant, that we can sponsor.
fn lawful(
    ward: &Ward,
    custody: &Custody,
    approval: &VerifyingKey<Approval>,
    bytes: &[u8],
) -> Result<RequestBody, String> {
    let record = Record::from_bytes(bytes).map_err(|error| error.to_string())?;
    let RecordBody::Request(body) = &record.body else {
        return Err("it is no request record".into());
    };
    let place = (record.subject, record.seq, record.prev);
    if place != (Subject::Request(body.id()), 0, NO_PREV) {
        return Err("the record names another request than it holds".into());
    }
    if (body.log, body.policy) != (ward.ledger, ward.policy) {
        return Err("it is for another ledger or policy".into());
    }
    if (body.epoch, &body.lane) != (custody.epoch, &custody.lane) {
        return Err("it is for another epoch or lane than the share kept here".into());
    }
    if (&body.sponsor, &body.path) != (approval, &custody.path) {
        return Err("it names another sponsor than this trustee".into());
    }
    let [Endorsement::Claimant(signature)] = record.signatures.as_slice() else {
        return Err("it does not carry the claimant's signature alone".into());
    };
    let digest = record.digest(&body.log);
    let signed = body
        .signing
        .verify(record.kind().label(), &digest.0, signature);
    signed.map_err(|_| "the claimant's signature does not verify".to_owned())?;
    Ok((**body).clone())
}

fn compare(work: &mut Work<'_>, session: &Session, ward: &Ward, comparing: Comparing) -> Stage {
    work.hint(Event::new(
        "request",
        session.id.to_string(),
        super::view::talk(session, &ward.name),
    ));
    Stage::Words(comparing)
}

fn delivered(
    work: &mut Work<'_>,
    session: &Session,
    released: Released,
    receipt: Receipt,
) -> Result<Stage, Damage> {
    let verdict = if receipt.verified {
        "verified"
    } else {
        "says it does not verify"
    };
    history::note(
        work,
        format!("{}: the share arrived; the claimant {verdict}", session.id),
    )?;
    work.hint(Event::new(
        "delivered",
        session.id.to_string(),
        "the share arrived",
    ));
    Ok(Stage::Delivered(released.ask))
}

/// A claimant who did not take the share is offered it again while the request lives: soon where
/// the refusal may pass, seldom where it sounded final.
fn refused(
    work: &mut Work<'_>,
    session: &Session,
    released: Released,
    problem: &ProblemReport,
) -> Result<Stage, Damage> {
    history::note(
        work,
        format!(
            "{}: the claimant did not take the share: {}",
            session.id, problem.code
        ),
    )?;
    let pause = if problem.code.starts_with("e.m.") {
        AGAIN
    } else {
        LONGEST_AGAIN
    };
    let retry_release = work.now.after(pause);
    Ok(Stage::Approved(Approved {
        ask: released.ask,
        retry: Timestamp(0),
        retry_release,
    }))
}

/// The claimant's person says what she heard. A wrong word ends this session.
pub(in crate::trustee) fn told(
    work: &mut Work<'_>,
    session: Session,
    message: &Received,
) -> Result<Body, Halt> {
    let comparing = matches!(
        session.stage,
        Stage::Words(_) | Stage::Verified(_) | Stage::Approved(_)
    );
    match &message.body {
        Body::WordsConfirm(_) if comparing => {}
        Body::WordsMismatch(_) if comparing => {
            history::note(
                work,
                format!("{}: the claimant heard other words", session.id),
            )?;
            work.hint(Event::new(
                "request",
                session.id.to_string(),
                "the claimant heard other words",
            ));
            work.save(&session.over(true, "the claimant heard other words"));
        }
        _ => {
            return Err(
                Refusal::new("e.p.req.out-of-order", "no words are being compared here").into(),
            );
        }
    }
    Ok(Body::Empty(Empty {}))
}
