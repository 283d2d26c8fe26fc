//! Distance between processes of one machine: a relay that lets bytes arrive later.
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener as Listener};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until};

/// Bytes that are relayed at once.
const PIECE: usize = 16 * 1024;
/// Pieces under way in one direction: more than the links here carry.
const UNDER_WAY: usize = 1024;

/// An agent's way to the others: they reach it here, so much later each way. It counts what passes.
pub struct Distance {
    /// Where others dial.
    pub outside: SocketAddr,
    /// Where the agent has to listen.
    pub inside: SocketAddr,
    counts: Arc<Counts>,
    relay: JoinHandle<()>,
}

/// What has passed.
#[derive(Default)]
struct Counts {
    connections: AtomicU64,
    turns: AtomicU64,
}

impl Distance {
    /// A way of this length, each way.
    ///
    /// # Errors
    /// When the system gives no port.
    pub async fn new(each_way: Duration) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let outside = listener.local_addr()?;
        let inside = Listener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let counts = Arc::<Counts>::default();
        let relay = tokio::spawn(relay(listener, inside, each_way, counts.clone()));
        Ok(Self {
            outside,
            inside,
            counts,
            relay,
        })
    }

    /// What an agent at the end of this way is started with.
    #[must_use]
    pub fn arguments(&self) -> [String; 4] {
        let address = |at: SocketAddr| format!("/ip4/{}/tcp/{}", at.ip(), at.port());
        [
            "--listen".into(),
            address(self.inside),
            "--announce".into(),
            address(self.outside),
        ]
    }

    /// Connections to the agent so far, and how often the direction of their bytes turned round.
    #[must_use]
    pub fn counts(&self) -> (u64, u64) {
        let Counts { connections, turns } = &*self.counts;
        (
            connections.load(Ordering::Relaxed),
            turns.load(Ordering::Relaxed),
        )
    }
}

impl Drop for Distance {
    fn drop(&mut self) {
        self.relay.abort();
    }
}

async fn relay(listener: TcpListener, to: SocketAddr, each_way: Duration, counts: Arc<Counts>) {
    while let Ok((dialler, _)) = listener.accept().await {
        counts.connections.fetch_add(1, Ordering::Relaxed);
        tokio::spawn(connect(dialler, to, each_way, counts.clone()));
    }
}

async fn connect(dialler: TcpStream, to: SocketAddr, each_way: Duration, counts: Arc<Counts>) {
    // The kernel has answered the dialler at once; over this distance TCP's own greeting takes a
    // round trip before the first byte can leave.
    sleep(each_way * 2).await;
    let Ok(listener) = TcpStream::connect(to).await else {
        return;
    };
    // Fails only where a connection is gone already.
    drop((dialler.set_nodelay(true), listener.set_nodelay(true)));
    let (from_dialler, to_dialler) = dialler.into_split();
    let (from_listener, to_listener) = listener.into_split();
    let last = Arc::<AtomicU8>::default();
    let mark = |direction: u8| Mark {
        direction,
        last: last.clone(),
        counts: counts.clone(),
    };
    tokio::join!(
        carry(from_dialler, to_listener, each_way, mark(1)),
        carry(from_listener, to_dialler, each_way, mark(2)),
    );
}

/// Which direction a piece goes, and which the last one went.
struct Mark {
    direction: u8,
    last: Arc<AtomicU8>,
    counts: Arc<Counts>,
}

impl Mark {
    fn passed(&self) {
        if self.last.swap(self.direction, Ordering::Relaxed) != self.direction {
            self.counts.turns.fetch_add(1, Ordering::Relaxed);
        }
    }
}

async fn carry(mut from: OwnedReadHalf, to: OwnedWriteHalf, each_way: Duration, mark: Mark) {
    let (pieces, arriving) = mpsc::channel(UNDER_WAY);
    let arrive = tokio::spawn(arrive(arriving, to));
    let mut buffer = vec![0; PIECE];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        mark.passed();
        let piece = (Instant::now() + each_way, buffer[..length].to_vec());
        if pieces.send(piece).await.is_err() {
            break;
        }
    }
    drop(pieces);
    drop(arrive.await);
}

async fn arrive(mut arriving: mpsc::Receiver<(Instant, Vec<u8>)>, mut to: OwnedWriteHalf) {
    while let Some((when, piece)) = arriving.recv().await {
        sleep_until(when).await;
        if to.write_all(&piece).await.is_err() {
            return;
        }
    }
    drop(to.shutdown().await);
}
