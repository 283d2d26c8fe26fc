//! Two agents in one process, over real sockets.
#![allow(clippy::unwrap_used)]
mod toy;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kith_protocol::agent::Event;
use kith_protocol::bytes::Digest;
use kith_protocol::did::{Did, LocalDid};
use kith_runtime::homes::Home;
use kith_runtime::keystore::{self, Cost, KeystoreError};
use kith_runtime::local_client::{ClientError, Events, Hint, LocalClient};
use kith_runtime::passphrase::Passphrase;
use kith_runtime::process::{self, Config, RunError, Running};
use kith_runtime::store::StoreError;
use kith_runtime::swarm;
use serde_json::Value;
use std::collections::HashSet;
use std::fs;
use std::path::Path;
use tempfile::TempDir;
use toy::{Answer, Command, Tally, Toy};
use zeroize::Zeroizing;

const CHEAP: Cost = Cost {
    memory_kib: 64,
    passes: 1,
    lanes: 1,
};

fn passphrase() -> Passphrase {
    Passphrase::new(Zeroizing::new(b"orbit velvet candy".to_vec())).unwrap()
}

fn config(dir: &Path) -> Config {
    Config {
        home: Home::at(dir).unwrap(),
        listen: None,
        announce: Vec::new(),
    }
}

fn set_up(dir: &Path) {
    let home = Home::at(dir).unwrap();
    home.prepare().unwrap();
    drop(keystore::create(&home.keystore(), &passphrase(), CHEAP).unwrap());
}

struct Peer {
    dir: TempDir,
    running: Option<Running>,
    client: LocalClient,
}

impl Peer {
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        set_up(dir.path());
        let running = process::start(config(dir.path()), passphrase(), |_| Ok(Toy))
            .await
            .unwrap();
        let client = LocalClient::of(&Home::at(dir.path()).unwrap()).unwrap();
        Self {
            dir,
            running: Some(running),
            client,
        }
    }

    async fn ask(&self, command: Command) -> Answer {
        self.client.command(&command).await.unwrap()
    }

    async fn introduce(&self) -> Did {
        let Answer::Did(did) = self.ask(Command::Introduce).await else {
            panic!("no DID")
        };
        did
    }

    async fn tally(&self) -> Tally {
        let Answer::Tally(tally) = self.ask(Command::Tally).await else {
            panic!("no tally")
        };
        tally
    }

    async fn knock(&self, from: &Did, to: &Did) -> String {
        let command = Command::Knock {
            from: from.clone(),
            to: to.clone(),
        };
        let Answer::Id(id) = self.ask(command).await else {
            panic!("no id")
        };
        id
    }

    async fn stop(&mut self) {
        self.running.take().unwrap().stop().await.unwrap();
    }

    async fn start_again(&mut self) {
        let config = config(self.dir.path());
        self.running = Some(
            process::start(config, passphrase(), |_| Ok(Toy))
                .await
                .unwrap(),
        );
    }
}

async fn next(events: &mut Events, kind: &str) -> Event {
    loop {
        match events.next().await.unwrap().expect("the agent stopped") {
            Hint::Event(event) if event.kind == kind => return event,
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_knock_is_answered_on_the_same_stream_and_both_sides_remember() {
    let (alice, bob) = (Peer::start().await, Peer::start().await);
    let (from, to) = (alice.introduce().await, bob.introduce().await);
    let mut hints = alice.client.events().await.unwrap();
    let id = alice.knock(&from, &to).await;
    assert_eq!(next(&mut hints, "answer").await.about, id);
    assert_eq!(
        bob.tally().await,
        Tally {
            knocks: 1,
            answers: 0
        }
    );
    assert_eq!(
        alice.tally().await,
        Tally {
            knocks: 0,
            answers: 1
        }
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_is_away_is_reached_when_it_comes_back_under_the_same_did() {
    let (alice, mut bob) = (Peer::start().await, Peer::start().await);
    let (from, to) = (alice.introduce().await, bob.introduce().await);
    let endpoint = bob.running.as_ref().unwrap().endpoint().clone();
    bob.stop().await;
    let mut hints = alice.client.events().await.unwrap();
    let id = alice.knock(&from, &to).await;
    assert_eq!(alice.tally().await.answers, 0);
    bob.start_again().await;
    assert_eq!(bob.running.as_ref().unwrap().endpoint(), &endpoint);
    assert_eq!(next(&mut hints, "answer").await.about, id);
    assert_eq!(bob.tally().await.knocks, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_stops_before_the_answer_asks_again_after_its_next_start() {
    let (mut alice, mut bob) = (Peer::start().await, Peer::start().await);
    let (from, to) = (alice.introduce().await, bob.introduce().await);
    bob.stop().await;
    alice.knock(&from, &to).await;
    alice.stop().await;
    bob.start_again().await;
    let mut hints = bob.client.events().await.unwrap();
    alice.start_again().await;
    assert_eq!(next(&mut hints, "knock").await.about, from.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_to_oneself_takes_the_same_way_without_the_network() {
    let alice = Peer::start().await;
    let (from, to) = (alice.introduce().await, alice.introduce().await);
    let mut hints = alice.client.events().await.unwrap();
    alice.knock(&from, &to).await;
    next(&mut hints, "answer").await;
    assert_eq!(
        alice.tally().await,
        Tally {
            knocks: 1,
            answers: 1
        }
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn many_knocks_at_once_are_each_answered_once() {
    let (alice, bob) = (Peer::start().await, Peer::start().await);
    let (from, to) = (alice.introduce().await, bob.introduce().await);
    let mut hints = alice.client.events().await.unwrap();
    for _ in 0..100 {
        alice.knock(&from, &to).await;
    }
    for _ in 0..100 {
        next(&mut hints, "answer").await;
    }
    assert_eq!(bob.tally().await.knocks, 100);
    assert_eq!(alice.tally().await.answers, 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_is_asked_host_after_host_and_may_be_in_the_same_process() {
    let (alice, mut gone) = (Peer::start().await, Peer::start().await);
    let dead = gone.introduce().await;
    gone.stop().await;
    let own = alice.introduce().await;
    let mut hints = alice.client.events().await.unwrap();
    let log = Digest([7; 32]);
    for (hosts, said) in [
        (vec![dead.clone(), own], "page"),
        (vec![dead], "unavailable"),
    ] {
        alice.ask(Command::Follow { log, hosts }).await;
        let event = next(&mut hints, "ledger").await;
        assert_eq!((event.about, event.text.as_str()), (log.to_string(), said));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_process_on_the_same_home_is_refused() {
    let alice = Peer::start().await;
    let again = process::start(config(alice.dir.path()), passphrase(), |_| Ok(Toy)).await;
    assert!(matches!(
        again,
        Err(RunError::Store(StoreError::InUse { .. }))
    ));
    alice.introduce().await;
}

/// R17: also where the program that starts it did not ask.
#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_was_exported_does_not_start() {
    let dir = tempfile::tempdir().unwrap();
    set_up(dir.path());
    let home = Home::at(dir.path()).unwrap();
    home.keep("exported", b"{}").unwrap();
    let started = process::start(config(dir.path()), passphrase(), |_| Ok(Toy)).await;
    let Err(refused) = started else {
        panic!("it lives twice")
    };
    assert!(matches!(&refused, RunError::Departed(named) if named == home.dir()));
    assert_eq!(refused.exit(), 6);
    home.forget("exported").unwrap();
    let started = process::start(config(dir.path()), passphrase(), |_| Ok(Toy)).await;
    started.unwrap().stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_passphrase_has_an_exit_code_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    set_up(dir.path());
    let wrong = Passphrase::new(Zeroizing::new(b"wrong".to_vec())).unwrap();
    let Err(refused) = process::start(config(dir.path()), wrong, |_| Ok(Toy)).await else {
        panic!("opened with a wrong passphrase")
    };
    assert!(matches!(
        refused,
        RunError::Keystore(KeystoreError::WrongPassphrase)
    ));
    assert_eq!(refused.exit(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_runs_the_client_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::at(&dir.path().join("home")).unwrap();
    assert_eq!(LocalClient::of(&home).map(drop).unwrap_err().exit(), 9);
    home.prepare().unwrap();
    let refused = LocalClient::of(&home).unwrap().health().await.unwrap_err();
    assert!(matches!(refused, ClientError::NotRunning(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_by_the_api_ends_the_process_and_removes_the_socket() {
    let mut alice = Peer::start().await;
    let health = alice.client.health().await.unwrap();
    assert_eq!(health.status, "ready");
    assert_eq!(&health.endpoint, alice.running.as_ref().unwrap().endpoint());
    let mut hints = alice.client.events().await.unwrap();
    alice.client.stop().await.unwrap();
    alice.running.take().unwrap().ended().await.unwrap();
    assert_eq!(hints.next().await.unwrap(), None);
    assert_eq!(alice.client.health().await.unwrap_err().exit(), 9);
    alice.start_again().await;
    alice.introduce().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_person_is_told_why_a_command_is_not_carried_out() {
    let alice = Peer::start().await;
    let refused = alice
        .client
        .command::<_, Answer>(&Command::Misbehave)
        .await
        .unwrap_err();
    assert_eq!((refused.exit(), refused.to_string().as_str()), (6, "no"));
    let nonsense = alice
        .client
        .command::<_, Answer>("nonsense")
        .await
        .unwrap_err();
    assert_eq!(nonsense.exit(), 2);
    let pending = alice.client.pending().await.unwrap();
    assert_eq!(pending, [Event::new("knocks", "all", "0")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_may_be_as_large_as_a_wallet_and_no_larger() {
    let alice = Peer::start().await;
    let wallet = "x".repeat(24 << 20);
    let refused = alice
        .client
        .command::<_, Answer>(&wallet)
        .await
        .unwrap_err();
    assert!(
        refused.to_string().starts_with("no command"),
        "it was read: {refused}"
    );
    let larger = "x".repeat(32 << 20);
    let refused = alice
        .client
        .command::<_, Answer>(&larger)
        .await
        .unwrap_err();
    assert!(matches!(refused, ClientError::TooLarge(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_may_be_as_large_as_a_wallet() {
    let alice = Peer::start().await;
    let Answer::Text(text) = alice.ask(Command::Repeat(24 << 20)).await else {
        panic!("no text")
    };
    assert_eq!(text.len(), 24 << 20);
}

/// Copies the files of a home, whose agent is stopped.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (entry, kind) = entry
            .map(|entry| (entry.path(), entry.file_type().unwrap()))
            .unwrap();
        let to = to.join(entry.file_name().unwrap());
        if kind.is_dir() {
            copy(&entry, &to);
        } else if kind.is_file() {
            fs::copy(&entry, &to).unwrap();
        }
    }
}

/// What makes an envelope one of its kind: the one-time key, the vector, the wrapped key and the tag.
fn drawn(envelope: &[u8]) -> (String, [String; 4]) {
    let envelope: Value = serde_json::from_slice(envelope).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let header = URL_SAFE_NO_PAD
        .decode(text(&envelope["protected"]))
        .unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    let recipient = &envelope["recipients"][0];
    let drawn = [
        &header["epk"]["x"],
        &envelope["iv"],
        &recipient["encrypted_key"],
        &envelope["tag"],
    ];
    (text(&header["skid"]), drawn.map(text))
}

/// G11: an agent whose home was put back seals the same message to the same peer under the same key
/// of its own, and under nothing else that it used before.
#[tokio::test(flavor = "multi_thread")]
async fn an_agent_on_a_home_that_was_put_back_seals_under_nothing_it_used_before() {
    let mut alice = Peer::start().await;
    let from = alice.introduce().await;
    let before = tempfile::tempdir().unwrap();
    alice.stop().await;
    copy(alice.dir.path(), before.path());
    let listen = "/ip4/127.0.0.1/tcp/0".parse().unwrap();
    let key = libp2p::identity::Keypair::generate_ed25519();
    let (network, mut deliveries, _) = swarm::start(key, listen, &[]).await.unwrap();
    let bob = LocalDid::generate(Some(network.endpoint()), &mut rand::rng());
    let mut seen = Vec::new();
    for _ in 0..3 {
        let store = alice.dir.path().join("store");
        fs::remove_dir_all(&store).unwrap();
        copy(&before.path().join("store"), &store);
        alice.start_again().await;
        alice.knock(&from, bob.did()).await;
        let delivery = deliveries.recv().await.unwrap();
        seen.push(drawn(&delivery.message));
        alice.stop().await;
        // What it sent a second time meanwhile is of this life.
        while deliveries.try_recv().is_ok() {}
    }
    let keys: HashSet<&String> = seen.iter().map(|(key, _)| key).collect();
    assert_eq!(keys.len(), 1, "it is the same sender");
    let drawn: HashSet<&String> = seen.iter().flat_map(|(_, drawn)| drawn).collect();
    assert_eq!(drawn.len(), 3 * 4);
}
