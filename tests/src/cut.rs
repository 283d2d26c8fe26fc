//! Power cuts under a store that is being written: what was acknowledged, and what is there.
use crate::volume::Volume;
use kith_protocol::record::{self, Batch, Row, Space};
use kith_runtime::keystore::WalletKey;
use kith_runtime::store::Store;
use serde::{Deserialize, Serialize};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Rows of one batch: they come and go together.
pub const ROWS: u16 = 5;
/// How a writer says that a number is durable.
const DURABLE: &str = "durable ";

/// One of the rows that carry the same number.
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

/// What a number is written with: from nothing to many pages, so that segments come and go.
#[must_use]
pub fn filler(count: u64) -> String {
    let length = match count % 17 {
        0 => 60_000,
        other => other * 97,
    };
    "x".repeat(usize::try_from(length).unwrap_or_default())
}

/// Who writes, and how what it wrote is read again.
pub struct Writer<'a> {
    /// The process that writes to a store at this path.
    pub command: &'a dyn Fn(&Path) -> Command,
    /// The numbers that the rows of that store carry.
    pub counts: &'a dyn Fn(&Path) -> Result<Vec<u64>, String>,
}

/// What a cut left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Left {
    /// All that was acknowledged before the cut.
    All,
    /// Less.
    Lost {
        /// The last number that was said to be durable.
        acknowledged: u64,
        /// What the rows carry.
        found: Vec<u64>,
    },
    /// The store does not open.
    Unreadable(String),
}

/// Lets the writer acknowledge so many numbers, waits a little more, cuts the power under it, and
/// looks.
///
/// # Errors
/// When a tool fails, or the writer ends by itself.
pub fn round(
    volume: &mut Volume,
    writer: &Writer<'_>,
    (numbers, more): (usize, Duration),
) -> Result<Left, String> {
    let store = volume.path().join("store");
    let mut process = (writer.command)(&store)
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let said = BufReader::new(process.stdout.take().ok_or("no output")?);
    let mut lines = said.lines().map_while(Result::ok);
    let mut numbers_said = lines.by_ref().filter_map(|line| number(&line));
    let acknowledged = numbers_said.nth(numbers);
    std::thread::sleep(more);
    let cut = volume.cut();
    drop(process.kill());
    drop(process.wait());
    // What it said until it died counts too: nothing may be said after the cut that is not kept.
    let last = numbers_said.last();
    cut?;
    let acknowledged = last.or(acknowledged).ok_or("the writer ended by itself")?;
    volume.mount_again()?;
    Ok(match (writer.counts)(&store) {
        Err(why) => Left::Unreadable(why),
        Ok(found) => left(acknowledged, found),
    })
}

fn left(acknowledged: u64, found: Vec<u64>) -> Left {
    let whole = found.len() == usize::from(ROWS) && found.iter().all(|count| *count == found[0]);
    if whole && found[0] >= acknowledged {
        return Left::All;
    }
    Left::Lost {
        acknowledged,
        found,
    }
}

fn number(line: &str) -> Option<u64> {
    line.strip_prefix(DURABLE)?.parse().ok()
}

/// Says that a number is durable.
///
/// # Errors
/// When nobody listens any more.
pub fn say(count: u64) -> std::io::Result<()> {
    let mut out = std::io::stdout();
    writeln!(out, "{DURABLE}{count}")?;
    out.flush()
}

fn open(path: &Path) -> Result<Store, String> {
    Store::open(path, &WalletKey::from_bytes([7; 32])).map_err(|error| error.to_string())
}

/// The numbers in a store of ours.
///
/// # Errors
/// When it does not open, or holds a row that cannot be read.
pub fn counts(path: &Path) -> Result<Vec<u64>, String> {
    let store = open(path)?;
    let rows = record::load_all::<Counter>(&store, &[]);
    store.check().map_err(|error| error.to_string())?;
    let rows = rows.map_err(|damage| format!("{damage:?}"))?;
    Ok(rows.into_iter().map(|row| row.count).collect())
}

/// Counts for ever in a store of ours, and says each number once it is durable.
///
/// # Errors
/// When the store refuses: after a cut it must.
pub fn write(path: &Path) -> Result<(), String> {
    let mut count = match counts(path) {
        Ok(found) => found.first().copied().unwrap_or(0),
        Err(why) => return Err(why),
    };
    let store = open(path)?;
    loop {
        count += 1;
        let mut batch = Batch::default();
        for id in 0..ROWS {
            let filler = filler(count);
            batch.put(&Counter { id, count, filler });
        }
        store.apply(&batch).map_err(|error| error.to_string())?;
        store.flush().map_err(|error| error.to_string())?;
        say(count).map_err(|error| error.to_string())?;
    }
}
