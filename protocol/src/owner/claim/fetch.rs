//! Fetching the backup from whichever host gives it out.
use crate::agent::Work;
use crate::anchor::Anchor;
use crate::backup::{BackupHeader, slot};
use crate::bytes::{Blob, Digest};
use crate::did::{Did, LocalDid};
use crate::error::Damage;
use crate::limits;
use crate::message::Body;
use crate::message::backup::{Chunk, ChunkGet, Get, KeyGet};
use crate::outbox;
use crate::owner::claim::restore;
use crate::owner::claim::row::{self, Claim, ClaimStage, Claimed, Fixed};
use crate::owner::push;
use crate::time::{Millis, Timestamp};
use serde::{Deserialize, Serialize};

/// Pause before a host that refused is asked again: it may not have seen the ledger yet. Twice as
/// long each time.
const RETRY: Millis = Millis(500);
/// The longest such pause.
const LONGEST_RETRY: Millis = Millis::seconds(60);

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
    asked: Asked,
    /// Why it gave nothing the last time.
    refused: Option<String>,
    /// How often in a row.
    refusals: u32,
}

/// What a host was asked for. Only the answer to that very question leads to the next one; or a
/// hostile host could keep us asking for ever.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Asked {
    Header,
    Chunk(u32),
    Key,
}

/// Asks every host that the releases name.
pub(crate) fn begin(work: &mut Work<'_>, fixed: &Fixed, head: Digest) -> Result<Fetch, Damage> {
    let mut fetch = Fetch {
        head,
        hosts: Vec::new(),
        header: None,
        have: 0,
        due: None,
    };
    widen(work, fixed, &mut fetch)?;
    Ok(fetch)
}

/// Asks the hosts that a later release names too; whether there were any.
pub(crate) fn widen(work: &mut Work<'_>, fixed: &Fixed, fetch: &mut Fetch) -> Result<bool, Damage> {
    let before = fetch.hosts.len();
    for did in named(work)? {
        let known = fetch.hosts.iter().any(|host| host.did == did);
        if !known && fetch.hosts.len() < limits::owner::CLAIM_HOSTS {
            let source = ask(work, fixed, did);
            fetch.hosts.push(source);
        }
    }
    Ok(fetch.hosts.len() > before)
}

/// The hosts that good releases name, in turns.
fn named(work: &Work<'_>) -> Result<Vec<Did>, Damage> {
    let all = work.all::<Claimed>()?;
    let lists: Vec<&[Did]> = all
        .iter()
        .filter_map(Claimed::good_release)
        .map(|release| release.hosts.as_slice())
        .collect();
    let turn = |place| {
        lists
            .iter()
            .filter_map(move |list: &&[Did]| list.get(place))
    };
    Ok((0..limits::owner::HOSTS_PER_RELEASE)
        .flat_map(turn)
        .cloned()
        .collect())
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
        asked: Asked::Header,
        refused: None,
        refusals: 0,
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
    let arrived = fetch.take(work, &fixed, place, reply);
    match arrived {
        Some(slot_key) => {
            let host = fetch.hosts[place].did.clone();
            restore::restore(work, anchor, claim, (&host, &slot_key))?;
        }
        None => work.save(&claim),
    }
    Ok(true)
}

/// Notes for the screen why a host that will be asked again gave nothing yet.
pub(crate) fn on_not_yet(work: &mut Work<'_>, id: &str, why: &str) -> Result<(), Damage> {
    let Some(mut claim) = row::load(work)? else {
        return Ok(());
    };
    let ClaimStage::Fetching(fetch) = &mut claim.stage else {
        return Ok(());
    };
    let Some(host) = fetch.hosts.iter_mut().find(|host| host.message == id) else {
        return Ok(());
    };
    if host.refused.as_deref() != Some(why) {
        host.refused = Some(why.into());
        work.save(&claim);
    }
    Ok(())
}

impl Fetch {
    /// Takes an answer; the key, when that is what came.
    fn take(
        &mut self,
        work: &mut Work<'_>,
        fixed: &Fixed,
        place: usize,
        reply: &Body,
    ) -> Option<crate::message::backup::Key> {
        let asked = self.hosts[place].asked;
        let wrong = match (asked, reply) {
            (Asked::Header, Body::BackupHead(head)) => self.take_header(&head.header),
            (Asked::Chunk(index), Body::BackupChunk(chunk)) if chunk.index == index => {
                self.take_chunk(work, chunk)
            }
            (Asked::Key, Body::BackupKey(key)) if key.backup == self.head => {
                return Some(key.clone());
            }
            (_, Body::Problem(problem)) => Err(crate::owner::protect::reason(problem)),
            _ => Err("it answered with something else than was asked for".into()),
        };
        match wrong {
            Ok(()) => {
                self.hosts[place].refused = None;
                self.hosts[place].refusals = 0;
                self.ask_on(work, fixed, place);
            }
            Err(why) => self.put_off(work, place, why),
        }
        None
    }

    fn put_off(&mut self, work: &Work<'_>, place: usize, why: String) {
        let host = &mut self.hosts[place];
        let pause = RETRY
            .times(1 << host.refusals.min(16))
            .0
            .min(LONGEST_RETRY.0);
        host.refused = Some(why);
        host.refusals = host.refusals.saturating_add(1);
        let due = work.now.after(Millis(pause));
        self.due = Some(self.due.map_or(due, |earlier| earlier.min(due)));
    }

    /// Forgets what was fetched.
    pub(crate) fn forget(&self, work: &mut Work<'_>) {
        push::forget_chunks(work, &self.head, self.have as usize);
    }

    /// What was asked of hosts is no longer wanted.
    pub(crate) fn withdraw(&self, work: &mut Work<'_>) {
        for host in &self.hosts {
            outbox::withdraw(work, &host.message);
        }
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
        let (backup, request) = (self.head, fixed.request);
        let (asked, body) = match (chunks, self.have) {
            (0, _) => (Asked::Header, get(fixed)),
            (chunks, index) if index < chunks => {
                let get = ChunkGet {
                    backup,
                    request,
                    index,
                };
                (Asked::Chunk(index), Body::BackupChunkGet(get))
            }
            _ => (Asked::Key, Body::BackupKeyGet(KeyGet { backup, request })),
        };
        let host = &mut self.hosts[place];
        // One question at a time: the one before may still be on its way.
        outbox::withdraw(work, &host.message);
        host.asked = asked;
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
    if fetch
        .due
        .is_none_or(|due| !due.is_over(work.now, LONGEST_RETRY))
    {
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
