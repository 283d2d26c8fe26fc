//! Damaged files of a home at the command line of both programs: what is printed, and the exit code.
//! That damage anywhere is found or harmless is shown at the store; here is what its person sees.
use kith_protocol::limits;
use kith_tests::floor::Floor;
use kith_tests::scene::hold;
use owner_agent::demo::process::{Place, copy_home};
use owner_agent::demo::trouble::Trouble;
use std::fs;
use std::path::Path;

/// What is done to the bytes of a file.
type Damage = fn(&mut Vec<u8>);

/// Each to the newest data of the store, which no older state can stand in for.
const OF_THE_DATA: [(&str, Damage); 5] = [
    ("a flipped bit", |bytes| bytes[0] ^= 1),
    ("zeros", |bytes| bytes.fill(0)),
    ("a torn page", |bytes| {
        let half = bytes.len() / 2;
        bytes[half..].fill(0xa5);
    }),
    ("a truncation", |bytes| bytes.truncate(bytes.len() / 3)),
    ("something foreign", |bytes| {
        bytes.splice(.., b"#!/bin/sh\nexit 0\n".repeat(1000));
    }),
];

/// Damage to a home by the file's name, and what is printed beside the file or store.
const OF_OTHERS: [(&str, Damage, &str); 4] = [
    ("keystore", |bytes| bytes[40] ^= 1, "is damaged"),
    ("keystore", |bytes| bytes.truncate(20), "is damaged"),
    (
        "store/mark",
        |bytes| bytes.fill(0),
        "its file `mark` is damaged",
    ),
    ("store/conf", |bytes| bytes.fill(0xff), "cannot be opened"),
];

/// G11: both programs refuse a damaged store, keystore or row with exit code 1 and name it; `doctor`
/// finds it; what was put back afterwards is served as before.
#[tokio::test]
async fn damaged_files_are_named_on_the_screen_with_exit_code_1() {
    let floor = Floor::new();
    let outcome = play(&floor).await;
    floor.judge(outcome, &[]);
}

async fn play(floor: &Floor) -> Result<(), Trouble> {
    let alice = Place::new(floor.path(), "Alice", &floor.programs.owner)?;
    let bob = Place::new(floor.path(), "Bob", &floor.programs.trustee)?;
    let start = ["recover", "start", "--name", "Alice", "--trustees", "Bob"];
    alice.command(start).await?;
    bob.command(["init", "--name", "Bob"]).await?;
    for place in [&alice, &bob] {
        let mut running = place.run::<[&str; 0]>([]).await?;
        running.kill().await?;
        let whole = floor.path().join(format!("whole-{}", place.name));
        copy_home(&place.home, &whole)?;
        data(floor, place, &whole).await?;
        others(floor, place, &whole).await?;
        a_row(floor, place, &whole).await?;
        drop(place.run::<[&str; 0]>([]).await?);
    }
    Ok(())
}

async fn data(floor: &Floor, place: &Place, whole: &Path) -> Result<(), Trouble> {
    let store = place.home.join("store").display().to_string();
    for (what, damage) in OF_THE_DATA {
        alter(&place.home.join("store/db"), |bytes| {
            let (start, end) = newest(bytes);
            let mut data = bytes[start..end].to_vec();
            damage(&mut data);
            bytes.truncate(start);
            bytes.extend(data);
        });
        is_named(floor, place, (what, &[&store])).await?;
        is_found(floor, place, what).await?;
        put_back(place, whole)?;
    }
    fs::remove_file(place.home.join("store/db")).expect("our own home");
    let words = [&*store, "holds less than it acknowledged"];
    is_named(floor, place, ("no data", &words)).await?;
    put_back(place, whole)
}

/// The last eighth of what a store's file holds; beyond it are zeros.
fn newest(bytes: &[u8]) -> (usize, usize) {
    let end = bytes.iter().rposition(|byte| *byte != 0).unwrap_or(0);
    (end - end / 8, end)
}

async fn others(floor: &Floor, place: &Place, whole: &Path) -> Result<(), Trouble> {
    for (name, damage, words) in OF_OTHERS {
        alter(&place.home.join(name), damage);
        // The file by its name, or the store that it belongs to.
        let named = name.split('/').next().unwrap_or(name);
        let named = place.home.join(named).display().to_string();
        is_named(floor, place, (name, &[&named, words])).await?;
        is_found(floor, place, name).await?;
        put_back(place, whole)?;
    }
    Ok(())
}

/// One row that the library finds in order, and that does not open.
async fn a_row(floor: &Floor, place: &Place, whole: &Path) -> Result<(), Trouble> {
    let config = sled::Config::default().segment_size(limits::store::SEGMENT);
    let db = config
        .path(place.home.join("store"))
        .open()
        .expect("a store");
    let node = db.scan_prefix([NODE]).next().expect("the node's row");
    let (key, value) = node.expect("a store that can be read");
    let mut value = value.to_vec();
    *value.last_mut().expect("a sealed value") ^= 1;
    db.insert(&key, value).expect("our own disk");
    db.flush().expect("our own disk");
    drop(db);
    let (id, store) = (hex::encode(&key[1..]), place.home.join("store"));
    let words = [&*store.display().to_string(), &*id];
    is_named(floor, place, ("a row", &words)).await?;
    is_found(floor, place, "a row").await?;
    put_back(place, whole)
}

/// The space of the runtime's rows (storage.md).
const NODE: u8 = 90;

fn alter(path: &Path, damage: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).expect("a file of the home");
    damage(&mut bytes);
    fs::write(path, bytes).expect("our own home");
}

fn put_back(place: &Place, whole: &Path) -> Result<(), Trouble> {
    fs::remove_dir_all(&place.home).expect("our own home");
    copy_home(whole, &place.home)
}

/// `run` ends with exit code 1, prints these words in one line, and panics nowhere.
async fn is_named(
    floor: &Floor,
    place: &Place,
    (what, words): (&str, &[&str]),
) -> Result<(), Trouble> {
    let output = floor.output(place, ["run"]).await?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let mut lines = said.lines();
    let is_told = lines.any(|line| words.iter().all(|word| line.contains(word)));
    let is_plain = !said.contains("panicked at");
    hold(
        output.status.code() == Some(1) && is_told && is_plain,
        || format!("{}, {what}: {}: {said}", place.name, output.status),
    )
}

/// `doctor` ends with exit code 5 and advises to put a copy back.
async fn is_found(floor: &Floor, place: &Place, what: &str) -> Result<(), Trouble> {
    let output = floor.output(place, ["doctor"]).await?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let is_found = said.contains("cp -a COPY-OF-THE-HOME");
    hold(output.status.code() == Some(5) && is_found, || {
        format!("{}, {what}: {}: {said}", place.name, output.status)
    })
}
