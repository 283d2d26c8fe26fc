use super::*;
use crate::export::{Source, import};
use crate::keystore::WalletKey;
use kith_protocol::record::{Batch, Bytes, Key, Space};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use zeroize::Zeroizing;

const CHEAP: Cost = Cost {
    memory_kib: 64,
    passes: 1,
    lanes: 1,
};
const PROGRAM: Program = Program {
    name: "trustee-agent",
    files: &["trustee.json"],
};

fn passphrase() -> Passphrase {
    Passphrase::new(Zeroizing::new(b"orbit".to_vec())).unwrap()
}

fn bytes(text: &str) -> Bytes {
    Zeroizing::new(text.as_bytes().to_vec())
}

/// A home with a row in every space.
fn furnished(dir: &Path) -> Home {
    let home = Home::at(dir).unwrap();
    home.prepare().unwrap();
    let key: WalletKey = keystore::create(&home.keystore(), &passphrase(), CHEAP).unwrap();
    home.keep("trustee.json", b"{\"v\":1}").unwrap();
    let store = Store::open(&home.store(), &key).unwrap();
    let mut batch = Batch::default();
    for space in Space::ALL {
        let text = match space {
            // Longer than a piece.
            Space::Kept => "chunk ".repeat(10_000),
            _ => format!("the row of {space:?}"),
        };
        batch.restore(Key::new(space, b"id"), bytes(&text));
    }
    // No node is kept there in a test.
    batch.restore(Key::new(Space::Runtime, b"node"), node());
    store.apply(&batch).unwrap();
    store.flush().unwrap();
    home
}

/// As `node.rs` keeps it: version, 32 bytes of seed, an address.
fn node() -> Bytes {
    let address = "/ip4/192.0.2.7/tcp/4001";
    let mut row = vec![1];
    row.extend_from_slice(&[7; 32]);
    row.extend_from_slice(&[1, u8::try_from(address.len()).unwrap()]);
    row.extend_from_slice(address.as_bytes());
    Zeroizing::new(row)
}

fn export(home: &Home, file: &Path) -> Result<Exported, ExportError> {
    Packing::open(home, PROGRAM, passphrase())?.write(file, CHEAP)
}

fn spaces_in(home: &Home) -> Vec<Space> {
    let key = keystore::open(&home.keystore(), &passphrase()).unwrap();
    let store = Store::open(&home.store(), &key).unwrap();
    let mut spaces = Vec::new();
    let read = store.each(|key, _| {
        spaces.extend(key.space());
        Ok::<(), ExportError>(())
    });
    read.unwrap();
    spaces.dedup();
    spaces
}

fn is_departed(home: &Home) -> bool {
    matches!(Residence::of(home), Residence::Departed(_))
}

fn imported(home: &Home, file: &Path) -> crate::export::Imported {
    let passphrase = passphrase();
    let source = Source {
        file,
        passphrase: &passphrase,
        cost: CHEAP,
    };
    import(home, PROGRAM, &source, |_| Ok(())).unwrap()
}

/// R17, G1: a row of every other space goes along, and of shares and their keys nothing does.
#[test]
fn all_rows_but_shares_and_their_keys_come_to_the_new_home() {
    let dir = tempfile::tempdir().unwrap();
    let (old, file) = (furnished(&dir.path().join("old")), dir.path().join("file"));
    let exported = export(&old, &file).unwrap();
    assert_eq!(exported.left, 2);
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let new = Home::at(&dir.path().join("new")).unwrap();
    let came = imported(&new, &file);
    assert_eq!(came.rows, exported.rows);
    assert_eq!(came.listened.as_deref(), Some("/ip4/192.0.2.7/tcp/4001"));
    assert!(came.consumed && !file.exists());
    let mut goes = Space::ALL.to_vec();
    goes.retain(|space| !matches!(space, Space::Custody | Space::Prekey));
    let mut came = spaces_in(&new);
    came.sort_unstable();
    goes.sort_unstable();
    assert_eq!(came, goes);
    assert_eq!(
        fs::read(new.dir().join("trustee.json")).unwrap(),
        b"{\"v\":1}"
    );
    assert!(new.is_set_up() && matches!(Residence::of(&new), Residence::Here));
}

/// R17: no two living copies.
#[test]
fn a_home_that_was_exported_is_shut_until_it_is_taken_back() {
    let dir = tempfile::tempdir().unwrap();
    let (home, file) = (furnished(&dir.path().join("old")), dir.path().join("file"));
    export(&home, &file).unwrap();
    assert!(is_departed(&home));
    let again = export(&home, &dir.path().join("second"));
    assert!(matches!(again, Err(ExportError::Departed(_))));
    assert!(!dir.path().join("second").exists());
    let wrong = Passphrase::new(Zeroizing::new(b"Orbit".to_vec())).unwrap();
    assert!(take_back(&home, &wrong).is_err() && is_departed(&home) && file.exists());
    assert!(take_back(&home, &passphrase()).unwrap());
    assert!(!is_departed(&home) && !file.exists());
    export(&home, &file).unwrap();
}

#[test]
fn what_lies_where_the_export_was_is_only_removed_if_it_is_that_export() {
    let dir = tempfile::tempdir().unwrap();
    let (home, file) = (furnished(&dir.path().join("old")), dir.path().join("file"));
    export(&home, &file).unwrap();
    fs::write(&file, "a letter").unwrap();
    assert!(!take_back(&home, &passphrase()).unwrap());
    assert_eq!(fs::read(&file).unwrap(), b"a letter");
    assert!(!is_departed(&home));
}

/// Every failure before the file is whole leaves the agent where it is, and no file.
#[test]
fn an_export_that_fails_leaves_the_agent_alive_and_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let home = furnished(&dir.path().join("old"));
    let file = dir.path().join("file");
    fs::write(&file, "a letter").unwrap();
    assert!(matches!(export(&home, &file), Err(ExportError::Exists(_))));
    assert_eq!(fs::read(&file).unwrap(), b"a letter");
    let inside = home.dir().join("file");
    assert!(matches!(
        export(&home, &inside),
        Err(ExportError::Inside(_))
    ));
    let nowhere = dir.path().join("missing/file");
    assert!(matches!(
        export(&home, &nowhere),
        Err(ExportError::File { .. })
    ));
    // The note cannot be written where a directory has its name.
    let note = home.dir().join("exported");
    let other = dir.path().join("other");
    let packing = Packing::open(&home, PROGRAM, passphrase()).unwrap();
    fs::create_dir(&note).unwrap();
    assert!(packing.write(&other, CHEAP).is_err());
    assert!(!other.exists());
    fs::remove_dir(&note).unwrap();
    assert!(!is_departed(&home));
}

/// A crash between the note and the head: nobody can open the file, and the agent can be taken back.
#[test]
fn an_export_that_was_cut_short_is_dead_nowhere_for_good() {
    let dir = tempfile::tempdir().unwrap();
    let (home, file) = (furnished(&dir.path().join("old")), dir.path().join("file"));
    let packing = Packing::open(&home, PROGRAM, passphrase()).unwrap();
    let mut writer = Writer::create(&file, 1, &packing.passphrase, CHEAP).unwrap();
    writer.write(&packing.manifest().unwrap()).unwrap();
    let written = writer.settle().unwrap();
    residence::depart(&home, &file, written.digest()).unwrap();
    drop((written, packing));
    assert!(is_departed(&home));
    assert!(take_back(&home, &passphrase()).unwrap());
    assert!(!file.exists() && !is_departed(&home));
    assert_eq!(spaces_in(&home).len(), Space::ALL.len());
}

#[test]
fn an_agent_that_runs_is_not_packed() {
    let dir = tempfile::tempdir().unwrap();
    let (home, file) = (furnished(&dir.path().join("old")), dir.path().join("file"));
    let running = Packing::open(&home, PROGRAM, passphrase()).unwrap();
    let refused = export(&home, &file).unwrap_err();
    assert!(matches!(
        refused,
        ExportError::Store(StoreError::InUse { .. })
    ));
    assert!(!file.exists() && !is_departed(&home));
    drop(running);
}

#[test]
fn a_row_of_a_later_version_is_not_lost_on_the_way() {
    let dir = tempfile::tempdir().unwrap();
    let (home, file) = (furnished(&dir.path().join("old")), dir.path().join("file"));
    let packing = Packing::open(&home, PROGRAM, passphrase()).unwrap();
    let mut batch = Batch::default();
    batch.restore(Key::from_bytes(&[200, 1]), bytes("from the future"));
    packing.store.apply(&batch).unwrap();
    packing.store.flush().unwrap();
    let refused = packing.write(&file, CHEAP).unwrap_err();
    assert!(matches!(refused, ExportError::UnknownRow));
    assert!(!file.exists() && !is_departed(&home));
}
