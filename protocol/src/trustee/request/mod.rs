//! A recovery as one trustee lives through it: one session per owner and claimant (R7).
//!
//! `open` sends the challenge, `replied` takes the claimant's request and shows the words, `judge`
//! is what our person says, `follow` does what the ledger allows.
mod contest;
mod follow;
mod judge;
mod open;
mod replied;
mod view;

pub(super) use follow::{Pace, follow_all, look_for, pace_all};
pub(super) use judge::{approve, deny, verify};
pub(super) use open::open;
pub(super) use replied::{replied, told};
pub(super) use view::{list, view, waits_for};

use crate::agent::Work;
use crate::bytes::{Blob, Digest, Nonce32};
use crate::did::Did;
use crate::error::{CommandError, Damage, Stop};
use crate::keys::VerifyingKey;
use crate::keys::role::AgentPolicy;
use crate::ledger::{Record, RecordBody, RequestBody};
use crate::limits;
use crate::record::{self, Records, Row, Space};
use crate::time::Timestamp;
use crate::trustee::command::WordsView;
use crate::trustee::connection;
use crate::trustee::sighting::Sighting;
use crate::trustee::ward::WardId;
use crate::words::Transcript;
use core::fmt;
use serde::{Deserialize, Serialize};

/// Names a session in rows and towards our person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct SessionId(u32);

impl SessionId {
    /// The session of a row of this id.
    pub(in crate::trustee) fn of_row(id: &[u8]) -> Option<Self> {
        id.try_into().ok().map(|id| Self(u32::from_be_bytes(id)))
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "q-{:08x}", self.0)
    }
}

/// One session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Session {
    pub(super) id: SessionId,
    /// Whose share it is about; our person said so.
    pub(crate) ward: WardId,
    /// Our fresh DID of this recovery connection.
    pub(super) ours: Did,
    /// The claimant's.
    pub(super) theirs: Did,
    pub(super) opened: Timestamp,
    /// The share it is about.
    pub(super) epoch: u32,
    pub(super) deal: Digest,
    /// The delay as we have watched it, once the lane is full.
    pub(super) sighting: Option<Sighting>,
    /// A veto that was handed to us directly.
    pub(super) veto: Option<HandedVeto>,
    /// The words, once our person has heard the claimant's: the claimant may not have heard ours
    /// yet.
    pub(super) words: Option<WordsView>,
    pub(super) stage: Stage,
}

/// A veto that reached us before it stood on the ledger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct HandedVeto {
    /// Whose it is.
    pub(super) agent: VerifyingKey<AgentPolicy>,
    /// The record, to be offered until it stands there.
    pub(super) record: Blob,
}

/// How far a session is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Stage {
    /// The challenge is on its way.
    Challenged(Challenged),
    /// The claimant has asked; our nonce is on its way.
    Revealing(Comparing),
    /// The words can be compared.
    Words(Comparing),
    /// They were the same; the request is being anchored.
    Verified(Verified),
    /// Our person approved; nothing has left.
    Approved(Approved),
    /// The share is on its way.
    Released(Released),
    /// The claimant has it.
    Delivered(Ask),
    /// Our person refused.
    Denied(Denied),
    /// It came to nothing, or to its end.
    Over(Over),
}

/// Waiting for the claimant's request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Challenged {
    pub(super) message: String,
    pub(super) nonce: Nonce32,
}

/// What the claimant asks, checked against what we hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Ask {
    /// The request's id.
    pub(super) request: Digest,
    /// The request record as the claimant signed it, with us as sponsor.
    pub(super) record: Blob,
}

/// Both nonces are known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Comparing {
    pub(super) message: String,
    pub(super) transcript: Transcript,
    pub(super) ask: Ask,
}

/// The person on the phone is who sent the request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Verified {
    pub(super) ask: Ask,
    /// Not before this time we try again to sponsor it.
    pub(super) retry: Timestamp,
}

/// Our person approved this very request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Approved {
    pub(super) ask: Ask,
    /// Not before this time we try again to anchor what was refused for now.
    pub(super) retry: Timestamp,
    /// Not before this time the share is offered again to a claimant who did not take it.
    pub(super) retry_release: Timestamp,
}

/// The share is on its way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Released {
    pub(super) ask: Ask,
    pub(super) message: String,
}

/// Our person refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Denied {
    pub(super) ask: Option<Ask>,
    /// Whether an approval of ours, or our sponsoring, may stand or come to stand, and must be taken back.
    pub(super) withdraw: bool,
    /// Not before this time we try again what was refused for now.
    pub(super) retry: Timestamp,
}

/// Why a session is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Over {
    pub(super) ask: Option<Ask>,
    pub(super) mismatch: bool,
    pub(super) reason: String,
}

impl Row for Session {
    const SPACE: Space = Space::Request;
    fn id(&self) -> Vec<u8> {
        self.id.0.to_be_bytes().to_vec()
    }
}

impl Ask {
    /// The request as the claimant signed it.
    pub(super) fn body(&self) -> RequestBody {
        let RecordBody::Request(body) = self.signed().body else {
            unreachable!("checked when it came")
        };
        *body
    }

    pub(super) fn signed(&self) -> Record {
        Record::from_bytes(&self.record.0).expect("checked when it came")
    }
}

impl Session {
    /// What the claimant asks, once it is known.
    pub(super) fn ask(&self) -> Option<&Ask> {
        match &self.stage {
            Stage::Challenged(_) => None,
            Stage::Revealing(comparing) | Stage::Words(comparing) => Some(&comparing.ask),
            Stage::Verified(verified) => Some(&verified.ask),
            Stage::Approved(approved) => Some(&approved.ask),
            Stage::Released(released) => Some(&released.ask),
            Stage::Delivered(ask) => Some(ask),
            Stage::Denied(denied) => denied.ask.as_ref(),
            Stage::Over(over) => over.ask.as_ref(),
        }
    }

    /// Whether anything can still happen in it.
    pub(super) fn is_live(&self) -> bool {
        match &self.stage {
            Stage::Delivered(_) | Stage::Denied(_) | Stage::Over(_) => false,
            Stage::Challenged(_)
            | Stage::Revealing(_)
            | Stage::Words(_)
            | Stage::Verified(_)
            | Stage::Approved(_)
            | Stage::Released(_) => true,
        }
    }

    /// Whether the ledger can move it on: it is live, or something said in it is to be taken back.
    pub(in crate::trustee) fn follows(&self) -> bool {
        self.is_live() || matches!(&self.stage, Stage::Denied(Denied { withdraw: true, .. }))
    }

    fn is_verified(&self) -> bool {
        matches!(
            self.stage,
            Stage::Verified(_) | Stage::Approved(_) | Stage::Released(_)
        )
    }

    /// Whether this message of ours is the one its stage waits for.
    fn awaits(&self, message: &str) -> bool {
        match &self.stage {
            Stage::Challenged(challenged) => challenged.message == message,
            Stage::Revealing(comparing) => comparing.message == message,
            Stage::Released(released) => released.message == message,
            Stage::Words(_)
            | Stage::Verified(_)
            | Stage::Approved(_)
            | Stage::Delivered(_)
            | Stage::Denied(_)
            | Stage::Over(_) => false,
        }
    }

    /// The same session at another stage.
    pub(super) fn at(self, stage: Stage) -> Self {
        Self { stage, ..self }
    }

    /// The same session, over.
    pub(super) fn over(self, mismatch: bool, reason: impl Into<String>) -> Self {
        let ask = self.ask().cloned();
        self.at(Stage::Over(Over {
            ask,
            mismatch,
            reason: reason.into(),
        }))
    }
}

/// The session of this id.
pub(crate) fn load(records: &dyn Records, id: &SessionId) -> Result<Option<Session>, Damage> {
    record::load(records, &id.0.to_be_bytes())
}

/// The one of these sessions that waits for an answer to this message.
pub(super) fn awaiting(
    records: &dyn Records,
    ids: Vec<SessionId>,
    message: &str,
) -> Result<Option<Session>, Damage> {
    for id in ids {
        let session = load(records, &id)?;
        if let Some(session) = session.filter(|session| session.awaits(message)) {
            return Ok(Some(session));
        }
    }
    Ok(None)
}

/// The session our person means: its id or an unambiguous beginning.
pub(super) fn find(work: &Work<'_>, id: &str) -> Result<Session, Stop> {
    let begins = |session: &Session| {
        let whole = session.id.to_string();
        !id.is_empty() && (whole.starts_with(id) || whole["q-".len()..].starts_with(id))
    };
    let mut found: Vec<Session> = work.all::<Session>()?.into_iter().filter(begins).collect();
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => Err(CommandError::error(format!(
            "no request begins with `{id}`; see: trustee-agent request list"
        ))
        .into()),
        _ => Err(CommandError::error(format!(
            "several requests begin with `{id}`; give more of it"
        ))
        .into()),
    }
}

/// Makes room for one more: the oldest that is over goes first, then the oldest that nobody has
/// verified, so that strangers cannot push out a person who was recognised.
fn make_room(work: &mut Work<'_>) -> Result<(), Stop> {
    let mut sessions = work.all::<Session>()?;
    sessions.sort_by_key(|session| (session.is_live(), session.opened));
    if sessions.len() < limits::trustee::SESSIONS {
        return Ok(());
    }
    let Some(oldest) = sessions.into_iter().find(|session| !session.is_verified()) else {
        let most = limits::trustee::SESSIONS;
        let full = format!("{most} recovery requests are under way; finish or deny some first");
        return Err(CommandError::refused(full).into());
    };
    drop_session(work, &oldest)?;
    Ok(())
}

fn drop_session(work: &mut Work<'_>, session: &Session) -> Result<(), Damage> {
    work.erase::<Session>(&session.id());
    // After a completed recovery the connection is the owner's, and stays.
    if connection::party_of(work, &session.ours)? == Some(connection::Party::Session(session.id)) {
        connection::forget(work, &session.ours);
    }
    Ok(())
}
