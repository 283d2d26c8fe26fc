//! What a run did: a hash over every decision, and lines and a picture for people.
//!
//! Sealed bytes are left out, because the envelope draws its own randomness; everything an agent
//! decides is in, down to the rows it writes.
mod sequence;
mod telling;
mod timeline;

use crate::node::{Stimulus, Told};
use kith_protocol::agent::Step;
use kith_protocol::did::Did;
use kith_protocol::message::Body;
use kith_protocol::time::Timestamp;
use sequence::Sequence;
use sha2::{Digest as _, Sha256};
use std::collections::VecDeque;
use std::fmt;
use std::io::{self, Write as _};
use timeline::Timeline;

/// Lines kept for the report of a failure.
const KEPT: usize = 60;

/// Letters of an arrow's label.
const LABEL: usize = 34;

/// What is printed to standard error while a run goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Show {
    /// Nothing.
    #[default]
    Nothing,
    /// Who does what, and why.
    Story,
    /// Each step of each agent.
    Steps,
}

/// A run's trace.
pub(crate) struct Trace {
    hash: Sha256,
    begun: Timestamp,
    lines: VecDeque<String>,
    show: Show,
    timeline: Timeline,
    /// What is drawn, if something is.
    sequence: Option<Sequence>,
}

impl Trace {
    /// An empty one.
    pub(crate) fn new(begun: Timestamp, show: Show, draw: bool) -> Self {
        Self {
            hash: Sha256::new(),
            begun,
            lines: VecDeque::new(),
            show,
            timeline: Timeline::default(),
            sequence: draw.then(Sequence::default),
        }
    }

    /// What is printed while it goes on.
    pub(crate) fn show(&self) -> Show {
        self.show
    }

    /// Something happens in the world.
    pub(crate) fn note(&mut self, now: Timestamp, line: &str) {
        self.add(now, line, &[]);
        self.tell(now, "(world)", line);
    }

    /// An agent has taken a step.
    pub(crate) fn step(
        &mut self,
        now: Timestamp,
        (who, stimulus): (&str, &Stimuli),
        step: &Step<Told>,
        names: impl FnMut(&Did) -> String,
    ) {
        let line = format!("{who} {}{}", stimulus.what, telling::step(step));
        self.add(now, &line, &telling::writes(step));
        if self.show == Show::Story {
            for line in self.timeline.step((who, &stimulus.told), step, names) {
                self.tell(now, who, &line);
            }
        }
    }

    /// The ledger shows a record that nobody had seen.
    pub(crate) fn admitted(&mut self, now: Timestamp, kind: &str) {
        let line = format!("admits a record: {kind}");
        self.tell(now, "(ledger)", &line);
        let since = now.since(self.begun);
        if let Some(sequence) = &mut self.sequence {
            sequence.band(since, &format!("the ledger {line}"));
        }
    }

    /// A message, or the reply to it, has arrived.
    pub(crate) fn arrived(
        &mut self,
        (now, id): (Timestamp, &str),
        (from, to): (&str, &str),
        (body, reply): (&Body, bool),
    ) {
        let since = now.since(self.begun);
        if let Some(sequence) = self.sequence.as_mut().filter(|_| timeline::is_news(body)) {
            sequence.arrow(
                (since, id),
                (from, to),
                (abridged(&telling::short(body)), reply),
            );
        }
    }

    /// What is drawn begins here.
    pub(crate) fn draw_from_here(&mut self) {
        if let Some(sequence) = &mut self.sequence {
            sequence.clear();
        }
    }

    /// What is drawn ends here.
    pub(crate) fn draw_until_here(&mut self) {
        if let Some(sequence) = &mut self.sequence {
            sequence.end();
        }
    }

    /// The drawing.
    pub(crate) fn svg(&self, title: &str) -> Option<String> {
        self.sequence.as_ref().map(|sequence| sequence.svg(title))
    }

    fn tell(&self, now: Timestamp, who: &str, what: &str) {
        if self.show == Show::Story {
            show(&timeline::line(now.since(self.begun), who, what));
        }
    }

    /// Adds a decision: a line for people, and bytes that only the hash covers.
    fn add(&mut self, now: Timestamp, line: impl fmt::Display, more: &[u8]) {
        let since = now.since(self.begun).0;
        let line = format!("{:>8}.{:03} {line}", since / 1000, since % 1000);
        self.hash.update(line.as_bytes());
        self.hash.update((more.len() as u64).to_be_bytes());
        self.hash.update(more);
        if self.show == Show::Steps {
            show(&line);
        }
        if self.lines.len() == KEPT {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }

    /// The hash of all so far.
    pub(crate) fn hash(&self) -> String {
        hex::encode(self.hash.clone().finalize())
    }

    /// The last lines.
    pub(crate) fn tail(&self) -> Vec<String> {
        self.lines.iter().cloned().collect()
    }
}

/// As much as fits between two columns.
fn abridged(label: &str) -> String {
    match label.char_indices().nth(LABEL) {
        Some((end, _)) => format!("{}…", &label[..end]),
        None => label.to_owned(),
    }
}

/// Prints a line. A reader who has seen enough, and is gone, does not end the run.
fn show(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// What happened to an agent, in words; made before the agent takes it.
pub(crate) struct Stimuli {
    what: String,
    told: String,
}

impl Stimuli {
    pub(crate) fn of(stimulus: &Stimulus, show: Show) -> Self {
        let told = if show == Show::Story {
            timeline::told(stimulus)
        } else {
            String::new()
        };
        Self {
            what: telling::stimulus(stimulus),
            told,
        }
    }
}
