//! Questions to a ledger: messages to its hosts, one after the other, from a DID that exists only
//! as long as this process.
//!
//! The answer is handed to the agent unverified; the agent's view verifies (L2). The throw-away
//! DID keeps a ledger from linking questions with the agent's pairwise DIDs (G12).
use crate::clock;
use crate::network::{ExchangeError, Network};
use crate::post::{BadReply, Question, fresh_id};
use kith_envelope::{SealError, seal};
use kith_protocol::bytes::{Blob, Digest};
use kith_protocol::did::{Did, LocalDid};
use kith_protocol::ledger::{Answer, Ask, Query};
use kith_protocol::limits;
use kith_protocol::message::{Body, Outgoing, ledger};
use kith_protocol::time::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;
use thiserror::Error;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

/// What a ledger said.
pub(crate) struct Answered {
    pub(crate) query: Query,
    pub(crate) answer: Answer,
}

/// Which questions are the same: one of each is under way.
type Topic = (Digest, Option<Blob>);

/// Asks in the background and reports to the driver.
pub(crate) struct LedgerClient {
    /// The loop that calls has a runtime of its own, without network.
    runtime: Handle,
    caller: Caller,
    answers: mpsc::Sender<Answered>,
    /// What is under way, each with the newest question of its topic that came meanwhile.
    under_way: BTreeMap<Topic, Option<Query>>,
}

/// Why one host gave no answer.
#[derive(Debug, Error)]
enum NoAnswer {
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    #[error(transparent)]
    Reply(#[from] BadReply),
    #[error(transparent)]
    Seal(#[from] SealError),
    #[error("the host has no endpoint")]
    NoEndpoint,
    #[error("the host refuses: {0}")]
    Problem(String),
    #[error("the host's answer is of another kind or another log")]
    Foreign,
}

impl LedgerClient {
    pub(crate) fn new(network: Network) -> (Self, mpsc::Receiver<Answered>) {
        let (answers, arriving) = mpsc::channel(limits::queue::ASKING);
        let own = Arc::new(LocalDid::generate_did_key(&mut rand::rng()));
        let caller = Caller { network, own };
        (
            Self {
                runtime: Handle::current(),
                caller,
                answers,
                under_way: BTreeMap::new(),
            },
            arriving,
        )
    }

    /// Asks, unless the same is being asked: then this question follows, or is forgotten where it
    /// is no other.
    pub(crate) fn ask(&mut self, query: Query) {
        let topic = topic(&query);
        if let Some(next) = self.under_way.get_mut(&topic) {
            *next = Some(query);
        } else if self.under_way.len() < limits::queue::ASKING {
            self.under_way.insert(topic, None);
            self.start(query);
        } else {
            tracing::warn!(log = %query.log, "a question to a ledger was dropped: too many wait");
        }
    }

    /// Notes that a question is answered, and asks what came meanwhile.
    pub(crate) fn answered(&mut self, answered: &Answered) {
        let topic = topic(&answered.query);
        let next = self.under_way.remove(&topic).flatten();
        if let Some(next) = next.filter(|next| next.ask != answered.query.ask) {
            self.ask(next);
        }
    }

    fn start(&self, query: Query) {
        let (caller, answers) = (self.caller.clone(), self.answers.clone());
        self.runtime.spawn(async move {
            let answer = caller.ask_hosts(&query).await;
            // Nobody listens when the process stops.
            drop(answers.send(Answered { query, answer }).await);
        });
    }
}

fn topic(query: &Query) -> Topic {
    let record = match &query.ask {
        Ask::Append(record) => Some(record.clone()),
        Ask::Follow { .. } => None,
    };
    (query.log, record)
}

#[derive(Clone)]
struct Caller {
    network: Network,
    own: Arc<LocalDid>,
}

impl Caller {
    async fn ask_hosts(&self, query: &Query) -> Answer {
        let tried = match query.ask {
            // Only the operator admits records.
            Ask::Append(_) => 1,
            Ask::Follow { .. } => limits::queue::LEDGER_HOSTS,
        };
        for host in query.hosts.iter().take(tried) {
            match self.ask_host(query, host).await {
                Ok(answer) => return answer,
                Err(error) => {
                    tracing::debug!(log = %query.log, %error, "a ledger host gave no answer")
                }
            }
        }
        Answer::Unavailable
    }

    async fn ask_host(&self, query: &Query, host: &Did) -> Result<Answer, NoAnswer> {
        let now = clock::now();
        let message = self.message(query, host, now);
        let sealed = seal(&message.plaintext(now), &self.own)?;
        let endpoint = host.resolve().endpoint().ok_or(NoAnswer::NoEndpoint)?;
        let reply = self.network.exchange(&endpoint, sealed).await?;
        let body = Question::of(&message).answered_to(&self.own, &reply, clock::now())?;
        read(query, body)
    }

    fn message(&self, query: &Query, host: &Did, now: Timestamp) -> Outgoing {
        let log = query.log;
        let body = match &query.ask {
            Ask::Append(record) => Body::LedgerAppend(ledger::Append {
                log,
                record: record.clone(),
            }),
            &Ask::Follow { have, since } => {
                Body::LedgerEntries(ledger::Entries { log, have, since })
            }
        };
        Outgoing {
            id: fresh_id(),
            from: self.own.did().clone(),
            to: host.clone(),
            thid: None,
            pthid: None,
            expires: now.after(limits::message::QUESTION_LIFETIME),
            body,
        }
    }
}

fn read(query: &Query, body: Body) -> Result<Answer, NoAnswer> {
    match (&query.ask, body) {
        (Ask::Append(_), Body::LedgerAppended(said)) => Ok(Answer::Appended(said.outcome)),
        (Ask::Follow { .. }, Body::LedgerPage(page)) if page.log == query.log => {
            Ok(Answer::Page(page))
        }
        (_, Body::Problem(report)) => Err(NoAnswer::Problem(report.code)),
        _ => Err(NoAnswer::Foreign),
    }
}
