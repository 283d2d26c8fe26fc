//! Five agents around a table: what one sends lies there until something is done with it.
use super::answers::Answers;
use super::home::{Done, Event, Home, Kind, Still};
use super::ledger::Ledger;
use kith_protocol::did::Did;
use kith_protocol::ledger::{Answer, Query};
use kith_protocol::message::{Body, Outgoing, Received};
use kith_protocol::time::{Millis, Timestamp};
use serde_json::Value;
use std::collections::BTreeSet;

/// Messages and texts remembered, to be repeated or bent.
const REMEMBERED: usize = 128;
const TEXTS: usize = 192;
/// More rounds than any honest exchange takes; whoever needs more goes in circles.
const QUIET: usize = 400;

/// A message somebody sent, and who.
#[derive(Clone)]
pub(crate) struct Mail {
    pub(crate) by: usize,
    pub(crate) message: Outgoing,
}

/// Everything, while nobody runs.
#[derive(Clone)]
pub(crate) struct Laid {
    stills: Vec<Still>,
    ledger: Ledger,
    past: Vec<Mail>,
    texts: Vec<String>,
}

/// Everything.
pub(crate) struct Table {
    pub(crate) homes: Vec<Home>,
    pub(crate) ledger: Ledger,
    /// Sent, not carried.
    pub(crate) mail: Vec<Mail>,
    /// Asked, not answered.
    pub(crate) asked: Vec<(usize, Query)>,
    /// Messages that were sent at some time.
    pub(crate) past: Vec<Mail>,
    /// What people were told: names, links, words, ids.
    pub(crate) texts: Vec<String>,
    /// Whether each step is compared with that of a newly opened agent.
    pub(crate) suspicious: bool,
    /// The answers that agents keep.
    answers: Answers,
}

impl Table {
    pub(crate) fn new(start: Timestamp) -> Self {
        let homes = [
            ("Alice", Kind::Owner),
            ("Alicia", Kind::Owner),
            ("Bob", Kind::Trustee),
            ("Carol", Kind::Trustee),
            ("Heidi", Kind::Trustee),
        ];
        let still = |(seed, (name, kind))| Still::new(name, kind, seed, start);
        let stills: Vec<_> = (1..).zip(homes).map(still).collect();
        let long = "A".repeat(300);
        let texts = ["", "none", "seed", "Alice", "Bob", "Carol", "Heidi", &long];
        Laid {
            stills,
            ledger: Ledger::new(),
            past: Vec::new(),
            texts: texts.map(str::to_owned).to_vec(),
        }
        .up()
    }

    /// To begin from here many times.
    pub(crate) fn lay(self) -> Laid {
        Laid {
            stills: self.homes.into_iter().map(|home| home.still).collect(),
            ledger: self.ledger,
            past: self.past,
            texts: self.texts,
        }
    }

    /// Gives an agent an input, and takes what it wants done onto the table.
    pub(crate) fn give(&mut self, who: usize, event: Event) -> Option<Done> {
        let order = match &event {
            Event::Order(order) => order["command"].as_str().map(str::to_owned),
            _ => None,
        };
        // Whoever was just opened looks at its ledgers at once, so only these inputs are alike.
        let alike = matches!(event, Event::Order(_) | Event::Delivered(_));
        let home = &mut self.homes[who];
        self.answers.forget(who, home.still.now);
        let step = match self.suspicious && alike {
            true => home.take_and_compare(event)?,
            false => home.take(event)?,
        };
        if let Some(Ok(answer)) = &step.answer {
            self.homes[who].still.approved |= order.as_deref() == Some("request-approve");
            self.hear(answer);
        }
        for message in &step.sends {
            let mail = Mail {
                by: who,
                message: message.clone(),
            };
            self.past.push(mail.clone());
            self.mail.push(mail);
        }
        let spare = self.past.len().saturating_sub(REMEMBERED);
        self.past.drain(..spare);
        self.asked
            .extend(step.queries.iter().map(|query| (who, query.clone())));
        Some(step)
    }

    /// Remembers the texts in what a person was told.
    fn hear(&mut self, answer: &Value) {
        match answer {
            Value::String(text) => self.note(text),
            Value::Array(items) => items.iter().for_each(|item| self.hear(item)),
            Value::Object(members) => members.values().for_each(|item| self.hear(item)),
            _ => {}
        }
    }

    fn note(&mut self, text: &String) {
        let new = !self.texts.contains(text) && text.len() <= 6_000;
        if new && self.texts.len() < TEXTS {
            self.texts.push(text.clone());
        }
    }

    pub(crate) fn holder(&self, did: &Did) -> Option<usize> {
        self.homes.iter().position(|home| home.still.holds(did))
    }

    /// Hands a message over; whoever gets a message again gives the same answer again.
    pub(crate) fn deliver(&mut self, message: Received) -> Option<Body> {
        let who = self.holder(&message.to)?;
        let now = self.homes[who].still.now;
        let remembered = !message.body.only_reads();
        let named = (message.from.clone(), message.id.clone());
        let step = self.give(who, Event::Delivered(message))?;
        let reply = step.reply.clone().expect("a message without an answer");
        if remembered && !matches!(reply, Body::Problem(_)) {
            self.answers.note(who, named, now, &step);
        }
        Some(reply)
    }

    /// Carries a message, and its answer back.
    pub(crate) fn carry(&mut self, mail: &Mail) {
        if let Some(reply) = self.deliver(received(&mail.message)) {
            let Outgoing { to, id, .. } = mail.message.clone();
            self.give(mail.by, Event::Replied(to, id, reply));
        }
    }

    pub(crate) fn ask(&mut self, who: usize, query: Query) {
        let now = self.homes[who].still.now;
        let answer = self.ledger.answer(&query, now);
        self.tell(who, query, answer);
    }

    pub(crate) fn tell(&mut self, who: usize, query: Query, answer: Answer) {
        self.give(who, Event::Answered(query, answer));
    }

    /// Carries everything until nobody has anything to say.
    pub(crate) fn settle(&mut self) {
        for _ in 0..QUIET {
            if let Some((who, query)) = self.asked.pop() {
                self.ask(who, query);
            } else if self.mail.is_empty() {
                return;
            } else {
                let mail = self.mail.remove(0);
                self.carry(&mail);
            }
        }
        let kinds: BTreeSet<_> = self
            .mail
            .iter()
            .map(|mail| mail.message.body.typ())
            .collect();
        panic!("the agents go in circles: {kinds:?}");
    }

    /// Lets time pass for one or for all, and wakes whoever wants it.
    pub(crate) fn pass(&mut self, span: Millis) {
        for home in &mut self.homes {
            home.still.now = home.still.now.after(span);
        }
        for who in 0..self.homes.len() {
            self.wake(who);
        }
    }

    pub(crate) fn wake(&mut self, who: usize) {
        let home = &self.homes[who];
        if home.due().is_some_and(|due| due <= home.still.now) {
            self.give(who, Event::Deadline);
        }
    }

    pub(crate) fn crash(&mut self, who: usize) {
        let home = self.homes.remove(who);
        self.homes.insert(who, home.crash());
    }
}

impl Laid {
    pub(crate) fn up(self) -> Table {
        Table {
            homes: self.stills.into_iter().map(Still::wake).collect(),
            ledger: self.ledger,
            mail: Vec::new(),
            asked: Vec::new(),
            past: self.past,
            texts: self.texts,
            suspicious: false,
            answers: Answers::default(),
        }
    }
}

/// A message as the envelope hands it over.
pub(crate) fn received(message: &Outgoing) -> Received {
    Received {
        from: message.from.clone(),
        to: message.to.clone(),
        id: message.id.clone(),
        thid: message.thid.clone(),
        pthid: message.pthid.clone(),
        body: message.body.clone(),
    }
}
