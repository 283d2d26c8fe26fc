//! A running agent, and an honest peer of it.
use crate::toy::{Answer, Command, Toy};
use kith_envelope::{open, seal};
use kith_protocol::did::{Did, Endpoint, LocalDid};
use kith_protocol::message::{Body, Empty, Outgoing, Plaintext};
use kith_protocol::time::{Millis, Timestamp};
use kith_runtime::clock;
use kith_runtime::homes::Home;
use kith_runtime::keystore::{self, Cost};
use kith_runtime::local_client::LocalClient;
use kith_runtime::network::{Delivery, Network};
use kith_runtime::passphrase::Passphrase;
use kith_runtime::process::{self, Config, Running};
use kith_runtime::swarm;
use libp2p::identity::Keypair;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::time::timeout;
use zeroize::Zeroizing;

const CHEAP: Cost = Cost {
    memory_kib: 64,
    passes: 1,
    lanes: 1,
};
/// What only a hang reaches.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
/// How often an honest sender tries, as its outbox would.
const TRIES: usize = 20;

fn passphrase() -> Passphrase {
    Passphrase::new(Zeroizing::new(b"orbit velvet candy".to_vec())).unwrap()
}

/// An agent under attack.
pub(crate) struct House {
    _dir: TempDir,
    running: Running,
    client: LocalClient,
    /// Whom its friends write to.
    pub(crate) did: Did,
}

impl House {
    pub(crate) async fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path()).unwrap();
        home.prepare().unwrap();
        drop(keystore::create(&home.keystore(), &passphrase(), CHEAP).unwrap());
        let client = LocalClient::at(home.socket());
        let config = Config {
            home,
            listen: None,
            announce: Vec::new(),
        };
        let running = process::start(config, passphrase(), |_| Ok(Toy))
            .await
            .unwrap();
        let Answer::Did(did) = client.command(&Command::Introduce).await.unwrap() else {
            panic!("no DID")
        };
        Self {
            _dir: dir,
            running,
            client,
            did,
        }
    }

    /// From now on it is also whom the kept forgeries are sealed for.
    pub(crate) async fn impersonate(&self, number: u64) {
        let command = Command::Impersonate(number);
        let answer = self.client.command::<_, Answer>(&command).await.unwrap();
        assert!(matches!(answer, Answer::Did(_)));
    }

    /// How many knocks it took note of.
    pub(crate) async fn knocks(&self) -> u64 {
        match self.client.command(&Command::Tally).await.unwrap() {
            Answer::Tally(tally) => tally.knocks,
            other => panic!("no tally: {other:?}"),
        }
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        self.running.endpoint()
    }

    /// Its address, for a socket.
    pub(crate) fn address(&self) -> String {
        let text = &self.endpoint().addresses()[0];
        let mut parts = text.split('/').skip(2).step_by(2);
        format!("{}:{}", parts.next().unwrap(), parts.next().unwrap())
    }

    /// How often each code was given.
    pub(crate) async fn refused(&self) -> BTreeMap<String, u64> {
        self.client.health().await.unwrap().refused
    }

    /// Until this code was given so often.
    pub(crate) async fn until_refused(&self, code: &str, times: u64) {
        let given = timeout(PATIENCE, async {
            while self.refused().await.get(code).copied().unwrap_or_default() < times {
                tokio::task::yield_now().await;
            }
        });
        if given.await.is_err() {
            panic!("{code} not {times} times: {:?}", self.refused().await);
        }
    }
}

pub(crate) fn stranger() -> LocalDid {
    LocalDid::generate_did_key(&mut rand::rng())
}

/// A message that is answered.
pub(crate) fn knock(from: &LocalDid, to: &Did) -> Plaintext {
    let message = Outgoing {
        id: hex::encode(rand::random::<[u8; 16]>()),
        from: from.did().clone(),
        to: to.clone(),
        thid: None,
        pthid: None,
        expires: clock::now().after(Millis::seconds(60)),
        body: Body::Empty(Empty {}),
    };
    message.plaintext(clock::now())
}

/// Someone honest with an agent of her own.
pub(crate) struct Friend {
    network: Network,
    _deliveries: mpsc::Receiver<Delivery>,
    did: Arc<LocalDid>,
}

impl Friend {
    pub(crate) async fn new() -> Self {
        let listen = "/ip4/127.0.0.1/tcp/0".parse().unwrap();
        let (network, deliveries, _) = swarm::start(Keypair::generate_ed25519(), listen, &[])
            .await
            .unwrap();
        Self {
            network,
            _deliveries: deliveries,
            did: Arc::new(stranger()),
        }
    }

    /// Knocks until it is answered.
    pub(crate) async fn is_served(&self, house: &House) {
        let sealed = seal(&knock(&self.did, &house.did), &self.did).unwrap();
        for _ in 0..TRIES {
            let exchange = self.network.exchange(house.endpoint(), sealed.clone());
            if let Ok(reply) = exchange.await {
                let own = |_: &Did| Some(self.did.clone());
                let Timestamp(now) = clock::now();
                open(&reply, &own, now / 1000).unwrap();
                return;
            }
        }
        panic!("an honest peer is not served: {:?}", house.refused().await);
    }
}
