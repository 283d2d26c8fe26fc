//! Fetching the backup from whichever host gives it out.
use crate::agent::Work;
use crate::anchor::Anchor;
use crate::backup::{BackupHeader, slot};
use crate::bytes::{Blob, Digest};
use crate::did::{Did, LocalDid};
use crate::error::Damage;
use crate::limits;
use crate::message::Body;
use crate::message::backup::{Chunk, ChunkGet, Get, KeyGet, Newest};
use crate::outbox;
use crate::owner::claim::later::{self, Later};
use crate::owner::claim::row::{self, Claim, ClaimStage, Claimed, Fixed};
use crate::owner::protect::reason;
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
    /// What comes after the backup, once that opens. Nothing where this fetches what comes after one.
    pub(super) later: Option<Box<Later>>,
    /// Whether this fetches a supplement, which opens with the key of its backup.
    is_later: bool,
}

/// One host.
#[derive(Serialize, Deserialize)]
pub(super) struct Source {
    pub(super) did: Did,
    local: Did,
    message: String,
    asked: Asked,
    /// The newest supplement that it says to have.
    pub(super) newest: Option<Newest>,
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
    let mut fetch = Fetch::of(head, Vec::new(), false);
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
    let message = outbox::send(work, &local, &did, get(fixed, None));
    Source::new((did, local), message)
}

fn get(fixed: &Fixed, named: Option<Digest>) -> Body {
    Body::BackupGet(Get {
        policy: fixed.policy,
        request: fixed.request,
        before: None,
        named,
    })
}

/// Asks all of these hosts for a supplement that each says to have.
pub(super) fn begin_later<'a>(
    work: &mut Work<'_>,
    fixed: &Fixed,
    head: Digest,
    hosts: impl Iterator<Item = &'a Source>,
) -> Fetch {
    let ask = |host: &Source| {
        let message = outbox::send(work, &host.local, &host.did, get(fixed, Some(head)));
        Source::new((host.did.clone(), host.local.clone()), message)
    };
    Fetch::of(head, hosts.map(ask).collect(), true)
}

impl Source {
    fn new((did, local): (Did, Did), message: String) -> Self {
        Self {
            did,
            local,
            message,
            asked: Asked::Header,
            newest: None,
            refused: None,
            refusals: 0,
        }
    }

    /// Whether it has said yet what it has, or that it has nothing. One that says "not yet" has said neither.
    pub(super) fn has_answered(&self) -> bool {
        let refused = self.refused.as_deref();
        let said_no = refused.is_some_and(|why| !outbox::reads_not_yet(why));
        self.asked != Asked::Header || self.newest.is_some() || said_no
    }
}

impl Fetch {
    const fn of(head: Digest, hosts: Vec<Source>, is_later: bool) -> Self {
        Self {
            head,
            hosts,
            header: None,
            have: 0,
            due: None,
            later: None,
            is_later,
        }
    }

    /// Bytes fetched and in all.
    pub(crate) fn progress(&self) -> (u64, u64) {
        let Some(header) = self.header() else {
            return (0, 0);
        };
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
    let Some(place) = fetch.place_of(id) else {
        return later::on_reply(work, anchor, claim, (id, reply));
    };
    if fetch.later.is_some() {
        fetch.take_word(place, reply);
        later::advance(work, anchor, claim)?;
        return Ok(true);
    }
    let arrived = fetch.take(work, &fixed, place, reply);
    match arrived {
        Some(slot_key) => {
            let host = fetch.hosts[place].did.clone();
            later::begin(work, anchor, claim, (host, slot_key))?;
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
    pub(super) fn place_of(&self, message: &str) -> Option<usize> {
        self.hosts.iter().position(|host| host.message == message)
    }

    /// A host that was late says what it has, when the backup itself is here already.
    fn take_word(&mut self, place: usize, reply: &Body) {
        let host = &mut self.hosts[place];
        match reply {
            Body::BackupHead(head) => {
                host.newest = head.newest;
                host.asked = Asked::Key;
            }
            Body::Problem(problem) => host.refused = Some(reason(problem)),
            _ => {}
        }
    }

    /// The backup is here and opens: of its hosts only those are waited for that have said nothing yet.
    pub(super) fn rest(&mut self, work: &mut Work<'_>) {
        self.due = None;
        for host in self.hosts.iter().filter(|host| host.has_answered()) {
            outbox::withdraw(work, &host.message);
        }
    }

    /// What was opened with a host's key could not be made use of: hosts are asked for theirs once more, since another
    /// share or prekey may come, and what comes after the backup is looked for anew.
    pub(super) fn ask_for_key_again(&mut self, work: &mut Work<'_>, why: &str) {
        let Some(later) = self.later.take() else {
            return;
        };
        for after in later.found.iter().chain(&later.trial) {
            after.withdraw(work);
            after.forget(work);
        }
        for place in 0..self.hosts.len() {
            if self.hosts[place].has_answered() {
                self.put_off(work, place, why.into());
            }
        }
    }

    /// Whether trustees know of something newer than any host gives, and she has not said to go on without.
    pub(super) fn misses_newer(&self) -> bool {
        self.later.as_ref().is_some_and(|later| later.misses)
    }

    /// Its hosts.
    pub(super) fn hosts(&self) -> &[Source] {
        &self.hosts
    }

    /// Whether all chunks are here; counted, because to read them all after each one takes a wallet's time squared.
    pub(super) fn is_whole(&self) -> bool {
        let header = self.header();
        header.is_some_and(|header| self.have as usize == header.chunks.len())
    }

    /// Its header, once it is here.
    pub(super) fn header(&self) -> Option<BackupHeader> {
        let header = self.header.as_ref()?;
        BackupHeader::read(&header.0).ok()
    }

    /// Takes an answer; the key, when that is what came.
    pub(super) fn take(
        &mut self,
        work: &mut Work<'_>,
        fixed: &Fixed,
        place: usize,
        reply: &Body,
    ) -> Option<crate::message::backup::Key> {
        let asked = self.hosts[place].asked;
        let wrong = match (asked, reply) {
            (Asked::Header, Body::BackupHead(head)) => {
                self.hosts[place].newest = head.newest;
                self.take_header(&head.header)
            }
            (Asked::Chunk(index), Body::BackupChunk(chunk)) if chunk.index == index => {
                self.take_chunk(work, chunk)
            }
            (Asked::Key, Body::BackupKey(key)) if key.backup == self.head => {
                return Some(key.clone());
            }
            (_, Body::Problem(problem)) => Err(reason(problem)),
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
        for after in self.after() {
            after.forget(work);
        }
    }

    /// What was asked of hosts is no longer wanted.
    pub(crate) fn withdraw(&self, work: &mut Work<'_>) {
        for host in &self.hosts {
            outbox::withdraw(work, &host.message);
        }
        for after in self.after() {
            after.withdraw(work);
        }
    }

    /// The supplements that are fetched, or were.
    fn after(&self) -> impl Iterator<Item = &Self> {
        self.later
            .iter()
            .flat_map(|later| later.found.iter().chain(&later.trial))
    }

    /// When refusing hosts are asked again.
    pub(super) const fn due(&self) -> Option<Timestamp> {
        self.due
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
        let header = self.header().ok_or("it sent a chunk before the header")?;
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
        let chunks = self.header().map_or(0, |header| header.chunks.len() as u32);
        let (backup, request) = (self.head, fixed.request);
        let named = self.is_later.then_some(backup);
        let (asked, body) = match (chunks, self.have) {
            (0, _) => (Asked::Header, get(fixed, named)),
            (chunks, index) if index < chunks => {
                let get = ChunkGet {
                    backup,
                    request,
                    index,
                };
                (Asked::Chunk(index), Body::BackupChunkGet(get))
            }
            // It opens with the key of its backup.
            _ if self.is_later => return,
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
    if fetch.ask_refused(work, &fixed) {
        work.save(&claim);
    }
    Ok(())
}

impl Fetch {
    /// Asks hosts that refused once more, if it is time; whether it was.
    pub(super) fn ask_refused(&mut self, work: &mut Work<'_>, fixed: &Fixed) -> bool {
        let is_over = |due: Timestamp| due.is_over(work.now, LONGEST_RETRY);
        if !self.due.is_some_and(is_over) {
            return false;
        }
        self.due = None;
        let refused = |place: &usize| self.hosts[*place].refused.is_some();
        let refused: Vec<usize> = (0..self.hosts.len()).filter(refused).collect();
        for place in refused {
            self.ask_on(work, fixed, place);
        }
        true
    }
}

/// When [`tick`], or what comes after the backup, has something to do.
pub(crate) fn due(claim: &Claim) -> Option<Timestamp> {
    match &claim.stage {
        ClaimStage::Fetching(fetch) => {
            let later = fetch.later.as_ref().and_then(|later| later.due());
            fetch.due.into_iter().chain(later).min()
        }
        ClaimStage::Gathering | ClaimStage::Dealing | ClaimStage::Done => None,
    }
}

/// A backup as it was fetched: header and sealed chunks.
pub(crate) type Fetched = (BackupHeader, Vec<Vec<u8>>);

/// The header and all chunks, once they are here.
pub(crate) fn whole(work: &Work<'_>, fetch: &Fetch) -> Result<Option<Fetched>, Damage> {
    let Some(header) = fetch.header() else {
        return Ok(None);
    };
    let chunks: Option<Vec<Vec<u8>>> = (0..header.chunks.len() as u32)
        .map(|index| push::kept_chunk(work, &fetch.head, index))
        .collect::<Result<_, Damage>>()?;
    Ok(chunks.map(|chunks| (header, chunks)))
}

/// What a slot key's box is bound to.
pub(crate) fn key_context(fetch: &Fetch, fixed: &Fixed) -> Digest {
    slot::release_context(&fetch.head, &fixed.request)
}
