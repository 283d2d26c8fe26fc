//! Backups kept for owners: put in chunks, given out on ledger evidence only (R5).
//!
//! A host reads nothing: it keeps ciphertext, and per backup one key that is of no use without the
//! trustees' shares.
mod extend;
mod give;
mod keep;
mod settle;

pub(super) use extend::extend;
pub(super) use give::{audit, chunk, head, key};
pub(super) use keep::{chunk_put, put};
pub(super) use settle::settle;

use crate::agent::Work;
use crate::backup::{BackupHeader, SlotKey};
use crate::bytes::{Blob, Digest};
use crate::did::Did;
use crate::error::{Damage, Refusal};
use crate::record::{self, Key, Records, Row, Space};
use crate::time::Timestamp;
use crate::trustee::custody::Author;
use crate::trustee::ward::WardId;
use serde::{Deserialize, Serialize};

/// One backup, or a supplement of one.
///
/// # Security
/// Holds this host's slot key; wiped on drop, kept in a sealed row.
#[derive(Serialize, Deserialize)]
pub(super) struct Kept {
    /// Whose.
    pub(super) ward: WardId,
    /// The header's digest.
    pub(super) backup: Digest,
    /// The header, canonical bytes.
    header: Blob,
    /// This host's part of the key; a supplement has none of its own.
    slot_key: Option<SlotKey>,
    /// Of which backup it is a supplement, if it is one.
    base: Option<Digest>,
    /// By whose right it was put.
    author: Author,
    /// Our DID it came to, and whose it came from.
    ours: Did,
    theirs: Did,
    /// When the header came.
    stored: Timestamp,
}

/// How many chunks of a backup are here, in a small row of its own because it changes with each.
#[derive(Serialize, Deserialize)]
struct Progress {
    ward: WardId,
    backup: Digest,
    have: u32,
}

/// One chunk.
#[derive(Serialize, Deserialize)]
struct Chunk {
    ward: WardId,
    backup: Digest,
    index: u32,
    data: Blob,
}

impl Row for Kept {
    const SPACE: Space = Space::Kept;
    fn id(&self) -> Vec<u8> {
        id(&self.ward, &self.backup)
    }
}

impl Row for Progress {
    const SPACE: Space = Space::KeptProgress;
    fn id(&self) -> Vec<u8> {
        id(&self.ward, &self.backup)
    }
}

impl Row for Chunk {
    const SPACE: Space = Space::KeptChunk;
    fn id(&self) -> Vec<u8> {
        chunk_id(&self.ward, &self.backup, self.index)
    }
}

fn id(ward: &WardId, backup: &Digest) -> Vec<u8> {
    [&ward.0[..], &backup.0].concat()
}

fn chunk_id(ward: &WardId, backup: &Digest, index: u32) -> Vec<u8> {
    [&id(ward, backup)[..], &index.to_be_bytes()].concat()
}

impl Kept {
    /// The header, which was checked when it came.
    fn header(&self) -> Result<BackupHeader, Damage> {
        BackupHeader::read(&self.header.0).map_err(|_| self.damage())
    }

    fn damage(&self) -> Damage {
        Damage {
            key: Key::new(Self::SPACE, &self.id()),
        }
    }

    /// Chunks here.
    fn have(&self, records: &dyn Records) -> Result<u32, Damage> {
        let progress = record::load::<Progress>(records, &self.id())?;
        Ok(progress.map_or(0, |progress| progress.have))
    }

    fn is_complete(&self, records: &dyn Records) -> Result<bool, Damage> {
        Ok(self.have(records)? as usize == self.header()?.chunks.len())
    }

    /// Whether one of these names it, or what it is a supplement of.
    fn is_named(&self, named: &[Digest]) -> bool {
        named.contains(self.base.as_ref().unwrap_or(&self.backup))
    }

    /// Forgets it, chunks and all.
    fn discard(&self, work: &mut Work<'_>) -> Result<(), Damage> {
        for index in 0..self.have(work)? {
            work.erase::<Chunk>(&chunk_id(&self.ward, &self.backup, index));
        }
        work.erase::<Progress>(&self.id());
        work.erase::<Self>(&self.id());
        Ok(())
    }
}

/// All backups of one owner, supplements among them.
fn of(records: &dyn Records, ward: &WardId) -> Result<Vec<Kept>, Damage> {
    record::load_all(records, &ward.0)
}

/// Forgets all that is kept for an owner.
pub(super) fn discard_all(work: &mut Work<'_>, ward: &WardId) -> Result<(), Damage> {
    of(work, ward)?
        .iter()
        .try_for_each(|kept| kept.discard(work))
}

/// How many backups are kept here, whole or not, supplements among them.
pub(super) fn count(records: &dyn Records) -> usize {
    records.scan(Key::new(Space::Kept, &[]).as_bytes()).len()
}

fn unknown_backup() -> Refusal {
    Refusal::new("e.p.req.unknown-backup", "no such backup is kept here")
}
