//! The trustee's side: custody and release, and the roles any trustee agent can play beside it.
//!
//! One agent, composed of parts that share nothing but rows:
//! - [`command`]: what its person can ask;
//! - `enrolment`, `invitation`, `ward`: how it comes to know an owner;
//! - `renewal`, `staying`: what moving to another machine means for them;
//! - `deposit`, `custody`, `promotion`, `watch`: what it keeps, when it lets old things go, and that it
//!   has not let go of them;
//! - `request`, `release`, `sighting`, `veto`: a recovery, and the one rule by which a share leaves;
//! - `host`: backups it keeps for others;
//! - `roles`: a ledger it operates or witnesses.
mod alarm;
mod answers;
mod aside;
mod authority;
pub mod command;
mod connection;
mod custody;
mod delivered;
mod deposit;
mod enrolment;
mod evidence;
mod facts;
mod health;
mod history;
mod host;
mod invitation;
mod lodged;
mod orders;
mod prekey;
mod promotion;
mod register;
mod release;
mod renewal;
mod request;
mod resign;
mod retire;
mod roles;
mod seat;
mod sighting;
mod staying;
mod veto;
mod ward;
mod watch;

pub use staying::Staying;

use crate::agent::{Agent, Context, Event, Input, Step, Work};
use crate::anchor::Anchor;
use crate::bytes::Digest;
use crate::did::Did;
use crate::error::Damage;
use crate::health::Health;
use crate::ledger::{self, Ask, Query};
use crate::message::Body;
use crate::outbox::{self, Dues};
use crate::record::{Overlay, Records};
use crate::time::Timestamp;
use crate::trustee::command::{Answer, Command};
use crate::trustee::register::Register;
use crate::trustee::roles::Roles;
use crate::trustee::ward::WardId;

/// What a trustee agent is told when it is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// What it calls itself towards owners and claimants.
    pub name: String,
    /// Whether it keeps backups for owners who ask.
    pub host_backups: bool,
}

/// A trustee's agent. Everything it knows is in its rows; what is in memory is rebuilt from them.
pub struct TrusteeAgent {
    config: Config,
    anchor: Anchor,
    roles: Roles,
    register: Register,
    dues: Dues,
}

impl TrusteeAgent {
    /// Opens the agent over its rows, new or old.
    ///
    /// # Errors
    /// [`Damage`] when a row cannot be read.
    pub fn open(records: &dyn Records, config: Config) -> Result<Self, Damage> {
        let anchor = Anchor::open(records)?;
        let register = Register::open(records, &anchor)?;
        let mut agent = Self {
            config,
            anchor,
            roles: Roles::open(records)?,
            register,
            dues: Dues::open(records)?,
        };
        request::pace_all(records, &mut agent.register, &mut agent.anchor)?;
        Ok(agent)
    }

    /// An answer to one of our messages. One that nobody asked for, or that comes from another than
    /// who was asked, is ignored; "not yet" leaves the message waiting.
    fn replied(
        &mut self,
        work: &mut Work<'_>,
        from: &Did,
        id: &str,
        reply: Body,
    ) -> Result<(), Damage> {
        if let Body::LedgerCosigned(cosigned) = &reply {
            return self.roles.cosigned(work, from, cosigned);
        }
        if outbox::is_not_yet(&reply) {
            return outbox::put_off(work, from, id).map(drop);
        }
        if !outbox::settle(work, from, id)? {
            return Ok(());
        }
        if let Some(session) = request::awaiting(work, self.register.followed(), id)? {
            request::replied(work, &self.anchor, session, reply)?;
        } else if let Some(ward) = self.register.awaiting(id)
            && let Some(ward) = ward::load(work, &ward)?
        {
            enrolment::replied(work, ward, reply)?;
        }
        Ok(())
    }

    /// A ledger answered. Only a page that our own view took makes its head fresh.
    fn answered(
        &mut self,
        work: &mut Work<'_>,
        query: &Query,
        answer: &ledger::Answer,
    ) -> Result<(), Damage> {
        let before = self.head(&query.log);
        for news in self.anchor.answered(work, query, answer)? {
            if let Ok(effect) = &news.outcome {
                alarm::raise(work, &self.register, effect)?;
                self.register.stir(&effect.policy);
            }
        }
        let is_page = matches!(
            (&query.ask, answer),
            (Ask::Follow { .. }, ledger::Answer::Page(_))
        );
        if !is_page {
            return Ok(());
        }
        for id in self.register.moving_on(&query.log) {
            self.settle(work, &id)?;
        }
        let fresh = (self.head(&query.log) > before).then_some(&query.log);
        request::follow_all(work, &mut self.anchor, self.register.followed(), fresh)
    }

    /// Does for one owner what her log now shows.
    fn settle(&mut self, work: &mut Work<'_>, id: &WardId) -> Result<(), Damage> {
        promotion::promote(work, &self.anchor, id)?;
        host::settle(work, &self.anchor, id)?;
        let ward = ward::load(work, id)?;
        let view = ward.and_then(|ward| Some((self.anchor.view(&ward.ledger)?, ward.policy)));
        if !view.is_some_and(|(view, policy)| facts::moves(view, &policy)) {
            self.register.rest(id);
        }
        Ok(())
    }

    fn head(&self, log: &Digest) -> Timestamp {
        self.anchor.view(log).map(facts::head).unwrap_or_default()
    }

    fn tick(&mut self, work: &mut Work<'_>) -> Result<(), Damage> {
        for id in self.register.bare() {
            renewal::renew(work, &id)?;
        }
        outbox::resend_due(work, &self.dues)?;
        outbox::sweep(work, &mut self.dues)?;
        self.anchor.tick(work)?;
        self.roles.tick(work)?;
        request::follow_all(work, &mut self.anchor, self.register.followed(), None)
    }
}

impl Agent for TrusteeAgent {
    type Command = Command;
    type Answer = Answer;

    fn step(
        &mut self,
        now: Timestamp,
        input: Input<Command>,
        cx: Context<'_>,
    ) -> Result<Step<Answer>, Damage> {
        let base = cx.records;
        let mut work = Work::new(now, cx);
        let (mut reply, mut answer) = (None, None);
        // A message or a deadline makes nothing more urgent; what it ends is slower after the next look.
        let paces = !matches!(input, Input::Delivered(_) | Input::DeadlineReached);
        match input {
            Input::Command(command) => answer = Some(self.ordered(&mut work, command)?),
            Input::Delivered(message) => reply = Some(self.delivered(&mut work, &message)?),
            Input::Replied { from, id, reply } => self.replied(&mut work, &from, &id, reply)?,
            Input::Answered { query, answer } => self.answered(&mut work, &query, &answer)?,
            Input::DeadlineReached => self.tick(&mut work)?,
        }
        let step = work.finish(reply, answer);
        self.register.note(&step.writes)?;
        self.dues.note(&step.writes)?;
        if paces {
            let batch = &step.writes;
            let records = Overlay { base, batch };
            request::pace_all(&records, &mut self.register, &mut self.anchor)?;
        }
        Ok(step)
    }

    fn deadline(&self, records: &dyn Records) -> Result<Option<Timestamp>, Damage> {
        let deadlines = [
            (!self.register.bare().is_empty()).then_some(Timestamp(0)),
            self.dues.next(),
            self.dues.next_sweep(),
            self.anchor.deadline(records)?,
            self.roles.deadline(),
        ];
        Ok(deadlines.into_iter().flatten().min())
    }

    fn pending(&self, records: &dyn Records) -> Result<Vec<Event>, Damage> {
        answers::pending(records)
    }

    fn health(&self, now: Timestamp, records: &dyn Records) -> Result<Health, Damage> {
        self.examined(now, records)
    }
}
