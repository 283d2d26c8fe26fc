//! Messages of ours on their way: each id once, so many at a time.
use crate::network::{ExchangeError, Network};
use crate::post::Question;
use kith_protocol::limits;
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, mpsc};

/// What became of a message.
pub(crate) struct Returned {
    pub(crate) question: Question,
    pub(crate) answer: Result<Vec<u8>, ExchangeError>,
}

/// Sends in the background and reports to the driver.
pub(crate) struct Sending {
    /// The loop that calls has a runtime of its own, without network.
    runtime: Handle,
    network: Network,
    returns: mpsc::Sender<Returned>,
    turns: Arc<Semaphore>,
    /// A message that is still under way when its outbox offers it again is not sent twice.
    under_way: BTreeSet<String>,
}

impl Sending {
    pub(crate) fn new(network: Network) -> (Self, mpsc::Receiver<Returned>) {
        let (returns, arriving) = mpsc::channel(limits::queue::SENDING);
        let turns = Arc::new(Semaphore::new(limits::queue::SENDING));
        let runtime = Handle::current();
        (
            Self {
                runtime,
                network,
                returns,
                turns,
                under_way: BTreeSet::new(),
            },
            arriving,
        )
    }

    /// Takes a place for a message: not when it is under way already, or all places are taken.
    pub(crate) fn reserve(&mut self, id: &str) -> bool {
        self.under_way.len() < limits::queue::SENDING_OR_WAITING && self.under_way.insert(id.into())
    }

    /// Sends a sealed message that has its place; its [`Returned`] comes in any case.
    pub(crate) fn send(&self, question: Question, message: Vec<u8>) {
        let (network, returns, turns) = (
            self.network.clone(),
            self.returns.clone(),
            self.turns.clone(),
        );
        self.runtime.spawn(async move {
            let turn = turns.acquire_owned().await;
            let answer = match question.to.resolve().endpoint() {
                Some(endpoint) => network.exchange(&endpoint, message).await,
                // A throw-away DID: it can be answered and never be asked.
                None => Err(ExchangeError::Unreachable),
            };
            drop(turn);
            // Nobody listens when the process stops.
            drop(returns.send(Returned { question, answer }).await);
        });
    }

    /// Gives back the place of a message that is back, or could not be sealed.
    pub(crate) fn release(&mut self, id: &str) {
        self.under_way.remove(id);
    }
}
