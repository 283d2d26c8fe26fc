//! Steps as lines of a trace.
use crate::node::{Order, Stimulus, Told};
use kith_protocol::agent::Step;
use kith_protocol::ledger::{Answer, AppendOutcome, Ask, Query};
use kith_protocol::message::Body;
use sha2::{Digest as _, Sha256};
use std::fmt::{self, Write as _};

/// What happens to an agent.
pub(super) fn stimulus(stimulus: &Stimulus) -> String {
    match stimulus {
        Stimulus::Order(Order::Owner(command)) => {
            format!("is told {}", head(command))
        }
        Stimulus::Order(Order::Trustee(command)) => {
            format!("is told {}", head(command))
        }
        Stimulus::Delivered(message) => {
            format!("receives {} {}", short(&message.body), &message.id[..6])
        }
        Stimulus::Replied { id, reply, .. } => {
            format!("is answered {} to {}", short(reply), &id[..6])
        }
        Stimulus::Answered { query, answer } => {
            format!("learns {} from {}", said(answer), asked(query))
        }
        Stimulus::Deadline => "wakes".into(),
    }
}

/// What it does about it.
pub(super) fn step(step: &Step<Told>) -> String {
    let mut line = String::new();
    if let Some(answer) = &step.answer {
        let answer = match answer {
            Ok(Told::Owner(answer)) => head(answer),
            Ok(Told::Trustee(answer)) => head(answer),
            Err(error) => head(&format_args!("no: {error}")),
        };
        line.push_str(&format!(" -> {answer}"));
    }
    if let Some(reply) = &step.reply {
        line.push_str(&format!(" -> {}", short(reply)));
    }
    for message in &step.sends {
        line.push_str(&format!(
            "; sends {} {}",
            short(&message.body),
            &message.id[..6]
        ));
    }
    for query in &step.queries {
        line.push_str(&format!("; asks {}", asked(query)));
    }
    for event in &step.events {
        line.push_str(&format!("; says {}: {}", event.kind, event.text));
    }
    line
}

/// A digest of the rows it writes.
pub(super) fn writes(step: &Step<Told>) -> Vec<u8> {
    let mut hash = Sha256::new();
    for (key, value) in step.writes.iter() {
        hash.update((key.as_bytes().len() as u64).to_be_bytes());
        hash.update(key.as_bytes());
        hash.update(
            value
                .map_or(u64::MAX, |bytes| bytes.len() as u64)
                .to_be_bytes(),
        );
        hash.update(value.unwrap_or_default());
    }
    hash.finalize().to_vec()
}

/// A message type without its base, and what a problem report says.
pub(super) fn short(body: &Body) -> String {
    let typ = body.typ().rsplit('/').next().unwrap_or_default();
    match body {
        Body::Problem(problem) => format!("problem {}: {}", problem.code, problem.comment),
        _ => typ.to_owned(),
    }
}

fn asked(query: &Query) -> String {
    match &query.ask {
        Ask::Append(record) => format!("append of {} bytes", record.0.len()),
        Ask::Follow { have, .. } => format!("follow from {have}"),
    }
}

fn said(answer: &Answer) -> String {
    match answer {
        Answer::Appended(AppendOutcome::Committed { index }) => format!("committed at {index}"),
        Answer::Appended(AppendOutcome::Pending) => "pending".into(),
        Answer::Appended(AppendOutcome::Refused { code, .. }) => format!("refused {code}"),
        Answer::Page(page) => format!("{} entries from {}", page.entries.len(), page.from),
        Answer::Unavailable => "nothing".into(),
    }
}

/// Letters that are left of something long.
const HEAD: usize = 160;

/// The beginning of something long; no more of it is written.
fn head(what: &dyn fmt::Debug) -> String {
    let mut head = Head(String::new());
    // It stops by an error when it is full.
    let _ = write!(head, "{what:?}");
    head.0
}

struct Head(String);

impl fmt::Write for Head {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = HEAD - self.0.chars().count();
        match text.char_indices().nth(room) {
            Some((end, _)) => {
                self.0.push_str(&text[..end]);
                Err(fmt::Error)
            }
            None => {
                self.0.push_str(text);
                Ok(())
            }
        }
    }
}
