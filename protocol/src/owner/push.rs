//! Getting a backup to its hosts, chunk by chunk; each host asks for the next it lacks.
use crate::agent::Work;
use crate::backup::{BackupHeader, Sealed};
use crate::bytes::{Blob, Digest};
use crate::error::{Damage, Stop};
use crate::keys::labels;
use crate::limits;
use crate::message::Body;
use crate::message::backup::{ChunkPut, Stored, Wanted};
use crate::message::setup::Prekey;
use crate::outbox;
use crate::owner::deal::{Deal, Placed};
use crate::owner::dealing::{Plan, Recipient, put_for};
use crate::owner::identity::Identity;
use crate::owner::trustee::Trustee;
use crate::record::{Row, Space};
use serde::{Deserialize, Serialize};

/// A chunk until every host has it.
#[derive(Serialize, Deserialize)]
struct Chunk {
    backup: Digest,
    index: u32,
    data: Blob,
}

impl Row for Chunk {
    const SPACE: Space = Space::BackupChunk;
    fn id(&self) -> Vec<u8> {
        chunk_id(&self.backup, self.index)
    }
}

/// How many chunks wait here, by backup.
#[derive(Serialize, Deserialize)]
struct Waiting {
    backup: Digest,
    chunks: u32,
}

impl Row for Waiting {
    const SPACE: Space = Space::Backup;
    fn id(&self) -> Vec<u8> {
        self.backup.0.to_vec()
    }
}

fn chunk_id(backup: &Digest, index: u32) -> Vec<u8> {
    [&backup.0[..], &index.to_be_bytes()].concat()
}

/// Keeps the chunks and offers the backup to every host.
pub(crate) fn begin(
    work: &mut Work<'_>,
    identity: &Identity,
    plan: &Plan<'_>,
    sealed: Sealed,
    hosts: Vec<Recipient>,
) -> Result<Vec<Placed>, Stop> {
    let backup = sealed.header.digest();
    keep(work, backup, sealed.chunks);
    let header: &BackupHeader = &sealed.header;
    let offers = sealed.slot_keys.iter().zip(hosts);
    offers
        .map(|to| put_for(work, identity, plan, header, to))
        .collect()
}

fn keep(work: &mut Work<'_>, backup: Digest, chunks: Vec<Vec<u8>>) {
    work.save(&Waiting {
        backup,
        chunks: chunks.len() as u32,
    });
    for (index, data) in (0..).zip(chunks) {
        work.save(&Chunk {
            backup,
            index,
            data: Blob(data),
        });
    }
}

/// A host wants a chunk: sends it, and notes the message whose answer is now awaited.
pub(crate) fn on_wanted(
    work: &mut Work<'_>,
    host: &mut Placed,
    (head, wanted): (&Digest, &Wanted),
) -> Result<(), Damage> {
    let chunk = work.load::<Chunk>(&chunk_id(head, wanted.index))?;
    let Some(chunk) = chunk.filter(|_| wanted.backup == *head && wanted.index >= host.sent) else {
        host.refused = Some("it asks for a chunk that it has, or that there is not".into());
        return Ok(());
    };
    host.sent = chunk.index.saturating_add(1);
    let put = ChunkPut {
        backup: chunk.backup,
        index: chunk.index,
        data: chunk.data,
    };
    host.message = outbox::send(work, &host.local, &host.did, Body::BackupChunkPut(put));
    Ok(())
}

/// A host says it has all of it. False where the receipt is not signed by that host.
pub(crate) fn on_stored(
    work: &mut Work<'_>,
    host: &mut Placed,
    head: &Digest,
    stored: &Stored,
) -> Result<bool, Damage> {
    let signed = Stored::signed_bytes(head);
    let key = host.did.evidence_key();
    if stored.backup != *head
        || key
            .verify(labels::BACKUP_RECEIPT, &signed, &stored.signature)
            .is_err()
    {
        return Ok(false);
    }
    host.receipt = Some(stored.signature);
    host.refused = None;
    add_prekeys(work, &host.name, &stored.spare, &stored.next)?;
    Ok(true)
}

/// Prekeys for the next deals: the older ones that came with a receipt, then the newest. One that is
/// not newer than all that are known was known before, and may have been used since.
pub(crate) fn add_prekeys(
    work: &mut Work<'_>,
    name: &str,
    spare: &[Prekey],
    next: &Prekey,
) -> Result<(), Damage> {
    let Some(mut trustee) = work.load::<Trustee>(name.as_bytes())? else {
        return Ok(());
    };
    trustee.seen = Some(work.now);
    if let Some(contact) = &mut trustee.contact {
        for prekey in spare.iter().chain([next]) {
            let newer = contact
                .prekeys
                .iter()
                .all(|known| known.number < prekey.number);
            if newer && contact.prekeys.len() < limits::owner::PREKEYS {
                contact.prekeys.push(prekey.clone());
            }
        }
    }
    work.save(&trustee);
    Ok(())
}

/// Drops the chunks once every host has them.
pub(crate) fn drop_when_placed(work: &mut Work<'_>, deal: &Deal) -> Result<(), Damage> {
    let backup = deal.record.backup_head;
    if deal.hosts.iter().any(|host| host.receipt.is_none()) {
        return Ok(());
    }
    drop_chunks(work, &backup)
}

/// Gives a deal up that another has replaced: nothing of it is offered any more, and its chunks go.
pub(crate) fn abandon(work: &mut Work<'_>, deal: &Deal) -> Result<(), Damage> {
    let trustees = deal.trustees.iter().map(|dealt| &dealt.message);
    for message in trustees.chain(deal.hosts.iter().map(|host| &host.message)) {
        outbox::withdraw(work, message);
    }
    drop_chunks(work, &deal.record.backup_head)
}

fn drop_chunks(work: &mut Work<'_>, backup: &Digest) -> Result<(), Damage> {
    if let Some(waiting) = work.load::<Waiting>(&backup.0)? {
        for index in 0..waiting.chunks {
            work.erase::<Chunk>(&chunk_id(backup, index));
        }
        work.erase::<Waiting>(&backup.0);
    }
    Ok(())
}

/// Keeps one chunk of a backup that is fetched.
pub(crate) fn keep_chunk(work: &mut Work<'_>, backup: Digest, index: u32, data: Blob) {
    work.save(&Chunk {
        backup,
        index,
        data,
    });
}

/// A kept chunk.
pub(crate) fn kept_chunk(
    work: &Work<'_>,
    backup: &Digest,
    index: u32,
) -> Result<Option<Vec<u8>>, Damage> {
    Ok(work
        .load::<Chunk>(&chunk_id(backup, index))?
        .map(|chunk| chunk.data.0))
}

/// Forgets the chunks of a backup that was fetched.
pub(crate) fn forget_chunks(work: &mut Work<'_>, backup: &Digest, count: usize) {
    for index in 0..count {
        work.erase::<Chunk>(&chunk_id(backup, index as u32));
    }
}
