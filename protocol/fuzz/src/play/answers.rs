//! One message has one answer: what is remembered of the answers that agents keep.
use super::home::Done;
use kith_protocol::did::Did;
use kith_protocol::limits::message::{ANSWER_LIFETIME, ANSWERS_PER_SENDER};
use kith_protocol::message::Body;
use kith_protocol::record::Space;
use kith_protocol::time::Timestamp;
use std::collections::BTreeMap;

struct Kept {
    id: String,
    at: Timestamp,
    reply: Body,
}

/// What each agent keeps for each sender, the oldest first.
#[derive(Default)]
pub(crate) struct Answers(BTreeMap<(usize, Did), Vec<Kept>>);

impl Answers {
    /// The agent `who` has this time: what it may have forgotten is not held against it.
    pub(crate) fn forget(&mut self, who: usize, now: Timestamp) {
        for (_, kept) in self.0.iter_mut().filter(|((whose, _), _)| *whose == who) {
            kept.retain(|kept| kept.at.after(ANSWER_LIFETIME) > now);
        }
    }

    /// The agent `who` answered a message, and did not refuse it.
    pub(crate) fn note(
        &mut self,
        who: usize,
        (from, id): (Did, String),
        now: Timestamp,
        step: &Done,
    ) {
        let kept = self.0.entry((who, from)).or_default();
        let reply = step.reply.clone().expect("it answered");
        let answered = step.writes.touched(Space::Answered).next().is_some();
        if let Some(first) = kept.iter().find(|kept| kept.id == id) {
            assert_eq!(first.reply, reply, "two answers to one message");
            assert!(step.writes.is_empty(), "a repetition changed something");
        } else if answered {
            kept.push(Kept { id, at: now, reply });
            let many = kept.len().saturating_sub(ANSWERS_PER_SENDER);
            kept.drain(..many);
        } else {
            assert!(step.writes.is_empty(), "a change without an answer kept");
        }
    }
}
