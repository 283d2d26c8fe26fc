//! The folder of golden files. It is only ever added to: a missing file is written when
//! `KITH_WRITE_VECTORS=1` says so, an existing one is never touched.

use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use serde_json::Value;

/// What should stand in one folder: contents by file name.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("vectors")
        .join(name)
}

#[allow(
    clippy::disallowed_methods,
    reason = "the one setting of these tests, read by the test process and not by the protocol"
)]
fn may_write() -> bool {
    std::env::var("KITH_WRITE_VECTORS").is_ok_and(|value| value == "1")
}

/// Compares a folder with what should stand in it, both ways: a file that nothing stands for is as
/// wrong as a missing one.
pub(crate) fn compare(name: &str, expected: &Files) {
    let folder = folder(name);
    if may_write() {
        add_missing(&folder, expected);
    }
    let pinned = read(&folder);
    let names = |files: &Files| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(
        names(&pinned),
        names(expected),
        "vectors/{name}: only pinned on the left, only made on the right; \
         KITH_WRITE_VECTORS=1 adds what is missing"
    );
    for (file, bytes) in expected {
        assert_eq!(
            String::from_utf8_lossy(&pinned[file]),
            String::from_utf8_lossy(bytes),
            "vectors/{name}/{file}"
        );
    }
}

fn add_missing(folder: &Path, expected: &Files) {
    fs::create_dir_all(folder).unwrap();
    for (file, bytes) in expected {
        let new = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(folder.join(file));
        match new {
            Ok(mut new) => new.write_all(bytes).unwrap(),
            Err(error) => assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{file}"),
        }
    }
}

fn read(folder: &Path) -> Files {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let file = |entry: fs::DirEntry| {
        let name = entry.file_name().into_string().unwrap();
        (name, fs::read(entry.path()).unwrap())
    };
    entries.map(|entry| file(entry.unwrap())).collect()
}

/// One pinned file, as JSON: for tests that start from what was pinned.
pub(crate) fn json(name: &str) -> Value {
    serde_json::from_slice(&fs::read(folder(name)).unwrap()).unwrap()
}

/// A value as a file that people can read.
pub(crate) fn readable(value: &Value) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(value).unwrap();
    bytes.push(b'\n');
    bytes
}

/// Bytes as a pinned file shows them.
pub(crate) fn hex_of(bytes: impl AsRef<[u8]>) -> Value {
    hex::encode(bytes).into()
}

/// The bytes behind [`hex_of`].
pub(crate) fn bytes_of(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}
