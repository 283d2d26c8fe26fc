use super::*;
use crate::keystore::WalletKey;
use crate::local_api::Desk;
use crate::network::ExchangeError;
use crate::post::fresh_id;
use crate::store::Store;
use crate::swarm;
use kith_envelope::{open, seal};
use kith_protocol::did::{Did, LocalDid};
use kith_protocol::message::{Empty, Plaintext};
use kith_protocol::record::{Bytes, Key, Records};
use kith_protocol::time::Millis;
use libp2p::identity::Keypair;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use toy::{Answer, Command, Tally, Toy};

#[path = "../tests/toy/mod.rs"]
mod toy;

/// A disk that can be made to fail, and counts.
struct Faulty {
    store: Store,
    broken: Arc<AtomicBool>,
    flushes: Arc<AtomicUsize>,
}

impl Records for Faulty {
    fn read(&self, key: &Key) -> Option<Bytes> {
        self.store.read(key)
    }
    fn scan(&self, prefix: &[u8]) -> Vec<(Key, Bytes)> {
        self.store.scan(prefix)
    }
}

impl Disk for Faulty {
    fn apply(&self, batch: &kith_protocol::record::Batch) -> Result<(), StoreError> {
        self.store.apply(batch)
    }
    fn flush(&self) -> Result<(), StoreError> {
        self.flushes.fetch_add(1, Ordering::SeqCst);
        if self.broken.load(Ordering::SeqCst) {
            let cause = io::ErrorKind::StorageFull.into();
            return Err(StoreError::Unwritable {
                path: "store".into(),
                cause,
            });
        }
        self.store.flush()
    }
    fn check(&self) -> Result<(), StoreError> {
        self.store.check()
    }
    fn naming(&self, damage: kith_protocol::error::Damage) -> StoreError {
        self.store.naming(damage)
    }
    fn examine(&self, end: std::time::Instant) -> crate::store::Examined {
        self.store.examine(end)
    }
}

/// A driver in the background, and all its ends.
struct Bench {
    dir: TempDir,
    asked: mpsc::Sender<Asked<Command, Answer>>,
    stop: watch::Sender<bool>,
    network: Network,
    broken: Arc<AtomicBool>,
    flushes: Arc<AtomicUsize>,
    driver: Option<Driver<Toy, Faulty>>,
    ended: Option<JoinHandle<Result<(), DriverError>>>,
}

async fn network() -> (Network, mpsc::Receiver<Delivery>) {
    let listen = "/ip4/127.0.0.1/tcp/0".parse().unwrap();
    let (network, deliveries, _) = swarm::start(Keypair::generate_ed25519(), listen, &[])
        .await
        .unwrap();
    (network, deliveries)
}

impl Bench {
    /// A driver that is ready and does not run yet.
    async fn still() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store =
            Store::open(&dir.path().join("store"), &WalletKey::from_bytes([7; 32])).unwrap();
        let (broken, flushes) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
        let disk = Faulty {
            store,
            broken: broken.clone(),
            flushes: flushes.clone(),
        };
        let (network, deliveries) = network().await;
        let (desk, asked) = Desk::new(network.clone());
        let (sending, returns) = Sending::new(network.clone());
        let (ledger, answers) = LedgerClient::new(network.clone());
        let Desk {
            asked: ask,
            events,
            stop,
            ..
        } = desk;
        let inbox = Inbox {
            asked,
            deliveries,
            returns,
            answers,
            stop: stop.subscribe(),
        };
        let driver = Driver {
            agent: Toy,
            disk,
            network: network.clone(),
            sending,
            ledger,
            events,
            inbox,
            last_deadline: None,
            watch: clock::Watch::default(),
        };
        Self {
            dir,
            asked: ask,
            stop,
            network,
            broken,
            flushes,
            driver: Some(driver),
            ended: None,
        }
    }

    async fn running() -> Self {
        let mut bench = Self::still().await;
        bench.go();
        bench
    }

    fn go(&mut self) {
        let mut driver = self.driver.take().unwrap();
        self.ended = Some(tokio::spawn(async move { driver.run().await }));
    }

    async fn ask(&self, command: Command) -> Option<Answer> {
        let (answer, waiting) = oneshot::channel();
        self.asked
            .send(Asked::Command { command, answer })
            .await
            .ok()?;
        Some(waiting.await.ok()?.unwrap())
    }

    async fn introduce(&self) -> Did {
        let Some(Answer::Did(did)) = self.ask(Command::Introduce).await else {
            panic!("no DID")
        };
        did
    }

    async fn tally(&self) -> Tally {
        let Some(Answer::Tally(tally)) = self.ask(Command::Tally).await else {
            panic!("no tally")
        };
        tally
    }

    async fn send(
        &self,
        message: &Plaintext,
        from: &Arc<LocalDid>,
    ) -> Result<Plaintext, ExchangeError> {
        let sealed = seal(message, from).unwrap();
        let reply = self
            .network
            .exchange(self.network.endpoint(), sealed)
            .await?;
        Ok(
            open(&reply, &|_| Some(from.clone()), clock::now().seconds())
                .unwrap()
                .message,
        )
    }

    async fn end(&mut self) -> Result<(), DriverError> {
        self.ended.take().unwrap().await.unwrap()
    }
}

fn stranger() -> Arc<LocalDid> {
    Arc::new(LocalDid::generate_did_key(&mut rand::rng()))
}

fn knock(from: &LocalDid, to: &Did) -> Plaintext {
    let message = Outgoing {
        id: fresh_id(),
        from: from.did().clone(),
        to: to.clone(),
        thid: None,
        pthid: None,
        expires: clock::now().after(Millis::seconds(60)),
        body: Body::Empty(Empty {}),
    };
    message.plaintext(clock::now())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_did_not_become_durable_sends_no_reply_and_ends_the_loop() {
    let mut bench = Bench::running().await;
    let (alice, bob) = (stranger(), bench.introduce().await);
    bench.broken.store(true, Ordering::SeqCst);
    assert_eq!(
        bench.send(&knock(&alice, &bob), &alice).await,
        Err(ExchangeError::Closed)
    );
    assert!(matches!(
        bench.end().await,
        Err(DriverError::Store(StoreError::Unwritable { .. }))
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_did_not_become_durable_sends_no_message_and_tells_nobody() {
    let mut bench = Bench::running().await;
    let from = bench.introduce().await;
    let (other, mut deliveries) = network().await;
    let to = LocalDid::generate(Some(other.endpoint()), &mut rand::rng());
    bench.broken.store(true, Ordering::SeqCst);
    let command = Command::Knock {
        from,
        to: to.did().clone(),
    };
    assert_eq!(bench.ask(command).await, None);
    assert!(bench.end().await.is_err());
    drop(other);
    assert!(deliveries.recv().await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_ready_together_shares_one_flush() {
    let mut bench = Bench::still().await;
    let asked: Vec<_> = (0..20)
        .map(|_| {
            let (answer, waiting) = oneshot::channel();
            let command = Asked::Command {
                command: Command::Introduce,
                answer,
            };
            assert!(bench.asked.try_send(command).is_ok());
            waiting
        })
        .collect();
    bench.go();
    for waiting in asked {
        assert!(matches!(waiting.await.unwrap(), Ok(Answer::Did(_))));
    }
    assert_eq!(bench.flushes.load(Ordering::SeqCst), 1);
    bench.tally().await;
    assert_eq!(
        bench.flushes.load(Ordering::SeqCst),
        1,
        "reading needs no flush"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_message_gets_the_same_reply_and_changes_nothing() {
    let bench = Bench::running().await;
    let (alice, bob) = (stranger(), bench.introduce().await);
    let message = knock(&alice, &bob);
    for _ in 0..3 {
        let reply = bench.send(&message, &alice).await.unwrap();
        assert_eq!(reply.thid.as_ref(), Some(&message.id));
        assert!(reply.typ.ends_with("empty"));
    }
    assert_eq!(bench.tally().await.knocks, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proven_sender_is_told_what_is_not_understood() {
    let bench = Bench::running().await;
    let (alice, bob) = (stranger(), bench.introduce().await);
    let mut message = knock(&alice, &bob);
    message.typ = "https://example.org/cake/1.0/bake".into();
    let reply = bench.send(&message, &alice).await.unwrap();
    assert!(reply.typ.ends_with("problem-report"));
    assert_eq!(reply.thid, Some(message.id));
    assert_eq!(reply.body["code"], "e.m.msg.unknown-type");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unproven_sender_gets_no_answer_and_others_are_served() {
    let bench = Bench::running().await;
    let (alice, bob) = (stranger(), bench.introduce().await);
    let other = stranger();
    let to_nobody = seal(&knock(&alice, other.did()), &alice).unwrap();
    let cut = seal(&knock(&alice, &bob), &alice).unwrap()[1..].to_vec();
    for bytes in [b"hello".to_vec(), b"{}".to_vec(), to_nobody, cut] {
        let answer = bench
            .network
            .exchange(bench.network.endpoint(), bytes)
            .await;
        assert_eq!(answer, Err(ExchangeError::Closed));
    }
    assert!(bench.send(&knock(&alice, &bob), &alice).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_row_ends_the_loop_with_its_name() {
    let mut bench = Bench::still().await;
    let key = Key::new(kith_protocol::record::Space::History, &[]);
    let driver = bench.driver.as_ref().unwrap();
    driver.disk.store.put_raw_for_tests(&key, b"no row");
    bench.go();
    let Err(ended) = bench.end().await else {
        panic!("went on")
    };
    let DriverError::Store(StoreError::Damaged { source: damage, .. }) = &ended else {
        panic!("{ended}")
    };
    assert_eq!(damage.key, key);
    assert!(ended.to_string().contains("2c"), "{ended}");
    assert!(bench.dir.path().exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_loop_ends_in_order() {
    let mut bench = Bench::running().await;
    bench.introduce().await;
    bench.stop.send_replace(true);
    bench.end().await.unwrap();
}
