use super::*;
use kith_protocol::limits;
use kith_protocol::record::{self, Row, Space};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::{Read as _, Write as _};

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Note {
    id: u16,
    text: String,
}

impl Row for Note {
    const SPACE: Space = Space::History;
    fn id(&self) -> Vec<u8> {
        self.id.to_be_bytes().to_vec()
    }
}

fn note(id: u16, text: &str) -> Note {
    Note {
        id,
        text: text.into(),
    }
}

fn batch(notes: &[Note]) -> Batch {
    let mut batch = Batch::default();
    notes.iter().for_each(|note| batch.put(note));
    batch
}

fn key() -> WalletKey {
    WalletKey::from_bytes([7; 32])
}

fn keep(store: &Store, notes: &[Note]) {
    store.apply(&batch(notes)).unwrap();
    store.flush().unwrap();
}

fn all(store: &Store) -> Vec<Note> {
    record::load_all(store, &[]).unwrap()
}

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }
    fn path(&self) -> PathBuf {
        self.0.path().join("store")
    }
    fn open(&self) -> Result<Store, StoreError> {
        Store::open(&self.path(), &key())
    }
}

#[test]
fn what_was_flushed_is_there_after_a_reopening() {
    let place = Place::new();
    keep(&place.open().unwrap(), &[note(1, "one"), note(2, "two")]);
    let store = place.open().unwrap();
    assert_eq!(all(&store), [note(1, "one"), note(2, "two")]);
    assert_eq!(
        record::load::<Note>(&store, &2_u16.to_be_bytes()).unwrap(),
        Some(note(2, "two"))
    );
    assert_eq!(
        record::load::<Note>(&store, &3_u16.to_be_bytes()).unwrap(),
        None
    );
    store.check().unwrap();
}

#[test]
fn a_batch_puts_and_deletes_in_one() {
    let place = Place::new();
    let store = place.open().unwrap();
    keep(
        &store,
        &[note(1, "one"), note(2, &"two".repeat(limits::store::PIECE))],
    );
    let mut change = batch(&[note(3, "three")]);
    change.delete::<Note>(&2_u16.to_be_bytes());
    store.apply(&change).unwrap();
    assert_eq!(all(&store), [note(1, "one"), note(3, "three")]);
    // Nothing of the long row is left: two rows, the format and the count.
    assert_eq!(store.db.len(), 4);
}

#[test]
fn a_row_grows_and_shrinks_without_leavings() {
    let place = Place::new();
    let store = place.open().unwrap();
    for times in [
        1,
        limits::store::PIECE,
        3,
        4 * limits::store::PIECE,
        2 * limits::store::PIECE,
        1,
    ] {
        let text = "words".repeat(times);
        keep(&store, &[note(1, &text)]);
        assert_eq!(all(&store), [note(1, &text)]);
    }
    assert_eq!(store.db.len(), 3);
}

#[test]
fn a_scan_sees_the_rows_of_its_prefix_in_order() {
    let place = Place::new();
    let store = place.open().unwrap();
    keep(
        &store,
        &[
            note(0x0102, "c"),
            note(0x0001, "a"),
            note(0x0101, &"b".repeat(limits::store::PIECE)),
        ],
    );
    let texts: Vec<_> = record::load_all::<Note>(&store, &[1]).unwrap();
    assert_eq!(
        texts.iter().map(|note| note.id).collect::<Vec<_>>(),
        [0x0101, 0x0102]
    );
    assert_eq!(store.scan(&[]).len(), 3);
}

#[test]
fn a_second_opening_of_the_same_store_is_refused_while_the_first_lives() {
    let place = Place::new();
    let first = place.open().unwrap();
    assert!(
        matches!(place.open(), Err(StoreError::InUse { path, by }) if path == place.path() && by.pid() == Some(std::process::id()))
    );
    drop(first);
    place.open().unwrap();
}

#[test]
fn another_key_does_not_open_the_store() {
    let place = Place::new();
    drop(place.open().unwrap());
    let opened = Store::open(&place.path(), &WalletKey::from_bytes([8; 32]));
    assert!(matches!(opened, Err(StoreError::WrongKey(_))));
}

#[test]
fn a_store_of_a_later_version_is_left_alone() {
    let place = Place::new();
    let store = place.open().unwrap();
    let mut value = store.db.get(FORMAT_KEY).unwrap().unwrap().to_vec();
    value[0] = 2;
    store.db.insert(FORMAT_KEY, value).unwrap();
    drop(store);
    assert!(matches!(
        place.open(),
        Err(StoreError::UnknownFormat { found: 2, .. })
    ));
}

#[test]
fn a_store_that_lost_its_format_is_not_taken_for_a_new_one() {
    let place = Place::new();
    let store = place.open().unwrap();
    keep(&store, &[note(1, "one")]);
    store.db.remove(FORMAT_KEY).unwrap();
    drop(store);
    assert!(matches!(place.open(), Err(StoreError::WrongKey(_))));
}

#[test]
fn a_flipped_byte_in_a_value_names_the_row() {
    let place = Place::new();
    let store = place.open().unwrap();
    keep(&store, &[note(1, "one"), note(2, "two")]);
    let row = Key::new(Space::History, &2_u16.to_be_bytes());
    let mut value = store.db.get(row.as_bytes()).unwrap().unwrap().to_vec();
    *value.last_mut().unwrap() ^= 1;
    store.db.insert(row.as_bytes(), value).unwrap();

    store.check().unwrap();
    let read = record::load::<Note>(&store, &2_u16.to_be_bytes());
    assert_eq!(read, Err(Damage { key: row.clone() }));
    let Err(StoreError::Damaged { source, .. }) = store.check() else {
        panic!("not noticed")
    };
    assert_eq!(source.key, row);
    assert!(record::load_all::<Note>(&store, &[]).is_err());
    assert_eq!(
        record::load(&store, &1_u16.to_be_bytes()).unwrap(),
        Some(note(1, "one"))
    );
}

#[test]
fn a_lost_or_swapped_piece_names_the_row() {
    for break_it in [
        |store: &Store, part: &[u8]| drop(store.db.remove(part).unwrap()),
        |store: &Store, part: &[u8]| {
            drop(
                store
                    .db
                    .insert(part, vec![0; limits::store::PIECE])
                    .unwrap(),
            )
        },
    ] {
        let place = Place::new();
        let store = place.open().unwrap();
        keep(&store, &[note(1, &"long".repeat(limits::store::PIECE))]);
        let row = Key::new(Space::History, &1_u16.to_be_bytes());
        break_it(&store, &pieces::part_key(row.as_bytes(), 1));
        assert!(store.read(&row).unwrap().is_empty());
        assert!(
            matches!(store.check(), Err(StoreError::Damaged { source, .. }) if source.key == row)
        );
    }
}

#[test]
fn a_value_moved_to_another_key_names_the_row() {
    let place = Place::new();
    let store = place.open().unwrap();
    keep(&store, &[note(1, "one"), note(2, "two")]);
    let [one, two] = [1_u16, 2].map(|id| Key::new(Space::History, &id.to_be_bytes()));
    let value = store.db.get(one.as_bytes()).unwrap().unwrap();
    store.db.insert(two.as_bytes(), value).unwrap();
    let read = record::load::<Note>(&store, &2_u16.to_be_bytes());
    assert_eq!(read, Err(Damage { key: two }));
}

#[test]
fn a_row_beyond_the_limits_is_refused_and_nothing_of_its_batch_is_written() {
    let place = Place::new();
    let store = place.open().unwrap();
    let refused = store.apply(&batch(&[
        note(1, "one"),
        note(2, &"x".repeat(limits::row::VALUE)),
    ]));
    assert!(matches!(refused, Err(StoreError::TooLarge { .. })));
    assert!(all(&store).is_empty());
}

#[test]
fn no_secret_and_no_text_lies_readable_in_the_files() {
    let place = Place::new();
    let store = place.open().unwrap();
    keep(
        &store,
        &[
            note(1, "the boat is called Marguerite"),
            note(2, &"Marguerite".repeat(limits::store::PIECE)),
        ],
    );
    drop(store);
    let mut files = Vec::new();
    for file in fs::read_dir(place.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
    {
        if file.is_file() {
            fs::File::open(file)
                .unwrap()
                .read_to_end(&mut files)
                .unwrap();
        }
    }
    assert!(!files.is_empty());
    assert!(!files.windows(10).any(|window| window == b"Marguerite"));
}

/// sled would keep large pages in files that nothing makes durable; see `pieces.rs`.
#[test]
fn sled_writes_no_files_of_its_own_beside_the_synced_one() {
    let place = Place::new();
    let store = place.open().unwrap();
    for round in 0..3 {
        for id in 0..40 {
            keep(&store, &[note(id, &format!("{round}").repeat(60_000))]);
        }
    }
    drop(store);
    drop(place.open().unwrap());
    assert_eq!(fs::read_dir(place.path().join("blobs")).unwrap().count(), 0);
}

/// A power cut may leave any beginning of what was being written.
#[test]
fn a_cut_file_holds_a_batch_whole_or_not_at_all_or_is_refused() {
    let place = Place::new();
    let store = place.open().unwrap();
    keep(&store, &[note(1, "before")]);
    let begin = written(&place);
    // It is written after the flush that the cut interrupts.
    let mark = fs::read(place.path().join("mark")).unwrap();
    let after: Vec<_> = (1..40)
        .map(|id| note(id, &"after".repeat(usize::from(id))))
        .collect();
    keep(&store, &after);
    let end = written(&place);
    drop(store);
    let whole = fs::read(place.path().join("db")).unwrap();
    assert!(end > begin);
    let (mut kept, mut lost) = (0, 0);
    for cut in (begin..end)
        .step_by((end - begin) / 20)
        .chain([whole.len()])
    {
        match opened_after_a_cut((&place, &mark), &whole, cut) {
            Ok(found) if found == [note(1, "before")] => lost += 1,
            Ok(found) if found == after => kept += 1,
            Ok(found) => panic!("cut at {cut}: {found:?}"),
            Err(StoreError::Unopenable { .. }) => {}
            Err(other) => panic!("cut at {cut}: {other}"),
        }
    }
    assert!(lost > 0 && kept > 0, "lost {lost}, kept {kept}");
}

fn opened_after_a_cut(
    (place, mark): (&Place, &[u8]),
    whole: &[u8],
    cut: usize,
) -> Result<Vec<Note>, StoreError> {
    let torn = Place::new();
    fs::create_dir(torn.path()).unwrap();
    fs::copy(place.path().join("conf"), torn.path().join("conf")).unwrap();
    fs::write(torn.path().join("mark"), mark).unwrap();
    let mut file = File::create(torn.path().join("db")).unwrap();
    file.write_all(&whole[..cut]).unwrap();
    file.set_len(whole.len() as u64).unwrap();
    torn.open().map(|store| all(&store))
}

/// Bytes of the store's file up to the last that is not zero.
fn written(place: &Place) -> usize {
    let bytes = fs::read(place.path().join("db")).unwrap();
    bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1
}

#[test]
fn a_file_of_noise_is_refused_and_the_store_named() {
    let place = Place::new();
    keep(&place.open().unwrap(), &[note(1, "one")]);
    fs::write(place.path().join("conf"), b"noise, nothing but noise").unwrap();
    let refused = place.open().map(drop).unwrap_err();
    assert!(
        refused
            .to_string()
            .contains(&*place.path().to_string_lossy()),
        "{refused}"
    );
}

#[path = "store_damage_tests.rs"]
mod damage_tests;
