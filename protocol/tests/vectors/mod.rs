//! Published vectors, read where they stand. Where they are missing a test says so and passes.

mod folder;

use serde_json::Value;

/// One file of vectors, or `None` with a printed line where it is missing.
pub(crate) fn read(name: &str) -> Option<Value> {
    let text = folder::text(name)?;
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
