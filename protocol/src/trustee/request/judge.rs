//! What our person says: the words, yes, no.
use super::{Approved, Comparing, Denied, Session, Stage, Verified};
use crate::agent::Work;
use crate::anchor::Anchor;
use crate::error::{CommandError, Damage, Stop};
use crate::message::words::{Confirm, Mismatch};
use crate::message::{Body, ProblemReport, recovery};
use crate::outbox;
use crate::time::Timestamp;
use crate::trustee::{enrolment, facts, history, ward};
use crate::words::{self, Speaker};

/// What our person heard the claimant say. Whether it was right.
pub(in crate::trustee) fn verify(
    work: &mut Work<'_>,
    session: Session,
    heard: &str,
) -> Result<bool, Stop> {
    let Stage::Words(comparing) = &session.stage else {
        return Err(no_words(&session).into());
    };
    let comparing = comparing.clone();
    if words::same(&comparing.transcript.spoken_by(Speaker::Owner), heard) {
        recognised(work, session, comparing)?;
        Ok(true)
    } else {
        mistaken(work, session)?;
        Ok(false)
    }
}

fn no_words(session: &Session) -> CommandError {
    match &session.stage {
        Stage::Challenged(_) | Stage::Revealing(_) => {
            CommandError::pending("the claimant's agent has not answered yet; try again")
        }
        Stage::Over(over) => {
            CommandError::refused(format!("this request is over: {}", over.reason))
        }
        Stage::Denied(_) => CommandError::refused("this request was denied"),
        Stage::Words(_)
        | Stage::Verified(_)
        | Stage::Approved(_)
        | Stage::Released(_)
        | Stage::Delivered(_) => {
            CommandError::error("the words of this request were compared already")
        }
    }
}

fn recognised(work: &mut Work<'_>, session: Session, comparing: Comparing) -> Result<(), Damage> {
    outbox::send(
        work,
        &session.ours,
        &session.theirs,
        Body::WordsConfirm(Confirm {}),
    );
    history::note(work, format!("{}: heard the right words", session.id))?;
    let verified = Verified {
        ask: comparing.ask,
        retry: Timestamp(0),
    };
    let words = Some(enrolment::view(&comparing.transcript));
    let session = session.at(Stage::Verified(verified));
    work.save(&Session { words, ..session });
    Ok(())
}

/// A wrong word ends this session and nothing else: the request may be anchored through another
/// trustee, and nobody can stop it by misspeaking (G10).
fn mistaken(work: &mut Work<'_>, session: Session) -> Result<(), Damage> {
    outbox::send(
        work,
        &session.ours,
        &session.theirs,
        Body::WordsMismatch(Mismatch {}),
    );
    history::note(work, format!("{}: heard other words", session.id))?;
    work.save(&session.over(true, "the words were not the same"));
    Ok(())
}

/// Our person approves. Approving twice changes nothing.
pub(in crate::trustee) fn approve(
    work: &mut Work<'_>,
    anchor: &Anchor,
    session: Session,
) -> Result<Session, Stop> {
    let ask = match &session.stage {
        Stage::Verified(verified) => verified.ask.clone(),
        Stage::Approved(_) | Stage::Released(_) | Stage::Delivered(_) => return Ok(session),
        Stage::Words(_) => {
            let help = format!(
                "first compare the words: trustee-agent request verify {}",
                session.id
            );
            return Err(CommandError::pending(help).into());
        }
        Stage::Challenged(_) | Stage::Revealing(_) | Stage::Denied(_) | Stage::Over(_) => {
            return Err(no_words(&session).into());
        }
    };
    let ward = ward::load(work, &session.ward)?;
    let status = ward
        .and_then(|ward| facts::request(anchor.view(&ward.ledger)?, &ask.request))
        .map(|(_, status)| status);
    let not_before = status.and_then(|status| status.releases_at);
    let pending = recovery::Pending {
        request: ask.request,
        not_before,
    };
    outbox::send(
        work,
        &session.ours,
        &session.theirs,
        Body::RecoveryPending(pending),
    );
    history::note(
        work,
        format!("{}: approved request {}", session.id, ask.request),
    )?;
    let session = session.at(Stage::Approved(Approved {
        ask,
        retry: Timestamp(0),
        retry_release: Timestamp(0),
    }));
    work.save(&session);
    Ok(session)
}

/// Our person refuses; possible until the share has left.
pub(in crate::trustee) fn deny(work: &mut Work<'_>, session: Session) -> Result<Session, Stop> {
    let withdraw = match &session.stage {
        Stage::Challenged(_) | Stage::Revealing(_) | Stage::Words(_) => false,
        // We may have sponsored it: until that is taken back, the rightful owner would wait for this
        // request to end before she can ask through us (G10).
        Stage::Verified(_) | Stage::Approved(_) => true,
        Stage::Released(_) | Stage::Delivered(_) => {
            return Err(CommandError::refused(
                "the share has left already; it cannot be taken back",
            )
            .into());
        }
        Stage::Denied(_) => return Ok(session),
        Stage::Over(_) => return Err(no_words(&session).into()),
    };
    let ask = session.ask().cloned();
    let code = "e.p.req.declined";
    let body = match &ask {
        Some(ask) => Body::RecoveryDeny(recovery::Deny {
            request: ask.request,
            code: code.into(),
        }),
        None => Body::Problem(ProblemReport {
            code: code.into(),
            comment: "the trustee declined".into(),
        }),
    };
    if let Stage::Challenged(challenged) = &session.stage {
        outbox::withdraw(work, &challenged.message);
    }
    outbox::send(work, &session.ours, &session.theirs, body);
    history::note(work, format!("{}: denied", session.id))?;
    let session = session.at(Stage::Denied(Denied {
        ask,
        withdraw,
        retry: Timestamp(0),
    }));
    work.save(&session);
    Ok(session)
}
