//! libp2p: TCP, Noise, Yamux; messages on [`codec::PROTOCOL`], identify and ping.
//!
//! Spec: `spec/wire.md`, "Framing"; G15. libp2p has no limits of its own; all of them are set here, from
//! `limits.rs`.
use crate::codec::{self, Frames};
use crate::network::{Delivery, ExchangeError, Network, Order, Responder, deliveries};
use futures::StreamExt as _;
use kith_protocol::did::{DidError, Endpoint};
use kith_protocol::limits;
use libp2p::multiaddr::Protocol;
use libp2p::request_response::{
    self, InboundFailure, OutboundFailure, OutboundRequestId, ProtocolSupport, ResponseChannel,
};
use libp2p::swarm::{NetworkBehaviour, SwarmEvent};
use libp2p::{
    Multiaddr, PeerId, Swarm, SwarmBuilder, connection_limits, identify, identity,
    memory_connection_limits, noise, ping, tcp, yamux,
};
use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

/// How long listening may take, and how long further addresses of the machine are waited for.
const LISTEN_TIMEOUT: Duration = Duration::from_secs(5);
const FURTHER_ADDRESSES: Duration = Duration::from_millis(200);

/// Why there is no network.
#[derive(Debug, Error)]
pub enum SwarmError {
    /// The address cannot be listened on; another program may have the port.
    #[error("cannot listen on {address}: {why}")]
    Listen {
        /// The address.
        address: Multiaddr,
        /// What the system says.
        why: String,
    },
    /// The machine's addresses do not fit an endpoint.
    #[error("the addresses to announce do not fit an endpoint")]
    Endpoint(#[from] DidError),
    /// Noise refuses the node's key.
    #[error("the node's key is of no use: {0}")]
    Key(#[from] noise::Error),
}

#[derive(NetworkBehaviour)]
struct Behaviour {
    connections: connection_limits::Behaviour,
    memory: memory_connection_limits::Behaviour,
    identify: identify::Behaviour,
    ping: ping::Behaviour,
    messages: request_response::Behaviour<Frames>,
}

impl Behaviour {
    fn new(key: &identity::Keypair) -> Self {
        let protocols = [(codec::PROTOCOL, ProtocolSupport::Full)];
        Self {
            connections: connection_limits::Behaviour::new(connection_limits()),
            memory: memory_connection_limits::Behaviour::with_max_bytes(limits::network::MEMORY),
            identify: identify::Behaviour::new(identify_config(key)),
            ping: ping::Behaviour::default(),
            messages: request_response::Behaviour::new(protocols, message_config()),
        }
    }
}

fn connection_limits() -> connection_limits::ConnectionLimits {
    connection_limits::ConnectionLimits::default()
        .with_max_established(Some(limits::network::CONNECTIONS))
        .with_max_established_incoming(Some(limits::network::CONNECTIONS_IN))
        .with_max_established_outgoing(Some(limits::network::CONNECTIONS_OUT))
        .with_max_established_per_peer(Some(limits::network::CONNECTIONS_PER_PEER))
        .with_max_pending_incoming(Some(limits::network::CONNECTIONS_PENDING))
        .with_max_pending_outgoing(Some(limits::network::CONNECTIONS_PENDING))
}

/// Says no more than it must: neither the addresses of this machine's other networks nor which
/// version of which program runs.
fn identify_config(key: &identity::Keypair) -> identify::Config {
    identify::Config::new("kith/1".into(), key.public())
        .with_agent_version("kith".into())
        .with_hide_listen_addrs(true)
}

fn message_config() -> request_response::Config {
    request_response::Config::default()
        .with_request_timeout(limits::network::EXCHANGE)
        .with_max_concurrent_streams(limits::network::STREAMS)
}

fn yamux_config() -> yamux::Config {
    let mut config = yamux::Config::default();
    config.set_max_num_streams(limits::network::YAMUX_STREAMS);
    config
}

fn build(key: identity::Keypair) -> Result<Swarm<Behaviour>, SwarmError> {
    let tcp = tcp::Config::default().nodelay(true);
    let swarm = SwarmBuilder::with_existing_identity(key)
        .with_tokio()
        .with_tcp(tcp, noise::Config::new, yamux_config)?
        .with_behaviour(Behaviour::new)
        .unwrap_or_else(|never| match never {})
        .with_swarm_config(|config| {
            config
                .with_idle_connection_timeout(limits::network::IDLE)
                .with_max_negotiating_inbound_streams(limits::network::STREAMS_NEGOTIATING)
        })
        .with_connection_timeout(limits::network::EXCHANGE)
        .build();
    Ok(swarm)
}

/// Listens and starts the swarm's task. `announce` replaces the addresses found, for a machine
/// behind a forwarded port; it may be empty. The address is the one to listen on the next time.
///
/// # Errors
/// [`SwarmError`].
pub async fn start(
    key: identity::Keypair,
    listen: Multiaddr,
    announce: &[Multiaddr],
) -> Result<(Network, mpsc::Receiver<Delivery>, Multiaddr), SwarmError> {
    let mut swarm = build(key)?;
    let peer = *swarm.local_peer_id();
    let found = listen_on(&mut swarm, listen.clone()).await?;
    let addresses = if announce.is_empty() {
        &found
    } else {
        announce
    };
    let addresses = addresses
        .iter()
        .take(limits::did::ADDRESSES)
        .map(Multiaddr::to_string)
        .collect();
    let endpoint = Endpoint::new(peer.to_string(), addresses)?;
    // Every delivery may be answered while as many messages of ours are asked.
    let (orders, taken) = mpsc::channel(limits::queue::WAITING + limits::queue::SENDING);
    let (delivered, arriving) = deliveries();
    let post = Post::new(swarm, orders.downgrade(), delivered.clone());
    tokio::spawn(post.run(taken));
    let kept = kept_address(&listen, &found);
    Ok((
        Network::new(endpoint, peer, orders, delivered),
        arriving,
        kept,
    ))
}

async fn listen_on(
    swarm: &mut Swarm<Behaviour>,
    address: Multiaddr,
) -> Result<Vec<Multiaddr>, SwarmError> {
    let failed = |why: String| SwarmError::Listen {
        address: address.clone(),
        why,
    };
    swarm
        .listen_on(address.clone())
        .map_err(|error| failed(error.to_string()))?;
    let mut found = Vec::new();
    let mut until = Instant::now() + LISTEN_TIMEOUT;
    while let Ok(event) = timeout_at(until, swarm.select_next_some()).await {
        match event {
            SwarmEvent::NewListenAddr { address: own, .. } => found.push(own),
            SwarmEvent::ListenerClosed {
                reason: Err(error), ..
            } => return Err(failed(error.to_string())),
            _ => continue,
        }
        if !is_unspecified(&address) {
            break;
        }
        until = Instant::now() + FURTHER_ADDRESSES;
    }
    if found.is_empty() {
        return Err(failed("the system gave no address".into()));
    }
    // Others are of use to more peers than the machine's own.
    found.sort_by_key(is_loopback);
    Ok(found)
}

/// The address to listen on the next time: as it was wished, with the port that was found.
fn kept_address(wished: &Multiaddr, found: &[Multiaddr]) -> Multiaddr {
    let port = found
        .iter()
        .flat_map(Multiaddr::iter)
        .find(|part| matches!(part, Protocol::Tcp(_)));
    match (wished.iter().next(), port) {
        (Some(ip), Some(port)) => Multiaddr::empty().with(ip).with(port),
        _ => wished.clone(),
    }
}

fn is_unspecified(address: &Multiaddr) -> bool {
    match address.iter().next() {
        Some(Protocol::Ip4(ip)) => ip.is_unspecified(),
        Some(Protocol::Ip6(ip)) => ip.is_unspecified(),
        _ => false,
    }
}

fn is_loopback(address: &Multiaddr) -> bool {
    match address.iter().next() {
        Some(Protocol::Ip4(ip)) => ip.is_loopback(),
        Some(Protocol::Ip6(ip)) => ip.is_loopback(),
        _ => false,
    }
}

type Asked = HashMap<OutboundRequestId, oneshot::Sender<Result<Vec<u8>, ExchangeError>>>;
type MessageEvent = request_response::Event<Vec<u8>, Vec<u8>>;

/// The swarm and who waits for what.
struct Post {
    swarm: Swarm<Behaviour>,
    /// Weak: the swarm ends when the last [`Network`] is gone.
    orders: mpsc::WeakSender<Order>,
    deliveries: mpsc::Sender<Delivery>,
    asked: Asked,
    /// How many messages each peer may still have waiting, so that one cannot take all places.
    places: HashMap<PeerId, Arc<Semaphore>>,
}

impl Post {
    fn new(
        swarm: Swarm<Behaviour>,
        orders: mpsc::WeakSender<Order>,
        deliveries: mpsc::Sender<Delivery>,
    ) -> Self {
        Self {
            swarm,
            orders,
            deliveries,
            asked: HashMap::new(),
            places: HashMap::new(),
        }
    }

    async fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        loop {
            tokio::select! {
                order = orders.recv() => match order {
                    Some(order) => self.obey(order),
                    None => return,
                },
                event = self.swarm.select_next_some() => self.notice(event),
            }
        }
    }

    fn obey(&mut self, order: Order) {
        let messages = &mut self.swarm.behaviour_mut().messages;
        match order {
            Order::Ask {
                peer,
                addresses,
                message,
                answer,
            } => {
                let id = messages.send_request_with_addresses(&peer, message, addresses);
                self.asked.insert(id, answer);
            }
            // Refused when the asker has given up; it will ask again.
            Order::Answer { channel, message } => drop(messages.send_response(channel, message)),
        }
    }

    fn notice(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::Behaviour(BehaviourEvent::Messages(event)) => self.on_message(event),
            SwarmEvent::ConnectionClosed {
                num_established: 0, ..
            } => self.forget_the_gone(),
            SwarmEvent::ListenerError { error, .. } => tracing::error!(%error, "listening failed"),
            SwarmEvent::ListenerClosed { .. } => tracing::error!("listening has ended"),
            SwarmEvent::IncomingConnectionError { error, .. } => {
                tracing::debug!(%error, "a connection was refused");
            }
            SwarmEvent::OutgoingConnectionError { peer_id, error, .. } => {
                tracing::debug!(?peer_id, %error, "a connection failed");
            }
            _ => {}
        }
    }

    fn on_message(&mut self, event: MessageEvent) {
        use request_response::{Event, Message};
        match event {
            Event::Message {
                peer,
                message:
                    Message::Request {
                        request, channel, ..
                    },
                ..
            } => {
                self.deliver(peer, request, channel);
            }
            Event::Message {
                message:
                    Message::Response {
                        request_id,
                        response,
                    },
                ..
            } => {
                self.settle(request_id, Ok(response));
            }
            Event::OutboundFailure {
                request_id, error, ..
            } => {
                self.settle(request_id, Err(failure(&error)));
            }
            Event::InboundFailure {
                error: InboundFailure::ResponseOmission,
                ..
            } => {}
            Event::InboundFailure { peer, error, .. } => {
                tracing::debug!(%peer, %error, "a message was not taken");
            }
            Event::ResponseSent { .. } => {}
        }
    }

    fn settle(&mut self, id: OutboundRequestId, answer: Result<Vec<u8>, ExchangeError>) {
        if let Some(waiting) = self.asked.remove(&id) {
            // Nobody waits when the exchange has timed out meanwhile.
            drop(waiting.send(answer));
        }
    }

    /// Hands a message to the agent, or drops it and with it the stream: its sender tries again.
    fn deliver(&mut self, peer: PeerId, message: Vec<u8>, channel: ResponseChannel<Vec<u8>>) {
        let places = self
            .places
            .entry(peer)
            .or_insert_with(|| Arc::new(Semaphore::new(limits::queue::WAITING_PER_PEER)));
        let (Ok(place), Some(orders)) = (places.clone().try_acquire_owned(), self.orders.upgrade())
        else {
            return tracing::debug!(%peer, "a message was dropped: too many of this peer wait");
        };
        let responder = Responder::stream(channel, orders, place);
        if self
            .deliveries
            .try_send(Delivery {
                peer,
                message,
                responder,
            })
            .is_err()
        {
            tracing::debug!(%peer, "a message was dropped: too many wait");
        }
    }

    /// A peer that is gone keeps its entry while messages of it wait: connecting anew must not
    /// give it new places.
    fn forget_the_gone(&mut self) {
        let swarm = &self.swarm;
        self.places.retain(|peer, places| {
            swarm.is_connected(peer) || places.available_permits() < limits::queue::WAITING_PER_PEER
        });
    }
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
    let frame = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<codec::FrameError>());
    frame == Some(&codec::FrameError::Empty) || frame.is_none()
}

#[cfg(test)]
#[path = "swarm_tests.rs"]
mod tests;
