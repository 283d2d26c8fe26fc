//! Published vectors, read where they stand: `KITH_VECTORS`, or `../shared/vectors` beside the
//! workspace. Where the folder is missing a test says so and passes.

use std::path::{Path, PathBuf};

use serde_json::Value;

fn folder() -> PathBuf {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors");
    std::env::var_os("KITH_VECTORS").map_or(beside, PathBuf::from)
}

/// One file of vectors, or `None` with a printed line where it is missing.
pub(crate) fn read(name: &str) -> Option<Value> {
    let path = folder().join(name);
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!(
            "SKIPPED: no vectors at {} (set KITH_VECTORS)",
            path.display()
        );
        return None;
    };
    Some(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}")))
}

/// The bytes behind a hexadecimal string.
#[allow(dead_code, reason = "not every test binary reads every kind of field")]
pub(crate) fn bytes<const N: usize>(value: &Value) -> [u8; N] {
    let text = value.as_str().expect("a string of the vectors");
    let bytes = hex::decode(text).expect("hexadecimal");
    bytes.try_into().expect("the length of its kind")
}

/// The elements of an array.
#[allow(dead_code, reason = "not every test binary reads every kind of field")]
pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().expect("an array of the vectors")
}
