//! What this trustee did and why, for its person; and what others did wrong, with their evidence.
use crate::agent::{Event, Work};
use crate::bytes::Blob;
use crate::error::Damage;
use crate::limits;
use crate::record::{self, Records, Row, Space};
use crate::time::Timestamp;
use crate::trustee::command::HistoryView;
use crate::trustee::ward::WardId;
use serde::{Deserialize, Serialize};

/// Rows of three kinds share the space; the first byte of the id tells them apart.
const COUNTER: u8 = 0;
const LINE: u8 = 1;
const PROOF: u8 = 2;

/// How many lines there have been.
#[derive(Default, Serialize, Deserialize)]
struct Counter {
    next: u64,
}

impl Row for Counter {
    const SPACE: Space = Space::History;
    fn id(&self) -> Vec<u8> {
        vec![COUNTER]
    }
}

/// One line.
#[derive(Serialize, Deserialize)]
struct Line {
    number: u64,
    at: Timestamp,
    text: String,
}

impl Row for Line {
    const SPACE: Space = Space::History;
    fn id(&self) -> Vec<u8> {
        line_id(self.number)
    }
}

fn line_id(number: u64) -> Vec<u8> {
    [&[LINE], &number.to_be_bytes()[..]].concat()
}

/// A message that its sender signed and that breaks a rule (G6).
#[derive(Serialize, Deserialize)]
struct Proof {
    ward: WardId,
    line: u64,
    message: Blob,
}

impl Row for Proof {
    const SPACE: Space = Space::History;
    fn id(&self) -> Vec<u8> {
        let slot = (self.line % limits::trustee::EVIDENCE) as u8;
        [&[PROOF], &self.ward.0[..], &[slot]].concat()
    }
}

/// Adds a line and returns its number.
pub(super) fn note(work: &mut Work<'_>, text: impl Into<String>) -> Result<u64, Damage> {
    let mut counter = work.load::<Counter>(&[COUNTER])?.unwrap_or_default();
    let number = counter.next;
    counter.next += 1;
    work.save(&counter);
    let text = text.into();
    work.hint(Event::new("history", number.to_string(), &text));
    work.save(&Line {
        number,
        at: work.now,
        text,
    });
    if let Some(oldest) = number.checked_sub(limits::trustee::HISTORY) {
        work.erase::<Line>(&line_id(oldest));
    }
    Ok(number)
}

/// Adds a line about something an owner's agent signed, and keeps the message.
pub(super) fn accuse(
    work: &mut Work<'_>,
    ward: WardId,
    text: String,
    message: Vec<u8>,
) -> Result<(), Damage> {
    let line = note(work, text)?;
    work.save(&Proof {
        ward,
        line,
        message: Blob(message),
    });
    Ok(())
}

/// All lines kept, newest last.
pub(super) fn lines(records: &dyn Records) -> Result<Vec<HistoryView>, Damage> {
    let lines = record::load_all::<Line>(records, &[LINE])?;
    Ok(lines
        .into_iter()
        .map(|line| HistoryView {
            at: line.at,
            text: line.text,
        })
        .collect())
}
