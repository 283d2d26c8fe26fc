//! Power cuts on file systems of their own; `cargo run -p kith-tests --bin cut` takes as many as
//! wanted. Where none can be mounted, `left_out` says so.
use kith_tests::cut::{self, Left, ROWS, Writer, filler};
use kith_tests::floor::Floor;
use kith_tests::kill::Life;
use kith_tests::volume::{KINDS, Kind, Volume, able};
use owner_agent::demo::process::Place;
use owner_agent::demo::trouble::Trouble;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use std::env;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const SEED: u64 = 5;
/// Cuts under a store, for each file system.
const CUTS: u64 = 8;
/// Rounds of a household, for each file system: an enrolment, an update and a whole recovery.
const ROUNDS: u64 = 10;
/// Cuts within which a store without our sync must have lost something.
const CUTS_OF_CONTROL: u64 = 40;
/// Where the control's writer, this very program started again, finds its store.
const PLAIN_STORE: &str = "KITH_TEST_PLAIN_STORE";

fn moment(rng: &mut StdRng) -> (usize, Duration) {
    let more = Duration::from_micros(rng.random_range(0..20_000));
    (rng.random_range(0..40), more)
}

/// G11: all that was acknowledged is there after a power cut, each batch whole, on both file systems.
#[test]
fn what_a_store_acknowledged_is_there_after_every_power_cut() {
    if able().is_err() {
        return;
    }
    let writer = Writer {
        command: &|store| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_cut"));
            command.arg("write").arg(store);
            command
        },
        counts: &cut::counts,
    };
    let mut rng = StdRng::seed_from_u64(SEED);
    for kind in KINDS {
        let mut volume = Volume::new(kind).unwrap();
        for round in 0..CUTS {
            let moment = moment(&mut rng);
            let left = cut::round(&mut volume, &writer, moment).unwrap();
            assert_eq!(left, Left::All, "{kind:?}, cut {round} at {moment:?}");
        }
    }
}

/// The control: the same rounds find losses where what is synced after the library's own flush is
/// left out, so that they can find them.
#[test]
fn a_store_without_our_sync_loses_what_it_acknowledged() {
    if able().is_err() {
        return;
    }
    let writer = Writer {
        command: &|store| {
            let mut command = Command::new(env::current_exe().unwrap());
            command
                .args(["cut::the_plain_writer", "--exact", "--nocapture"])
                .env(PLAIN_STORE, store);
            command
        },
        counts: &plain_counts,
    };
    let mut rng = StdRng::seed_from_u64(SEED);
    let mut volume = Volume::new(Kind::Ext4).unwrap();
    let lost = (0..CUTS_OF_CONTROL)
        .any(|_| cut::round(&mut volume, &writer, moment(&mut rng)).unwrap() != Left::All);
    assert!(lost, "nothing was lost in {CUTS_OF_CONTROL} cuts");
}

fn plain_counts(path: &Path) -> Result<Vec<u64>, String> {
    let opened = std::panic::catch_unwind(|| sled::open(path));
    let db = opened
        .map_err(|_| "it panicked".to_owned())?
        .map_err(|error| error.to_string())?;
    let rows = db.iter().values();
    rows.map(|row| {
        let row = row.map_err(|error| error.to_string())?;
        let count = row[..8].try_into().map_err(|_| "too short".to_owned())?;
        Ok(u64::from_be_bytes(count))
    })
    .collect()
}

/// Counts for ever with the library alone. Not a test of its own.
#[test]
fn the_plain_writer() {
    let Some(path) = env::var_os(PLAIN_STORE) else {
        return;
    };
    let mut count = plain_counts(Path::new(&path))
        .unwrap()
        .first()
        .copied()
        .unwrap_or(0);
    let db = sled::open(&path).unwrap();
    loop {
        count += 1;
        let mut batch = sled::Batch::default();
        for id in 0..ROWS {
            let row = [&count.to_be_bytes()[..], filler(count).as_bytes()].concat();
            batch.insert(&id.to_be_bytes(), row);
        }
        db.apply_batch(batch).unwrap();
        db.flush().unwrap();
        cut::say(count).unwrap();
    }
}

/// G11: the same with whole agents. The homes of an owner, three trustees, a host and a witness lose
/// their power together, while they enrol, update and recover: receipts, approvals, the ledger and the
/// wallet are there afterwards.
#[tokio::test]
async fn what_agents_acknowledged_is_there_after_every_power_cut() {
    if able().is_err() {
        return;
    }
    for kind in KINDS {
        let floor = Floor::new();
        let outcome = rounds(&floor, kind).await;
        floor.judge(outcome, &[]);
    }
}

async fn rounds(floor: &Floor, kind: Kind) -> Result<(), Trouble> {
    let household = floor.volume(kind).map_err(Trouble::Broken)?;
    let mut life = Life::begin(floor, SEED, true, Some(household)).await?;
    for _ in 0..ROUNDS {
        let round = life.round().await;
        round.map_err(|failure| Trouble::Broken(format!("{kind:?}: {failure}")))?;
    }
    assert_eq!((life.tally.rounds, life.tally.recoveries), (ROUNDS, 1));
    Ok(())
}

/// G11: a home that a command said is set up outlives a cut right after it: its directory, its name,
/// its keystore, and what the first start has to do.
#[tokio::test]
async fn a_home_that_was_set_up_is_there_after_a_power_cut() {
    if able().is_err() {
        return;
    }
    for kind in KINDS {
        let floor = Floor::new();
        let outcome = set_up_and_cut(&floor, kind).await;
        floor.judge(outcome, &[]);
    }
}

async fn set_up_and_cut(floor: &Floor, kind: Kind) -> Result<(), Trouble> {
    let mut volume = floor.volume(kind).map_err(Trouble::Broken)?;
    let bob = Place::new(floor.path(), "Bob", &floor.programs.trustee)?;
    let alice = Place::new(floor.path(), "Alice", &floor.programs.owner)?;
    bob.command(["init", "--name", "Bob"]).await?;
    let start = ["recover", "start", "--name", "Alice", "--trustees", "Bob"];
    alice.command(start).await?;
    volume.cut().map_err(Trouble::Broken)?;
    volume.mount_again().map_err(Trouble::Broken)?;
    drop(bob.run::<[&str; 0]>([]).await?);
    assert!(alice.home.join("first-command.json").is_file());
    drop(alice.run::<[&str; 0]>([]).await?);
    Ok(())
}
