//! Durable steps a second through the real driver and store, beside bare `fdatasync` of the same
//! bytes on the same file system. `cargo bench -p kith-tests --bench steps`, half a minute.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use kith_protocol::agent::{Agent, Context, Event, Input, Step, Work};
use kith_protocol::bytes::Blob;
use kith_protocol::error::Damage;
use kith_protocol::record::{Records, Row, Space};
use kith_protocol::time::Timestamp;
use kith_runtime::homes::Home;
use kith_runtime::keystore::{self, Cost};
use kith_runtime::local_client::LocalClient;
use kith_runtime::passphrase::Passphrase;
use kith_runtime::process::{Config, Running, start};
use kith_tests::figures::{circumstances, median, ratio, short};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// Bytes of a row as agents write them: a request's session, an answer.
const BYTES: usize = 512;
/// How long each kind is measured.
const SPAN: Duration = Duration::from_secs(4);
/// Senders at once: as many inputs as share a flush.
const SENDERS: usize = 64;
/// Each kind is measured so often, in turn.
const ROUNDS: usize = 3;

/// Writes one row for each command.
struct Writer;

#[derive(Serialize, Deserialize)]
struct Written {
    number: u64,
    data: Blob,
}

impl Row for Written {
    const SPACE: Space = Space::Noted;
    fn id(&self) -> Vec<u8> {
        self.number.to_be_bytes().to_vec()
    }
}

impl Agent for Writer {
    type Command = u64;
    type Answer = u64;

    fn step(
        &mut self,
        now: Timestamp,
        input: Input<u64>,
        cx: Context<'_>,
    ) -> Result<Step<u64>, Damage> {
        let mut work = Work::new(now, cx);
        let Input::Command(number) = input else {
            return Ok(Step::default());
        };
        let data = Blob(vec![7; BYTES]);
        work.save(&Written { number, data });
        Ok(work.finish(None, Some(Ok(number))))
    }

    fn deadline(&self, _: &dyn Records) -> Result<Option<Timestamp>, Damage> {
        Ok(None)
    }

    fn pending(&self, _: &dyn Records) -> Result<Vec<Event>, Damage> {
        Ok(Vec::new())
    }
}

async fn begin(home: &Home) -> Running {
    let passphrase = || Passphrase::new(Zeroizing::new(b"a bench".to_vec())).unwrap();
    home.prepare().unwrap();
    let cheap = Cost {
        memory_kib: 8,
        passes: 1,
        lanes: 1,
    };
    keystore::create(&home.keystore(), &passphrase(), cheap).unwrap();
    let config = Config {
        home: home.clone(),
        listen: None,
        announce: Vec::new(),
    };
    start(config, passphrase(), |_| Ok(Writer)).await.unwrap()
}

/// The time of one step while this many senders each wait for theirs.
async fn steps(client: &LocalClient, senders: usize, first: u64) -> Duration {
    let began = Instant::now();
    let mut tasks = Vec::new();
    for sender in 0..senders {
        let client = client.clone();
        tasks.push(tokio::spawn(async move {
            let mut done = 0u32;
            while began.elapsed() < SPAN {
                let number = first + u64::from(done) * 1000 + sender as u64;
                client.command::<u64, u64>(&number).await.unwrap();
                done += 1;
            }
            done
        }));
    }
    let mut done = 0;
    for task in tasks {
        done += task.await.unwrap();
    }
    began.elapsed() / done
}

/// The time of one row where each `group` of them is appended and synced.
fn floor(directory: &Path, group: usize) -> Duration {
    let mut file = File::create(directory.join("floor")).unwrap();
    let bytes = vec![7; BYTES * group];
    let began = Instant::now();
    let mut done = 0;
    while began.elapsed() < SPAN / 2 {
        file.write_all(&bytes).unwrap();
        file.sync_data().unwrap();
        done += group;
    }
    began.elapsed() / u32::try_from(done).unwrap()
}

fn row(what: &str, ours: Duration, floor: Duration) {
    let rate = |time: Duration| short(1.0 / time.as_secs_f64());
    println!(
        "| {what} | {} | {} | {} |",
        rate(ours),
        rate(floor),
        ratio(ours, floor)
    );
}

#[tokio::main]
async fn main() {
    let directory = tempfile::Builder::new()
        .prefix("kith-")
        .tempdir_in(env!("CARGO_TARGET_TMPDIR"))
        .unwrap();
    println!("{}\n", circumstances(directory.path()));
    let home = Home::at(&directory.path().join("home")).unwrap();
    let running = begin(&home).await;
    let client = LocalClient::of(&home).unwrap();
    let mut times: [Vec<Duration>; 4] = Default::default();
    for round in 0..ROUNDS {
        let first = (round as u64 + 1) << 40;
        times[0].push(floor(directory.path(), 1));
        times[1].push(steps(&client, 1, first).await);
        times[2].push(floor(directory.path(), SENDERS));
        times[3].push(steps(&client, SENDERS, first + (1 << 39)).await);
    }
    running.stop().await.unwrap();
    let [bare, alone, grouped, shared] = times.map(median);
    println!(
        "| rows of {BYTES} bytes | steps a second | fdatasync, rows a second | times the floor |"
    );
    println!("| --- | --- | --- | --- |");
    row("one sender: a flush each", alone, bare);
    row("64 senders: a flush for as many as wait", shared, grouped);
}
