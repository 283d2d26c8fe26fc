use super::*;
use crate::export::contents::pack;
use crate::export::frames::Writer;
use kith_protocol::bytes::Blob;
use kith_protocol::record::{Bytes, Space};
use kith_protocol::time::Timestamp;
use std::path::PathBuf;
use zeroize::Zeroizing;

const CHEAP: Cost = Cost {
    memory_kib: 64,
    passes: 1,
    lanes: 1,
};
const PROGRAM: Program = Program {
    name: "owner-agent",
    files: &["first-command.json"],
};

fn passphrase(text: &str) -> Passphrase {
    Passphrase::new(Zeroizing::new(text.as_bytes().to_vec())).unwrap()
}

fn manifest(program: &str, file: &str) -> Vec<u8> {
    let manifest = Manifest {
        program: program.into(),
        made: Timestamp(1),
        files: vec![(file.into(), Blob(b"{}".to_vec()))],
    };
    manifest.to_bytes().unwrap()
}

fn row(space: Space, id: &[u8]) -> Bytes {
    pack(&Key::new(space, id), &Zeroizing::new(b"row".to_vec()))
}

/// A place for a home, and a file with these frames in it.
struct Bench {
    dir: tempfile::TempDir,
    file: PathBuf,
}

impl Bench {
    fn with(frames: &[&[u8]]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        let count = frames.len() as u64;
        let mut writer = Writer::create(&file, count, &passphrase("orbit"), CHEAP).unwrap();
        frames.iter().for_each(|frame| writer.write(frame).unwrap());
        writer.settle().unwrap().finish().unwrap();
        Self { dir, file }
    }

    /// A lawful one.
    fn lawful() -> Self {
        let first = manifest(PROGRAM.name, "first-command.json");
        let rows = [row(Space::Identity, b""), row(Space::Secret, b"key.pem")];
        Self::with(&[&first, &rows[0], &rows[1]])
    }

    fn home(&self) -> Home {
        Home::at(&self.dir.path().join("home")).unwrap()
    }

    fn import(&self, text: &str) -> Result<Imported, ImportError> {
        let passphrase = passphrase(text);
        let source = Source {
            file: &self.file,
            passphrase: &passphrase,
            cost: CHEAP,
        };
        import(&self.home(), PROGRAM, &source, |_| Ok(()))
    }

    /// Nothing was set up, and the file is there.
    fn is_untouched(&self) -> bool {
        let home = self.home();
        let is_here = matches!(Residence::of(&home), Residence::Here);
        let is_empty = !home.is_set_up() && !home.store().exists();
        let files = home.dir().join("first-command.json").exists();
        is_here && is_empty && !files && self.file.exists()
    }
}

#[test]
fn a_lawful_file_makes_a_home_and_is_gone() {
    let bench = Bench::lawful();
    let imported = bench.import("orbit").unwrap();
    let expected = Imported {
        rows: 2,
        listened: None,
        consumed: true,
    };
    assert_eq!(imported, expected);
    let home = bench.home();
    let key = keystore::open(&home.keystore(), &passphrase("orbit")).unwrap();
    let store = Store::open(&home.store(), &key).unwrap();
    let read = store.read(&Key::new(Space::Secret, b"key.pem")).unwrap();
    assert_eq!(&**read, b"row");
    assert!(home.dir().join("first-command.json").exists());
}

/// R17, G1: a file that somebody made is no way to plant a share, or a row twice.
#[test]
fn what_no_export_holds_is_refused_and_leaves_nothing() {
    let ours = manifest(PROGRAM.name, "first-command.json");
    let (identity, secret) = (row(Space::Identity, b""), row(Space::Secret, b""));
    for frames in [
        vec![],
        vec![&identity[..]],
        vec![&manifest(PROGRAM.name, "../keystore")],
        vec![&manifest(PROGRAM.name, "keystore")],
        vec![&ours, &secret, &identity],
        vec![&ours, &identity, &identity],
        vec![&ours, &row(Space::Custody, b"share")],
        vec![&ours, &identity, &row(Space::Prekey, b"key")],
        vec![&ours, b"short"],
    ] {
        let bench = Bench::with(&frames);
        let refused = bench.import("orbit").unwrap_err();
        assert!(matches!(refused, ImportError::Unlawful(_)), "{refused}");
        assert!(bench.is_untouched());
    }
}

#[test]
fn the_export_of_the_other_program_is_refused() {
    let bench = Bench::with(&[&manifest("trustee-agent\u{202e}", "first-command.json")]);
    let refused = bench.import("orbit").unwrap_err().to_string();
    assert!(
        refused.ends_with("was exported from trustee-agent"),
        "{refused}"
    );
    assert!(bench.is_untouched());
}

#[test]
fn a_wrong_passphrase_or_a_cut_file_leaves_nothing() {
    let bench = Bench::lawful();
    assert!(bench.import("Orbit").is_err());
    assert!(bench.is_untouched());
    let whole = fs::read(&bench.file).unwrap();
    fs::write(&bench.file, &whole[..whole.len() - 1]).unwrap();
    assert!(matches!(bench.import("orbit"), Err(ImportError::Cut(_))));
    assert!(bench.is_untouched());
    fs::write(&bench.file, whole).unwrap();
    bench.import("orbit").unwrap();
}

#[test]
fn rows_on_which_the_agent_does_not_start_set_nothing_up() {
    let bench = Bench::lawful();
    let passphrase = passphrase("orbit");
    let source = Source {
        file: &bench.file,
        passphrase: &passphrase,
        cost: CHEAP,
    };
    let damage = || Damage {
        key: Key::new(Space::Identity, b""),
    };
    let refused = import(&bench.home(), PROGRAM, &source, |_| Err::<(), _>(damage()));
    assert!(matches!(refused, Err(ImportError::Rows { .. })));
    assert!(bench.is_untouched());
}

#[test]
fn a_home_with_an_agent_or_a_store_is_left_as_it_is() {
    let bench = Bench::lawful();
    bench.import("orbit").unwrap();
    let again = Bench::lawful();
    fs::rename(&again.file, &bench.file).unwrap();
    assert!(matches!(
        bench.import("orbit"),
        Err(ImportError::Occupied(_))
    ));
    // A keystore that was lost may come back from a copy.
    fs::remove_file(bench.home().keystore()).unwrap();
    assert!(matches!(
        bench.import("orbit"),
        Err(ImportError::Occupied(_))
    ));
    assert!(bench.home().store().exists() && bench.file.exists());
}

/// A crash in the middle leaves no agent, and the next import begins anew.
#[test]
fn an_import_that_was_cut_short_is_no_agent_and_can_be_repeated() {
    let bench = Bench::lawful();
    let home = bench.home();
    home.prepare().unwrap();
    residence::arrive(&home).unwrap();
    drop(Store::open(&home.store(), &WalletKey::from_bytes([9; 32])).unwrap());
    assert!(!home.is_set_up());
    assert!(matches!(Residence::of(&home), Residence::Arriving));
    bench.import("orbit").unwrap();
    assert!(matches!(Residence::of(&home), Residence::Here));
    let key = keystore::open(&home.keystore(), &passphrase("orbit")).unwrap();
    assert!(Store::open(&home.store(), &key).is_ok());
}
