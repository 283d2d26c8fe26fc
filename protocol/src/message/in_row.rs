//! A message within a row, as JSON: in a message members may be missing, which the canonical bytes of rows do not
//! know. Where messages become readable they hold no secret: those are in sealed boxes.
use crate::bytes::Blob;
use serde::de::{DeserializeOwned, Error as _};
use serde::ser::Error as _;
use serde::{Deserialize as _, Deserializer, Serialize, Serializer};

pub(crate) fn serialize<T: Serialize, S: Serializer>(
    message: &T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let bytes = serde_json::to_vec(message).map_err(S::Error::custom)?;
    Blob(bytes).serialize(serializer)
}

pub(crate) fn deserialize<'de, T: DeserializeOwned, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    let bytes = Blob::deserialize(deserializer)?;
    serde_json::from_slice(&bytes.0).map_err(D::Error::custom)
}
