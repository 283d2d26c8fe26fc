//! The file `mark`: how many flushes the store had acknowledged, told from outside the store.
//!
//! sled takes whatever is left of a damaged file for the end of what was written: a flipped bit or a
//! missing file would give an older state, or an empty one, for the newest. So the store counts its
//! flushes in a row, and here; a store whose row is behind is refused. The file is written after the
//! store is durable and not synced itself: it may be behind after a power cut, never ahead.
//!
//! ```text
//! twice: count u64 little endian | SHA-256 of it 32
//! ```
use crate::disk;
use kith_protocol::limits::store::MARK;
use sha2::{Digest as _, Sha256};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::Path;

const NAME: &str = "mark";
const COUNT: usize = 8;
const SLOT: usize = COUNT + 32;

/// The file, open.
pub(crate) struct Mark(File);

impl Mark {
    /// Makes it, durable, for a store that has acknowledged nothing yet.
    pub(crate) fn create(dir: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(true);
        let mark = Self(options.mode(0o600).open(dir.join(NAME))?);
        mark.set(0)?;
        mark.0.sync_all()?;
        disk::sync_dir(dir)?;
        Ok(mark)
    }

    /// The file and what it says; nothing where there is none.
    pub(crate) fn open(dir: &Path) -> io::Result<Option<(Self, u64)>> {
        let opened = OpenOptions::new()
            .read(true)
            .write(true)
            .open(dir.join(NAME));
        let file = match opened {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        let bytes = disk::read_at_most(&dir.join(NAME), MARK)?;
        let counts = bytes.chunks_exact(SLOT).filter_map(count);
        let damaged = || io::Error::new(io::ErrorKind::InvalidData, "its file `mark` is damaged");
        let count = counts.max().ok_or_else(damaged)?;
        Ok(Some((Self(file), count)))
    }

    /// Says that so many flushes were acknowledged. The two places take turns, so that a write that
    /// was torn leaves the one before.
    pub(crate) fn set(&self, count: u64) -> io::Result<()> {
        let number = count.to_le_bytes();
        let slot = [&number[..], &Sha256::digest(number)].concat();
        self.0.write_all_at(&slot, (count % 2) * SLOT as u64)
    }
}

fn count(slot: &[u8]) -> Option<u64> {
    let (number, digest) = slot.split_at(COUNT);
    let whole = Sha256::digest(number).as_slice() == digest;
    whole.then(|| u64::from_le_bytes(number.try_into().expect("its length")))
}

const _: () = assert!(MARK == 2 * SLOT);

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn said(dir: &Path) -> io::Result<Option<u64>> {
        Ok(Mark::open(dir)?.map(|(_, count)| count))
    }

    #[test]
    fn a_mark_says_the_last_count_also_where_a_write_was_torn() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(said(dir.path()).unwrap(), None);
        let mark = Mark::create(dir.path()).unwrap();
        assert_eq!(said(dir.path()).unwrap(), Some(0));
        for count in 1..9 {
            mark.set(count).unwrap();
            assert_eq!(said(dir.path()).unwrap(), Some(count));
        }
        let path = dir.path().join(NAME);
        let mut bytes = fs::read(&path).unwrap();
        bytes[3] ^= 1;
        fs::write(&path, &bytes).unwrap();
        assert_eq!(said(dir.path()).unwrap(), Some(7));
        bytes[SLOT] ^= 1;
        fs::write(&path, &bytes).unwrap();
        assert!(said(dir.path()).is_err());
    }
}
