//! Files that are not what was written, at the store (G11): refused with the store or the row named, or
//! exactly what was there; never other data, never a panic.
use super::*;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

const SEED: u64 = 3;
/// Damages of each kind.
const DAMAGES: usize = 60;

/// A closed store with rows of every size class, and what it holds.
fn written_store() -> (Place, Vec<Note>) {
    let place = Place::new();
    let store = place.open().unwrap();
    let notes: Vec<Note> = (0..40)
        .map(|id| note(id, &format!("{id} ").repeat(1 + usize::from(id) * 40)))
        .chain([note(40, &"long ".repeat(2 * limits::store::PIECE))])
        .collect();
    for part in notes.chunks(7) {
        keep(&store, part);
    }
    drop(store);
    (place, notes)
}

/// A copy of a store with one file replaced, or taken away.
fn with(place: &Place, name: &str, bytes: Option<&[u8]>) -> Place {
    let other = Place::new();
    fs::create_dir_all(other.path().join("blobs")).unwrap();
    for name in ["conf", "db", "mark"] {
        fs::copy(place.path().join(name), other.path().join(name)).unwrap();
    }
    match bytes {
        Some(bytes) => fs::write(other.path().join(name), bytes).unwrap(),
        None => fs::remove_file(other.path().join(name)).unwrap(),
    }
    other
}

/// What became of a store: the same data, or an error that names it.
#[derive(Debug, PartialEq)]
enum Found {
    Whole,
    Refused,
}

fn look(place: &Place, notes: &[Note]) -> Found {
    let named = |error: &StoreError| {
        let told = crate::told::chain(error);
        let path = place.path();
        assert!(told.contains(&*path.to_string_lossy()), "{told}");
        Found::Refused
    };
    let store = match place.open() {
        Ok(store) => store,
        Err(error) => return named(&error),
    };
    let rows = record::load_all::<Note>(&store, &[]);
    match (store.check(), rows) {
        (Err(error), _) => {
            assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
            named(&error)
        }
        (Ok(()), Err(_)) => panic!("a row does not decode and nobody is told"),
        (Ok(()), Ok(rows)) => {
            assert!(rows == notes, "{} of {} rows", rows.len(), notes.len());
            Found::Whole
        }
    }
}

/// Damages the file in so many ways and returns how often the store was refused.
fn refused(name: &str, damage: impl Fn(&mut StdRng, &mut Vec<u8>)) -> usize {
    let (place, notes) = written_store();
    let whole = fs::read(place.path().join(name)).unwrap();
    let mut rng = StdRng::seed_from_u64(SEED);
    let outcomes = (0..DAMAGES).map(|_| {
        let mut bytes = whole.clone();
        damage(&mut rng, &mut bytes);
        look(&with(&place, name, Some(&bytes)), &notes)
    });
    outcomes.filter(|found| *found == Found::Refused).count()
}

/// Where there is data: beyond it the file is zeros.
fn place_in(rng: &mut StdRng, bytes: &[u8]) -> usize {
    let end = bytes.iter().rposition(|byte| *byte != 0).unwrap_or(0);
    rng.random_range(0..=end)
}

#[test]
fn a_flipped_bit_anywhere_is_refused_or_changes_nothing() {
    let flipped = |rng: &mut StdRng, bytes: &mut Vec<u8>| {
        let at = place_in(rng, bytes);
        bytes[at] ^= 1 << rng.random_range(0..8);
    };
    for name in ["db", "conf"] {
        assert!(refused(name, flipped) > 0, "{name}");
    }
    // Its other half is enough.
    refused("mark", flipped);
}

#[test]
fn zeros_anywhere_are_refused_or_change_nothing() {
    let zeroed = |rng: &mut StdRng, bytes: &mut Vec<u8>| {
        let at = place_in(rng, bytes);
        let end = (at + rng.random_range(1..8192)).min(bytes.len());
        bytes[at..end].fill(0);
    };
    for name in ["db", "conf"] {
        assert!(refused(name, zeroed) > 0, "{name}");
    }
    // Its other half is enough.
    refused("mark", zeroed);
}

#[test]
fn a_file_truncated_anywhere_is_refused_or_changes_nothing() {
    let truncated = |rng: &mut StdRng, bytes: &mut Vec<u8>| {
        let at = place_in(rng, bytes);
        bytes.truncate(at);
    };
    for name in ["db", "conf"] {
        assert!(refused(name, truncated) > 0, "{name}");
    }
    // Its other half is enough.
    refused("mark", truncated);
}

#[test]
fn a_torn_page_is_refused_or_changes_nothing() {
    let torn = |rng: &mut StdRng, bytes: &mut Vec<u8>| {
        let at = place_in(rng, bytes);
        let end = (at + 4096).min(bytes.len());
        rng.fill(&mut bytes[at..end]);
    };
    assert!(refused("db", torn) > 0);
}

#[test]
fn a_store_whose_data_file_is_gone_is_not_taken_for_a_new_one() {
    let (place, notes) = written_store();
    for name in ["db", "mark"] {
        let found = look(&with(&place, name, None), &notes);
        assert_eq!(found, Found::Refused, "{name}");
    }
    // Settings that are gone are made again.
    assert_eq!(look(&with(&place, "conf", None), &notes), Found::Whole);
}

/// A process that died while it made the store: whatever is there of it, the next start either makes
/// the rest or names the store.
#[test]
fn a_store_that_was_half_made_is_made_or_named() {
    let (place, _) = written_store();
    let conf = fs::read(place.path().join("conf")).unwrap();
    for name in ["conf", "db"] {
        for bytes in [&[][..], &conf[..conf.len() / 2]] {
            let half = Place::new();
            fs::create_dir_all(half.path()).unwrap();
            fs::write(half.path().join(name), bytes).unwrap();
            look(&half, &[]);
        }
    }
    let bare = Place::new();
    fs::create_dir_all(bare.path().join("blobs")).unwrap();
    assert_eq!(look(&bare, &[]), Found::Whole);
}
