//! Which addresses of a stranger's DID document are dialled: IP and TCP, nothing else.
//!
//! A name would be looked up (and tell a resolver whom we talk to), a relay or another transport
//! is not spoken yet. Routing information only: who answers is proven by the peer id in the
//! handshake and by the envelope.
use kith_protocol::did::Endpoint;
use libp2p::multiaddr::Protocol;
use libp2p::{Multiaddr, PeerId};
use thiserror::Error;

/// Why an endpoint cannot be dialled, today or ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AddressError {
    /// Not the text of a libp2p peer id.
    #[error("the peer id of the endpoint is malformed")]
    PeerId,
    /// Not `/ip4/…/tcp/…` or `/ip6/…/tcp/…`, or one that no single peer can have.
    #[error(
        "the address is not an IP address and a TCP port of one machine, such as /ip4/192.0.2.7/tcp/4001"
    )]
    Address,
}

/// What carries connections. Chosen by who starts an agent, never by an address: else a setting or a
/// stranger's DID could name the other one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Medium {
    /// TCP. The programs know no other.
    Tcp,
    /// Memory of this process, for tests of many agents without sockets.
    Memory,
}

impl Medium {
    fn read(self, text: &str) -> Result<Multiaddr, AddressError> {
        match self {
            Self::Tcp => tcp(text),
            Self::Memory => memory(text),
        }
    }
}

/// The peer of an endpoint and those of its addresses that may be dialled; perhaps none, which is
/// enough where there is a connection already.
///
/// # Errors
/// [`AddressError::PeerId`].
pub fn dialable(
    medium: Medium,
    endpoint: &Endpoint,
) -> Result<(PeerId, Vec<Multiaddr>), AddressError> {
    let peer: PeerId = endpoint
        .peer_id()
        .parse()
        .map_err(|_| AddressError::PeerId)?;
    let addresses = endpoint
        .addresses()
        .iter()
        .filter_map(|text| medium.read(text).ok())
        .collect();
    Ok((peer, addresses))
}

/// Reads an address that can be dialled.
///
/// # Errors
/// [`AddressError::Address`].
pub fn tcp(text: &str) -> Result<Multiaddr, AddressError> {
    let address = listenable(text)?;
    let mut parts = address.iter();
    let of_one_machine = match parts.next() {
        Some(Protocol::Ip4(ip)) => !ip.is_unspecified() && !ip.is_multicast() && !ip.is_broadcast(),
        Some(Protocol::Ip6(ip)) => !ip.is_unspecified() && !ip.is_multicast(),
        _ => false,
    };
    match parts.next() {
        Some(Protocol::Tcp(port)) if of_one_machine && port != 0 => Ok(address),
        _ => Err(AddressError::Address),
    }
}

/// Reads an address in this process's memory.
fn memory(text: &str) -> Result<Multiaddr, AddressError> {
    let address: Multiaddr = text.parse().map_err(|_| AddressError::Address)?;
    let mut parts = address.iter();
    match (parts.next(), parts.next()) {
        (Some(Protocol::Memory(place)), None) if place != 0 => Ok(address),
        _ => Err(AddressError::Address),
    }
}

/// Reads an address to listen on: also all addresses of the machine, and port 0 for a free one.
///
/// # Errors
/// [`AddressError::Address`].
pub fn listenable(text: &str) -> Result<Multiaddr, AddressError> {
    let address: Multiaddr = text.parse().map_err(|_| AddressError::Address)?;
    let mut parts = address.iter();
    match (parts.next(), parts.next(), parts.next()) {
        (Some(Protocol::Ip4(_) | Protocol::Ip6(_)), Some(Protocol::Tcp(_)), None) => Ok(address),
        _ => Err(AddressError::Address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: &str = "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN";

    #[test]
    fn ip_addresses_with_a_port_are_dialled() {
        for text in [
            "/ip4/127.0.0.1/tcp/4001",
            "/ip6/::1/tcp/1",
            "/ip4/192.0.2.7/tcp/65535",
        ] {
            assert_eq!(tcp(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn nothing_else_is_dialled() {
        for text in [
            "",
            "/",
            "/ip4/127.0.0.1",
            "/tcp/4001",
            "/ip4/0.0.0.0/tcp/4001",
            "/ip4/127.0.0.1/tcp/0",
            "/ip4/224.0.0.1/tcp/1",
            "/ip4/255.255.255.255/tcp/1",
            "/ip6/::/tcp/1",
            "/ip6/ff02::1/tcp/1",
            "/ip4/127.0.0.1/udp/4001",
            "/ip4/127.0.0.1/udp/4001/quic-v1",
            "/ip4/127.0.0.1/tcp/4001/ws",
            "/dns/example.org/tcp/4001",
            "/dns4/localhost/tcp/4001",
            "/unix/socket",
            "/ip4/127.0.0.1/tcp/80/http",
            "/ip4/127.0.0.1/tcp/4001/p2p/12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN",
            "/memory/1",
            "/ip4/127.0.0.1/tcp/4001/tcp/4002",
        ] {
            assert_eq!(tcp(text), Err(AddressError::Address), "{text}");
        }
    }

    #[test]
    fn an_endpoint_s_other_addresses_are_left_out() {
        let addresses = [
            "/dns/example.org/tcp/1",
            "/memory/7",
            "/ip4/127.0.0.1/tcp/7",
        ]
        .map(String::from);
        let endpoint = Endpoint::new(PEER.into(), addresses.to_vec()).unwrap();
        for (medium, only) in [
            (Medium::Tcp, "/ip4/127.0.0.1/tcp/7"),
            (Medium::Memory, "/memory/7"),
        ] {
            let (peer, left) = dialable(medium, &endpoint).unwrap();
            assert_eq!(peer.to_string(), PEER);
            assert_eq!(left, [only.parse().unwrap()]);
        }
    }

    #[test]
    fn a_peer_id_of_nonsense_is_refused() {
        let endpoint = Endpoint::new("nonsense".into(), vec![]).unwrap();
        assert_eq!(dialable(Medium::Tcp, &endpoint), Err(AddressError::PeerId));
    }

    #[test]
    fn a_free_port_of_every_interface_can_be_listened_on() {
        for text in [
            "/ip4/0.0.0.0/tcp/0",
            "/ip6/::/tcp/0",
            "/ip4/127.0.0.1/tcp/0",
        ] {
            assert!(listenable(text).is_ok(), "{text}");
        }
        assert!(listenable("/ip4/127.0.0.1/udp/0").is_err());
        assert!(listenable("/memory/7").is_err());
    }
}
