//! What was acknowledged is there after `kill -9`, in any instruction (G11).
#![allow(clippy::unwrap_used)]
use kith_protocol::record::{self, Batch, Row, Space};
use kith_runtime::keystore::WalletKey;
use kith_runtime::store::Store;
use serde::{Deserialize, Serialize};
use std::env;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

/// Where the writer, this very program started again, finds its store.
const STORE: &str = "KITH_TEST_STORE";
/// Rows of one batch: they come and go together.
const ROWS: u16 = 5;

#[derive(Serialize, Deserialize)]
struct Counter {
    id: u16,
    count: u64,
    filler: String,
}

impl Row for Counter {
    const SPACE: Space = Space::History;
    fn id(&self) -> Vec<u8> {
        self.id.to_be_bytes().to_vec()
    }
}

fn open(path: &Path) -> Store {
    Store::open(path, &WalletKey::from_bytes([7; 32])).unwrap()
}

fn counts(store: &Store) -> Vec<u64> {
    let rows: Vec<Counter> = record::load_all(store, &[]).unwrap();
    rows.into_iter().map(|row| row.count).collect()
}

/// Counts for ever, and says each number once it is durable. Not a test of its own.
#[test]
fn the_writer() {
    let Some(path) = env::var_os(STORE) else {
        return;
    };
    let store = open(Path::new(&path));
    let mut count = counts(&store).first().copied().unwrap_or(0);
    loop {
        count += 1;
        let mut batch = Batch::default();
        let filler = "x".repeat(usize::from(count as u8) * 97);
        (0..ROWS).for_each(|id| {
            batch.put(&Counter {
                id,
                count,
                filler: filler.clone(),
            })
        });
        store.apply(&batch).unwrap();
        store.flush().unwrap();
        eprintln!("durable {count}");
    }
}

/// Starts the writer, waits for some numbers, kills it, and tells the last one it said.
fn write_and_kill(path: &Path, numbers: usize) -> u64 {
    let mut writer = Command::new(env::current_exe().unwrap())
        .args(["the_writer", "--exact", "--nocapture", "--test-threads=1"])
        .env(STORE, path)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(writer.stderr.take().unwrap());
    let mut durable = said.lines().map_while(Result::ok).filter_map(|line| {
        line.strip_prefix("durable ")
            .and_then(|number| number.parse().ok())
    });
    durable.nth(numbers).expect("the writer died by itself");
    writer.kill().unwrap();
    writer.wait().unwrap();
    // What it said between the decision to kill it and its death counts too.
    durable.last().unwrap_or_default()
}

#[test]
fn what_was_acknowledged_survives_a_kill_and_batches_stay_whole() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store");
    for round in 0..8 {
        let acknowledged = write_and_kill(&path, 20 + 13 * round);
        let found = counts(&open(&path));
        assert_eq!(found.len(), usize::from(ROWS));
        assert!(found[0] >= acknowledged, "{} of {acknowledged}", found[0]);
        assert!(
            found.iter().all(|count| *count == found[0]),
            "a torn batch: {found:?}"
        );
    }
}
