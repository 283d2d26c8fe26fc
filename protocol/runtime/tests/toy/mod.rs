//! An agent that knocks, answers knocks, and plays a ledger host: enough to drive the runtime.
#![allow(unreachable_pub, missing_docs)]
use kith_protocol::agent::{Agent, Context, Event, Input, Step, Work};
use kith_protocol::bytes::{Blob, Digest};
use kith_protocol::did::{Did, LocalDid};
use kith_protocol::error::{CommandError, Damage, Halt, Refusal};
use kith_protocol::ledger::{Answer as LedgerAnswer, Ask, Query};
use kith_protocol::message::{Body, Empty, Received, ledger};
use kith_protocol::outbox;
use kith_protocol::record::{Records, Row, Space};
use kith_protocol::time::Timestamp;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use serde::{Deserialize, Serialize};

pub struct Toy;

#[derive(Debug, Serialize, Deserialize)]
pub enum Command {
    /// Makes a DID.
    Introduce,
    /// Makes the DID of this number, whose keys everybody knows.
    Impersonate(u64),
    /// Knocks at one DID from another until it answers.
    Knock { from: Did, to: Did },
    /// Follows a log.
    Follow { log: Digest, hosts: Vec<Did> },
    /// What happened so far.
    Tally,
    /// Repeats this many bytes.
    Repeat(usize),
    /// Something this agent will not do.
    Misbehave,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    Did(Did),
    Id(String),
    Tally(Tally),
    Text(String),
    Done,
}

#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    pub knocks: u64,
    pub answers: u64,
}

impl Row for Tally {
    const SPACE: Space = Space::History;
    fn id(&self) -> Vec<u8> {
        Vec::new()
    }
}

impl Agent for Toy {
    type Command = Command;
    type Answer = Answer;

    fn step(
        &mut self,
        now: Timestamp,
        input: Input<Command>,
        cx: Context<'_>,
    ) -> Result<Step<Answer>, Damage> {
        let mut work = Work::new(now, cx);
        let (mut reply, mut answer) = (None, None);
        match input {
            Input::Command(command) => answer = Some(carry_out(&mut work, command)?),
            Input::Delivered(message) => {
                reply = Some(outbox::answer_once(&mut work, &message, handle)?);
            }
            Input::Replied { from, id, .. } => {
                if outbox::settle(&mut work, &from, &id)? {
                    tally(&mut work, |tally| tally.answers += 1)?;
                    work.hint(Event::new("answer", id, "answered"));
                }
            }
            Input::Answered { query, answer } => {
                work.hint(Event::new("ledger", query.log.to_string(), said(&answer)));
            }
            Input::DeadlineReached => {
                let dues = outbox::Dues::open(&work)?;
                outbox::resend_due(&mut work, &dues)?;
            }
        }
        Ok(work.finish(reply, answer))
    }

    fn deadline(&self, records: &dyn Records) -> Result<Option<Timestamp>, Damage> {
        Ok(outbox::Dues::open(records)?.next())
    }

    fn pending(&self, records: &dyn Records) -> Result<Vec<Event>, Damage> {
        let tally = kith_protocol::record::load::<Tally>(records, &[])?.unwrap_or_default();
        Ok(vec![Event::new("knocks", "all", tally.knocks.to_string())])
    }
}

fn said(answer: &LedgerAnswer) -> &'static str {
    match answer {
        LedgerAnswer::Page(_) => "page",
        LedgerAnswer::Appended(_) => "appended",
        LedgerAnswer::Unavailable => "unavailable",
    }
}

fn carry_out(
    work: &mut Work<'_>,
    command: Command,
) -> Result<Result<Answer, CommandError>, Damage> {
    Ok(Ok(match command {
        Command::Introduce => {
            let local = LocalDid::generate(Some(work.endpoint), work.rng);
            work.save(&local);
            Answer::Did(local.did().clone())
        }
        Command::Impersonate(number) => {
            let local = LocalDid::generate(None, &mut ChaCha20Rng::seed_from_u64(number));
            work.save(&local);
            Answer::Did(local.did().clone())
        }
        Command::Knock { from, to } => {
            // Empty, because its answer is remembered; that of a ping is not.
            Answer::Id(outbox::send(work, &from, &to, Body::Empty(Empty {})))
        }
        Command::Follow { log, hosts } => {
            let ask = Ask::Follow {
                have: 0,
                since: Timestamp(0),
            };
            work.ask(Query { log, hosts, ask });
            Answer::Done
        }
        Command::Tally => Answer::Tally(work.load(&[])?.unwrap_or_default()),
        Command::Repeat(bytes) => Answer::Text("x".repeat(bytes)),
        Command::Misbehave => return Ok(Err(CommandError::refused("no"))),
    }))
}

fn handle(work: &mut Work<'_>, message: &Received) -> Result<Body, Halt> {
    match &message.body {
        Body::Empty(_) => {
            tally(work, |tally| tally.knocks += 1)?;
            work.hint(Event::new("knock", message.from.to_string(), "asked"));
            Ok(Body::Empty(Empty {}))
        }
        Body::LedgerEntries(asked) => Ok(Body::LedgerPage(ledger::Page {
            log: asked.log,
            note: Blob(Vec::new()),
            from: asked.have,
            entries: Vec::new(),
            proof: Vec::new(),
        })),
        _ => Err(Refusal::new("e.p.req.declined", "a toy does not do that").into()),
    }
}

fn tally(work: &mut Work<'_>, count: impl FnOnce(&mut Tally)) -> Result<(), Damage> {
    let mut tally = work.load::<Tally>(&[])?.unwrap_or_default();
    count(&mut tally);
    work.save(&tally);
    Ok(())
}
