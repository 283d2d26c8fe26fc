//! A trustee that keeps the shares of ten thousand owners, beside one that keeps those of ten: how
//! long it takes to start, how much memory it has, and what a step costs.
//! `cargo bench -p kith-tests --bench many_owners`; a few minutes, most of them to make the shares.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use kith_protocol::agent::{Agent as _, Context, Input};
use kith_protocol::did::Endpoint;
use kith_protocol::ledger::{Ask, Query};
use kith_protocol::message::setup::Capability;
use kith_protocol::message::{Body, Ping, Received};
use kith_protocol::time::Millis;
use kith_protocol::trustee::command::Command;
use kith_protocol::trustee::{Config, TrusteeAgent};
use kith_runtime::keystore;
use kith_runtime::passphrase::Passphrase;
use kith_runtime::store::Store;
use kith_tests::figures::{circumstances, median, ms, ratio, resident, short, timed};
use owner_agent::demo::process::Place;
use owner_agent::demo::programs::Programs;
use std::path::Path;
use std::process::{Command as Program, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};
use trustee_support::home::message;
use trustee_support::owner::Owner;
use trustee_support::world::World;

#[path = "../../protocol/tests/trustee_support/mod.rs"]
mod trustee_support;

const MANY: u64 = 10_000;
const FEW: u64 = 10;
/// Owners between two looks at the ledger.
const BETWEEN_LOOKS: u64 = 20;
/// How often a step is measured.
const STEPS: usize = 15;

/// A trustee on disk, with the world around it.
struct Kept {
    world: World,
    owners: Vec<Owner>,
    store: Rc<Store>,
    place: Place,
}

fn store(place: &Place) -> Store {
    let passphrase = Passphrase::from_file(&place.passphrase).unwrap();
    let home = place.home().unwrap();
    let key = keystore::open(&home.keystore(), &passphrase).unwrap();
    Store::open(&home.store(), &key).unwrap()
}

/// Enrols this many owners, each of whom deals a share and anchors it.
async fn keep(directory: &Path, programs: &Programs, count: u64) -> Kept {
    let place = Place::new(directory, &format!("keeper of {count}"), &programs.trustee).unwrap();
    place.command(["init", "--name", "Bob"]).await.unwrap();
    let store = Rc::new(store(&place));
    let mut world = World::new(1);
    let disk = store.clone();
    world.trustee.disk = Some(Box::new(move |writes| disk.apply(writes).unwrap()));
    let mut owners = Vec::new();
    for number in 0..count {
        let now = world.trustee.now;
        world.owner = Owner::new(1000 + number, &mut world.ledger, now);
        world.owner.name = format!("Owner {number:05}.");
        world.ledger.silent = number > 0;
        world.enrol(Capability::RecoveryShare);
        forget_what_was_sent(&mut world);
        owners.push(replace(&mut world));
        if (number + 1) % BETWEEN_LOOKS == 0 || number + 1 == count {
            look(&mut world);
        }
    }
    for number in 0..count {
        swap(&mut world, &mut owners[usize::try_from(number).unwrap()]);
        let (deal, store) = world.dealt(1);
        world.ledger.silent = true;
        let _ = world.keep(store);
        let now = world.trustee.now;
        let World { owner, ledger, .. } = &mut world;
        owner.anchor(&deal, ledger, now);
        forget_what_was_sent(&mut world);
        swap(&mut world, &mut owners[usize::try_from(number).unwrap()]);
        if (number + 1) % BETWEEN_LOOKS == 0 || number + 1 == count {
            look(&mut world);
        }
    }
    store.flush().unwrap();
    Kept {
        world,
        owners,
        store,
        place,
    }
}

fn forget_what_was_sent(world: &mut World) {
    world.trustee.sent.clear();
    world.trustee.events.clear();
}

/// Takes the owner out of the world; another stands in until the next comes.
fn replace(world: &mut World) -> Owner {
    let now = world.trustee.now;
    let other = Owner::new(
        1,
        &mut trustee_support::ledger::Ledger::new("kith.example/none", 1),
        now,
    );
    std::mem::replace(&mut world.owner, other)
}

fn swap(world: &mut World, owner: &mut Owner) {
    std::mem::swap(&mut world.owner, owner);
}

/// Lets the trustee see what stands on the ledger.
fn look(world: &mut World) {
    world.ledger.silent = false;
    // An eighth of the oldest age of a head, and more.
    world.pass(Millis::seconds(500));
}

/// What one run of the program costs.
struct Start {
    ready: Duration,
    memory: f64,
}

async fn started(place: &Place) -> Start {
    let home = place.home().unwrap();
    let client = kith_runtime::local_client::LocalClient::at(home.socket());
    let began = Instant::now();
    let mut child = Program::new(&place.program)
        .arg("--home")
        .arg(&place.home)
        .arg("--passphrase-file")
        .arg(&place.passphrase)
        .args(["--no-input", "run", "--stop-with-input"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while client.health().await.is_err() {
        assert!(
            began.elapsed() < Duration::from_secs(120),
            "the agent does not start"
        );
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let ready = began.elapsed();
    let memory = resident(child.id()).unwrap();
    drop(child.stdin.take());
    child.wait().unwrap();
    Start { ready, memory }
}

/// Steps over the store, each with its flush left out: what the number of owners could change.
struct Steps<'k> {
    kept: &'k mut Kept,
    agent: TrusteeAgent,
    endpoint: Endpoint,
}

impl Steps<'_> {
    fn step(&mut self, input: Input<Command>) -> (Duration, Option<Body>) {
        let world = &mut self.kept.world;
        let now = world.trustee.now;
        let cx = Context {
            records: &*self.kept.store,
            rng: &mut world.owner.rng,
            endpoint: &self.endpoint,
            uptime: world.trustee.uptime,
        };
        let (time, reply) = timed(|| {
            let step = self.agent.step(now, input, cx).unwrap();
            self.kept.store.apply(&step.writes).unwrap();
            self.agent.deadline(&*self.kept.store).unwrap();
            step.reply
        });
        (time, reply)
    }

    fn repeated(&mut self, mut input: impl FnMut(&mut Kept, usize) -> Input<Command>) -> Duration {
        let times = (0..STEPS).map(|round| {
            let input = input(self.kept, round);
            let (time, reply) = self.step(input);
            assert!(!matches!(reply, Some(Body::Problem(_))), "{reply:?}");
            time
        });
        median(times.collect())
    }
}

fn from_owner(kept: &mut Kept, round: usize, body: impl FnOnce(&mut World) -> Body) -> Received {
    let Kept { world, owners, .. } = kept;
    swap(world, &mut owners[round % 10]);
    let body = body(world);
    let received = world.owner_message(body);
    swap(world, &mut owners[round % 10]);
    let id = format!("{:032x}", u128::from(rand_id(round)) + (1 << 100));
    message(&received.from, &received.to, &id, received.body)
}

/// Another for every message of this bench.
fn rand_id(round: usize) -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed) * 1000 + round as u64
}

fn page(kept: &mut Kept) -> Input<Command> {
    let Kept { world, .. } = kept;
    let now = world.trustee.now;
    // One new entry of an owner whom the trustee knows nothing about, as most of a log's are.
    let have = world.ledger.size() as u64;
    drop(Owner::new(1 << 40 | rand_id(0), &mut world.ledger, now));
    let log = world.ledger.log();
    let query = Query {
        log,
        hosts: Vec::new(),
        ask: Ask::Follow { have, since: now },
    };
    let answer = world.ledger.answer(&query, now);
    Input::Answered { query, answer }
}

const NAMES: [&str; 6] = [
    "opening the agent over its rows",
    "a ping answered",
    "a share checked and kept (`store`)",
    "a page of the ledger with one new entry",
    "waking up with nothing due",
    "`pending`, asked after a start",
];

fn measured(kept: &mut Kept) -> [Duration; 6] {
    let config = Config {
        name: "Bob".into(),
        host_backups: false,
    };
    let (open, agent) = timed(|| TrusteeAgent::open(&*kept.store, config).unwrap());
    let endpoint = Endpoint::new("12D3KooWTrustee".into(), vec!["/memory/1".into()]).unwrap();
    let mut steps = Steps {
        kept,
        agent,
        endpoint,
    };
    let ping = steps.repeated(|kept, round| {
        let ping = |_: &mut World| {
            Body::Ping(Ping {
                response_requested: true,
            })
        };
        Input::Delivered(from_owner(kept, round, ping))
    });
    let pages = steps.repeated(|kept, _| page(kept));
    let deposit = steps.repeated(|kept, round| {
        // Another epoch each time an owner's turn comes again.
        let epoch = 2 + u32::try_from(round / 10).unwrap();
        let store = |world: &mut World| {
            let (_, store) = world.dealt(epoch);
            world.owner.prekeys.remove(0);
            Body::ShareStore(store)
        };
        Input::Delivered(from_owner(kept, round, store))
    });
    let wake = steps.repeated(|_, _| Input::DeadlineReached);
    let (pending, _) = timed(|| steps.agent.pending(&*steps.kept.store).unwrap());
    [open, ping, deposit, pages, wake, pending]
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let directory = tempfile::Builder::new()
        .prefix("kith-")
        .tempdir_in(env!("CARGO_TARGET_TMPDIR"))
        .unwrap();
    println!("{}\n", circumstances(directory.path()));
    let programs = Programs::for_this_test().unwrap();
    std::fs::create_dir_all(directory.path().join("logs")).unwrap();
    let mut starts = Vec::new();
    let mut times = Vec::new();
    for count in [FEW, MANY] {
        let (made, mut kept) = {
            let began = Instant::now();
            let kept = keep(directory.path(), &programs, count).await;
            (began.elapsed(), kept)
        };
        println!("made {count} owners in {:.0} s\n", made.as_secs_f64());
        times.push(measured(&mut kept));
        let Kept {
            world,
            store,
            place,
            ..
        } = kept;
        drop(world);
        store.flush().unwrap();
        drop(store);
        starts.push(started(&place).await);
    }
    println!("| what | with {FEW} owners | with {MANY} | times |");
    println!("| --- | --- | --- | --- |");
    let [few, many] = [&starts[0], &starts[1]];
    let (a, b) = (few.ready, many.ready);
    println!(
        "| from the start of the process until it serves, ms | {} | {} | {} |",
        ms(a),
        ms(b),
        ratio(b, a)
    );
    let (a, b) = (few.memory, many.memory);
    println!(
        "| resident memory then, MiB | {} | {} | {} |",
        short(a),
        short(b),
        short(b / a)
    );
    for (index, name) in NAMES.iter().enumerate() {
        let (a, b) = (times[0][index], times[1][index]);
        println!("| {name}, ms | {} | {} | {} |", ms(a), ms(b), ratio(b, a));
    }
}
