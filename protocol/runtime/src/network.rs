//! The network as the rest of the runtime sees it: a message and its answer.
use crate::address::{self, AddressError, Medium};
use crate::refusals::Refusals;
use kith_protocol::did::Endpoint;
use kith_protocol::limits;
use libp2p::request_response::ResponseChannel;
use libp2p::swarm::ConnectionId;
use libp2p::{Multiaddr, PeerId};
use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio::time::timeout;

/// A handle to the swarm. The swarm ends when all of them are gone.
#[derive(Clone)]
pub struct Network {
    medium: Medium,
    endpoint: Endpoint,
    peer: PeerId,
    orders: mpsc::Sender<Order>,
    deliveries: mpsc::Sender<Delivery>,
    refusals: Refusals,
}

/// What the swarm is told to do.
pub(crate) enum Order {
    /// Send a message and wait for its answer.
    Ask {
        peer: PeerId,
        addresses: Vec<Multiaddr>,
        message: Vec<u8>,
        answer: oneshot::Sender<Result<Vec<u8>, ExchangeError>>,
    },
    /// Answer a message, which came this way.
    Answer {
        from: (PeerId, ConnectionId),
        channel: ResponseChannel<Vec<u8>>,
        message: Vec<u8>,
    },
}

/// Why there is no answer. It is never known whether the message arrived.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ExchangeError {
    /// The endpoint is none of a libp2p peer.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// No connection: the peer is away, or its addresses are old.
    #[error("the peer cannot be reached")]
    Unreachable,
    /// No answer within [`kith_protocol::limits::network::EXCHANGE`].
    #[error("the peer did not answer in time")]
    TimedOut,
    /// The peer closed the connection or the stream: it is gone, or it answers to strangers with
    /// silence.
    #[error("the peer closed the stream without an answer")]
    Closed,
    /// The peer speaks another protocol.
    #[error("the peer does not speak this protocol")]
    Unsupported,
    /// What came is no frame.
    #[error("the peer's answer is malformed: {0}")]
    Malformed(String),
    /// The swarm has ended.
    #[error("the network is shut down")]
    ShutDown,
}

impl ExchangeError {
    /// Whether sending the same again may help.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        !matches!(self, Self::Address(_))
    }
}

/// A sealed message that arrived, with the way back.
pub struct Delivery {
    /// Who brought it; not necessarily who wrote it.
    pub peer: PeerId,
    /// The sealed bytes.
    pub message: Vec<u8>,
    /// The way back. Dropped without an answer, it closes the stream.
    pub responder: Responder,
}

/// The way back to whoever sent a message.
pub struct Responder {
    way: Way,
    /// The places that its message holds, see `switchboard.rs`.
    _places: Vec<OwnedSemaphorePermit>,
}

enum Way {
    Stream(
        (PeerId, ConnectionId),
        ResponseChannel<Vec<u8>>,
        mpsc::Sender<Order>,
    ),
    Here(oneshot::Sender<Vec<u8>>),
}

impl Responder {
    pub(crate) fn stream(
        from: (PeerId, ConnectionId),
        channel: ResponseChannel<Vec<u8>>,
        orders: mpsc::Sender<Order>,
        places: Vec<OwnedSemaphorePermit>,
    ) -> Self {
        Self {
            way: Way::Stream(from, channel, orders),
            _places: places,
        }
    }

    /// Sends the answer on the stream the message came by. Whether it arrives is not known: whoever
    /// misses it asks again.
    pub fn send(self, message: Vec<u8>) {
        let sent = match self.way {
            Way::Here(waiting) => waiting.send(message).is_ok(),
            Way::Stream(from, channel, orders) => {
                let answer = Order::Answer {
                    from,
                    channel,
                    message,
                };
                orders.try_send(answer).is_ok()
            }
        };
        if !sent {
            tracing::debug!("an answer was not sent: nobody waits for it any more");
        }
    }
}

impl Network {
    pub(crate) fn new(
        medium: Medium,
        (endpoint, peer): (Endpoint, PeerId),
        (orders, deliveries): (mpsc::Sender<Order>, mpsc::Sender<Delivery>),
        refusals: Refusals,
    ) -> Self {
        Self {
            medium,
            endpoint,
            peer,
            orders,
            deliveries,
            refusals,
        }
    }

    /// What was refused here so far.
    pub(crate) fn refusals(&self) -> &Refusals {
        &self.refusals
    }

    /// Where this agent can be reached.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Sends a message and waits for its answer, at most [`kith_protocol::limits::network::EXCHANGE`]. A message to this
    /// very agent does not leave it: libp2p refuses to dial oneself.
    ///
    /// # Errors
    /// [`ExchangeError`].
    pub async fn exchange(
        &self,
        to: &Endpoint,
        message: Vec<u8>,
    ) -> Result<Vec<u8>, ExchangeError> {
        let (peer, addresses) = address::dialable(self.medium, to)?;
        let answered = async {
            if peer == self.peer {
                self.loop_back(message).await
            } else {
                self.ask(peer, addresses, message).await
            }
        };
        timeout(limits::network::EXCHANGE, answered)
            .await
            .unwrap_or(Err(ExchangeError::TimedOut))
    }

    async fn loop_back(&self, message: Vec<u8>) -> Result<Vec<u8>, ExchangeError> {
        let (answer, waiting) = oneshot::channel();
        let responder = Responder {
            way: Way::Here(answer),
            _places: Vec::new(),
        };
        let delivery = Delivery {
            peer: self.peer,
            message,
            responder,
        };
        self.deliveries
            .send(delivery)
            .await
            .map_err(|_| ExchangeError::ShutDown)?;
        waiting.await.map_err(|_| ExchangeError::Closed)
    }

    async fn ask(
        &self,
        peer: PeerId,
        addresses: Vec<Multiaddr>,
        message: Vec<u8>,
    ) -> Result<Vec<u8>, ExchangeError> {
        let (answer, waiting) = oneshot::channel();
        let order = Order::Ask {
            peer,
            addresses,
            message,
            answer,
        };
        self.orders
            .send(order)
            .await
            .map_err(|_| ExchangeError::ShutDown)?;
        waiting.await.unwrap_or(Err(ExchangeError::ShutDown))
    }
}

/// The channel on which messages wait for the agent.
pub(crate) fn deliveries() -> (mpsc::Sender<Delivery>, mpsc::Receiver<Delivery>) {
    mpsc::channel(limits::queue::WAITING)
}
