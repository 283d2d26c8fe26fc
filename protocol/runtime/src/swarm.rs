//! libp2p: TCP (or, for tests, memory), Noise, Yamux; messages on [`codec::PROTOCOL`], identify and ping.
//!
//! Spec: `spec/wire.md`, "Framing"; G15. libp2p has no limits of its own; all of them are set here, from
//! `limits.rs`.
use crate::address::Medium;
use crate::codec::{self, Frames};
use crate::door::Door;
use crate::leaving::Leaving;
use crate::network::{Delivery, Network, deliveries};
use crate::refusals::Refusals;
use crate::switchboard::Switchboard;
use futures::{AsyncRead, AsyncWrite, StreamExt as _};
use kith_protocol::did::{DidError, Endpoint};
use kith_protocol::limits;
use libp2p::core::muxing::StreamMuxerBox;
use libp2p::core::transport::timeout::TransportTimeout;
use libp2p::core::transport::{Boxed, ListenerId, MemoryTransport};
use libp2p::core::upgrade::Version;
use libp2p::multiaddr::Protocol;
use libp2p::request_response::{self, ProtocolSupport};
use libp2p::swarm::{self, NetworkBehaviour, SwarmEvent};
use libp2p::{
    Multiaddr, PeerId, Swarm, Transport, connection_limits, identify, identity,
    memory_connection_limits, noise, ping, tcp, yamux,
};
use std::time::Duration;
use thiserror::Error;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

/// The key of a node; its public half is the peer id.
pub use libp2p::identity::Keypair;

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
pub(crate) struct Behaviour {
    connections: connection_limits::Behaviour,
    memory: memory_connection_limits::Behaviour,
    identify: identify::Behaviour,
    ping: ping::Behaviour,
    pub(crate) messages: request_response::Behaviour<Frames>,
}

impl Behaviour {
    fn new(key: &identity::Keypair, refusals: Refusals) -> Self {
        let protocols = [(codec::PROTOCOL, ProtocolSupport::Full)];
        Self {
            connections: connection_limits::Behaviour::new(connection_limits()),
            memory: memory_connection_limits::Behaviour::with_max_bytes(limits::network::MEMORY),
            identify: identify::Behaviour::new(identify_config(key)),
            ping: ping::Behaviour::default(),
            messages: request_response::Behaviour::with_codec(
                Frames(refusals),
                protocols,
                message_config(),
            ),
        }
    }
}

/// Connections that others open are bounded by the door and the switchboard, which make room for
/// newcomers; what is set here for them only bounds those that are on their way out.
fn connection_limits() -> connection_limits::ConnectionLimits {
    connection_limits::ConnectionLimits::default()
        .with_max_established(Some(limits::network::CONNECTIONS))
        .with_max_established_incoming(Some(
            limits::network::CONNECTIONS_IN + limits::network::CONNECTIONS_LEAVING,
        ))
        .with_max_established_outgoing(Some(limits::network::CONNECTIONS_OUT))
        .with_max_established_per_peer(Some(limits::network::CONNECTIONS_PER_PEER))
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

/// Encryption and streams over whatever carries bytes.
fn secured<T>(
    wire: T,
    key: &identity::Keypair,
) -> Result<Boxed<(PeerId, StreamMuxerBox)>, SwarmError>
where
    T: Transport + Send + Unpin + 'static,
    T::Output: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    T::Error: Send + Sync + 'static,
    T::ListenerUpgrade: Send + 'static,
    T::Dial: Send + 'static,
{
    let connected = wire
        .upgrade(Version::V1Lazy)
        .authenticate(noise::Config::new(key)?)
        .multiplex(yamux_config())
        .boxed();
    Ok(Transport::map(connected, |(peer, muxer), _| {
        let leaving = Leaving::new(muxer, limits::network::LEAVING);
        (peer, StreamMuxerBox::new(leaving))
    })
    .boxed())
}

fn build(
    medium: Medium,
    key: &identity::Keypair,
    refusals: Refusals,
) -> Result<Swarm<Behaviour>, SwarmError> {
    let connected = match medium {
        Medium::Tcp => {
            let tcp = tcp::Config::default().nodelay(true);
            secured(tcp::tokio::Transport::new(tcp), key)?
        }
        Medium::Memory => secured(MemoryTransport::new(), key)?,
    };
    let door = Door::new(connected);
    let transport =
        TransportTimeout::with_outgoing_timeout(door, limits::network::EXCHANGE).boxed();
    let config = swarm::Config::with_tokio_executor()
        .with_idle_connection_timeout(limits::network::IDLE)
        .with_max_negotiating_inbound_streams(limits::network::STREAMS_NEGOTIATING);
    let peer = key.public().to_peer_id();
    Ok(Swarm::new(
        transport,
        Behaviour::new(key, refusals),
        peer,
        config,
    ))
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
    begin(Medium::Tcp, key, listen, announce).await
}

/// The same without sockets: only agents of this process that were started so reach it, and it reaches
/// only them. The key gives the address, so that it is the same after a restart.
///
/// # Errors
/// [`SwarmError`].
pub(crate) async fn start_in_memory(
    key: identity::Keypair,
) -> Result<(Network, mpsc::Receiver<Delivery>), SwarmError> {
    let peer = key.public().to_peer_id().to_bytes();
    let place = peer.last_chunk().copied().map_or(1, u64::from_be_bytes);
    let listen = Multiaddr::empty().with(Protocol::Memory(place.max(1)));
    let (network, deliveries, _) = begin(Medium::Memory, key, listen, &[]).await?;
    Ok((network, deliveries))
}

async fn begin(
    medium: Medium,
    key: identity::Keypair,
    listen: Multiaddr,
    announce: &[Multiaddr],
) -> Result<(Network, mpsc::Receiver<Delivery>, Multiaddr), SwarmError> {
    let refusals = Refusals::default();
    let mut swarm = build(medium, &key, refusals.clone())?;
    let peer = *swarm.local_peer_id();
    let (listener, found) = listen_on(&mut swarm, listen.clone()).await?;
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
    let ends = (orders.downgrade(), delivered.clone(), refusals.clone());
    tokio::spawn(Switchboard::new((swarm, listener), ends).run(taken));
    let kept = kept_address(&listen, &found);
    let network = Network::new(medium, (endpoint, peer), (orders, delivered), refusals);
    Ok((network, arriving, kept))
}

async fn listen_on(
    swarm: &mut Swarm<Behaviour>,
    address: Multiaddr,
) -> Result<(ListenerId, Vec<Multiaddr>), SwarmError> {
    let failed = |why: String| SwarmError::Listen {
        address: address.clone(),
        why,
    };
    let listener = swarm
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
    Ok((listener, found))
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

#[cfg(test)]
#[path = "swarm_tests.rs"]
mod tests;
