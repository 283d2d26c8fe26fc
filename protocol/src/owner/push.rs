//! Getting a backup to its hosts, chunk by chunk; each host asks for the next it lacks.
use crate::agent::Work;
use crate::backup::{Sealed, SlotKey};
use crate::bytes::{Blob, Digest};
use crate::did::Did;
use crate::error::{Damage, Stop};
use crate::keys::{Signature, labels};
use crate::limits;
use crate::message::backup::{ChunkPut, Stored, Wanted};
use crate::message::setup::Prekey;
use crate::message::{Body, ProblemReport};
use crate::outbox;
use crate::owner::audit;
use crate::owner::claim;
use crate::owner::deal::{self, Deal, DealStage, Placed};
use crate::owner::dealing::{Plan, Right, put_for};
use crate::owner::identity::{self, Identity};
use crate::owner::protect::reason;
use crate::owner::recipient::{self, Recipient};
use crate::owner::supplement;
use crate::owner::trustee::Trustee;
use crate::record::{Key, Records as _, Row, Space};
use serde::{Deserialize, Serialize};

/// What a host says that lost a backup which it had acknowledged.
const LOST: &str = "e.p.req.unknown-backup";

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

/// A backup on its way to one host. It stands beside the deal, which holds hundreds of identifiers and would
/// be read and written with every chunk.
#[derive(Serialize, Deserialize)]
pub(crate) struct Passage {
    /// The backup.
    pub(crate) backup: Digest,
    /// Of which deal.
    pub(crate) epoch: u32,
    /// The owner's name for the host.
    pub(crate) host: String,
    /// Our DID towards it.
    pub(crate) local: Did,
    /// Its DID.
    pub(crate) did: Did,
    /// The message it has to answer next.
    pub(crate) message: String,
    /// Chunks it was sent. It may ask for none of them again, or it could keep us busy for ever.
    pub(crate) sent: u32,
}

/// What it takes to offer a backup once more to a host that lost it; goes with the passage.
///
/// # Security
/// Holds the host's slot key; wiped on drop, kept in a sealed row.
#[derive(Serialize, Deserialize)]
pub(crate) struct Offer {
    /// The backup.
    pub(crate) backup: Digest,
    /// The owner's name for the host.
    host: String,
    /// The header, canonical bytes.
    pub(crate) header: Blob,
    /// The host's part of the key.
    pub(crate) slot_key: SlotKey,
    /// To which of the host's prekeys that was sealed last.
    prekey: Prekey,
    /// How often it may be offered yet: a host that loses it for ever is left.
    left: u8,
}

impl Row for Passage {
    const SPACE: Space = Space::BackupPassage;
    fn id(&self) -> Vec<u8> {
        passage_id(&self.backup, &self.host)
    }
}

impl Row for Offer {
    const SPACE: Space = Space::Backup;
    fn id(&self) -> Vec<u8> {
        passage_id(&self.backup, &self.host)
    }
}

fn passage_id(backup: &Digest, host: &str) -> Vec<u8> {
    [&backup.0[..], host.as_bytes()].concat()
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
    audit::keep(work, &sealed.header);
    keep(work, backup, sealed.chunks);
    let header = Blob(sealed.header.to_bytes());
    let by = (&plan.right, plan.epoch);
    let mut placed = Vec::new();
    for (slot_key, host) in sealed.slot_keys.into_iter().zip(hosts) {
        let offer = Offer {
            backup,
            host: host.name().to_owned(),
            header: header.clone(),
            slot_key,
            prekey: host.prekey().clone(),
            left: limits::backup::OFFERS - 1,
        };
        let passage = put_for(work, identity, by, &offer, host)?;
        work.save(&offer);
        work.save(&passage);
        placed.push(Placed {
            name: passage.host,
            did: passage.did,
            receipt: None,
            refused: None,
        });
    }
    Ok(placed)
}

/// Keeps chunks until every host has them.
pub(crate) fn keep(work: &mut Work<'_>, backup: Digest, chunks: Vec<Vec<u8>>) {
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

/// How a passage ended.
pub(crate) enum End {
    /// The host has all of it, and signed that.
    Stored(Signature),
    /// It does not take it, and why.
    Refused(String),
}

/// The passage to which a message of ours belongs. Identifiers cost two decompressions each: only the row in
/// which the message stands is decoded.
pub(crate) fn naming(work: &Work<'_>, message: &str) -> Result<Option<Passage>, Damage> {
    let names_it = |row: &[u8]| {
        let mut parts = row.windows(message.len().max(1));
        parts.any(|part| part == message.as_bytes())
    };
    for (key, row) in work.scan(Key::new(Passage::SPACE, &[]).as_bytes()) {
        if names_it(&row) {
            let passage = Passage::from_bytes(&key, &row)?;
            if passage.message == message {
                return Ok(Some(passage));
            }
        }
    }
    Ok(None)
}

/// A host's answer: nothing where the passage goes on.
pub(crate) fn on_reply(
    work: &mut Work<'_>,
    mut passage: Passage,
    reply: &Body,
) -> Result<Option<End>, Damage> {
    let end = match reply {
        Body::BackupWanted(wanted) if passage.send_chunk(work, wanted)? => return Ok(None),
        Body::BackupWanted(_) => {
            End::Refused("it asks for a chunk that it has, or that there is not".into())
        }
        Body::BackupStored(stored) if passage.is_receipt(stored) => {
            add_prekeys(work, &passage.host, &stored.spare, &stored.next)?;
            End::Stored(stored.signature)
        }
        Body::Problem(problem) if passage.is_lost(problem) && passage.offer_again(work)? => {
            return Ok(None);
        }
        Body::Problem(problem) => End::Refused(reason(problem)),
        _ => End::Refused("it answered with something that is no receipt".into()),
    };
    passage.forget(work);
    Ok(Some(end))
}

impl Passage {
    /// The chunk that the host wants, if it may have that.
    fn send_chunk(&mut self, work: &mut Work<'_>, wanted: &Wanted) -> Result<bool, Damage> {
        let lawful = wanted.backup == self.backup && wanted.index >= self.sent;
        let chunk = work.load::<Chunk>(&chunk_id(&self.backup, wanted.index))?;
        let Some(chunk) = chunk.filter(|_| lawful) else {
            return Ok(false);
        };
        self.sent = chunk.index.saturating_add(1);
        let put = ChunkPut {
            backup: chunk.backup,
            index: chunk.index,
            data: chunk.data,
        };
        self.message = outbox::send(work, &self.local, &self.did, Body::BackupChunkPut(put));
        work.save(self);
        Ok(true)
    }

    /// Whether the host says, signed, that it has all of this backup.
    fn is_receipt(&self, stored: &Stored) -> bool {
        let signed = Stored::signed_bytes(&self.backup);
        let key = self.did.evidence_key();
        let verified = key.verify(labels::BACKUP_RECEIPT, &signed, &stored.signature);
        stored.backup == self.backup && verified.is_ok()
    }

    /// Whether a host that asked for chunks of the backup now knows nothing of it.
    fn is_lost(&self, problem: &ProblemReport) -> bool {
        self.sent > 0 && problem.code == LOST
    }

    /// Offers the backup once more, from its first chunk. Whether it could be done.
    fn offer_again(&self, work: &mut Work<'_>) -> Result<bool, Damage> {
        let deal = deal::backed_by(work, self.epoch, &self.backup)?;
        let offer = work.load::<Offer>(&self.id())?;
        let host = work.load::<Trustee>(self.host.as_bytes())?;
        let (Some(deal), Some(mut offer), Some(host)) = (deal, offer, host) else {
            return Ok(false);
        };
        let (Some(able), Some(identity)) = (offer.renew(host), identity::load(work)?) else {
            return Ok(false);
        };
        let claim = claim::row::load(work)?;
        let right = Right::again(deal.by, claim.as_ref());
        match put_for(work, &identity, (&right, self.epoch), &offer, able) {
            Ok(passage) => {
                work.save(&offer);
                work.save(&passage);
                Ok(true)
            }
            Err(Stop::Damage(damage)) => Err(damage),
            // The host's prekey agrees with nothing.
            Err(Stop::Command(_)) => Ok(false),
        }
    }

    /// Nothing is on its way any more, and the host's part of the key goes.
    fn forget(&self, work: &mut Work<'_>) {
        work.erase::<Self>(&self.id());
        work.erase::<Offer>(&self.id());
    }
}

impl Offer {
    /// To whom it goes once more, if it may. With another prekey, because a host that lost the backup alone has
    /// wiped the one it was sealed to; where there is no other, with the same, which a host has whose whole
    /// disk was put back.
    fn renew(&mut self, mut host: Trustee) -> Option<Recipient> {
        self.left = self.left.checked_sub(1)?;
        let contact = host.contact.as_mut()?;
        if contact.prekeys.is_empty() {
            contact.prekeys.push(self.prekey.clone());
        }
        let able = recipient::recipients(vec![host]).able.pop()?;
        self.prekey = able.prekey().clone();
        Some(able)
    }
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

/// What was on its way to one host is no longer wanted there.
pub(crate) fn withdraw(work: &mut Work<'_>, backup: &Digest, host: &str) -> Result<(), Damage> {
    if let Some(passage) = work.load::<Passage>(&passage_id(backup, host))? {
        outbox::withdraw(work, &passage.message);
        passage.forget(work);
    }
    Ok(())
}

/// Gives a deal up: nothing of it is offered any more, and its chunks go.
pub(crate) fn abandon(work: &mut Work<'_>, deal: &Deal) -> Result<(), Damage> {
    let backup = &deal.record.backup_head;
    for dealt in &deal.trustees {
        outbox::withdraw(work, &dealt.message);
    }
    // A refresh shares its backup with the epoch in force, which may still be on its way to a slow host.
    let mut others = work.all::<Deal>()?;
    others.retain(|other| other.record.backup_head == *backup && other.epoch != deal.epoch);
    if others.iter().any(|other| other.stage == DealStage::Active) {
        return Ok(());
    }
    if others.is_empty() {
        audit::forget(work, backup);
        supplement::forget_base(work, backup);
    }
    for host in &deal.hosts {
        withdraw(work, backup, &host.name)?;
    }
    drop_chunks(work, backup)
}

/// Drops them.
pub(crate) fn drop_chunks(work: &mut Work<'_>, backup: &Digest) -> Result<(), Damage> {
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
