//! A veto handed to a trustee directly, because its owner cannot reach the ledger or is censored
//! there (G7). It stops our release at once and goes to the ledger.
use crate::agent::{Event, Work};
use crate::anchor::Anchor;
use crate::bytes::{Blob, Digest};
use crate::error::{Halt, Refusal};
use crate::ledger::{self, Act, Effect, Invalid, Record, RecordBody, Subject, View};
use crate::message::alert::{Veto, VetoAck};
use crate::message::{Body, Received};
use crate::trustee::aside::Aside;
use crate::trustee::register::Register;
use crate::trustee::request::{self, HandedVeto, Session};
use crate::trustee::{connection, facts, history};

/// Takes a veto over.
///
/// Whoever brings it does not matter: the record speaks for itself. But it must be one that the
/// ledger must admit, by our own view, or strangers could hold up a recovery (G10).
pub(super) fn handed(
    work: &mut Work<'_>,
    (anchor, register): (&mut Anchor, &Register),
    message: &Received,
    veto: &Veto,
    aside: &mut Aside,
) -> Result<Body, Halt> {
    let record =
        Record::from_bytes(&veto.record.0).map_err(|error| malformed(error.to_string()))?;
    let (Subject::Request(request), RecordBody::Veto(_)) = (record.subject, &record.body) else {
        return Err(malformed("this is no veto of a request").into());
    };
    let view = followed(work, (anchor, register), message, &veto.log)?;
    let ack = Body::AlertVetoAck(VetoAck { request });
    match ledger::check(view.state(), &record, facts::head(view)) {
        Ok(effect) => {
            if !register.keeps_for(&effect.policy) {
                return Err(stranger("nothing is kept here for this policy").into());
            }
            take_over(work, anchor, (veto.log, request), (&record, &effect)).map(|()| ack)
        }
        Err(Invalid::VetoedAlready) => Ok(ack),
        Err(Invalid::UnknownRequest) => {
            aside.look(veto.log);
            let comment = "no such request stands on the ledger as far as it was read; try again";
            Err(Refusal::new("e.m.trust.ledger-behind", comment).into())
        }
        Err(invalid) => Err(Refusal::new(invalid.code(), invalid.to_string()).into()),
    }
}

fn malformed(comment: impl Into<String>) -> Refusal {
    Refusal::new("e.p.msg.malformed", comment)
}

/// Our view of the ledger that the veto is for, if somebody we know lives on it.
fn followed<'a>(
    work: &Work<'_>,
    (anchor, register): (&'a Anchor, &Register),
    message: &Received,
    log: &Digest,
) -> Result<&'a View, Halt> {
    let known = connection::party_of(work, &message.to)?.is_some() && register.lives_on(log);
    let view = anchor.view(log).filter(|_| known);
    Ok(view.ok_or_else(|| stranger("nobody here lives on this ledger"))?)
}

fn stranger(comment: &str) -> Refusal {
    Refusal::new("e.p.req.not-a-trustee", comment)
}

fn take_over(
    work: &mut Work<'_>,
    anchor: &mut Anchor,
    (log, request): (Digest, Digest),
    (record, effect): (&Record, &Effect),
) -> Result<(), Halt> {
    anchor.append(work, log, record)?;
    if let Act::Vetoed { agent, .. } = effect.act {
        hold(
            work,
            request,
            &HandedVeto {
                agent,
                record: Blob(record.to_bytes()),
            },
        )?;
    }
    history::note(work, format!("took over a veto of request {request}"))?;
    work.hint(Event::new(
        "alarm",
        request.to_string(),
        "an agent of the owner handed us a veto; nothing is released",
    ));
    Ok(())
}

/// Every session on that request holds from this step on.
fn hold(work: &mut Work<'_>, request: Digest, veto: &HandedVeto) -> Result<(), Halt> {
    let sessions = request::list(work)?;
    for session in sessions
        .into_iter()
        .filter(|session| session.ask().is_some_and(|ask| ask.request == request))
    {
        work.save(&Session {
            veto: Some(veto.clone()),
            ..session
        });
    }
    Ok(())
}
