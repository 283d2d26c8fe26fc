//! Do the hosts still have the backup? Asked in rounds, about once a week, and whenever she wants to know (decision
//! 0037).
//!
//! As with custody proofs a question does not go through the outbox.
mod row;
mod tell;

use crate::agent::Work;
use crate::anchor::Anchor;
use crate::backup::BackupHeader;
use crate::bytes::{Blob, Digest};
use crate::did::Did;
use crate::error::{CommandError, Damage, Stop};
use crate::limits;
use crate::message::backup::{Audit, Chunk};
use crate::message::{Body, Outgoing};
use crate::outbox;
use crate::owner::command::Answer;
use crate::owner::custody::{self, Found};
use crate::owner::deal::{self, Deal, Placed};
use crate::owner::identity::{self, Identity};
use crate::owner::supplement;
use crate::owner::trustee::Trustee;
use crate::record::{self, Records, Row as _};
use crate::time::{Millis, Timestamp};
use row::{Asked, Audited, Header, Round};

pub(crate) use tell::{lost, pending, show, views};

/// What a host says that does not have it.
const GONE: &str = "e.p.req.unknown-backup";

/// Keeps what answers are checked against.
pub(crate) fn keep(work: &mut Work<'_>, header: &BackupHeader) {
    work.save(&Header {
        backup: header.digest(),
        bytes: Blob(header.to_bytes()),
    });
}

/// No deal names this backup any more.
pub(crate) fn forget(work: &mut Work<'_>, backup: &Digest) {
    work.erase::<Header>(&backup.0);
}

/// An epoch has come into force. Its hosts have just acknowledged the backup, so they are asked in the first
/// round; of those who are none any more nothing is kept.
pub(crate) fn begin(work: &mut Work<'_>, deal: &Deal) -> Result<(), Damage> {
    for audited in work.all::<Audited>()? {
        let stays = deal.hosts.iter().any(|host| host.name == audited.name)
            && audited.backup == deal.record.backup_head;
        if !stays {
            work.erase::<Audited>(&audited.id());
        }
    }
    let next = work.now.after(custody::pause(work));
    work.save(&Round {
        next,
        again: None,
        repeated: 0,
    });
    Ok(())
}

/// When this must be looked at next.
pub(crate) fn due(records: &dyn Records) -> Result<Option<Timestamp>, Damage> {
    let round = record::load::<Round>(records, &[])?;
    Ok(round.map(|round| {
        let again = round.again.unwrap_or(round.next);
        again.min(round.next)
    }))
}

/// Asks those whose time has come.
pub(crate) fn tick(work: &mut Work<'_>, anchor: &Anchor) -> Result<(), Damage> {
    let Some(mut round) = work.load::<Round>(&[])? else {
        return Ok(());
    };
    if round
        .next
        .is_over(work.now, custody::SHORTEST + custody::SPREAD)
    {
        round.next = work.now.after(custody::pause(work));
        supplement::repeat(work)?;
        return ask_all(work, anchor, (round, false)).map(drop);
    }
    let again = round.again;
    if again.is_some_and(|again| again.is_over(work.now, custody::LAST_AGAIN)) {
        return ask_again(work, anchor, round);
    }
    Ok(())
}

/// Asks every host for every chunk, now.
pub(crate) fn verify(work: &mut Work<'_>, anchor: &Anchor) -> Result<Answer, Stop> {
    identity::require(work)?;
    let round = work.load::<Round>(&[])?;
    let none = "no backup of this device is in force; make one with `owner-agent protect --threshold NUMBER`";
    let round = round.ok_or_else(|| CommandError::error(none))?;
    if !ask_all(work, anchor, (round, true))? {
        return Err(CommandError::error(none).into());
    }
    show(work, anchor)
}

/// The deal in force and its backup, while this device made it.
pub(crate) struct InForce {
    pub(crate) identity: Identity,
    pub(crate) deal: Deal,
    pub(crate) header: BackupHeader,
}

pub(crate) fn in_force(records: &dyn Records, anchor: &Anchor) -> Result<Option<InForce>, Damage> {
    let Some(active) = deal::active(records)? else {
        return Ok(None);
    };
    let Some((identity, deal)) = custody::in_force(records, anchor, active.epoch)? else {
        return Ok(None);
    };
    let header = header_of(records, &deal.record.backup_head)?;
    Ok(header.map(|header| InForce {
        identity,
        deal,
        header,
    }))
}

fn header_of(records: &dyn Records, backup: &Digest) -> Result<Option<BackupHeader>, Damage> {
    let header = record::load::<Header>(records, &backup.0)?;
    Ok(header.and_then(|header| BackupHeader::read(&header.bytes.0).ok()))
}

/// What a host has said to have: the backup in force, then the newest supplement, each with its number of chunks.
fn said_to_have(
    records: &dyn Records,
    place: &InForce,
    host: &str,
) -> Result<Vec<(Digest, u32)>, Damage> {
    let base = place.deal.record.backup_head;
    let mut all = vec![(base, place.header.chunks.len() as u32)];
    if let Some(later) = supplement::acknowledged(records, &base, host)?
        && let Some(header) = header_of(records, &later)?
    {
        all.push((later, header.chunks.len() as u32));
    }
    Ok(all)
}

/// A round begins: for one chunk by lot, or for all. Whether there was anything to ask for.
fn ask_all(
    work: &mut Work<'_>,
    anchor: &Anchor,
    (mut round, all): (Round, bool),
) -> Result<bool, Damage> {
    (round.again, round.repeated) = (None, 0);
    let Some(place) = in_force(work, anchor)? else {
        work.save(&round);
        return Ok(false);
    };
    for host in place
        .deal
        .hosts
        .iter()
        .filter(|host| host.receipt.is_some())
    {
        ask(work, anchor, &place, (host, all))?;
    }
    round.again = Some(work.now.after(custody::FIRST_AGAIN));
    work.save(&round);
    Ok(true)
}

fn ask(
    work: &mut Work<'_>,
    anchor: &Anchor,
    place: &InForce,
    (host, all): (&Placed, bool),
) -> Result<(), Damage> {
    let Some(peer) = work.load::<Trustee>(host.name.as_bytes())? else {
        return Ok(());
    };
    let backup = place.deal.record.backup_head;
    let known = work.load::<Audited>(host.name.as_bytes())?;
    let known = known.filter(|known| known.backup == backup);
    let mut audited = known.unwrap_or_else(|| Audited::new(host.name.clone(), backup));
    // Who was asked often enough and did not answer has missed the round before.
    let asked = audited.asked.as_ref();
    if asked.is_some_and(|asked| asked.repeated >= custody::REPEATED) {
        audited.note(Found::Missed);
        tell::say(work, &audited, &place.deal);
    }
    let (of, index) = match all {
        true => (backup, 0),
        false => by_lot(work, &said_to_have(work, place, &host.name)?),
    };
    let repeated = audited.asked.take().map_or(0, |open| open.repeated);
    audited.shown = 0;
    audited.asked = Some(Asked {
        message: outbox::fresh_id(work),
        local: peer.local,
        did: host.did.clone(),
        backup: of,
        index,
        all,
        time: work.now,
        repeated,
        heard: custody::heard(anchor, &place.identity),
    });
    send(work, &audited);
    work.save(&audited);
    Ok(())
}

/// Nobody knows which chunk will be asked for. (The remainder favours none by more than one in a million.)
fn by_lot(work: &mut Work<'_>, all: &[(Digest, u32)]) -> (Digest, u32) {
    let chunks: u32 = all.iter().map(|(_, chunks)| chunks).sum();
    let [a, b, c, d, ..] = work.random();
    let lot = u32::from_be_bytes([a, b, c, d]) % chunks.max(1);
    match all {
        [(base, chunks), ..] if lot < *chunks => (*base, lot),
        [(_, chunks), (later, _), ..] => (*later, lot - chunks),
        [(base, _)] => (*base, 0),
        [] => (Digest([0; 32]), 0),
    }
}

fn send(work: &mut Work<'_>, audited: &Audited) {
    let Some(asked) = &audited.asked else {
        return;
    };
    work.transmit(Outgoing {
        id: asked.message.clone(),
        from: asked.local.clone(),
        to: asked.did.clone(),
        thid: None,
        pthid: None,
        expires: work.now.after(limits::message::LIFETIME),
        body: Body::BackupAudit(Audit {
            backup: asked.backup,
            index: asked.index,
        }),
    });
}

fn ask_again(work: &mut Work<'_>, anchor: &Anchor, mut round: Round) -> Result<(), Damage> {
    let place = in_force(work, anchor)?;
    let heard = place
        .as_ref()
        .map(|place| custody::heard(anchor, &place.identity));
    let mut open = work.all::<Audited>()?;
    open.retain(|audited| audited.asked.is_some() && heard.is_some());
    for audited in &mut open {
        if let (Some(asked), Some(heard)) = (&mut audited.asked, heard) {
            asked.again(heard);
        }
        send(work, audited);
        work.save(audited);
    }
    round.repeated = round.repeated.saturating_add(1);
    let pause: Millis = custody::FIRST_AGAIN.times(1 << (2 * round.repeated.min(8)));
    let pause = pause.min(custody::LAST_AGAIN);
    round.again = (!open.is_empty()).then(|| work.now.after(pause));
    work.save(&round);
    Ok(())
}

impl Asked {
    /// It is sent again; that counts against the host only where this agent has heard from the ledger since.
    fn again(&mut self, heard: Timestamp) {
        if heard > self.heard {
            self.repeated = self.repeated.saturating_add(1);
            self.heard = heard;
        }
    }
}

/// An answer to a question of ours; false where it is none.
pub(crate) fn on_reply(
    work: &mut Work<'_>,
    anchor: &Anchor,
    (from, id): (&Did, &str),
    reply: &Body,
) -> Result<bool, Damage> {
    let all = work.all::<Audited>()?;
    let awaits = |audited: &Audited| {
        let asked = audited.asked.as_ref();
        asked.is_some_and(|asked| asked.message == id && asked.did == *from)
    };
    let Some(mut audited) = all.into_iter().find(awaits) else {
        return Ok(false);
    };
    let Some(place) = in_force(work, anchor)? else {
        return Ok(true);
    };
    let of = audited.asked.as_ref().map(|asked| asked.backup);
    let header = of.map(|of| header_of(work, &of)).transpose()?.flatten();
    let Some(header) = header else {
        // Another supplement took the place of the one that was asked for.
        audited.asked = None;
        work.save(&audited);
        return Ok(true);
    };
    match reply {
        Body::BackupChunk(chunk) => {
            let have = said_to_have(work, &place, &audited.name)?;
            shown(work, &mut audited, (&header, &have), chunk);
        }
        Body::Problem(problem) if problem.code == GONE => audited.note(Found::Gone),
        Body::Problem(problem) if custody::ENDED.contains(&problem.code.as_str()) => {
            audited.note(Found::Refused);
        }
        // Whatever else stands in the way may be over when it is asked again.
        Body::Problem(_) => return Ok(true),
        _ => audited.note(Found::Wrong),
    }
    if audited.asked.is_none() {
        tell::say(work, &audited, &place.deal);
    }
    work.save(&audited);
    Ok(true)
}

/// One chunk came: the next one, where all are asked for.
fn shown(
    work: &mut Work<'_>,
    audited: &mut Audited,
    (header, have): (&BackupHeader, &[(Digest, u32)]),
    chunk: &Chunk,
) {
    let Some(asked) = &mut audited.asked else {
        return;
    };
    if chunk.index != asked.index || !header.holds(chunk.index, &chunk.data.0) {
        audited.note(Found::Wrong);
        return;
    }
    audited.shown += 1;
    let next = match asked.index + 1 {
        next if (next as usize) < header.chunks.len() => Some((asked.backup, next)),
        _ => have
            .iter()
            .skip_while(|(of, _)| *of != asked.backup)
            .nth(1)
            .map(|(of, _)| (*of, 0)),
    };
    if let Some(next) = next.filter(|_| asked.all) {
        (asked.backup, asked.index) = next;
        asked.message = outbox::fresh_id(work);
        send(work, audited);
        return;
    }
    audited.note(Found::Held);
}
