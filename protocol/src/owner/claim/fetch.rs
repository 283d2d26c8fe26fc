//! Fetching the backup from whichever host gives it out.
use crate::agent::Work;
use crate::anchor::Anchor;
use crate::backup::{BackupHeader, slot};
use crate::bytes::{Blob, Digest};
use crate::did::{Did, LocalDid};
use crate::error::Damage;
use crate::message::Body;
use crate::message::backup::{Chunk, ChunkGet, Get, KeyGet};
use crate::outbox;
use crate::owner::claim::restore;
use crate::owner::claim::row::{self, Claim, ClaimStage, Claimed, Fixed};
use crate::owner::push;
use crate::time::{Millis, Timestamp};
use serde::{Deserialize, Serialize};

/// Pause before a host that refused is asked again: it may not have seen the ledger yet.
const RETRY: Millis = Millis(500);
/// The most hosts that are asked, whatever the releases name.
const HOSTS_LIMIT: usize = 16;

/// A backup on its way.
#[derive(Serialize, Deserialize)]
pub(crate) struct Fetch {
    /// The backup the ledger anchors.
    pub(crate) head: Digest,
    /// Whom to ask.
    hosts: Vec<Source>,
    /// Its header, once a host gave it.
    header: Option<Blob>,
    /// Chunks received.
    have: u32,
    /// When refusing hosts are asked again.
    due: Option<Timestamp>,
}

/// One host.
#[derive(Serialize, Deserialize)]
struct Source {
    did: Did,
    local: Did,
    message: String,
    /// Why it gave nothing the last time.
    refused: Option<String>,
}

/// Asks every host that the releases name.
pub(crate) fn begin(work: &mut Work<'_>, fixed: &Fixed, head: Digest) -> Result<Fetch, Damage> {
    let mut dids: Vec<Did> = Vec::new();
    for claimed in work.all::<Claimed>()? {
        let named = claimed
            .good_release()
            .map(|release| release.hosts.clone())
            .unwrap_or_default();
        for did in named {
            if !dids.contains(&did) && dids.len() < HOSTS_LIMIT {
                dids.push(did);
            }
        }
    }
    let hosts = dids.into_iter().map(|did| ask(work, fixed, did)).collect();
    Ok(Fetch {
        head,
        hosts,
        header: None,
        have: 0,
        due: None,
    })
}

fn ask(work: &mut Work<'_>, fixed: &Fixed, did: Did) -> Source {
    let local = LocalDid::generate(Some(work.endpoint), work.rng);
    work.save(&local);
    let local = local.did().clone();
    let message = outbox::send(work, &local, &did, get(fixed));
    Source {
        did,
        local,
        message,
        refused: None,
    }
}

fn get(fixed: &Fixed) -> Body {
    Body::BackupGet(Get {
        policy: fixed.policy,
        request: fixed.request,
        before: None,
    })
}

impl Fetch {
    /// Bytes fetched and in all.
    pub(crate) fn progress(&self) -> (u64, u64) {
        let header = self
            .header
            .as_ref()
            .and_then(|header| BackupHeader::read(&header.0).ok());
        let Some(header) = header else { return (0, 0) };
        (
            header.bytes * u64::from(self.have) / header.chunks.len() as u64,
            header.bytes,
        )
    }

    /// Why hosts gave nothing, for the screen.
    pub(crate) fn refusals(&self) -> Vec<String> {
        self.hosts
            .iter()
            .filter_map(|host| host.refused.clone())
            .collect()
    }
}

/// A reply to one of our questions. False where it belongs to none of them.
pub(crate) fn on_reply(
    work: &mut Work<'_>,
    anchor: &Anchor,
    id: &str,
    reply: &Body,
) -> Result<bool, Damage> {
    let Some(mut claim) = row::load(work)? else {
        return Ok(false);
    };
    let Some(fixed) = claim.fixed.clone() else {
        return Ok(false);
    };
    let ClaimStage::Fetching(fetch) = &mut claim.stage else {
        return Ok(false);
    };
    let Some(place) = fetch.hosts.iter().position(|host| host.message == id) else {
        return Ok(false);
    };
    let arrived = fetch.take(work, &fixed, place, reply)?;
    match arrived {
        Some(slot_key) => restore::restore(work, anchor, claim, &slot_key)?,
        None => work.save(&claim),
    }
    Ok(true)
}

impl Fetch {
    fn take(
        &mut self,
        work: &mut Work<'_>,
        fixed: &Fixed,
        place: usize,
        reply: &Body,
    ) -> Result<Option<crate::message::backup::Key>, Damage> {
        let wrong = match reply {
            Body::BackupHead(head) => self.take_header(&head.header),
            Body::BackupChunk(chunk) => self.take_chunk(work, chunk),
            Body::BackupKey(key) if key.backup == self.head => return Ok(Some(key.clone())),
            Body::Problem(problem) => Err(format!("{} ({})", problem.comment, problem.code)),
            _ => Err("it answered with something else than was asked for".into()),
        };
        if let Err(why) = wrong {
            self.hosts[place].refused = Some(why);
            self.due = Some(work.now.after(RETRY));
            return Ok(None);
        }
        self.hosts[place].refused = None;
        self.ask_on(work, fixed, place);
        Ok(None)
    }

    fn take_header(&mut self, bytes: &Blob) -> Result<(), String> {
        let header = BackupHeader::read(&bytes.0).map_err(|error| error.to_string())?;
        // Only the head that the ledger anchors: an older backup is not offered as the newest.
        if header.digest() != self.head {
            return Err("it offers another backup than the one the ledger anchors".into());
        }
        self.header.get_or_insert_with(|| bytes.clone());
        Ok(())
    }

    fn take_chunk(&mut self, work: &mut Work<'_>, chunk: &Chunk) -> Result<(), String> {
        let header = self
            .header
            .as_ref()
            .and_then(|header| BackupHeader::read(&header.0).ok());
        let header = header.ok_or("it sent a chunk before the header")?;
        if !header.holds(chunk.index, &chunk.data.0) {
            return Err(format!("chunk {} is damaged", chunk.index));
        }
        if chunk.index == self.have {
            push::keep_chunk(work, self.head, chunk.index, chunk.data.clone());
            self.have += 1;
        }
        Ok(())
    }

    /// The next question to this host.
    fn ask_on(&mut self, work: &mut Work<'_>, fixed: &Fixed, place: usize) {
        let chunks = self
            .header
            .as_ref()
            .and_then(|header| BackupHeader::read(&header.0).ok());
        let chunks = chunks.map_or(0, |header| header.chunks.len() as u32);
        let body = match (chunks, self.have) {
            (0, _) => get(fixed),
            (chunks, have) if have < chunks => Body::BackupChunkGet(ChunkGet {
                backup: self.head,
                request: fixed.request,
                index: have,
            }),
            _ => Body::BackupKeyGet(KeyGet {
                backup: self.head,
                request: fixed.request,
            }),
        };
        let host = &mut self.hosts[place];
        host.message = outbox::send(work, &host.local, &host.did, body);
    }
}

/// Asks hosts that refused once more.
pub(crate) fn tick(work: &mut Work<'_>) -> Result<(), Damage> {
    let Some(mut claim) = row::load(work)? else {
        return Ok(());
    };
    let Some(fixed) = claim.fixed.clone() else {
        return Ok(());
    };
    let ClaimStage::Fetching(fetch) = &mut claim.stage else {
        return Ok(());
    };
    if fetch.due.is_none_or(|due| due > work.now) {
        return Ok(());
    }
    fetch.due = None;
    let refused: Vec<usize> = (0..fetch.hosts.len())
        .filter(|place| fetch.hosts[*place].refused.is_some())
        .collect();
    for place in refused {
        fetch.ask_on(work, &fixed, place);
    }
    work.save(&claim);
    Ok(())
}

/// When [`tick`] has something to do.
pub(crate) fn due(claim: &Claim) -> Option<Timestamp> {
    match &claim.stage {
        ClaimStage::Fetching(fetch) => fetch.due,
        ClaimStage::Gathering | ClaimStage::Dealing | ClaimStage::Done => None,
    }
}

/// A backup as it was fetched: header and sealed chunks.
pub(crate) type Fetched = (BackupHeader, Vec<Vec<u8>>);

/// The header and all chunks, once they are here.
pub(crate) fn whole(work: &Work<'_>, fetch: &Fetch) -> Result<Option<Fetched>, Damage> {
    let Some(header) = fetch
        .header
        .as_ref()
        .and_then(|header| BackupHeader::read(&header.0).ok())
    else {
        return Ok(None);
    };
    let count = header.chunks.len() as u32;
    let chunks: Option<Vec<Vec<u8>>> = (0..count)
        .map(|index| push::kept_chunk(work, &fetch.head, index))
        .collect::<Result<_, Damage>>()?;
    Ok(chunks.map(|chunks| (header, chunks)))
}

/// What a slot key's box is bound to.
pub(crate) fn key_context(fetch: &Fetch, fixed: &Fixed) -> Digest {
    slot::release_context(&fetch.head, &fixed.request)
}
