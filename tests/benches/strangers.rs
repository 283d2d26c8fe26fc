//! What strangers cost: an honest recovery with real processes, while hostile sockets stand at the
//! door of a trustee and of the host, while a peer that knows an identifier floods, and while a thief
//! floods with the keys of the owner's lost device. Its time, and the memory of the two agents before,
//! during and after.
//! `cargo bench -p kith-tests --bench strangers`; about a minute for each kind. Loopback only.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kith_envelope::seal;
use kith_protocol::did::{Did, Endpoint, LocalDid};
use kith_protocol::ledger::Descriptor;
use kith_protocol::message::{Body, Empty, Outgoing, standard::Ping, words::Confirm};
use kith_protocol::time::Millis;
use kith_runtime::clock;
use kith_runtime::network::Network;
use kith_runtime::swarm;
use kith_tests::floor::Floor;
use kith_tests::keeps;
use kith_tests::scene::{Scene, ask_for_protection, claim_is, protected};
use owner_agent::demo::people::Owner;
use owner_agent::demo::process::{Place, Process};
use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

const SOCKETS: usize = 200;
/// Messages that a flooding peer keeps under way; there are few such peers, with many messages.
const AT_ONCE: usize = 32;
const FLOODERS: usize = 4;
/// Pause of a socket that was closed, and between two drops of one that drips.
const PAUSE: Duration = Duration::from_millis(250);
/// How long the memory has to come back.
const AFTERMATH: Duration = Duration::from_secs(10);
const NAMES: [&str; 3] = ["Bob", "Carol", "Dan"];
const KEY: (&str, &[u8]) = ("key.pem", b"-----BEGIN KEY----- of the besieged");
const MULTISTREAM: &[u8] = b"\x13/multistream/1.0.0\n\x07/noise\n";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Nobody,
    Silent,
    Dripping,
    Random,
    Stalled,
    Streams,
    Garbage,
    Flood,
    Enrolled,
}

const KINDS: [(Kind, &str); 9] = [
    (Kind::Nobody, "nobody"),
    (Kind::Silent, "silent"),
    (Kind::Dripping, "dripping"),
    (Kind::Random, "random bytes"),
    (Kind::Stalled, "stalled handshake"),
    (Kind::Streams, "many streams"),
    (Kind::Garbage, "garbage envelopes"),
    (Kind::Flood, "known peers that flood"),
    (Kind::Enrolled, "a thief with the lost device's keys"),
];

struct Figures {
    recovery: Duration,
    before: u64,
    during: u64,
    after: u64,
    refused: u64,
    log: u64,
}

/// One agent under attack.
#[derive(Clone)]
struct Target {
    endpoint: Endpoint,
    /// An identifier that lives there, which whoever has the ledger's descriptor knows.
    known: Did,
    /// The lost device's connection with it.
    enrolled: Arc<(LocalDid, Did)>,
}

impl Target {
    async fn of(process: &Process, known: &Did, lost: &Place) -> Self {
        let endpoint = process.client().health().await.unwrap().endpoint;
        let passphrase = fs::read(&lost.passphrase).unwrap();
        let connections = keeps::connections(&lost.home, &passphrase);
        let is_here = |(_, theirs): &(LocalDid, Did)| {
            let other = theirs.resolve().endpoint();
            other.is_some_and(|other| other.peer_id() == endpoint.peer_id())
        };
        let enrolled = connections.into_iter().find(is_here);
        Self {
            endpoint,
            known: known.clone(),
            enrolled: Arc::new(enrolled.expect("they are connected")),
        }
    }

    fn address(&self) -> String {
        let mut parts = self.endpoint.addresses()[0].split('/').skip(2).step_by(2);
        format!("{}:{}", parts.next().unwrap(), parts.next().unwrap())
    }
}

/// A socket that misbehaves until it is closed, and comes again.
async fn socket(target: Target, kind: Kind) {
    loop {
        if let Ok(mut stream) = TcpStream::connect(target.address()).await {
            misbehave(&mut stream, kind).await;
        }
        sleep(PAUSE).await;
    }
}

async fn misbehave(stream: &mut TcpStream, kind: Kind) {
    let mut bytes = [0; 1024];
    match kind {
        Kind::Dripping => {
            for byte in MULTISTREAM {
                if stream.write_all(&[*byte]).await.is_err() {
                    return;
                }
                sleep(PAUSE).await;
            }
        }
        Kind::Random => {
            let noise: [u8; 1024] = std::array::from_fn(|_| rand::random());
            drop(stream.write_all(&noise).await);
        }
        Kind::Stalled => {
            let half = [MULTISTREAM, &[0, 32], &[9; 32]].concat();
            drop(stream.write_all(&half).await);
        }
        _ => {}
    }
    while stream.read(&mut bytes).await.is_ok_and(|count| count > 0) {}
}

async fn network() -> Network {
    let listen = "/ip4/127.0.0.1/tcp/0".parse().unwrap();
    let key = libp2p_key();
    let (network, mut deliveries, _) = swarm::start(key, listen, &[]).await.unwrap();
    tokio::spawn(async move { while deliveries.recv().await.is_some() {} });
    network
}

fn libp2p_key() -> swarm::Keypair {
    swarm::Keypair::generate_ed25519()
}

/// A peer with a proper connection that sends messages, so many at once.
async fn peer(target: Target, kind: Kind) {
    let network = network().await;
    let own = Arc::new(LocalDid::generate_did_key(&mut rand::rng()));
    let at_once = if kind == Kind::Garbage { 1 } else { AT_ONCE };
    let mut sending = JoinSet::new();
    for number in 0..at_once {
        let (network, target, own) = (network.clone(), target.clone(), own.clone());
        sending.spawn(async move {
            loop {
                let message = message(&target, &own, kind, number);
                // Refused messages are answered with silence, which takes no time.
                let began = Instant::now();
                drop(network.exchange(&target.endpoint, message).await);
                sleep(Duration::from_millis(10).saturating_sub(began.elapsed())).await;
            }
        });
    }
    drop(sending.join_all().await);
}

fn message(target: &Target, own: &LocalDid, kind: Kind, number: usize) -> Vec<u8> {
    let ping = Body::Ping(Ping {
        response_requested: true,
    });
    // Half of them are lawful questions. The other half is nothing that is expected there; of the
    // thief, what is lawful at any time and must leave nothing.
    let (own, to, other) = match kind {
        Kind::Flood => (own, &target.known, Body::Empty(Empty {})),
        Kind::Enrolled => {
            let (own, to) = &*target.enrolled;
            (own, to, Body::WordsConfirm(Confirm {}))
        }
        _ => return vec![b'{'; 4096],
    };
    let now = clock::now();
    let outgoing = Outgoing {
        id: hex::encode(rand::random::<[u8; 16]>()),
        from: own.did().clone(),
        to: to.clone(),
        thid: None,
        pthid: None,
        expires: now.after(Millis::seconds(60)),
        body: if number.is_multiple_of(2) {
            ping
        } else {
            other
        },
    };
    seal(&outgoing.plaintext(now), own).unwrap()
}

/// Begins; ends when the set is dropped.
fn besiege(targets: &[Target], kind: Kind) -> JoinSet<()> {
    let mut siege = JoinSet::new();
    for target in targets {
        let target = target.clone();
        match kind {
            Kind::Nobody => {}
            Kind::Silent | Kind::Dripping | Kind::Random | Kind::Stalled => {
                (0..SOCKETS).for_each(|_| drop(siege.spawn(socket(target.clone(), kind))));
            }
            Kind::Garbage => {
                (0..SOCKETS / 2).for_each(|_| drop(siege.spawn(peer(target.clone(), kind))));
            }
            Kind::Streams | Kind::Flood | Kind::Enrolled => {
                (0..FLOODERS).for_each(|_| drop(siege.spawn(peer(target.clone(), kind))));
            }
        }
    }
    siege
}

/// Resident memory of the agent on this home, in KiB.
fn resident(process: &Process) -> u64 {
    let home = process.place().home.to_string_lossy().into_owned();
    let is_it = |pid: &String| {
        let line = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let mut arguments = line.split('\0');
        line.contains("\0run\0") && arguments.any(|argument| argument == home)
    };
    let mut pids = fs::read_dir("/proc").unwrap().flatten();
    let pid = pids
        .find_map(|entry| entry.file_name().into_string().ok().filter(is_it))
        .expect("the agent runs");
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    line.unwrap()
        .split_whitespace()
        .nth(1)
        .unwrap()
        .parse()
        .unwrap()
}

/// The recovery: everyone checks the claimant's words and approves.
async fn recover(scene: &Scene<'_>) -> Duration {
    let began = Instant::now();
    let claimant = scene.claimant().await.unwrap();
    for name in NAMES {
        let request = scene.meet(&claimant, name).await.unwrap();
        scene.approve(name, &request).await.unwrap();
    }
    claim_is(Owner::at(&claimant), "the end", |view| view.state == "done")
        .await
        .unwrap();
    began.elapsed()
}

async fn measure(kind: Kind) -> Figures {
    let floor = Floor::new();
    let trustee = floor.programs.trustee.clone();
    let people = NAMES.map(|name| (name, &*trustee));
    let scene = Scene::begin(&floor, &people).await.unwrap();
    let owner = scene.owner().await.unwrap();
    ask_for_protection(Owner::at(&owner), KEY, 2, Millis::seconds(1))
        .await
        .unwrap();
    protected(Owner::at(&owner)).await.unwrap();
    let lost = owner.place().clone();
    drop(owner);
    let figures = under_siege(&scene, (&operator(&floor), &lost), kind).await;
    // Their stores are read for the search.
    drop(scene);
    floor.judge(Ok(()), &[KEY.1]);
    figures
}

async fn under_siege(scene: &Scene<'_>, (known, lost): (&Did, &Place), kind: Kind) -> Figures {
    let attacked = [&scene.cast.host, &scene.cast.trustees[0]];
    let targets = [
        Target::of(attacked[0], known, lost).await,
        Target::of(attacked[1], known, lost).await,
    ];
    let all = || attacked.map(resident).into_iter().max().unwrap();
    let before = all();
    let siege = besiege(&targets, kind);
    let mut during = before;
    let mut recovering = std::pin::pin!(recover(scene));
    let recovery = loop {
        during = during.max(all());
        if let Ok(done) = timeout(PAUSE, &mut recovering).await {
            break done;
        }
    };
    drop(siege);
    sleep(AFTERMATH).await;
    let mut refused = 0;
    for process in attacked {
        refused += process
            .client()
            .health()
            .await
            .unwrap()
            .refused
            .values()
            .sum::<u64>();
    }
    let log = attacked.map(|process| fs::metadata(&process.place().log).unwrap().len());
    Figures {
        recovery,
        before,
        during,
        after: all(),
        refused,
        log: log.into_iter().sum(),
    }
}

/// The identifier of the ledger's operator, from the descriptor that everyone has.
fn operator(floor: &Floor) -> Did {
    let text = fs::read_to_string(floor.path().join("ledger.txt")).unwrap();
    let bytes = URL_SAFE_NO_PAD.decode(text.trim()).unwrap();
    Descriptor::from_bytes(&bytes).unwrap().hosts()[0].clone()
}

fn row(name: &str, figures: &Figures, calm: &Figures) -> String {
    let mib = |kib: u64| kib as f64 / 1024.0;
    let ratio = figures.recovery.as_secs_f64() / calm.recovery.as_secs_f64();
    format!(
        "| {name} | {:.1} s | {ratio:.2} | {:.0} MiB | {:.0} MiB | {:.0} MiB | {} | {} KiB |",
        figures.recovery.as_secs_f64(),
        mib(figures.before),
        mib(figures.during),
        mib(figures.after),
        figures.refused,
        figures.log / 1024,
    )
}

#[tokio::main]
async fn main() {
    // `cargo bench … -- silent` plays one kind, beside nobody.
    let wished: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with("--"))
        .collect();
    println!(
        "| strangers | recovery | to nobody | memory before | during | after | refused | log |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    let calm = measure(Kind::Nobody).await;
    println!("{}", row(KINDS[0].1, &calm, &calm));
    for (kind, name) in &KINDS[1..] {
        if wished.is_empty() || wished.iter().any(|word| name.contains(&**word)) {
            println!("{}", row(name, &measure(*kind).await, &calm));
        }
    }
}
