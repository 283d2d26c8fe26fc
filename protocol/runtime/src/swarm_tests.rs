use super::*;
use crate::network::ExchangeError;
use futures::future::join_all;
use futures::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use kith_protocol::limits::queue::{WAITING_PER_PEER, WAITING_PER_STRANGER};
use libp2p::identity::Keypair;
use libp2p::{StreamProtocol, SwarmBuilder};
use std::io;

async fn network() -> (Network, mpsc::Receiver<Delivery>) {
    let listen = "/ip4/127.0.0.1/tcp/0".parse().unwrap();
    let (network, deliveries, _) = start(Keypair::generate_ed25519(), listen, &[])
        .await
        .unwrap();
    (network, deliveries)
}

/// A peer that answers every message with itself, backwards.
async fn mirror() -> Network {
    let (network, mut deliveries) = network().await;
    tokio::spawn(async move {
        while let Some(Delivery {
            mut message,
            responder,
            ..
        }) = deliveries.recv().await
        {
            message.reverse();
            responder.send(message);
        }
    });
    network
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_every_size_is_answered_by_another_peer_and_by_oneself() {
    let (alice, bob) = (mirror().await, mirror().await);
    for to in [bob.endpoint(), alice.endpoint()] {
        for size in [1, 1000, limits::network::FRAME] {
            let mut message = vec![0; size];
            message[0] = 1;
            let answer = alice.exchange(to, message.clone()).await.unwrap();
            message.reverse();
            assert_eq!(answer, message);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_of_one_process_reach_each_other_in_memory_and_nobody_else() {
    let keys = [(); 2].map(|()| Keypair::generate_ed25519());
    let (alice, _) = start_in_memory(keys[0].clone()).await.unwrap();
    let (bob, mut deliveries) = start_in_memory(keys[1].clone()).await.unwrap();
    let answers = async {
        let Delivery {
            peer, responder, ..
        } = deliveries.recv().await.unwrap();
        responder.send(vec![2]);
        peer
    };
    let (answer, asker) = tokio::join!(alice.exchange(bob.endpoint(), vec![1]), answers);
    assert_eq!(answer, Ok(vec![2]));
    assert_eq!(asker, keys[0].public().to_peer_id());
    // Bob comes back to where he was, once he is gone.
    drop((bob, deliveries));
    let bob = loop {
        match start_in_memory(keys[1].clone()).await {
            Ok((bob, _)) => break bob,
            Err(_) => tokio::task::yield_now().await,
        }
    };
    // A program that is shown such an address does not dial it.
    let program = mirror().await;
    let refused = program.exchange(bob.endpoint(), vec![1]).await;
    assert_eq!(refused, Err(ExchangeError::Unreachable));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_above_the_limit_does_not_leave() {
    let (alice, bob) = (mirror().await, mirror().await);
    let large = vec![0; limits::network::FRAME + 1];
    assert!(alice.exchange(bob.endpoint(), large).await.is_err());
    assert!(alice.exchange(bob.endpoint(), vec![1]).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_is_away_is_unreachable() {
    let (alice, bob) = (mirror().await, mirror().await);
    let gone = bob.endpoint().clone();
    let moved = Endpoint::new(alice.endpoint().peer_id().into(), gone.addresses().into()).unwrap();
    let carol = mirror().await;
    // Bob answers at that address, but is not Alice.
    assert_eq!(
        carol.exchange(&moved, vec![1]).await,
        Err(ExchangeError::Unreachable)
    );
    let nowhere = Endpoint::new(gone.peer_id().into(), vec![]).unwrap();
    assert_eq!(
        carol.exchange(&nowhere, vec![1]).await,
        Err(ExchangeError::Unreachable)
    );
    let malformed = Endpoint::new("nonsense".into(), vec![]).unwrap();
    let refused = carol.exchange(&malformed, vec![1]).await.unwrap_err();
    assert!(!refused.is_transient());
}

/// A stranger's document can name a service of this very machine. All that arrives there is the
/// beginning of a handshake; what it answers is not followed.
#[tokio::test(flavor = "multi_thread")]
async fn a_service_inside_the_machine_gets_a_handshake_and_no_message() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let alice = mirror().await;
    let service = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    other.set_nonblocking(true).unwrap();
    let port = |address: std::net::SocketAddr| address.port();
    let (here, there) = (
        port(service.local_addr().unwrap()),
        port(other.local_addr().unwrap()),
    );
    let named = vec![format!("/ip4/127.0.0.1/tcp/{here}")];
    let endpoint = Endpoint::new(alice.endpoint().peer_id().into(), named).unwrap();
    let carol = mirror().await;
    let serve = async {
        let (mut stream, _) = service.accept().await.unwrap();
        let mut heard = vec![0; 20];
        stream.read_exact(&mut heard).await.unwrap();
        let moved = format!("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{there}/\r\n\r\n");
        stream.write_all(moved.as_bytes()).await.unwrap();
        let _ = stream.shutdown().await;
        let _ = stream.read_to_end(&mut heard).await;
        heard
    };
    let message = b"a message that only its peer may read".to_vec();
    let (answer, heard) = tokio::join!(carol.exchange(&endpoint, message.clone()), serve);
    assert_eq!(answer, Err(ExchangeError::Unreachable));
    assert!(heard.starts_with(b"\x13/multistream/1.0.0\n"), "{heard:?}");
    assert!(!heard.windows(9).any(|part| part == &message[..9]));
    let followed = other.accept().map(|_| ()).unwrap_err();
    assert_eq!(followed.kind(), io::ErrorKind::WouldBlock);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_dropped_closes_its_stream_at_once() {
    let (alice, (bob, mut deliveries)) = (mirror().await, network().await);
    let (answer, ()) = tokio::join!(alice.exchange(bob.endpoint(), vec![1]), async {
        drop(deliveries.recv().await.unwrap());
    });
    assert_eq!(answer, Err(ExchangeError::Closed));
}

/// Asks more than any peer has places for; the places it got, as what waits.
async fn flood(from: &Network, to: &mut (Network, mpsc::Receiver<Delivery>), places: usize) {
    let asked: Vec<_> = (0..WAITING_PER_PEER * 3 / 2)
        .map(|_| {
            let (from, to) = (from.clone(), to.0.endpoint().clone());
            tokio::spawn(async move { from.exchange(&to, vec![1]).await })
        })
        .collect();
    let mut waiting = Vec::new();
    for _ in 0..places {
        waiting.push(to.1.recv().await.unwrap());
    }
    let honest = mirror().await;
    let endpoint = to.0.endpoint().clone();
    let other = tokio::spawn(async move { honest.exchange(&endpoint, vec![2]).await });
    let next = to.1.recv().await.unwrap();
    assert_eq!(next.message, [2], "the flooder has more than its places");
    next.responder.send(vec![2]);
    assert_eq!(other.await.unwrap(), Ok(vec![2]));
    waiting
        .into_iter()
        .for_each(|delivery| delivery.responder.send(vec![1]));
    let answers = join_all(asked).await;
    let served = answers
        .iter()
        .filter(|answer| matches!(answer, Ok(Ok(_))))
        .count();
    assert_eq!(served, places);
}

/// A stranger has few, and more once it was answered.
#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_floods_has_its_places_and_leaves_the_others_theirs() {
    let (flooder, mut bob) = (mirror().await, network().await);
    flood(&flooder, &mut bob, WAITING_PER_STRANGER).await;
    flood(&flooder, &mut bob, WAITING_PER_PEER).await;
    let totals = bob.0.refusals().totals();
    let dropped = WAITING_PER_PEER * 3 - WAITING_PER_STRANGER - WAITING_PER_PEER;
    assert_eq!(totals["e.p.xfer.too-many"], dropped as u64);
}

/// Writes its bytes as they are, and reads what comes.
#[derive(Clone, Default)]
struct Raw;

impl request_response::Codec for Raw {
    type Protocol = StreamProtocol;
    type Request = Vec<u8>;
    type Response = Vec<u8>;
    async fn read_request<T: AsyncRead + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        _: &mut T,
    ) -> io::Result<Vec<u8>> {
        Err(io::ErrorKind::Unsupported.into())
    }
    async fn read_response<T: AsyncRead + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
    ) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        io.read_to_end(&mut bytes).await?;
        Ok(bytes)
    }
    async fn write_request<T: AsyncWrite + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        bytes: Vec<u8>,
    ) -> io::Result<()> {
        io.write_all(&bytes).await
    }
    async fn write_response<T: AsyncWrite + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        _: &mut T,
        _: Vec<u8>,
    ) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

fn raw_peer() -> Swarm<request_response::Behaviour<Raw>> {
    let protocols = [(codec::PROTOCOL, ProtocolSupport::Outbound)];
    SwarmBuilder::with_new_identity()
        .with_tokio()
        .with_tcp(
            tcp::Config::default(),
            noise::Config::new,
            yamux::Config::default,
        )
        .unwrap()
        .with_behaviour(|_| request_response::Behaviour::new(protocols, message_config()))
        .unwrap()
        .build()
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_frames_on_a_real_stream_get_no_answer_and_harm_nobody() {
    let bob = mirror().await;
    let (peer, addresses) = crate::address::dialable(Medium::Tcp, bob.endpoint()).unwrap();
    let mut hostile = raw_peer();
    let frames: [&[u8]; 7] = [
        b"",
        b"\x00",
        b"\x05ab",
        b"\x83\x00abc",
        b"\x81\x80\x04",
        &[0xff; 4096],
        b"\x80",
    ];
    for frame in frames {
        let behaviour = hostile.behaviour_mut();
        behaviour.send_request_with_addresses(&peer, frame.to_vec(), addresses.clone());
        loop {
            use request_response::{Event, Message};
            match hostile.select_next_some().await {
                SwarmEvent::Behaviour(Event::Message {
                    message: Message::Response { response, .. },
                    ..
                }) => {
                    assert_eq!(response, b"", "{frame:?} was answered");
                    break;
                }
                SwarmEvent::Behaviour(Event::OutboundFailure { .. }) => break,
                _ => {}
            }
        }
    }
    let alice = mirror().await;
    assert!(alice.exchange(bob.endpoint(), vec![1]).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_of_another_machine_cannot_be_listened_on() {
    let elsewhere: Multiaddr = "/ip4/192.0.2.1/tcp/4001".parse().unwrap();
    let refused = start(Keypair::generate_ed25519(), elsewhere, &[]).await;
    assert!(matches!(refused, Err(SwarmError::Listen { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_start_listens_where_this_one_did() {
    let key = Keypair::generate_ed25519();
    let every: Multiaddr = "/ip4/0.0.0.0/tcp/0".parse().unwrap();
    let (network, _deliveries, kept) = start(key, every, &[]).await.unwrap();
    assert!(kept.to_string().starts_with("/ip4/0.0.0.0/tcp/"), "{kept}");
    assert!(!kept.to_string().ends_with("/0"));
    assert!(
        !network
            .endpoint()
            .addresses()
            .iter()
            .any(|text| text.contains("0.0.0.0"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn announced_addresses_replace_those_found() {
    let listen = "/ip4/127.0.0.1/tcp/0".parse().unwrap();
    let announced = ["/ip4/192.0.2.7/tcp/4001".parse().unwrap()];
    let (network, _deliveries, _) = start(Keypair::generate_ed25519(), listen, &announced)
        .await
        .unwrap();
    assert_eq!(network.endpoint().addresses(), ["/ip4/192.0.2.7/tcp/4001"]);
}
