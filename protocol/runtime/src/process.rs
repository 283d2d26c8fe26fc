//! A running agent: everything put together, until it is told to stop.
use crate::address::{self, AddressError};
use crate::driver::{Driver, DriverError, Inbox};
use crate::homes::{Home, HomeError};
use crate::keystore::{self, KeystoreError};
use crate::ledger_client::LedgerClient;
use crate::local_api::{self, Asked, Desk, Guard, SocketError};
use crate::network::{Delivery, Network};
use crate::node::{Node, NodeError};
use crate::passphrase::Passphrase;
use crate::presence::Presence;
use crate::residence::Residence;
use crate::sending::Sending;
use crate::store::{Store, StoreError};
use crate::swarm::{self, SwarmError};
use kith_protocol::agent::Agent;
use kith_protocol::did::Endpoint;
use kith_protocol::error::Damage;
use kith_protocol::record::Records;
use libp2p::Multiaddr;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::PathBuf;
use std::{fs, io, thread};
use thiserror::Error;
use tokio::net::UnixListener;
use tokio::runtime;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

/// What a process is started with.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where it lives.
    pub home: Home,
    /// The address to listen on, `/ip4/…/tcp/…`; without one, a free port of the loopback at the
    /// first start and the same one ever after.
    pub listen: Option<String>,
    /// The addresses to put into DIDs, where they are not those the machine sees.
    pub announce: Vec<String>,
}

/// Why a process does not start, or ends before it was told to.
#[derive(Debug, Error)]
pub enum RunError {
    /// The home cannot be used.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// The key cannot be had.
    #[error(transparent)]
    Keystore(#[from] KeystoreError),
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It was exported, and lives elsewhere.
    #[error("this agent was exported from {0} and does not run here any more")]
    Departed(PathBuf),
    /// The node's row is of no use.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// An address to announce is none.
    #[error("cannot announce {text}")]
    Announce {
        /// What was given.
        text: String,
        /// Why it is none.
        source: AddressError,
    },
    /// There is no network.
    #[error(transparent)]
    Swarm(#[from] SwarmError),
    /// The local API cannot be served.
    #[error(transparent)]
    Socket(#[from] SocketError),
    /// The loop ended.
    #[error(transparent)]
    Driver(#[from] DriverError),
    /// The system refuses a thread or a signal.
    #[error("the system refuses")]
    System(#[from] io::Error),
    /// The loop panicked: a fault of ours, already on standard error.
    #[error("the agent's loop ended by a fault of this program")]
    Fault,
}

impl RunError {
    /// The exit code, as ARCHITECTURE.md lists them.
    #[must_use]
    pub fn exit(&self) -> u8 {
        match self {
            Self::Keystore(KeystoreError::WrongPassphrase) => 4,
            Self::Departed(_) => 6,
            _ => 1,
        }
    }
}

/// An agent that runs in this process; it stops when this is dropped.
pub struct Running {
    endpoint: Endpoint,
    stop: StopOnDrop,
    ended: oneshot::Receiver<Result<(), DriverError>>,
    api: JoinHandle<()>,
}

/// Runs the agent that `open` makes of its rows until `SIGINT`, `SIGTERM` or `POST /v1/stop`.
/// Prints nothing; `GET /healthz` answers once all is ready.
///
/// # Errors
/// [`RunError`].
pub async fn run<G, O>(config: Config, passphrase: Passphrase, open: O) -> Result<(), RunError>
where
    O: FnOnce(&dyn Records) -> Result<G, Damage>,
    G: Agent + Send + 'static,
    G::Command: DeserializeOwned + Send + 'static,
    G::Answer: Serialize + Send + 'static,
{
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let running = start(config, passphrase, open).await?;
    let stop = running.stop.0.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tracing::info!("told to stop");
        stop.send_replace(true);
    });
    running.ended().await
}

/// Starts the agent that `open` makes of its rows. It runs until [`Running::stop`], or until it
/// ends by itself.
///
/// # Errors
/// [`RunError`].
pub async fn start<G, O>(
    config: Config,
    passphrase: Passphrase,
    open: O,
) -> Result<Running, RunError>
where
    O: FnOnce(&dyn Records) -> Result<G, Damage>,
    G: Agent + Send + 'static,
    G::Command: DeserializeOwned + Send + 'static,
    G::Answer: Serialize + Send + 'static,
{
    let Config {
        home,
        listen,
        announce,
    } = config;
    begin(home, passphrase, open, &Reach::Tcp { listen, announce }).await
}

/// The same without sockets between agents, for tests of many of them in one process. No setting of
/// the programs leads here.
///
/// # Errors
/// [`RunError`].
pub async fn start_in_memory<G, O>(
    home: Home,
    passphrase: Passphrase,
    open: O,
) -> Result<Running, RunError>
where
    O: FnOnce(&dyn Records) -> Result<G, Damage>,
    G: Agent + Send + 'static,
    G::Command: DeserializeOwned + Send + 'static,
    G::Answer: Serialize + Send + 'static,
{
    begin(home, passphrase, open, &Reach::Memory).await
}

/// How others reach an agent.
enum Reach {
    /// As the person set it.
    Tcp {
        listen: Option<String>,
        announce: Vec<String>,
    },
    /// In this process only.
    Memory,
}

async fn begin<G, O>(
    home: Home,
    passphrase: Passphrase,
    open: O,
    reach: &Reach,
) -> Result<Running, RunError>
where
    O: FnOnce(&dyn Records) -> Result<G, Damage>,
    G: Agent + Send + 'static,
    G::Command: DeserializeOwned + Send + 'static,
    G::Answer: Serialize + Send + 'static,
{
    // From here on `doctor` can tell whether the clock was set.
    crate::clock::drift();
    home.prepare()?;
    let key = keystore::open(&home.keystore(), &passphrase)?;
    drop(passphrase);
    let store = Store::open(&home.store(), &key)?;
    drop(key);
    // Asked with the store in hand: an export that just ended had it before.
    if let Residence::Departed(_) = Residence::of(&home) {
        return Err(RunError::Departed(home.dir().into()));
    }
    let agent = open(&store).map_err(|damage| store.naming(damage))?;
    let listener = local_api::bind(home.socket()).await?;
    let line = connect(&store, reach).await?;
    let endpoint = line.network.endpoint();
    let version = env!("CARGO_PKG_VERSION");
    tracing::info!(version, peer = endpoint.peer_id(), addresses = ?endpoint.addresses(), "listening");
    let (desk, asked) = Desk::new(line.network.clone());
    let desk = desk.guarded(Guard {
        shows_secrets: G::shows_secrets,
        presence: Presence::at(home.keystore()),
    });
    let driver = driver(agent, store, line, (&desk, asked));
    spin(driver, desk, listener, home.socket().into())
}

/// The network, and what comes from it.
struct Line {
    network: Network,
    deliveries: mpsc::Receiver<Delivery>,
}

async fn connect(store: &Store, reach: &Reach) -> Result<Line, RunError> {
    let mut node = Node::load(store)?;
    let Reach::Tcp { listen, announce } = reach else {
        let (network, deliveries) = swarm::start_in_memory(node.key()).await?;
        return Ok(Line {
            network,
            deliveries,
        });
    };
    let address = node.listen(listen.as_deref())?;
    let announced = announce
        .iter()
        .map(|text| announced(text))
        .collect::<Result<Vec<_>, _>>()?;
    let (network, deliveries, own) = swarm::start(node.key(), address, &announced).await?;
    node.keep(store, &own.to_string(), listen.is_some())?;
    Ok(Line {
        network,
        deliveries,
    })
}

fn announced(text: &str) -> Result<Multiaddr, RunError> {
    address::tcp(text).map_err(|source| RunError::Announce {
        text: text.into(),
        source,
    })
}

type DeskOf<G> = Desk<<G as Agent>::Command, <G as Agent>::Answer>;
type AskedOf<G> = mpsc::Receiver<Asked<<G as Agent>::Command, <G as Agent>::Answer>>;

fn driver<G: Agent>(
    agent: G,
    disk: Store,
    line: Line,
    (desk, asked): (&DeskOf<G>, AskedOf<G>),
) -> Driver<G, Store> {
    let Line {
        network,
        deliveries,
    } = line;
    let (sending, returns) = Sending::new(network.clone());
    let (ledger, answers) = LedgerClient::new(network.clone());
    let stop = desk.stop.subscribe();
    let inbox = Inbox {
        asked,
        deliveries,
        returns,
        answers,
        stop,
    };
    let events = desk.events.clone();
    Driver {
        agent,
        disk,
        network,
        sending,
        ledger,
        events,
        inbox,
        last_deadline: None,
        watch: crate::clock::Watch::default(),
    }
}

fn spin<G>(
    driver: Driver<G, Store>,
    desk: DeskOf<G>,
    listener: UnixListener,
    socket: PathBuf,
) -> Result<Running, RunError>
where
    G: Agent + Send + 'static,
    G::Command: DeserializeOwned + Send + 'static,
    G::Answer: Serialize + Send + 'static,
{
    let (endpoint, stop) = (desk.network.endpoint().clone(), desk.stop.clone());
    let ended = on_its_own_thread(driver, (stop.clone(), desk.ended.clone()), socket)?;
    let api = local_api::serve(listener, desk);
    Ok(Running {
        endpoint,
        stop: StopOnDrop(stop),
        ended,
        api,
    })
}

/// The loop computes and waits for the disk; on a thread of its own it holds up nobody else.
fn on_its_own_thread<G>(
    mut driver: Driver<G, Store>,
    (stop, told): (
        watch::Sender<bool>,
        watch::Sender<Option<Result<(), String>>>,
    ),
    socket: PathBuf,
) -> io::Result<oneshot::Receiver<Result<(), DriverError>>>
where
    G: Agent + Send + 'static,
    G::Command: Send + 'static,
    G::Answer: Send + 'static,
{
    let (end, ended) = oneshot::channel();
    // Timers of its own too: the loop must end in order while the process's runtime is shut down.
    let runtime = runtime::Builder::new_current_thread()
        .enable_time()
        .build()?;
    thread::Builder::new().name("agent".into()).spawn(move || {
        // Also when the loop panics, the rest must not go on serving.
        let _stopping = StopOnDrop(stop);
        let outcome = runtime.block_on(driver.run());
        if let Err(error) = &outcome {
            tracing::error!("{error}");
        }
        told.send_replace(Some(outcome.as_ref().copied().map_err(ToString::to_string)));
        // While the store is still locked: later it could be the socket of the next process.
        drop(fs::remove_file(socket));
        drop(driver);
        drop(end.send(outcome));
    })?;
    Ok(ended)
}

struct StopOnDrop(watch::Sender<bool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.send_replace(true);
    }
}

impl Running {
    /// Where this agent can be reached.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Stops and waits for the end.
    ///
    /// # Errors
    /// [`RunError`], when the loop had ended by itself.
    pub async fn stop(self) -> Result<(), RunError> {
        self.stop.0.send_replace(true);
        self.ended().await
    }

    /// Waits for the end.
    ///
    /// # Errors
    /// [`RunError`], when the loop ended by itself.
    pub async fn ended(self) -> Result<(), RunError> {
        let Self {
            stop, ended, api, ..
        } = self;
        let outcome = ended.await;
        drop(stop);
        // Fails only by a panic of the server, which changes nothing any more.
        drop(api.await);
        outcome
            .map_err(|_| RunError::Fault)?
            .map_err(RunError::from)
    }
}
