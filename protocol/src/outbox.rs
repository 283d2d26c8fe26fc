//! At-least-once sending and duplicate answers.
//!
//! A message is a row until its reply arrives; whoever does not see the reply sends it again with
//! the same id and gets the stored answer. So a lost message, a lost reply and a crash between any
//! two steps come to the same end.
mod answered;
mod dues;

pub use answered::{answer_once, unsay};
pub use dues::Dues;

use self::dues::Timed;
use crate::agent::Work;
use crate::bytes::Blob;
use crate::did::{Did, LocalDid};
use crate::error::{Damage, Refusal};
use crate::limits;
use crate::message::{Body, Outgoing, ProblemReport};
use crate::record::{Row, Space};
use crate::time::{Millis, Timestamp};
use serde::{Deserialize, Serialize};

/// First pause before a message is sent again.
const FIRST_RETRY: Millis = Millis(500);
/// First pause after a "not yet"; each further one is twice as long. A peer that says so looks at the
/// ledger meanwhile, which takes it about as long as this and the way there take us.
const FIRST_NOT_YET: Millis = Millis(50);
/// Longest pause: a peer that comes back after days is met within five minutes.
const LONGEST_RETRY: Millis = Millis::seconds(300);

/// A message on its way.
#[derive(Serialize, Deserialize)]
pub struct Waiting {
    id: String,
    from: Did,
    to: Did,
    thid: Option<String>,
    pthid: Option<String>,
    expires: Timestamp,
    body: Blob,
    attempts: u32,
    due: Timestamp,
}

impl Row for Waiting {
    const SPACE: Space = Space::Outbox;
    fn id(&self) -> Vec<u8> {
        self.id.as_bytes().to_vec()
    }
}

impl Timed for Waiting {
    const LONGEST: Millis = LONGEST_RETRY;
    fn wakes(&self) -> Timestamp {
        self.due.min(self.expires)
    }
}

impl Waiting {
    fn outgoing(&self) -> Option<Outgoing> {
        Some(Outgoing {
            id: self.id.clone(),
            from: self.from.clone(),
            to: self.to.clone(),
            thid: self.thid.clone(),
            pthid: self.pthid.clone(),
            expires: self.expires,
            body: Body::from_json(&self.body.0)?,
        })
    }
}

/// A fresh message id: 32 hexadecimal digits, as DIDComm recommends.
pub fn fresh_id(work: &mut Work<'_>) -> String {
    work.random()[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Sends `body` from one of our DIDs until it is answered or expires; returns the message's id.
pub fn send(work: &mut Work<'_>, from: &Did, to: &Did, body: Body) -> String {
    send_in(work, from, to, None, body)
}

/// The same within a parent thread, such as the invitation it answers.
pub fn send_in(
    work: &mut Work<'_>,
    from: &Did,
    to: &Did,
    pthid: Option<String>,
    body: Body,
) -> String {
    let id = fresh_id(work);
    let waiting = Waiting {
        id: id.clone(),
        from: from.clone(),
        to: to.clone(),
        thid: None,
        pthid,
        expires: work.now.after(limits::message::LIFETIME),
        body: Blob(body.to_json()),
        attempts: 1,
        due: work.now.after(FIRST_RETRY),
    };
    work.save(&waiting);
    if let Some(outgoing) = waiting.outgoing() {
        work.transmit(outgoing);
    }
    id
}

/// Whether this message still waits for its reply.
///
/// # Errors
/// [`Damage`] when the row cannot be read.
pub fn is_waiting(work: &Work<'_>, id: &str) -> Result<bool, Damage> {
    Ok(work.load::<Waiting>(id.as_bytes())?.is_some())
}

/// The reason codes that say "not yet". Whoever deals, puts a backup or fetches one does so because
/// its own view of the ledger allows it; a peer that says one of these has not seen that much of the
/// ledger. Such a reply is no answer: the message stays on the outbox and is sent again, with the same
/// id, until the peer has caught up.
///
/// A veto is one of them: it may be overridden, and then the same message is lawful again (G10).
pub const NOT_YET: [&str; 4] = [
    "e.m.trust.ledger-behind",
    "e.p.trust.not-approved",
    "e.m.req.time.waiting-period",
    "e.p.trust.vetoed",
];

/// Whether this reply only says "not yet".
#[must_use]
pub fn is_not_yet(reply: &Body) -> bool {
    matches!(reply, Body::Problem(problem) if NOT_YET.contains(&problem.code.as_str()))
}

/// Whether a reason as people read it, `comment (code)`, only says "not yet".
#[must_use]
pub fn reads_not_yet(reason: &str) -> bool {
    let code = reason
        .strip_suffix(')')
        .and_then(|text| text.rsplit_once('('));
    code.is_some_and(|(_, code)| NOT_YET.contains(&code))
}

/// `from` answered the message `id` with "not yet": it is sent again sooner than to a peer that says
/// nothing. False where we never asked that, or not them.
///
/// # Errors
/// [`Damage`] when the row cannot be read.
pub fn put_off(work: &mut Work<'_>, from: &Did, id: &str) -> Result<bool, Damage> {
    let waiting = work.load::<Waiting>(id.as_bytes())?;
    let Some(mut waiting) = waiting.filter(|waiting| waiting.to == *from) else {
        return Ok(false);
    };
    // By attempts and not by the clock, which may stand still: a peer that always says "not yet" is
    // asked as seldom in the end as one that says nothing.
    let soon = work
        .now
        .after(growing(FIRST_NOT_YET, waiting.attempts.saturating_sub(1)));
    if soon < waiting.due {
        waiting.due = soon;
        work.save(&waiting);
    }
    Ok(true)
}

/// A pause after so many others, each twice the one before.
fn growing(first: Millis, before: u32) -> Millis {
    Millis(first.times(1 << before.min(16)).0.min(LONGEST_RETRY.0))
}

/// Takes the message `id` off the outbox because `from` answered it. False where we never asked
/// that, or not them: such a reply is ignored.
///
/// # Errors
/// [`Damage`] when the row cannot be read.
pub fn settle(work: &mut Work<'_>, from: &Did, id: &str) -> Result<bool, Damage> {
    let waiting = work.load::<Waiting>(id.as_bytes())?;
    let asked = waiting.is_some_and(|waiting| waiting.to == *from);
    if asked {
        work.erase::<Waiting>(id.as_bytes());
    }
    Ok(asked)
}

/// Forgets a message that is no longer wanted.
pub fn withdraw(work: &mut Work<'_>, id: &str) {
    work.erase::<Waiting>(id.as_bytes());
}

/// Sends again what is due, each at twice the pause of the last time, and drops what has expired, if it
/// was sent often enough: a clock that jumps by years ends nothing.
///
/// # Errors
/// [`Damage`] when a row cannot be read.
pub fn resend_due(work: &mut Work<'_>, dues: &Dues) -> Result<(), Damage> {
    for id in dues.by::<Waiting>(work.now) {
        if let Some(waiting) = work.load::<Waiting>(id)? {
            resend(work, waiting);
        }
    }
    Ok(())
}

fn resend(work: &mut Work<'_>, mut waiting: Waiting) {
    if waiting.expires <= work.now && waiting.attempts >= limits::message::TRIES {
        work.erase::<Waiting>(waiting.id.as_bytes());
    } else if waiting.wakes().is_over(work.now, LONGEST_RETRY) {
        // Counted on a clock that has jumped since, or while the agent was off: nobody would take it.
        let latest = work.now.after(limits::message::LIFETIME);
        if waiting.expires <= work.now || waiting.expires > latest {
            waiting.expires = latest;
        }
        waiting.due = work.now.after(growing(FIRST_RETRY, waiting.attempts));
        waiting.attempts = waiting.attempts.saturating_add(1);
        work.save(&waiting);
        if let Some(outgoing) = waiting.outgoing() {
            work.transmit(outgoing);
        }
    }
}

/// A refusal as the reply it travels in.
#[must_use]
pub fn refused(refusal: &Refusal) -> Body {
    Body::Problem(ProblemReport {
        code: refusal.code.into(),
        comment: refusal.comment.clone(),
    })
}

/// A DID of ours whose connection has ended.
#[derive(Serialize, Deserialize)]
struct Retired {
    did: Did,
    until: Timestamp,
}

impl Row for Retired {
    const SPACE: Space = Space::Retired;
    fn id(&self) -> Vec<u8> {
        self.did.as_str().as_bytes().to_vec()
    }
}

impl Timed for Retired {
    const LONGEST: Millis = limits::message::LIFETIME;
    fn wakes(&self) -> Timestamp {
        self.until
    }
}

/// Lets a DID of ours go whose connection has ended. Its keys stay as long as a message from it or to
/// it can be under way: the last word is still said, and whoever repeats a message is still told no.
pub fn retire(work: &mut Work<'_>, did: &Did) {
    let until = work.now.after(limits::message::LIFETIME);
    work.save(&Retired {
        did: did.clone(),
        until,
    });
}

/// Answers that are read in one sweep, about: enough to be faster than they come, few enough that a
/// trustee of ten thousand owners, who has tens of thousands, does not read them all when it wakes.
const SWEPT: usize = 64;

/// Parts that are read in one sweep: of a fresh start, when nothing is known of any. All 256 were looked at
/// after eight sweeps, two hours at most, and answers are kept for a month.
const PARTS: usize = 32;

/// Lets go of the keys of connections that ended long enough ago, and, once a minute, of answers that
/// nobody can ask for any more: some, from a place drawn by lot, and none of which it is known that they
/// are not old enough.
///
/// # Errors
/// [`Damage`] when a row cannot be read.
pub fn sweep(work: &mut Work<'_>, dues: &mut Dues) -> Result<(), Damage> {
    for id in dues.by::<Retired>(work.now) {
        let retired = work.load::<Retired>(id)?;
        if let Some(retired) = retired.filter(|retired| retired.until > work.now) {
            // Counted on a clock that ran ahead: thirty days by the right one.
            retire(work, &retired.did);
            continue;
        }
        work.erase::<LocalDid>(id);
        work.erase::<Retired>(id);
    }
    if !dues.sweeps(work.now) {
        return Ok(());
    }
    // Ids of these rows are digests, so the 256 parts by their first byte are of one size.
    let first = work.random()[0];
    let mut read = 0;
    for part in dues.restless(first, work.now).into_iter().take(PARTS) {
        let swept = answered::sweep_part(work, part)?;
        dues.rest(part, swept.next);
        read += swept.read;
        if read >= SWEPT {
            break;
        }
    }
    Ok(())
}
