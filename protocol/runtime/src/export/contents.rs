//! What the frames hold: the manifest, then rows.
use super::Program;
use kith_protocol::bytes::Blob;
use kith_protocol::codec;
use kith_protocol::export::{Fate, fate};
use kith_protocol::limits;
use kith_protocol::record::{Bytes, Key};
use kith_protocol::time::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

const VERSION: u8 = 1;
/// Bytes of the length of a key.
const LENGTH: usize = 2;

/// The first frame.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Manifest {
    /// Which program it was exported from.
    pub(super) program: String,
    /// When.
    pub(super) made: Timestamp,
    /// Small files of the home, by name; no secret is in them.
    pub(super) files: Vec<(String, Blob)>,
}

impl Manifest {
    /// Its frame; none where the files are larger than any that the programs write.
    pub(super) fn to_bytes(&self) -> Option<Vec<u8>> {
        let bytes = codec::encode(VERSION, self);
        (bytes.len() <= limits::store::EXPORT_MANIFEST).then_some(bytes)
    }

    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        codec::decode(VERSION, bytes, limits::store::EXPORT_MANIFEST).ok()
    }

    /// Whether it holds no other files than this program's, each once: a name becomes part of a path.
    pub(super) fn is_of(&self, program: Program) -> bool {
        let mut names: Vec<&str> = self.files.iter().map(|(name, _)| &**name).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        names.len() == count && names.iter().all(|name| program.files.contains(name))
    }
}

/// A row's frame.
pub(super) fn pack(key: &Key, value: &Bytes) -> Bytes {
    let key = key.as_bytes();
    let length = u16::try_from(key.len()).expect("the store keeps no longer key");
    // Its whole length at once: a buffer that grows leaves copies of the value behind.
    let mut frame = Zeroizing::new(Vec::with_capacity(LENGTH + key.len() + value.len()));
    frame.extend_from_slice(&length.to_le_bytes());
    frame.extend_from_slice(key);
    frame.extend_from_slice(value);
    frame
}

/// The row in a frame, where an export may hold it.
pub(super) fn unpack(frame: &[u8]) -> Option<(Key, Bytes)> {
    let (length, rest) = frame.split_first_chunk::<LENGTH>()?;
    let (key, value) = rest.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
    let key = Key::from_bytes(key);
    let goes = key.space().is_some_and(|space| fate(space) == Fate::Goes);
    let fits = key.as_bytes().len() <= limits::row::KEY && value.len() <= limits::row::VALUE;
    (goes && fits).then(|| (key, Zeroizing::new(value.to_vec())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kith_protocol::record::Space;

    const PROGRAM: Program = Program {
        name: "trustee-agent",
        files: &["trustee.json"],
    };

    fn manifest(names: &[&str]) -> Manifest {
        let files = names.iter();
        let files = files.map(|name| ((*name).to_owned(), Blob(b"{}".to_vec())));
        Manifest {
            program: PROGRAM.name.into(),
            made: Timestamp(1),
            files: files.collect(),
        }
    }

    #[test]
    fn a_row_comes_back_as_it_was() {
        let key = Key::new(Space::Identity, b"id");
        let value = Zeroizing::new(b"value".to_vec());
        let (again, bytes) = unpack(&pack(&key, &value)).unwrap();
        assert_eq!((again, &*bytes), (key, &*value));
    }

    /// R17, G1: who makes a file with a share in it plants none either.
    #[test]
    fn a_row_that_no_export_holds_is_not_taken() {
        let value = Zeroizing::new(Vec::new());
        for space in [Space::Custody, Space::Prekey] {
            assert!(unpack(&pack(&Key::new(space, b"id"), &value)).is_none());
        }
        for first in [0, 200, 0xff] {
            assert!(unpack(&pack(&Key::from_bytes(&[first, 1]), &value)).is_none());
        }
        for short in [&[][..], &[1], &[1, 0], &[9, 0, 1]] {
            assert!(unpack(short).is_none(), "{short:?}");
        }
    }

    #[test]
    fn files_of_other_names_are_not_taken() {
        assert!(manifest(&[]).is_of(PROGRAM));
        assert!(manifest(&["trustee.json"]).is_of(PROGRAM));
        for odd in [
            &["../keystore"][..],
            &["keystore"],
            &["trustee.json", "trustee.json"],
        ] {
            assert!(!manifest(odd).is_of(PROGRAM), "{odd:?}");
        }
        let bytes = manifest(&["trustee.json"]).to_bytes().unwrap();
        assert!(Manifest::read(&bytes).unwrap().is_of(PROGRAM));
        assert!(Manifest::read(&bytes[1..]).is_none());
    }
}
