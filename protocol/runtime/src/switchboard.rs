//! The swarm at work: who asked what, who may have how much waiting, and who must leave.
//!
//! Spec: G15, decision 0017. Nobody here is proven to be anyone: a peer that was ever answered has
//! written to an identifier that lives here, and so is worth more room than a stranger.
use crate::codec::FrameError;
use crate::crowd::{Crowd, Origin};
use crate::door::DoorError;
use crate::network::{Delivery, ExchangeError, Order, Responder};
use crate::refusals::Refusals;
use crate::swarm::{Behaviour, BehaviourEvent};
use futures::StreamExt as _;
use kith_protocol::limits;
use libp2p::core::ConnectedPoint;
use libp2p::core::transport::{ListenerId, TransportError};
use libp2p::request_response::{
    Event, InboundFailure, Message, OutboundFailure, OutboundRequestId, ResponseChannel,
};
use libp2p::swarm::{ConnectionId, ListenError, SwarmEvent};
use libp2p::{PeerId, Swarm};
use std::collections::HashMap;
use std::error::Error;
use std::io;
use std::sync::Arc;
use tokio::sync::{Semaphore, mpsc, oneshot};

type Asked = HashMap<OutboundRequestId, oneshot::Sender<Result<Vec<u8>, ExchangeError>>>;
type MessageEvent = Event<Vec<u8>, Vec<u8>>;
type Ends = (mpsc::WeakSender<Order>, mpsc::Sender<Delivery>, Refusals);

/// How many messages a peer may have waiting, so that one cannot take all places.
struct Places {
    free: Arc<Semaphore>,
    all: usize,
}

impl Places {
    fn of_a_stranger() -> Self {
        let all = limits::queue::WAITING_PER_STRANGER;
        let free = Arc::new(Semaphore::new(all));
        Self { free, all }
    }

    fn is_known(&self) -> bool {
        self.all == limits::queue::WAITING_PER_PEER
    }

    fn become_known(&mut self) {
        self.free
            .add_permits(limits::queue::WAITING_PER_PEER - self.all);
        self.all = limits::queue::WAITING_PER_PEER;
    }
}

/// The swarm and who waits for what.
pub(crate) struct Switchboard {
    swarm: Swarm<Behaviour>,
    listener: ListenerId,
    /// Weak: the swarm ends when the last [`crate::network::Network`] is gone.
    orders: mpsc::WeakSender<Order>,
    deliveries: mpsc::Sender<Delivery>,
    refusals: Refusals,
    asked: Asked,
    places: HashMap<PeerId, Places>,
    /// Places of all strangers together: the others are for peers that were answered before.
    strangers: Arc<Semaphore>,
    /// Connections that others opened.
    guests: Crowd<ConnectionId>,
}

impl Switchboard {
    pub(crate) fn new((swarm, listener): (Swarm<Behaviour>, ListenerId), ends: Ends) -> Self {
        let (orders, deliveries, refusals) = ends;
        Self {
            swarm,
            listener,
            orders,
            deliveries,
            refusals,
            asked: HashMap::new(),
            places: HashMap::new(),
            strangers: Arc::new(Semaphore::new(limits::queue::WAITING_STRANGERS)),
            guests: Crowd::new(limits::network::CONNECTIONS_IN as usize),
        }
    }

    pub(crate) async fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        loop {
            tokio::select! {
                order = orders.recv() => match order {
                    Some(order) => self.obey(order),
                    None => break,
                },
                event = self.swarm.select_next_some() => self.notice(event),
            }
        }
        // A place in memory is not free again when its listener is only dropped.
        self.swarm.remove_listener(self.listener);
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Ask {
                peer,
                addresses,
                message,
                answer,
            } => {
                let messages = &mut self.swarm.behaviour_mut().messages;
                let id = messages.send_request_with_addresses(&peer, message, addresses);
                self.asked.insert(id, answer);
            }
            Order::Answer {
                from: (peer, connection),
                channel,
                message,
            } => {
                self.is_answered(&peer, connection);
                let messages = &mut self.swarm.behaviour_mut().messages;
                // Refused when the asker has given up; it will ask again.
                drop(messages.send_response(channel, message));
            }
        }
    }

    fn notice(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::Behaviour(BehaviourEvent::Messages(event)) => self.on_message(event),
            SwarmEvent::ConnectionEstablished {
                peer_id,
                connection_id,
                endpoint: ConnectedPoint::Listener { send_back_addr, .. },
                ..
            } => self.welcome(peer_id, connection_id, Origin::of(&send_back_addr)),
            SwarmEvent::ConnectionClosed {
                connection_id,
                num_established,
                ..
            } => {
                self.guests.leave(connection_id);
                if num_established == 0 {
                    self.forget_the_gone();
                }
            }
            SwarmEvent::ListenerError { error, .. } => tracing::error!(%error, "listening failed"),
            SwarmEvent::ListenerClosed { .. } => tracing::error!("listening has ended"),
            SwarmEvent::IncomingConnectionError {
                send_back_addr,
                error,
                ..
            } => {
                let code = refused_at_the_door(&error);
                self.refusals.note(code, &send_back_addr, &error);
            }
            SwarmEvent::OutgoingConnectionError { peer_id, error, .. } => {
                tracing::debug!(?peer_id, %error, "a connection failed");
            }
            _ => {}
        }
    }

    /// Whoever comes gets in, and one of the others leaves when there is no room.
    fn welcome(&mut self, peer: PeerId, connection: ConnectionId, from: Origin) {
        if let Some(leaves) = self.guests.enter(connection, from) {
            self.swarm.close_connection(leaves);
            let why = "a connection was closed to make room for another";
            self.refusals
                .note("e.p.xfer.connection-displaced", &leaves, &why);
        }
        tracing::trace!(%peer, "a connection came in");
    }

    fn on_message(&mut self, event: MessageEvent) {
        match event {
            Event::Message {
                peer,
                connection_id,
                message:
                    Message::Request {
                        request, channel, ..
                    },
            } => self.deliver((peer, connection_id), request, channel),
            Event::Message {
                message:
                    Message::Response {
                        request_id,
                        response,
                    },
                ..
            } => self.settle(request_id, Ok(response)),
            Event::OutboundFailure {
                request_id, error, ..
            } => self.settle(request_id, Err(failure(&error))),
            // Noted by whoever refused the message.
            Event::InboundFailure {
                error: InboundFailure::ResponseOmission,
                ..
            } => {}
            Event::InboundFailure { peer, error, .. } => {
                self.refusals.note(unanswered(&error), &peer, &error);
            }
            Event::ResponseSent { .. } => {}
        }
    }

    /// Only who names an identifier of ours, and proves its own, is ever answered.
    fn is_answered(&mut self, peer: &PeerId, connection: ConnectionId) {
        self.guests.is_of_use(connection);
        if let Some(places) = self.places.get_mut(peer) {
            places.become_known();
        }
    }

    fn settle(&mut self, id: OutboundRequestId, answer: Result<Vec<u8>, ExchangeError>) {
        if let Some(waiting) = self.asked.remove(&id) {
            // Nobody waits when the exchange has timed out meanwhile.
            drop(waiting.send(answer));
        }
    }

    /// Hands a message to the agent, or drops it and with it the stream: its sender tries again.
    fn deliver(
        &mut self,
        from: (PeerId, ConnectionId),
        message: Vec<u8>,
        channel: ResponseChannel<Vec<u8>>,
    ) {
        let (peer, _) = from;
        let Some(responder) = self.responder(from, channel) else {
            let why = "too many messages of this peer, or of strangers, wait";
            return self.refusals.note("e.p.xfer.too-many", &peer, &why);
        };
        let delivery = Delivery {
            peer,
            message,
            responder,
        };
        if self.deliveries.try_send(delivery).is_err() {
            let why = "too many messages wait";
            self.refusals.note("e.p.xfer.too-many", &peer, &why);
        }
    }

    /// The way back, with the places that the message takes.
    fn responder(
        &mut self,
        from: (PeerId, ConnectionId),
        channel: ResponseChannel<Vec<u8>>,
    ) -> Option<Responder> {
        let orders = self.orders.upgrade()?;
        let places = self
            .places
            .entry(from.0)
            .or_insert_with(Places::of_a_stranger);
        let mut taken = vec![places.free.clone().try_acquire_owned().ok()?];
        if !places.is_known() {
            taken.push(self.strangers.clone().try_acquire_owned().ok()?);
        }
        Some(Responder::stream(from, channel, orders, taken))
    }

    /// A peer that is gone keeps its entry while messages of it wait: connecting anew must not
    /// give it new places.
    fn forget_the_gone(&mut self) {
        let swarm = &self.swarm;
        self.places.retain(|peer, places| {
            swarm.is_connected(peer) || places.free.available_permits() < places.all
        });
    }
}

/// The reason code of a connection that came to nothing.
fn refused_at_the_door(error: &ListenError) -> &'static str {
    match error {
        ListenError::Denied { .. } => "e.p.xfer.too-many-connections",
        ListenError::Transport(TransportError::Other(error)) => {
            within::<DoorError>(error).map_or("e.p.xfer.handshake", DoorError::code)
        }
        _ => "e.p.xfer.handshake",
    }
}

/// The reason code of a message whose answer went nowhere. Streams on which no message came are
/// noted by the codec.
fn unanswered(error: &InboundFailure) -> &'static str {
    match error {
        InboundFailure::Timeout => "e.p.xfer.late-answer",
        InboundFailure::UnsupportedProtocols => "e.m.xfer.protocol",
        InboundFailure::ConnectionClosed
        | InboundFailure::ResponseOmission
        | InboundFailure::Io(_) => "e.p.xfer.lost-answer",
    }
}

/// An error of ours inside one of the system's, however often it was wrapped.
fn within<E: Error + Copy + 'static>(error: &io::Error) -> Option<E> {
    let mut inner: Option<&(dyn Error + 'static)> = error.get_ref().map(|inner| inner as _);
    while let Some(error) = inner {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(*found);
        }
        let wrapped = error.downcast_ref::<io::Error>();
        inner = match wrapped.and_then(io::Error::get_ref) {
            Some(within) => Some(within),
            None => error.source(),
        };
    }
    None
}

fn failure(error: &OutboundFailure) -> ExchangeError {
    match error {
        OutboundFailure::DialFailure => ExchangeError::Unreachable,
        OutboundFailure::Timeout => ExchangeError::TimedOut,
        OutboundFailure::ConnectionClosed => ExchangeError::Closed,
        OutboundFailure::UnsupportedProtocols => ExchangeError::Unsupported,
        // The peer closed the stream before a byte of an answer: it drops what it does not take.
        OutboundFailure::Io(error) if was_closed(error) => ExchangeError::Closed,
        OutboundFailure::Io(error) => ExchangeError::Malformed(error.to_string()),
    }
}

fn was_closed(error: &io::Error) -> bool {
    within::<FrameError>(error).is_none_or(|frame| frame == FrameError::Empty)
}
