//! The one loop: inputs one at a time into the agent, its writes onto the disk, then out.
//!
//! Spec: ARCHITECTURE.md, "One message". Whatever is ready is stepped as one group with one
//! flush. A damaged row or a failing disk ends the loop before anything of the group leaves.
use crate::clock;
use crate::doctor::Examination;
use crate::group::{Disk, Group};
use crate::ledger_client::{Answered, LedgerClient};
use crate::local_api::Asked;
use crate::network::{Delivery, Network, Responder};
use crate::post::{self, Asker, BadReply, Question, Unopened, Unsealed};
use crate::sending::{Returned, Sending};
use crate::store::StoreError;
use crate::told::chain;
use kith_protocol::agent::{Agent, Context, Event, Input, Step};
use kith_protocol::error::{CommandError, Damage};
use kith_protocol::health::Health;
use kith_protocol::ledger::Query;
use kith_protocol::limits;
use kith_protocol::message::{Body, Outgoing};
use kith_protocol::time::Timestamp;
use libp2p::PeerId;
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use std::time::Duration;
use thiserror::Error;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::time::{Instant, sleep};

/// Why the loop ended before it was told to.
#[derive(Debug, Error)]
pub enum DriverError {
    /// A stored record cannot be read: the agent stops and names it.
    #[error("the agent stops: {0}")]
    Damage(Damage),
    /// The store failed. Nothing of the last steps has left.
    #[error("the agent stops: {}", chain(.0))]
    Store(StoreError),
}

// No sources: their text is in the error's own, which stands alone in a log.
impl From<Damage> for DriverError {
    fn from(damage: Damage) -> Self {
        Self::Damage(damage)
    }
}

impl From<StoreError> for DriverError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Where inputs come from.
pub(crate) struct Inbox<C, A> {
    pub(crate) asked: mpsc::Receiver<Asked<C, A>>,
    pub(crate) deliveries: mpsc::Receiver<Delivery>,
    pub(crate) returns: mpsc::Receiver<Returned>,
    pub(crate) answers: mpsc::Receiver<Answered>,
    pub(crate) stop: watch::Receiver<bool>,
}

/// One thing that happened.
enum Happening<C, A> {
    Asked(Asked<C, A>),
    Delivery(Delivery),
    Returned(Returned),
    Answered(Answered),
    Deadline,
}

/// What leaves once a group is durable, in the order of the steps.
enum Effect<A> {
    Reply(Responder, Vec<u8>),
    Send(Question, Vec<u8>),
    Query(Query),
    Tell(
        oneshot::Sender<Result<A, CommandError>>,
        Result<A, CommandError>,
    ),
    Pending(oneshot::Sender<Vec<Event>>, Vec<Event>),
    Health(oneshot::Sender<Box<Examination>>, Box<Examination>),
    Event(Event),
}

/// Who waits for the outcome of a step.
enum Waiting<A> {
    Nobody,
    Person(oneshot::Sender<Result<A, CommandError>>),
    Peer(PeerId, Box<Responder>, Asker),
}

/// An agent and everything around it.
pub(crate) struct Driver<G: Agent, D> {
    pub(crate) agent: G,
    pub(crate) disk: D,
    pub(crate) network: Network,
    pub(crate) sending: Sending,
    pub(crate) ledger: LedgerClient,
    pub(crate) events: broadcast::Sender<Event>,
    pub(crate) inbox: Inbox<G::Command, G::Answer>,
    pub(crate) last_deadline: Option<Instant>,
    pub(crate) watch: clock::Watch,
}

type Steps<'d, D, A> = Group<'d, D, Effect<A>>;

impl<G: Agent, D: Disk> Driver<G, D> {
    /// Runs until it is told to stop.
    pub(crate) async fn run(&mut self) -> Result<(), DriverError> {
        let ended = self.go_on().await;
        ended.map_err(|error| match error {
            DriverError::Damage(damage) => self.disk.naming(damage).into(),
            other => other,
        })
    }

    async fn go_on(&mut self) -> Result<(), DriverError> {
        for event in self.agent.pending(&self.disk)? {
            tracing::info!(kind = event.kind, about = event.about, "waits for a person");
        }
        loop {
            let due = self.agent.deadline(&self.disk)?;
            self.disk.check()?;
            let Some(first) = self.wait(due).await else {
                return Ok(());
            };
            self.take(first)?;
        }
    }

    /// The next thing that happens; nothing when the process stops.
    async fn wait(&mut self, due: Option<Timestamp>) -> Option<Happening<G::Command, G::Answer>> {
        loop {
            let nap = match self.watch.was_set() {
                true => Duration::ZERO,
                false => self.nap(due),
            };
            if nap.is_zero() && *self.inbox.stop.borrow() {
                return None;
            }
            if nap.is_zero() {
                self.last_deadline = Some(Instant::now());
                return Some(Happening::Deadline);
            }
            let inbox = &mut self.inbox;
            tokio::select! {
                _ = inbox.stop.wait_for(|stopped| *stopped) => return None,
                Some(asked) = inbox.asked.recv() => return Some(Happening::Asked(asked)),
                Some(back) = inbox.returns.recv() => return Some(Happening::Returned(back)),
                Some(said) = inbox.answers.recv() => return Some(Happening::Answered(said)),
                Some(came) = inbox.deliveries.recv() => return Some(Happening::Delivery(came)),
                () = sleep(nap) => {}
            }
        }
    }

    /// How long to sleep: until the deadline by the wall clock, which is looked at again after
    /// [`kith_protocol::limits::timer::LONGEST_NAP`], because it may be set meanwhile.
    fn nap(&self, due: Option<Timestamp>) -> Duration {
        let Some(due) = due else {
            return limits::timer::LONGEST_NAP;
        };
        let wall = Duration::from_millis(due.since(clock::now()).0).min(limits::timer::LONGEST_NAP);
        let rest = self.last_deadline.map_or(Duration::ZERO, |last| {
            limits::timer::SHORTEST_NAP.saturating_sub(last.elapsed())
        });
        wall.max(rest)
    }

    /// Steps what happened and all else that is ready, commits, and lets the effects out.
    fn take(&mut self, first: Happening<G::Command, G::Answer>) -> Result<(), DriverError> {
        let mut group = Group::new(&self.disk);
        let mut stepper = Stepper {
            agent: &mut self.agent,
            network: &self.network,
            sending: &mut self.sending,
            ledger: &mut self.ledger,
        };
        stepper.one(&mut group, first)?;
        for _ in 1..limits::queue::GROUP {
            let Some(next) = self.inbox.ready() else {
                break;
            };
            stepper.one(&mut group, next)?;
        }
        for effect in group.commit()? {
            self.release(effect);
        }
        Ok(())
    }

    fn release(&mut self, effect: Effect<G::Answer>) {
        // Whoever asked may have gone away; what was done stays done.
        match effect {
            Effect::Reply(responder, message) => responder.send(message),
            Effect::Send(question, message) => self.sending.send(question, message),
            Effect::Query(query) => self.ledger.ask(query),
            Effect::Tell(person, answer) => drop(person.send(answer)),
            Effect::Pending(person, events) => drop(person.send(events)),
            Effect::Health(person, examination) => drop(person.send(examination)),
            Effect::Event(event) => {
                let Event { kind, about, text } = &event;
                tracing::info!(kind, about, text, "news");
                drop(self.events.send(event));
            }
        }
    }
}

impl<C, A> Inbox<C, A> {
    /// Something that is ready; our own person first, strangers last.
    fn ready(&mut self) -> Option<Happening<C, A>> {
        let asked = self.asked.try_recv().map(Happening::Asked);
        asked
            .or_else(|_| self.returns.try_recv().map(Happening::Returned))
            .or_else(|_| self.answers.try_recv().map(Happening::Answered))
            .or_else(|_| self.deliveries.try_recv().map(Happening::Delivery))
            .ok()
    }
}

/// Feeds the agent.
struct Stepper<'a, G> {
    agent: &'a mut G,
    network: &'a Network,
    sending: &'a mut Sending,
    ledger: &'a mut LedgerClient,
}

impl<G: Agent> Stepper<'_, G> {
    fn one<D: Disk>(
        &mut self,
        group: &mut Steps<'_, D, G::Answer>,
        happening: Happening<G::Command, G::Answer>,
    ) -> Result<(), DriverError> {
        match happening {
            Happening::Asked(Asked::Command { command, answer }) => {
                self.step(group, Input::Command(command), Waiting::Person(answer))
            }
            Happening::Asked(Asked::Pending { answer }) => {
                let events = self.agent.pending(group.disk())?;
                group.hold(Effect::Pending(answer, events));
                Ok(())
            }
            Happening::Asked(Asked::Health { answer }) => {
                let examination = self.examine(group.disk())?;
                group.hold(Effect::Health(answer, Box::new(examination)));
                Ok(())
            }
            Happening::Delivery(delivery) => self.deliver(group, delivery),
            Happening::Returned(returned) => self.returned(group, returned),
            Happening::Answered(answered) => {
                self.ledger.answered(&answered);
                let Answered { query, answer } = answered;
                self.step(group, Input::Answered { query, answer }, Waiting::Nobody)
            }
            Happening::Deadline => self.step(group, Input::DeadlineReached, Waiting::Nobody),
        }
    }

    /// What the agent and its store say of themselves. Of a store with damaged rows the agent is not
    /// asked: it would stop at the first, and its person would not learn of the others.
    fn examine<D: Disk>(&self, disk: &D) -> Result<Examination, DriverError> {
        let store = disk.examine(std::time::Instant::now() + limits::local::EXAMINING);
        let health = match store.damaged.is_empty() {
            true => self.agent.health(clock::now(), disk)?,
            false => Health::default(),
        };
        let network = self.network.clone();
        Ok(Examination {
            store,
            health,
            network,
        })
    }

    fn deliver<D: Disk>(
        &mut self,
        group: &mut Steps<'_, D, G::Answer>,
        delivery: Delivery,
    ) -> Result<(), DriverError> {
        let Delivery {
            peer,
            message,
            responder,
        } = delivery;
        match post::receive(group.disk(), &message, clock::now()) {
            Ok(received) => {
                let waiting = Waiting::Peer(peer, Box::new(responder), Asker::of(&received));
                self.step(group, Input::Delivered(received), waiting)
            }
            Err(Unopened::Damage(damage)) => Err(damage.into()),
            Err(Unopened::Envelope(refused)) => {
                // The stream closes with the responder.
                let refusals = self.network.refusals();
                refusals.note(refused.code(), &peer, &refused);
                Ok(())
            }
            Err(Unopened::Body { error, report }) => {
                // What is wrong in detail may repeat what the message says; the log does not.
                let refusals = self.network.refusals();
                refusals.note(
                    post::body_code(&error),
                    &peer,
                    &"a message was not understood",
                );
                seal_reply(group, responder, &report)
            }
        }
    }

    fn returned<D: Disk>(
        &mut self,
        group: &mut Steps<'_, D, G::Answer>,
        returned: Returned,
    ) -> Result<(), DriverError> {
        let Returned { question, answer } = returned;
        self.sending.release(&question.id);
        let reply = match answer {
            Ok(bytes) => question.answered(group.disk(), &bytes, clock::now()),
            Err(error) => {
                // The outbox sends it again.
                tracing::debug!(to = %question.to, id = question.id, %error, "no answer");
                return Ok(());
            }
        };
        match reply {
            Ok(reply) => {
                let Question { id, to: from, .. } = question;
                self.step(group, Input::Replied { from, id, reply }, Waiting::Nobody)
            }
            Err(BadReply::Damage(damage)) => Err(damage.into()),
            Err(error) => {
                let refusals = self.network.refusals();
                refusals.note(error.code(), &question.to, &"a reply was refused");
                Ok(())
            }
        }
    }

    /// A refusal that its sender is told of, in the log too.
    fn note_report(&self, reply: &Body, peer: &PeerId) {
        if let Body::Problem(problem) = reply {
            let refusals = self.network.refusals();
            refusals.note(&problem.code, peer, &problem.comment);
        }
    }

    fn step<D: Disk>(
        &mut self,
        group: &mut Steps<'_, D, G::Answer>,
        input: Input<G::Command>,
        waiting: Waiting<G::Answer>,
    ) -> Result<(), DriverError> {
        let cx = Context {
            records: group.disk(),
            // Not the thread's generator: a machine that is put back to a snapshot of its memory would deal
            // the same polynomial again, perhaps to other people, one of whom then holds two of its points.
            rng: &mut UnwrapErr(SysRng),
            endpoint: self.network.endpoint(),
            uptime: clock::uptime(),
        };
        let step = self.agent.step(clock::now(), input, cx)?;
        self.keep(group, step, waiting)
    }

    /// Applies what a step writes and holds back what it wants done.
    fn keep<D: Disk>(
        &mut self,
        group: &mut Steps<'_, D, G::Answer>,
        step: Step<G::Answer>,
        waiting: Waiting<G::Answer>,
    ) -> Result<(), DriverError> {
        let Step {
            writes,
            reply,
            sends,
            queries,
            answer,
            events,
        } = step;
        group.apply(&writes)?;
        match waiting {
            Waiting::Peer(peer, responder, asker) => {
                reply.iter().for_each(|body| self.note_report(body, &peer));
                hold_reply(group, *responder, &asker, reply)?;
            }
            Waiting::Person(person) => {
                group.hold(Effect::Tell(person, answer.unwrap_or_else(unanswered)));
            }
            Waiting::Nobody => {}
        }
        for message in sends {
            self.hold_send(group, &message)?;
        }
        queries
            .into_iter()
            .for_each(|query| group.hold(Effect::Query(query)));
        events
            .into_iter()
            .for_each(|event| group.hold(Effect::Event(event)));
        Ok(())
    }

    fn hold_send<D: Disk>(
        &mut self,
        group: &mut Steps<'_, D, G::Answer>,
        message: &Outgoing,
    ) -> Result<(), DriverError> {
        if !self.sending.reserve(&message.id) {
            tracing::debug!(
                id = message.id,
                "a message is under way already, or too many are"
            );
            return Ok(());
        }
        // Also what tests count that compare a run with the simulator's.
        tracing::debug!(
            typ = message.body.typ(),
            id = message.id,
            "a message goes out"
        );
        match sealed(group, message)? {
            Some(sealed) => group.hold(Effect::Send(Question::of(message), sealed)),
            None => self.sending.release(&message.id),
        }
        Ok(())
    }
}

fn unanswered<A>() -> Result<A, CommandError> {
    Err(CommandError::error(
        "the agent gave no answer to this command",
    ))
}

fn hold_reply<D: Disk, A>(
    group: &mut Steps<'_, D, A>,
    responder: Responder,
    asker: &Asker,
    reply: Option<Body>,
) -> Result<(), DriverError> {
    match reply {
        Some(body) => seal_reply(group, responder, &asker.reply(body, clock::now())),
        None => Ok(()),
    }
}

fn seal_reply<D: Disk, A>(
    group: &mut Steps<'_, D, A>,
    responder: Responder,
    reply: &Outgoing,
) -> Result<(), DriverError> {
    if let Some(sealed) = sealed(group, reply)? {
        group.hold(Effect::Reply(responder, sealed));
    }
    Ok(())
}

/// Seals a message; one that cannot be sealed is a fault of ours, logged and not sent.
fn sealed<D: Disk, A>(
    group: &Steps<'_, D, A>,
    message: &Outgoing,
) -> Result<Option<Vec<u8>>, DriverError> {
    match post::seal_stored(group.disk(), message, clock::now()) {
        Ok(sealed) => Ok(Some(sealed)),
        Err(Unsealed::Damage(damage)) => Err(damage.into()),
        Err(error) => {
            tracing::error!(typ = message.body.typ(), %error, "a message of ours cannot be sealed");
            Ok(None)
        }
    }
}

#[cfg(test)]
#[path = "driver_tests.rs"]
mod tests;
