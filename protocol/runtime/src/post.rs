//! Opening and sealing around the agent: it sees messages, never envelopes.
use kith_envelope::{Opened, Refused, SealError, open, seal};
use kith_protocol::did::{Did, LocalDid};
use kith_protocol::error::Damage;
use kith_protocol::limits;
use kith_protocol::message::{Body, BodyError, Outgoing, ProblemReport, Received};
use kith_protocol::record::{self, Records};
use kith_protocol::time::Timestamp;
use std::cell::OnceCell;
use std::sync::Arc;
use thiserror::Error;

/// Why a message does not reach the agent.
#[derive(Debug, Error)]
pub(crate) enum Unopened {
    /// Nobody is proven to have sent it: it gets no answer, so that a stranger cannot find out
    /// which DIDs live here.
    #[error(transparent)]
    Envelope(#[from] Refused),
    /// The proven sender said something this agent does not understand: it is told so.
    #[error("{error}")]
    Body {
        /// What is wrong.
        error: BodyError,
        /// What to answer.
        report: Box<Outgoing>,
    },
    /// Our own row is unreadable.
    #[error(transparent)]
    Damage(#[from] Damage),
}

/// Why a reply is not the one we wait for.
#[derive(Debug, Error)]
pub(crate) enum BadReply {
    /// The envelope is refused.
    #[error(transparent)]
    Envelope(#[from] Refused),
    /// It is from someone else, to someone else, or answers another message.
    #[error("the reply is not from whom we asked, or answers something else")]
    Foreign,
    /// The body is not understood.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// Our own row is unreadable.
    #[error(transparent)]
    Damage(#[from] Damage),
}

impl BadReply {
    /// A stable code in the form of DIDComm problem codes.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::Envelope(refused) => refused.code(),
            Self::Foreign => "e.m.trust.reply-foreign",
            Self::Body(error) => body_code(error),
            Self::Damage(_) => "e.p.me.damage",
        }
    }
}

/// Why a message of ours cannot be sealed.
#[derive(Debug, Error)]
pub(crate) enum Unsealed {
    /// The agent speaks for a DID it does not have: a fault of ours.
    #[error("there are no keys for the sender of this message")]
    NotOurs,
    /// The envelope refuses: a fault of ours, a message too large.
    #[error(transparent)]
    Envelope(#[from] SealError),
    /// Our own row is unreadable.
    #[error(transparent)]
    Damage(#[from] Damage),
}

/// Opens a message to any DID of ours.
pub(crate) fn receive(
    records: &dyn Records,
    bytes: &[u8],
    now: Timestamp,
) -> Result<Received, Unopened> {
    let message = with_keys(records, |keys| open(bytes, keys, now.seconds()))??.message;
    let asker = Asker {
        id: message.id.clone(),
        from: message.from.clone(),
        to: message.to.clone(),
    };
    Received::read(message).map_err(|error| {
        let report = Box::new(asker.reply(Body::Problem(report(&error)), now));
        Unopened::Body { error, report }
    })
}

fn report(error: &BodyError) -> ProblemReport {
    ProblemReport {
        code: body_code(error).into(),
        comment: error.to_string(),
    }
}

/// A stable code in the form of DIDComm problem codes.
pub(crate) const fn body_code(error: &BodyError) -> &'static str {
    match error {
        BodyError::UnknownType(_) => "e.m.msg.unknown-type",
        BodyError::Malformed { .. } => "e.m.msg.body",
    }
}

/// Whom a reply goes to.
#[derive(Debug)]
pub(crate) struct Asker {
    id: String,
    from: Did,
    to: Did,
}

impl Asker {
    pub(crate) fn of(message: &Received) -> Self {
        let Received { id, from, to, .. } = message;
        Self {
            id: id.clone(),
            from: from.clone(),
            to: to.clone(),
        }
    }

    /// The reply, under an id of its own.
    pub(crate) fn reply(&self, body: Body, now: Timestamp) -> Outgoing {
        Outgoing {
            id: fresh_id(),
            from: self.to.clone(),
            to: self.from.clone(),
            thid: Some(self.id.clone()),
            pthid: None,
            expires: now.after(limits::message::REPLY_LIFETIME),
            body,
        }
    }
}

/// A message id: 32 hexadecimal digits.
pub(crate) fn fresh_id() -> String {
    hex::encode(rand::random::<[u8; 16]>())
}

/// Seals a message with the keys of the DID that speaks.
pub(crate) fn seal_stored(
    records: &dyn Records,
    message: &Outgoing,
    now: Timestamp,
) -> Result<Vec<u8>, Unsealed> {
    let keys = local(records, &message.from)?.ok_or(Unsealed::NotOurs)?;
    Ok(seal(&message.plaintext(now), &keys)?)
}

/// What we asked, as far as the reply must fit it.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) id: String,
    pub(crate) from: Did,
    pub(crate) to: Did,
}

impl Question {
    pub(crate) fn of(message: &Outgoing) -> Self {
        let Outgoing { id, from, to, .. } = message.clone();
        Self { id, from, to }
    }

    /// Opens the reply with the keys of a stored DID.
    pub(crate) fn answered(
        &self,
        records: &dyn Records,
        bytes: &[u8],
        now: Timestamp,
    ) -> Result<Body, BadReply> {
        let opened = with_keys(records, |keys| open(bytes, keys, now.seconds()))?;
        self.fitting(opened?)
    }

    /// Opens the reply with keys that are not stored.
    pub(crate) fn answered_to(
        &self,
        keys: &Arc<LocalDid>,
        bytes: &[u8],
        now: Timestamp,
    ) -> Result<Body, BadReply> {
        let answered = self.answered_at(keys, bytes, now);
        answered.map(|(body, _)| body)
    }

    /// As [`Self::answered_to`], with the time at which the other side says it wrote, in seconds.
    pub(crate) fn answered_at(
        &self,
        keys: &Arc<LocalDid>,
        bytes: &[u8],
        now: Timestamp,
    ) -> Result<(Body, Option<u64>), BadReply> {
        let own = |did: &Did| (did == keys.did()).then(|| keys.clone());
        let opened = open(bytes, &own, now.seconds())?;
        let written = opened.message.created_time;
        Ok((self.fitting(opened)?, written))
    }

    fn fitting(&self, opened: Opened) -> Result<Body, BadReply> {
        let Opened {
            message, recipient, ..
        } = opened;
        // Ids are compared without regard to case (DIDComm Messaging 2.1, "Message Headers").
        let thid = message.thid.as_deref().unwrap_or_default();
        let fits = message.from == self.to
            && recipient == self.from
            && thid.eq_ignore_ascii_case(&self.id);
        if !fits {
            return Err(BadReply::Foreign);
        }
        Ok(Received::read(message)?.body)
    }
}

fn local(records: &dyn Records, did: &Did) -> Result<Option<LocalDid>, Damage> {
    record::load::<LocalDid>(records, did.as_str().as_bytes())
}

/// Runs something that looks up keys; a damaged row ends it as such, not as an unknown DID.
fn with_keys<T>(
    records: &dyn Records,
    run: impl FnOnce(&dyn Fn(&Did) -> Option<Arc<LocalDid>>) -> T,
) -> Result<T, Damage> {
    let damage = OnceCell::new();
    let found = run(&|did| match local(records, did) {
        Ok(found) => found.map(Arc::new),
        Err(hit) => {
            damage.get_or_init(|| hit);
            None
        }
    });
    damage.into_inner().map_or(Ok(found), Err)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;
    use kith_protocol::message::Empty;
    use kith_protocol::record::{Key, Row, Space};
    use std::collections::BTreeMap;

    type Rows = BTreeMap<Key, Vec<u8>>;

    fn someone() -> LocalDid {
        LocalDid::generate_did_key(&mut rand::rng())
    }

    fn rows(local: &LocalDid) -> Rows {
        BTreeMap::from([(
            Key::new(Space::LocalDid, &local.id()),
            local.to_bytes().to_vec(),
        )])
    }

    fn message(from: &LocalDid, to: &LocalDid, thid: Option<&str>) -> Outgoing {
        Outgoing {
            id: fresh_id(),
            from: from.did().clone(),
            to: to.did().clone(),
            thid: thid.map(Into::into),
            pthid: None,
            expires: clock::now().after(limits::message::REPLY_LIFETIME),
            body: Body::Empty(Empty {}),
        }
    }

    fn sealed(message: &Outgoing, from: &LocalDid) -> Vec<u8> {
        seal(&message.plaintext(clock::now()), from).unwrap()
    }

    #[test]
    fn a_reply_counts_only_from_whom_we_asked_and_to_what_we_asked() {
        let (alice, bob, eve) = (someone(), someone(), someone());
        let records = rows(&alice);
        let question = Question::of(&message(&alice, &bob, None));
        let answered = |from: &LocalDid, thid: Option<&str>| {
            let bytes = sealed(&message(from, &alice, thid), from);
            question.answered(&records, &bytes, clock::now())
        };
        assert_eq!(
            answered(&bob, Some(&question.id)).unwrap(),
            Body::Empty(Empty {})
        );
        assert!(answered(&bob, Some(&question.id.to_uppercase())).is_ok());
        assert!(matches!(
            answered(&eve, Some(&question.id)),
            Err(BadReply::Foreign)
        ));
        assert!(matches!(
            answered(&bob, Some(&fresh_id())),
            Err(BadReply::Foreign)
        ));
        assert!(matches!(answered(&bob, None), Err(BadReply::Foreign)));
    }

    #[test]
    fn a_reply_to_another_did_of_ours_is_foreign() {
        let (alice, other, bob) = (someone(), someone(), someone());
        let records: Rows = rows(&alice).into_iter().chain(rows(&other)).collect();
        let question = Question::of(&message(&alice, &bob, None));
        let bytes = sealed(&message(&bob, &other, Some(&question.id)), &bob);
        let read = question.answered(&records, &bytes, clock::now());
        assert!(matches!(read, Err(BadReply::Foreign)));
        let kept = Arc::new(alice);
        let read = question.answered_to(&kept, &bytes, clock::now());
        assert!(matches!(
            read,
            Err(BadReply::Envelope(Refused::UnknownRecipient))
        ));
    }

    #[test]
    fn a_damaged_key_row_is_damage_and_no_unknown_recipient() {
        let (alice, bob) = (someone(), someone());
        let bytes = sealed(&message(&bob, &alice, None), &bob);
        let mut records = rows(&alice);
        records.values_mut().for_each(|row| row.truncate(9));
        let received = receive(&records, &bytes, clock::now());
        assert!(matches!(received, Err(Unopened::Damage(_))));
        let outgoing = message(&alice, &bob, None);
        let sealed = seal_stored(&records, &outgoing, clock::now());
        assert!(matches!(sealed, Err(Unsealed::Damage(_))));
    }

    #[test]
    fn nothing_is_sent_in_the_name_of_a_did_we_do_not_have() {
        let (alice, bob) = (someone(), someone());
        let sealed = seal_stored(&Rows::new(), &message(&alice, &bob, None), clock::now());
        assert!(matches!(sealed, Err(Unsealed::NotOurs)));
    }
}
