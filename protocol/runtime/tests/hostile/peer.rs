//! A peer that speaks Noise and Yamux as everyone does, and what it likes on top of them.
use crate::house::{House, PATIENCE};
use futures::{AsyncReadExt as _, AsyncWriteExt as _};
use libp2p::core::Endpoint;
use libp2p::core::muxing::{StreamMuxerBox, StreamMuxerExt as _, SubstreamBox};
use libp2p::core::transport::{DialOpts, PortUse, Transport as _};
use libp2p::core::upgrade::Version;
use libp2p::identity::Keypair;
use libp2p::{noise, tcp, yamux};
use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::task::Poll;
use tokio::time::timeout;

const MULTISTREAM: &[u8] = b"\x13/multistream/1.0.0\n";
const DIDCOMM: &[u8] = b"\x0c/didcomm/v2\n";

/// A connection under a key made up for it.
pub(crate) struct Hostile {
    muxer: StreamMuxerBox,
}

impl Hostile {
    pub(crate) async fn connect(house: &House) -> io::Result<Self> {
        let key = Keypair::generate_ed25519();
        let address = house.endpoint().addresses()[0].parse().unwrap();
        let options = DialOpts {
            role: Endpoint::Dialer,
            port_use: PortUse::New,
        };
        let mut transport = tcp::tokio::Transport::new(tcp::Config::default())
            .upgrade(Version::V1)
            .authenticate(noise::Config::new(&key).unwrap())
            .multiplex(yamux::Config::default())
            .boxed();
        let dialled = transport.dial(address, options).map_err(io::Error::other)?;
        let (_, muxer) = dialled.await?;
        Ok(Self { muxer })
    }

    /// Does something, and keeps the connection alive meanwhile.
    pub(crate) async fn drive<F: Future>(&mut self, what: F) -> F::Output {
        let mut what = pin!(what);
        let muxer = &mut self.muxer;
        let done = poll_fn(|cx| {
            // Streams of the other side, for identify and ping, are dropped.
            while let Poll::Ready(Ok(_)) = muxer.poll_inbound_unpin(cx) {}
            what.as_mut().poll(cx)
        });
        timeout(PATIENCE, done)
            .await
            .expect("the agent does nothing about it")
    }

    /// A stream that has not agreed on a protocol.
    pub(crate) async fn raw_stream(&mut self) -> io::Result<SubstreamBox> {
        let muxer = &mut self.muxer;
        let opened = poll_fn(|cx| match muxer.poll_outbound_unpin(cx) {
            Poll::Ready(opened) => Poll::Ready(opened),
            Poll::Pending => loop {
                match muxer.poll_inbound_unpin(cx) {
                    Poll::Ready(Ok(_)) => {}
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                    Poll::Pending => return Poll::Pending,
                }
            },
        });
        timeout(PATIENCE, opened)
            .await
            .expect("no stream and no refusal")
    }

    /// A stream on which messages are spoken.
    pub(crate) async fn stream(&mut self) -> io::Result<SubstreamBox> {
        let mut stream = self.raw_stream().await?;
        self.drive(async {
            stream.write_all(&[MULTISTREAM, DIDCOMM].concat()).await?;
            stream.flush().await?;
            let mut agreed = vec![0; MULTISTREAM.len() + DIDCOMM.len()];
            stream.read_exact(&mut agreed).await?;
            assert_eq!(agreed, [MULTISTREAM, DIDCOMM].concat());
            Ok(stream)
        })
        .await
    }

    /// Sends bytes, ends the sending half if asked, and reads until the agent ends it: what came.
    pub(crate) async fn say(&mut self, bytes: &[u8], end: bool) -> Vec<u8> {
        let mut stream = self.stream().await.unwrap();
        self.drive(async {
            let mut answer = Vec::new();
            // The agent may close before it has read all: then there is no more to say.
            let mut said = stream.write_all(bytes).await;
            if said.is_ok() {
                said = stream.flush().await;
            }
            if end && said.is_ok() {
                drop(stream.close().await);
            }
            drop(stream.read_to_end(&mut answer).await);
            answer
        })
        .await
    }

    /// A whole frame.
    pub(crate) async fn send(&mut self, message: &[u8]) -> Vec<u8> {
        self.say(&framed(message), true).await
    }
}

/// A message with its length in front.
pub(crate) fn framed(message: &[u8]) -> Vec<u8> {
    let mut rest = message.len();
    let mut frame = Vec::new();
    while rest >= 0x80 {
        frame.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    frame.push(rest as u8);
    frame.extend_from_slice(message);
    frame
}
