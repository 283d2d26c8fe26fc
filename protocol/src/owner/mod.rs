//! The owner's side: enrolment, dealing, protection, alarms, and recovery as a claimant.
//!
//! One agent for both: a claimant becomes the owner's next agent in the step that restores the
//! wallet.
mod alarm;
mod alert;
mod audit;
mod claim;
pub mod command;
mod comparison;
mod custody;
mod deal;
mod dealing;
mod enrolment;
mod handout;
mod health;
mod identity;
mod kept_by_trustee;
mod pace;
mod peers;
mod protect;
mod push;
mod recipient;
mod refresh;
mod renewed;
mod replace;
mod resigned;
mod secret;
mod status;
mod superseded;
mod supplement;
mod taint;
mod terms;
mod trustee;

use crate::agent::{Agent, Context, Event, Input, Step, Work};
use crate::anchor::{self, Anchor};
use crate::error::{CommandError, Damage, Halt, Refusal, Stop};
use crate::health::Health;
use crate::ledger::{self, Query};
use crate::message::{Body, Ping, PingResponse, Received};
use crate::outbox::{self, Dues};
use crate::record::Records;
use crate::time::Timestamp;
use command::{Answer, Command};
use peers::Peers;
use terms::Wish;
use trustee::{PeerRole, Stage};

/// An owner's or claimant's agent.
pub struct OwnerAgent {
    anchor: Anchor,
    dues: Dues,
    peers: Peers,
}

impl OwnerAgent {
    /// Opens the agent over its records.
    ///
    /// # Errors
    /// [`Damage`] when a record cannot be read.
    pub fn open(records: &dyn Records) -> Result<Self, Damage> {
        let mut anchor = Anchor::open(records)?;
        pace::set(records, &mut anchor)?;
        Ok(Self {
            anchor,
            dues: Dues::open(records)?,
            peers: Peers::open(records)?,
        })
    }

    fn command(&mut self, work: &mut Work<'_>, command: Command) -> Result<Answer, Stop> {
        match command {
            Command::Init { name, ledger } => {
                identity::create(work, &mut self.anchor, &name, &ledger)
            }
            Command::Status => status::status(work, &self.anchor),
            Command::TrusteeInvite { name } => enrolment::invite(work, &name, PeerRole::Trustee),
            Command::HostInvite { name } => enrolment::invite(work, &name, PeerRole::Host),
            Command::HostAccept { name, yes } => kept_by_trustee::accept(work, &name, yes),
            Command::TrusteeWords { name } => enrolment::show_words(work, &name),
            Command::TrusteeVerify { name, words } => enrolment::verify(work, &name, &words),
            Command::TrusteeList => Ok(Answer::Trustees {
                list: status::trustees(work, &self.anchor)?,
            }),
            Command::TrusteePing { name } => ping(work, &name),
            Command::TrusteeRemove { names } => replace::remove(work, &self.anchor, &names),
            Command::TrusteeReplace { old, new } => {
                replace::replace(work, &self.anchor, (&old, &new))
            }
            Command::SecretAdd { name, data } => secret::add(work, &name, &data),
            Command::SecretList => secret::list(work),
            Command::SecretShow { name } => secret::show::<secret::Wallet>(work, &name),
            Command::SecretShowEarlier { name } => secret::show::<secret::Earlier>(work, &name),
            Command::SecretRemove { name } => secret::remove(work, &name),
            Command::SecretRemoveEarlier { name } => secret::remove_earlier(work, &name),
            Command::Protect {
                threshold,
                delay,
                lifetime,
                cool_down,
                override_threshold,
            } => {
                let wish = Wish {
                    delay,
                    lifetime,
                    cool_down,
                    override_threshold,
                };
                let terms = terms::wished(work, threshold, wish)?;
                protect::begin(work, &self.anchor, terms)
            }
            Command::BackupVerify => audit::verify(work, &self.anchor),
            Command::BackupStatus => audit::show(work, &self.anchor),
            Command::ShareRefresh => refresh::begin(work, &self.anchor),
            Command::ProtectStatus => protect::show(work, &self.anchor),
            Command::AlertList => Ok(Answer::Alerts {
                list: alert::alerts(work, &self.anchor)?,
            }),
            Command::AlertVeto { id } => alert::veto(work, &mut self.anchor, &id),
            Command::RecoverStart {
                name,
                trustees,
                stolen,
            } => claim::connect::start(work, &name, &trustees, stolen),
            Command::RecoverInvite { name } => {
                let answer = claim::connect::invite(work, &name)?;
                claim::collect::advance(work, &self.anchor)?;
                Ok(answer)
            }
            Command::RecoverWords { name } => claim::talk::show_words(work, &name),
            Command::RecoverVerify { name, words } => {
                let answer = claim::talk::verify(work, &name, &words)?;
                claim::collect::advance(work, &self.anchor)?;
                Ok(answer)
            }
            Command::RecoverStatus => claim::status::show(work, &self.anchor),
            Command::RecoverAcceptOlder => claim::later::accept_older(work, &self.anchor),
            Command::RecoverAbort => claim::connect::abort(work, &self.anchor),
            Command::RecordList => alert::records(work),
            Command::RecordOutcome { record } => status::offered(work, &self.anchor, &record),
        }
    }

    fn message(&mut self, work: &mut Work<'_>, message: &Received) -> Result<Body, Halt> {
        let peers = &self.peers;
        let claiming = peers.claimed(work, &message.to)?.is_some();
        match &message.body {
            Body::Ping(Ping { .. }) => Ok(Body::PingResponse(PingResponse {})),
            Body::SetupAccept(accept) => {
                enrolment::on_accept(work, (&self.anchor, peers), message, accept)
            }
            Body::SetupDecline(_) => enrolment::on_end(work, peers, message, Stage::Declined),
            Body::SetupResign(resign) => resigned::on_resign(work, peers, message, resign),
            Body::SetupRenew(renew) => {
                renewed::on_renew(work, (&self.anchor, peers), message, renew)
            }
            Body::WordsReveal(reveal) if claiming => {
                claim::talk::on_reveal(work, peers, message, reveal)
            }
            Body::WordsReveal(reveal) => enrolment::on_reveal(work, peers, message, reveal),
            Body::WordsConfirm(_) if claiming => claim::talk::on_confirm(work, peers, message),
            Body::WordsConfirm(_) => enrolment::on_confirm(work, peers, message),
            Body::WordsMismatch(_) if claiming => claim::talk::on_mismatch(work, peers, message),
            Body::WordsMismatch(_) => enrolment::on_end(work, peers, message, Stage::Mismatch),
            Body::RecoveryChallenge(challenge) => {
                claim::connect::on_challenge(work, (&mut self.anchor, peers), message, challenge)
            }
            Body::RecoveryPending(_) => claim::connect::on_pending(work, peers, message),
            Body::RecoveryRelease(release) => {
                claim::collect::on_release(work, (&self.anchor, peers), message, release)
            }
            Body::RecoveryDeny(deny) => claim::talk::on_deny(work, peers, message, deny),
            // Everything else is for trustees, hosts, operators and witnesses, or is a reply.
            other => Err(Refusal::new(
                "e.m.msg.unexpected",
                format!("an owner's agent does not take {}", other.typ()),
            )
            .into()),
        }
    }

    /// "Not yet" leaves the message on the outbox; the person sees what it waits for.
    fn put_off(&self, work: &mut Work<'_>, id: &str, reply: &Body) -> Result<(), Damage> {
        let Body::Problem(problem) = reply else {
            return Ok(());
        };
        let why = protect::reason(problem);
        protect::on_not_yet(work, id, &why)?;
        claim::fetch::on_not_yet(work, id, &why)
    }

    fn replied(&mut self, work: &mut Work<'_>, id: &str, reply: &Body) -> Result<(), Damage> {
        if protect::on_reply(work, &mut self.anchor, id, reply)?
            || claim::fetch::on_reply(work, &self.anchor, id, reply)?
        {
            return Ok(());
        }
        if superseded::on_reply(work, id, reply)? {
            return Ok(());
        }
        if let Body::PingResponse(_) = reply {
            work.hint(Event::new("pong", id, "the ping was answered"));
        }
        Ok(())
    }

    fn answered(
        &mut self,
        work: &mut Work<'_>,
        query: &Query,
        answer: &ledger::Answer,
    ) -> Result<(), Damage> {
        let news = self.anchor.answered(work, query, answer)?;
        alert::note(work, &self.anchor, &news)?;
        protect::advance_all(work, &mut self.anchor)?;
        taint::refresh(work, &self.anchor)?;
        claim::talk::judge_epochs(work, &self.anchor)?;
        claim::collect::advance(work, &self.anchor)?;
        pace::set(work, &mut self.anchor)
    }

    fn tick(&mut self, work: &mut Work<'_>) -> Result<(), Damage> {
        outbox::resend_due(work, &self.dues)?;
        outbox::sweep(work, &mut self.dues)?;
        claim::fetch::tick(work)?;
        claim::later::tick(work, &self.anchor)?;
        custody::tick(work, &self.anchor)?;
        audit::tick(work, &self.anchor)?;
        supplement::tick(work, &self.anchor)?;
        self.anchor.tick(work)
    }
}

fn ping(work: &mut Work<'_>, name: &str) -> Result<Answer, Stop> {
    let trustee = trustee::named(work, name)?;
    let none = || CommandError::pending(format!("{name} has not answered the invitation yet"));
    let contact = trustee.contact.ok_or_else(none)?;
    outbox::send(
        work,
        &trustee.local,
        &contact.did,
        Body::Ping(Ping {
            response_requested: true,
        }),
    );
    Ok(Answer::Done {
        text: format!(
            "a ping to {name} is on its way; `owner-agent trustee list` shows the last sign of life"
        ),
    })
}

impl Agent for OwnerAgent {
    type Command = Command;
    type Answer = Answer;

    fn shows_secrets(command: &Command) -> bool {
        matches!(
            command,
            Command::SecretShow { .. } | Command::SecretShowEarlier { .. }
        )
    }

    fn step(
        &mut self,
        now: Timestamp,
        input: Input<Command>,
        cx: Context<'_>,
    ) -> Result<Step<Answer>, Damage> {
        let mut work = Work::new(now, cx);
        let (mut reply, mut answer) = (None, None);
        match input {
            Input::Command(command) => answer = Some(self.carry_out(&mut work, command)?),
            Input::Delivered(message) => {
                let replied = outbox::answer_once(&mut work, &message, |work, message| {
                    self.message(work, message)
                })?;
                reply = Some(replied);
            }
            Input::Replied { from, id, reply } => {
                if outbox::is_not_yet(&reply) {
                    if outbox::put_off(&mut work, &from, &id)? {
                        self.put_off(&mut work, &id, &reply)?;
                    }
                } else if custody::on_reply(
                    &mut work,
                    (&self.anchor, &self.peers),
                    (&from, &id),
                    &reply,
                )? || audit::on_reply(&mut work, &self.anchor, (&from, &id), &reply)?
                {
                    trustee::note_sign_of_life(&mut work, &self.peers, &from)?;
                } else if outbox::settle(&mut work, &from, &id)? {
                    trustee::note_sign_of_life(&mut work, &self.peers, &from)?;
                    self.replied(&mut work, &id, &reply)?;
                }
            }
            Input::Answered { query, answer } => self.answered(&mut work, &query, &answer)?,
            Input::DeadlineReached => self.tick(&mut work)?,
        }
        let step = work.finish(reply, answer);
        self.dues.note(&step.writes)?;
        self.peers.note(&step.writes)?;
        Ok(step)
    }

    fn deadline(&self, records: &dyn Records) -> Result<Option<Timestamp>, Damage> {
        let claim = claim::row::load(records)?.and_then(|claim| claim::fetch::due(&claim));
        let dues = [
            self.dues.next(),
            self.dues.next_sweep(),
            self.anchor.deadline(records)?,
            custody::due(records)?,
            audit::due(records)?,
            supplement::due(records)?,
            claim,
        ];
        Ok(dues.into_iter().flatten().min())
    }

    fn pending(&self, records: &dyn Records) -> Result<Vec<Event>, Damage> {
        let mut events = enrolment::pending(records)?;
        events.extend(claim::talk::pending(records)?);
        events.extend(alert::pending(records, &self.anchor)?);
        events.extend(custody::pending(records, &self.anchor)?);
        events.extend(audit::pending(records, &self.anchor)?);
        events.extend(supplement::pending(records)?);
        events.extend(resigned::pending(records)?);
        events.extend(taint::pending(records, &self.anchor)?);
        events.extend(anchor::pending(records)?);
        Ok(events)
    }

    fn health(&self, now: Timestamp, records: &dyn Records) -> Result<Health, Damage> {
        self.examined(now, records)
    }
}

impl OwnerAgent {
    /// A command that fails has changed nothing.
    fn carry_out(
        &mut self,
        work: &mut Work<'_>,
        command: Command,
    ) -> Result<Result<Answer, CommandError>, Damage> {
        match self.command(work, command) {
            Ok(answer) => Ok(Ok(answer)),
            Err(Stop::Damage(damage)) => Err(damage),
            Err(Stop::Command(error)) => {
                work.discard();
                Ok(Err(error))
            }
        }
    }
}
