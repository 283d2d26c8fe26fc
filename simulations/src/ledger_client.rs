//! Questions to ledgers as the runtime asks them: messages to the hosts, one after the other, from a
//! DID that lives as long as the process.
use crate::checkers::Sight;
use crate::network::Asker;
use crate::node::{NodeId, Stimulus};
use crate::world::{Happening, World};
use kith_protocol::bytes::{Blob, Digest};
use kith_protocol::did::{Did, LocalDid};
use kith_protocol::ledger::{Answer, Ask, Query};
use kith_protocol::limits;
use kith_protocol::message::{Body, Outgoing, ledger};
use kith_protocol::time::{Millis, Timestamp};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How long one host has to answer, as in the runtime.
const PATIENCE: Millis = Millis::seconds(10);

/// The transport of one process.
#[derive(Default)]
pub(crate) struct LedgerClient {
    pub(crate) own: Option<Arc<LocalDid>>,
    under_way: BTreeMap<u64, Question>,
    questions: u64,
}

/// A question under way.
struct Question {
    query: Query,
    /// Which host is asked now.
    host: usize,
    /// The message to it.
    message: String,
    /// Asked meanwhile about the same.
    again: Option<Query>,
}

/// Questions about the same thing: one of each is under way.
fn topic(query: &Query) -> (Digest, Option<&Blob>) {
    match &query.ask {
        Ask::Append(record) => (query.log, Some(record)),
        Ask::Follow { .. } => (query.log, None),
    }
}

fn hosts(query: &Query) -> usize {
    match query.ask {
        // Only the operator admits records.
        Ask::Append(_) => 1,
        Ask::Follow { .. } => limits::queue::LEDGER_HOSTS,
    }
}

fn body(query: &Query) -> Body {
    let log = query.log;
    match &query.ask {
        Ask::Append(record) => Body::LedgerAppend(ledger::Append {
            log,
            record: record.clone(),
        }),
        &Ask::Follow { have, since } => Body::LedgerEntries(ledger::Entries { log, have, since }),
    }
}

/// What a host's reply says, if it is an answer.
fn read(query: &Query, body: Body) -> Option<Answer> {
    match (&query.ask, body) {
        (Ask::Append(_), Body::LedgerAppended(said)) => Some(Answer::Appended(said.outcome)),
        (Ask::Follow { .. }, Body::LedgerPage(page)) if page.log == query.log => {
            Some(Answer::Page(page))
        }
        _ => None,
    }
}

impl LedgerClient {
    fn message(&mut self, number: u64, own: &Did, now: Timestamp) -> Option<Outgoing> {
        self.questions += 1;
        let id = format!("{:032x}", self.questions);
        let question = self.under_way.get_mut(&number)?;
        let to = question
            .query
            .hosts
            .iter()
            .take(hosts(&question.query))
            .nth(question.host)?;
        question.message.clone_from(&id);
        Some(Outgoing {
            id,
            from: own.clone(),
            to: to.clone(),
            thid: None,
            pthid: None,
            expires: now.after(limits::message::QUESTION_LIFETIME),
            body: body(&question.query),
        })
    }

    fn is_current(&self, asker: &Asker) -> bool {
        let question = asker
            .question
            .and_then(|number| self.under_way.get(&number));
        question.is_some_and(|question| question.message == asker.id)
    }
}

impl World {
    /// Asks a ledger, or waits for the same question that is under way.
    pub(crate) fn ask_ledger(&mut self, node: NodeId, query: Query) {
        let client = &mut self.node_mut(node).client;
        let same = client
            .under_way
            .values_mut()
            .find(|known| topic(&known.query) == topic(&query));
        if let Some(known) = same {
            known.again = Some(query);
            return;
        }
        client.questions += 1;
        let number = client.questions;
        let question = Question {
            query,
            host: 0,
            message: String::new(),
            again: None,
        };
        client.under_way.insert(number, question);
        self.ask_host(node, number);
    }

    fn ask_host(&mut self, node: NodeId, number: u64) {
        let now = self.node(node).clock.wall(self.now());
        let client = &mut self.node_mut(node).client;
        let Some(own) = client.own.clone() else {
            return;
        };
        match client.message(number, own.did(), now) {
            Some(message) => self.put_question(node, number, message),
            None => self.answered_by_ledger(node, number, Answer::Unavailable),
        }
    }

    fn put_question(&mut self, node: NodeId, number: u64, message: Outgoing) {
        let asker = Asker {
            question: Some(number),
            ..Asker::of(node, self.node(node).life, &message)
        };
        self.after(PATIENCE, Happening::TimesOut(asker.clone()));
        self.dispatch(asker, message);
    }

    /// A host has not answered, or not with an answer: the next one.
    pub(crate) fn try_next_host(&mut self, asker: &Asker) {
        let node = self.node_mut(asker.node);
        let Some(number) = asker.question.filter(|_| node.client.is_current(asker)) else {
            return;
        };
        if let Some(question) = node.client.under_way.get_mut(&number) {
            question.host += 1;
            question.message.clear();
        }
        self.ask_host(asker.node, number);
    }

    /// A host replied.
    pub(crate) fn returned_by_ledger(&mut self, asker: &Asker, reply: Body) {
        let client = &self.node(asker.node).client;
        let Some(number) = asker.question.filter(|_| client.is_current(asker)) else {
            return;
        };
        let answer = client
            .under_way
            .get(&number)
            .and_then(|question| read(&question.query, reply));
        match answer {
            Some(answer) => self.answered_by_ledger(asker.node, number, answer),
            None => self.try_next_host(asker),
        }
    }

    fn answered_by_ledger(&mut self, node: NodeId, number: u64, answer: Answer) {
        let Some(question) = self.node_mut(node).client.under_way.remove(&number) else {
            return;
        };
        let query = question.query;
        if let Some(again) = question.again.filter(|again| again.ask != query.ask) {
            self.ask_ledger(node, again);
        }
        self.witness_answer(node, &answer);
        let shown = matches!(answer, Answer::Page(_));
        let durable = self.node(node).disk.flushes();
        self.step(node, Stimulus::Answered { query, answer });
        // It crashed before what it was shown was durable: it knows nothing of it.
        let lost = !self.node(node).is_up() && self.node(node).disk.flushes() == durable;
        if shown && lost {
            self.show(&Sight::Unreads { node });
        }
    }
}
