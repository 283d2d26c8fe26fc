//! Whole agents on stores that were put back (G11): every home as it was, and the same lived again.
use kith_protocol::limits;
use kith_protocol::time::Millis;
use kith_tests::floor::Floor;
use kith_tests::keeps;
use kith_tests::scene::{Scene, VERBOSE, ask_for_protection, claim_is, hold, protected};
use owner_agent::demo::people::Owner;
use owner_agent::demo::process::{Place, Process, copy_home};
use owner_agent::demo::trouble::Trouble;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::path::Path;

const KEY: (&str, &[u8]) = ("key.pem", b"-----BEGIN KEY----- that is lived with twice");
const PEOPLE: [&str; 2] = ["Bob", "Carol"];
/// Bytes of a sealed value's nonce (storage.md, "Sealing"), after the number of its pieces.
const NONCE: usize = 24;
const PIECES: usize = 2;
/// Keys of further parts of a value begin so.
const PART: u8 = 0xff;
/// Bytes that are looked for twice: of each key, nonce or half of a signature that many begin at a
/// multiple of [`STEP`].
const WINDOW: usize = 24;
const STEP: usize = 8;
/// Bytes above 127 of a window that is no text and no number; of random ones half are.
const HIGH: usize = 6;

/// The space of what each sender was answered: its ids are digests of identifiers that are known.
const DIGESTS: u8 = 12;

/// What one life left on the disks.
struct Left {
    /// Every sealed value by its nonce.
    sealed: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Every row of every home.
    rows: Vec<Vec<u8>>,
    /// Which kinds of secrets the search for leaks finds in them.
    kinds: BTreeSet<&'static str>,
}

/// Every home is put back to where it was and the same is lived again: an item, a deal, words,
/// approvals, a whole recovery. Nothing that must be drawn anew comes twice: no nonce of a store, no
/// key, no one-time key of a sealed box, no half of a signature, whatever it stands in.
#[tokio::test]
async fn a_household_that_was_put_back_and_lives_the_same_again_repeats_nothing() {
    let floor = Floor::new();
    let outcome = twice(&floor).await;
    floor.judge(outcome, &[KEY.1]);
}

async fn twice(floor: &Floor) -> Result<(), Trouble> {
    let trustee = floor.programs.trustee.clone();
    let people = PEOPLE.map(|name| (name, &*trustee));
    let mut scene = Scene::begin(floor, &people).await?;
    let mut owner = scene.owner().await?;
    let before = floor.path().join("before");
    stop(&mut scene, &mut owner).await?;
    let places = places(&scene, &owner);
    for place in &places {
        copy_home(&place.home, &before.join(&place.name))?;
    }
    let first = left(&places);
    let mut lives = Vec::new();
    for _ in 0..2 {
        for place in &places {
            fs::remove_dir_all(&place.home).expect("our own home");
            copy_home(&before.join(&place.name), &place.home)?;
        }
        go_on(&mut scene, &mut owner).await?;
        lives.push(live(&mut scene, &mut owner, &places).await?);
    }
    // A search for leaks that finds no more what it is to look for finds nothing.
    let missing = keeps::KINDS.iter();
    let missing: Vec<_> = missing
        .filter(|kind| !lives[1].kinds.contains(*kind))
        .collect();
    hold(missing.is_empty(), || {
        format!("not found any more: {missing:?}")
    })?;
    compare(&first, &lives[0], &lives[1])
}

fn places(scene: &Scene<'_>, owner: &Process) -> Vec<Place> {
    let cast = &scene.cast;
    let others = cast.witnesses.iter().chain(&cast.trustees);
    let all = others.chain([&cast.host, owner]);
    all.map(|process| process.place().clone()).collect()
}

async fn stop(scene: &mut Scene<'_>, owner: &mut Process) -> Result<(), Trouble> {
    let cast = &mut scene.cast;
    let others = cast.witnesses.iter_mut().chain(&mut cast.trustees);
    for process in others.chain([&mut cast.host, owner]) {
        process.kill().await?;
    }
    Ok(())
}

async fn go_on(scene: &mut Scene<'_>, owner: &mut Process) -> Result<(), Trouble> {
    let cast = &mut scene.cast;
    let others = cast.witnesses.iter_mut().chain(&mut cast.trustees);
    for process in others.chain([owner]) {
        *process = process.place().clone().run([VERBOSE]).await?;
    }
    let host = cast.host.place().clone();
    cast.host = host.run([VERBOSE, "--host-backups"]).await?;
    Ok(())
}

/// A deal, the loss of the device, and a recovery; what is on all disks afterwards.
async fn live(
    scene: &mut Scene<'_>,
    owner: &mut Process,
    places: &[Place],
) -> Result<Left, Trouble> {
    ask_for_protection(Owner::at(owner), KEY, 2, Millis::seconds(1)).await?;
    protected(Owner::at(owner)).await?;
    let mut claimant = scene.claimant().await?;
    for name in PEOPLE {
        let request = scene.meet(&claimant, name).await?;
        scene.approve(name, &request).await?;
    }
    claim_is(Owner::at(&claimant), "the end", |view| view.state == "done").await?;
    let restored = Owner::at(&claimant).secret(KEY.0).await?;
    hold(restored == KEY.1, || "other bytes came back".to_owned())?;
    claimant.kill().await?;
    stop(scene, owner).await?;
    let fresh = claimant.place().clone();
    let all: Vec<Place> = places.iter().cloned().chain([fresh.clone()]).collect();
    let left = left(&all);
    // The next life has a new device of the same name.
    fs::remove_dir_all(&fresh.home).expect("our own home");
    fs::remove_file(&fresh.passphrase).expect("our own file");
    Ok(left)
}

fn left(places: &[Place]) -> Left {
    let mut left = Left {
        sealed: BTreeMap::new(),
        rows: Vec::new(),
        kinds: BTreeSet::new(),
    };
    for place in places {
        let passphrase = fs::read(&place.passphrase).expect("a passphrase");
        let secrets = keeps::secrets(&place.home, &passphrase);
        left.kinds.extend(secrets.into_iter().map(|(kind, _)| kind));
        left.rows.extend(keeps::rows_of(&place.home, &passphrase));
        left.sealed.extend(sealed(&place.home.join("store")));
    }
    left
}

/// As they lie on the disk.
fn sealed(store: &Path) -> Vec<(Vec<u8>, Vec<u8>)> {
    let config = sled::Config::default().segment_size(limits::store::SEGMENT);
    let db = config.path(store).open().expect("a store");
    let values = db.iter().map(|row| row.expect("a store that can be read"));
    let firsts = values.filter(|(key, _)| !matches!(key.first(), Some(&(0 | PART))));
    let by_nonce = |value: sled::IVec| {
        let nonce = value[PIECES..PIECES + NONCE].to_vec();
        (nonce, value.to_vec())
    };
    firsts.map(|(_, value)| by_nonce(value)).collect()
}

fn compare(before: &Left, first: &Left, second: &Left) -> Result<(), Trouble> {
    let is_new = |nonce: &&Vec<u8>| !before.sealed.contains_key(*nonce);
    let fresh = second.sealed.keys().filter(is_new);
    hold(fresh.clone().count() > 50, || {
        "nothing was written".to_owned()
    })?;
    let twice = fresh.filter(|nonce| first.sealed.contains_key(*nonce));
    hold(twice.count() == 0, || {
        "a nonce of a store came twice".to_owned()
    })?;
    let known = Known::of(&before.rows);
    let once: HashSet<&[u8]> = known.new_in(&first.rows, STEP).collect();
    hold(once.len() > 500, || format!("only {} new", once.len()))?;
    let again: HashSet<&[u8]> = known.new_in(&second.rows, 1).collect();
    let twice: Vec<String> = again.intersection(&once).map(hex::encode).collect();
    hold(twice.is_empty(), || {
        let rows = second.rows.iter().filter(|row| {
            let row = hex::encode(row);
            twice.iter().any(|part| row.contains(part))
        });
        let spaces: Vec<u8> = rows.map(|row| row[0]).collect();
        format!("came twice, in spaces {spaces:?}: {twice:#?}")
    })
}

/// What stood in the rows before, in short pieces: the same key beside another number is no news.
struct Known<'a>(HashSet<&'a [u8]>);

impl<'a> Known<'a> {
    fn of(rows: &'a [Vec<u8>]) -> Self {
        Self(rows.iter().flat_map(|row| row.windows(STEP)).collect())
    }

    /// What may be random in rows, and was not there before.
    fn new_in<'r>(&self, rows: &'r [Vec<u8>], step: usize) -> impl Iterator<Item = &'r [u8]> {
        let rows = rows.iter().filter(|row| row[0] != DIGESTS);
        let all = rows.flat_map(move |row| row.windows(WINDOW).step_by(step));
        all.filter(|window| {
            let high = window.iter().filter(|byte| **byte > 127).count();
            high >= HIGH && window.windows(STEP).all(|part| !self.0.contains(part))
        })
    }
}
