//! Answers that are kept, so that a message that comes again changes nothing again.
//!
//! Why what changed nothing needs no answer kept, and why the oldest may be forgotten: decision 0022.
use super::dues::NEVER;
use super::refused;
use crate::agent::Work;
use crate::bytes::{Blob, Digest};
use crate::did::Did;
use crate::error::{Damage, Halt};
use crate::keys::labels;
use crate::limits::message::{ANSWER_LIFETIME, ANSWERS_PER_SENDER};
use crate::message::{Body, Received};
use crate::record::{self, Row, Space};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The answer that a message got the first time.
#[derive(Serialize, Deserialize)]
struct Answered {
    from: Did,
    id: String,
    reply: Blob,
    at: Timestamp,
}

impl Row for Answered {
    const SPACE: Space = Space::Answered;
    fn id(&self) -> Vec<u8> {
        answer_id(&self.from, &self.id).0.to_vec()
    }
}

/// Ids are compared without regard to case, as DIDComm says.
fn answer_id(from: &Did, id: &str) -> Digest {
    let framed = [
        from.as_str().as_bytes(),
        &[0],
        id.to_ascii_lowercase().as_bytes(),
    ]
    .concat();
    Digest::of(labels::ANSWERED, &[&framed])
}

/// Which answers are kept for one sender, the oldest first: it could send without end under fresh ids.
#[derive(Serialize, Deserialize)]
struct Given {
    sender: Digest,
    answers: Vec<Digest>,
    last: Timestamp,
}

impl Row for Given {
    const SPACE: Space = Space::Given;
    fn id(&self) -> Vec<u8> {
        self.sender.0.to_vec()
    }
}

impl Given {
    fn to(work: &Work<'_>, sender: &Did) -> Result<Self, Damage> {
        let sender = Digest::of(labels::GIVEN, &[sender.as_str().as_bytes()]);
        let given = work.load::<Self>(&sender.0)?;
        Ok(given.unwrap_or(Self {
            sender,
            answers: Vec::new(),
            last: work.now,
        }))
    }

    /// Counts one more; the ones it pushes out.
    fn take(&mut self, answer: Digest, now: Timestamp) -> Vec<Digest> {
        // Counted before, it was swept since: its old place must not push out the new answer.
        self.answers.retain(|other| *other != answer);
        self.answers.push(answer);
        self.last = now;
        let many = self.answers.len().saturating_sub(ANSWERS_PER_SENDER);
        self.answers.drain(..many).collect()
    }
}

/// Answers a message once: a repetition gets the stored answer. A refusal changes nothing; no answer is
/// kept for it, nor for what changed nothing otherwise, so that hostile messages cost no disk.
///
/// # Errors
/// [`Damage`] when a record cannot be read.
pub fn answer_once(
    work: &mut Work<'_>,
    message: &Received,
    handle: impl FnOnce(&mut Work<'_>, &Received) -> Result<Body, Halt>,
) -> Result<Body, Damage> {
    let id = answer_id(&message.from, &message.id);
    if let Some(answered) = work.load::<Answered>(&id.0)?
        && let Some(reply) = Body::from_json(&answered.reply.0)
    {
        return Ok(reply);
    }
    match handle(work, message) {
        Ok(reply) => {
            if !message.body.only_reads() && work.has_written() {
                remember(work, message, &reply)?;
            }
            Ok(reply)
        }
        Err(Halt::Damage(damage)) => Err(damage),
        Err(Halt::Refusal(refusal)) => {
            work.discard();
            Ok(refused(&refusal))
        }
    }
}

fn remember(work: &mut Work<'_>, message: &Received, reply: &Body) -> Result<(), Damage> {
    let mut given = Given::to(work, &message.from)?;
    for forgotten in given.take(answer_id(&message.from, &message.id), work.now) {
        work.erase::<Answered>(&forgotten.0);
    }
    work.save(&given);
    work.save(&Answered {
        from: message.from.clone(),
        id: message.id.clone(),
        reply: Blob(reply.to_json()),
        at: work.now,
    });
    Ok(())
}

/// Takes back what was answered to this sender: what comes again is judged anew.
///
/// # Errors
/// [`Damage`] when a record cannot be read.
pub fn unsay(work: &mut Work<'_>, sender: &Did) -> Result<(), Damage> {
    let given = Given::to(work, sender)?;
    for answer in &given.answers {
        work.erase::<Answered>(&answer.0);
    }
    work.erase::<Given>(&given.sender.0);
    Ok(())
}

/// What a part of the answers was found to hold.
pub(super) struct Swept {
    /// How many answers were read.
    pub(super) read: usize,
    /// When the first of those that are left may go.
    pub(super) next: Timestamp,
}

/// Sweeps what is kept under ids that begin with this byte.
pub(super) fn sweep_part(work: &mut Work<'_>, part: u8) -> Result<Swept, Damage> {
    let answers = record::load_all::<Answered>(work, &[part])?;
    let mut next = NEVER;
    for answered in &answers {
        match answered.at.after(ANSWER_LIFETIME) {
            end if end <= work.now => work.erase::<Answered>(&answered.id()),
            end => next = next.min(end),
        }
    }
    for given in record::load_all::<Given>(work, &[part])? {
        match given.last.after(ANSWER_LIFETIME) {
            end if end <= work.now => work.erase::<Given>(&given.id()),
            end => next = next.min(end),
        }
    }
    Ok(Swept {
        read: answers.len(),
        next,
    })
}
