//! What she changes reaches the backup hosts a few seconds later, without a new epoch (decision 0038).
mod row;
mod tell;

use crate::agent::Work;
use crate::anchor::Anchor;
use crate::backup::supplement::{self, Supplement};
use crate::backup::{BackupHeader, Draft, Wallet};
use crate::bytes::{Blob, Digest};
use crate::error::Damage;
use crate::keys::{DataKey, labels};
use crate::limits;
use crate::message::Body;
use crate::message::backup::Extend;
use crate::message::share::Lodged;
use crate::outbox;
use crate::owner::audit::{self, InForce};
use crate::owner::deal::{Deal, Placed};
use crate::owner::dealing::Right;
use crate::owner::identity::{self, Identity};
use crate::owner::push::{self, End, Passage};
use crate::owner::secret;
use crate::owner::trustee::Trustee;
use crate::record::{self, Records, Row as _};
use crate::time::{Millis, Timestamp};
use row::{Base, Changed, Newest, Standing};

pub(crate) use tell::{pending, view};

/// From a change to its supplement: who adds ten items makes one.
const PAUSE: Millis = Millis::seconds(3);
/// The next try where no backup of this device is in force as far as the ledger was read.
const LATER: Millis = Millis::seconds(3_600);

/// What a host says that has a newer supplement.
const AHEAD: &str = "(e.m.req.older-backup)";

fn standing(records: &dyn Records) -> Result<Standing, Damage> {
    Ok(record::load(records, &[])?.unwrap_or_default())
}

/// She added, changed or removed an item. Whether that will reach the hosts by itself: not before there is a
/// backup.
pub(crate) fn changed(work: &mut Work<'_>, name: &str, removed: bool) -> Result<bool, Damage> {
    let bases = work.all::<Base>()?;
    if bases.is_empty() {
        return Ok(false);
    }
    let mut standing = standing(work)?;
    standing.serial += 1;
    standing.due = Some(work.now.after(PAUSE));
    let is_in = |base: &Base| base.names.iter().any(|known| known == name);
    if removed && !bases.iter().any(is_in) {
        // No backup knows of it, and the next supplement names it no more.
        work.erase::<Changed>(name.as_bytes());
    } else {
        work.save(&Changed {
            name: name.into(),
            serial: standing.serial,
            removed,
        });
    }
    work.save(&standing);
    Ok(true)
}

/// Keeps what it takes to supplement a backup that was just made of this wallet.
pub(crate) fn keep_base(
    work: &mut Work<'_>,
    backup: Digest,
    wallet: &Wallet,
    data_key: DataKey,
) -> Result<(), Damage> {
    let serial = standing(work)?.serial;
    let names = wallet.items.iter().map(|item| item.name.clone());
    work.save(&Base {
        backup,
        serial,
        names: names.collect(),
        data_key,
    });
    Ok(())
}

/// No deal names this backup any more.
pub(crate) fn forget_base(work: &mut Work<'_>, backup: &Digest) {
    work.erase::<Base>(&backup.0);
}

/// A deal has come into force: what its backup holds is no change any more. With the same backup as before, as after
/// a refresh, all stays as it is.
pub(crate) fn begin(work: &mut Work<'_>, deal: &Deal, older: &[Deal]) -> Result<(), Damage> {
    let backup = deal.record.backup_head;
    for older in older {
        if older.record.backup_head != backup {
            forget_base(work, &older.record.backup_head);
        }
    }
    let mut standing = standing(work)?;
    let stays = |newest: &Newest| newest.base == backup;
    if !standing.newest.as_ref().is_some_and(stays) {
        drop_newest(work, &mut standing)?;
        (standing.lodged, standing.ahead) = (None, Vec::new());
        if forget_changes(work, &backup)? {
            standing.due = Some(work.now);
        }
        work.save(&standing);
    }
    Ok(())
}

/// Forgets what the backup holds; whether something is left that it does not.
fn forget_changes(work: &mut Work<'_>, backup: &Digest) -> Result<bool, Damage> {
    let serial = work.load::<Base>(&backup.0)?.map_or(0, |base| base.serial);
    let mut left = false;
    for changed in work.all::<Changed>()? {
        if changed.serial <= serial {
            work.erase::<Changed>(&changed.id());
        } else {
            left = true;
        }
    }
    Ok(left)
}

fn drop_newest(work: &mut Work<'_>, standing: &mut Standing) -> Result<(), Damage> {
    let Some(newest) = standing.newest.take() else {
        return Ok(());
    };
    for host in &newest.hosts {
        push::withdraw(work, &newest.head, &host.name)?;
    }
    push::drop_chunks(work, &newest.head)?;
    audit::forget(work, &newest.head);
    Ok(())
}

/// When the next supplement is made.
pub(crate) fn due(records: &dyn Records) -> Result<Option<Timestamp>, Damage> {
    Ok(standing(records)?.due)
}

/// Makes it, if it is time.
pub(crate) fn tick(work: &mut Work<'_>, anchor: &Anchor) -> Result<(), Damage> {
    let mut standing = standing(work)?;
    if standing.due.is_none_or(|due| !due.is_over(work.now, LATER)) {
        return Ok(());
    }
    standing.due = None;
    match audit::in_force(work, anchor)? {
        Some(place) => supplement(work, place, &mut standing)?,
        // It is not in force yet, and will bring the changes up when it is; or another device's deal is.
        None => standing.due = Some(work.now.after(LATER)),
    }
    work.save(&standing);
    Ok(())
}

fn supplement(
    work: &mut Work<'_>,
    mut place: InForce,
    standing: &mut Standing,
) -> Result<(), Damage> {
    let Some(base) = work.load::<Base>(&place.deal.record.backup_head.0)? else {
        return Ok(());
    };
    let mut changes = work.all::<Changed>()?;
    changes.retain(|changed| changed.serial > base.serial);
    // What was added and removed again is gone from the hosts only with the next supplement.
    if changes.is_empty() && standing.newest.is_none() {
        return Ok(());
    }
    let Some((header, chunks)) = seal(work, &place, (&base, &changes))? else {
        return Ok(());
    };
    drop_newest(work, standing)?;
    let newest = Newest {
        base: base.backup,
        head: header.digest(),
        sequence: header.draft.sequence,
        serial: standing.serial,
        items: changes.len() as u32,
        bytes: header.bytes,
        made: work.now,
        hosts: Vec::new(),
    };
    place.identity.sequence = header.draft.sequence;
    place.identity.head = newest.head;
    work.save(&place.identity);
    audit::keep(work, &header);
    push::keep(work, newest.head, chunks);
    standing.newest = Some(newest);
    offer(work, &place, &header, standing)
}

/// A header and its chunks.
type Parts = (BackupHeader, Vec<Vec<u8>>);

/// The header and its chunks; nothing where there is more than a backup holds, which cannot be: a wallet's bounds
/// are a supplement's, too.
fn seal(
    work: &mut Work<'_>,
    place: &InForce,
    (base, changes): (&Base, &[Changed]),
) -> Result<Option<Parts>, Damage> {
    let names = |removed: bool| {
        let chosen = changes
            .iter()
            .filter(move |changed| changed.removed == removed);
        chosen.map(|changed| changed.name.clone())
    };
    let supplement = Supplement {
        base: base.backup,
        made: work.now,
        items: secret::named(work, names(false))?,
        removed: names(true).collect(),
    };
    let draft = Draft {
        policy: place.identity.policy,
        epoch: place.header.draft.epoch,
        sequence: place.identity.sequence.saturating_add(1),
        previous: place.identity.head,
    };
    let keys = (&base.data_key, &place.identity.agent);
    Ok(supplement::seal(&supplement, (draft, &place.header), keys, work.rng).ok())
}

/// Offers the newest supplement to every host that has the backup and is not known to have a newer one.
fn offer(
    work: &mut Work<'_>,
    place: &InForce,
    header: &BackupHeader,
    standing: &mut Standing,
) -> Result<(), Damage> {
    let Some(newest) = &mut standing.newest else {
        return Ok(());
    };
    let mut extend = Extend {
        policy: place.identity.policy,
        base: newest.base,
        header: Blob(header.to_bytes()),
        authority: authority(&place.identity, &[]),
    };
    extend.authority = authority(&place.identity, &extend.signed_bytes());
    let able = |host: &&Placed| host.receipt.is_some() && !standing.ahead.contains(&host.name);
    for host in place.deal.hosts.iter().filter(able) {
        let Some(peer) = work.load::<Trustee>(host.name.as_bytes())? else {
            continue;
        };
        let body = Body::BackupExtend(extend.clone());
        let message = outbox::send(work, &peer.local, &host.did, body);
        work.save(&Passage {
            backup: newest.head,
            epoch: place.deal.epoch,
            host: host.name.clone(),
            local: peer.local,
            did: host.did.clone(),
            message,
            sent: 0,
        });
        newest.hosts.push(Placed {
            name: host.name.clone(),
            did: host.did.clone(),
            receipt: None,
            refused: None,
        });
    }
    Ok(())
}

fn authority(identity: &Identity, signed: &[u8]) -> crate::message::share::Authority {
    Right::Agent.authority(identity, labels::BACKUP_EXTEND, signed)
}

/// A host has taken the supplement, or does not.
pub(crate) fn placed(
    work: &mut Work<'_>,
    (head, name): (&Digest, &str),
    end: End,
) -> Result<(), Damage> {
    let mut standing = standing(work)?;
    let Some(newest) = standing
        .newest
        .as_mut()
        .filter(|newest| newest.head == *head)
    else {
        return Ok(());
    };
    let Some(host) = newest.hosts.iter_mut().find(|host| host.name == name) else {
        return Ok(());
    };
    match end {
        End::Stored(receipt) => (host.receipt, host.refused) = (Some(receipt), None),
        End::Refused(why) => host.refused = Some(why),
    }
    let taken = host.receipt.is_some();
    let is_ahead = host
        .refused
        .as_ref()
        .is_some_and(|why| why.ends_with(AHEAD));
    let placed = newest.hosts.iter().all(|host| host.receipt.is_some());
    if taken && let Some(identity) = identity::load(work)? {
        standing.lodged = Some(lodge(&identity, newest));
    }
    if placed {
        push::drop_chunks(work, head)?;
    }
    if is_ahead {
        standing.ahead.push(name.into());
        work.hint(tell::ahead(name));
    }
    work.save(&standing);
    Ok(())
}

fn lodge(identity: &Identity, newest: &Newest) -> Lodged {
    let named = (newest.base, newest.head);
    let number = (newest.sequence, newest.made);
    Lodged::sign(&identity.policy, named, number, &identity.agent)
}

/// A host that was late has the backup now, or one did not take the last supplement: another is made.
pub(crate) fn again(work: &mut Work<'_>) -> Result<(), Damage> {
    let mut standing = standing(work)?;
    if standing.newest.is_some() && standing.due.is_none() {
        standing.due = Some(work.now);
        work.save(&standing);
    }
    Ok(())
}

/// The same, where a host refused it or has not answered for so long that it is not asked any more.
pub(crate) fn repeat(work: &mut Work<'_>) -> Result<(), Damage> {
    let standing = standing(work)?;
    let open = |newest: &Newest| {
        let expired = newest.made.after(limits::message::LIFETIME) <= work.now;
        let mut hosts = newest.hosts.iter().filter(|host| host.receipt.is_none());
        hosts.any(|host| expired || host.refused.is_some())
    };
    if standing.newest.as_ref().is_some_and(open) {
        again(work)?;
    }
    Ok(())
}

/// What is lodged with the trustees of this deal.
pub(crate) fn lodged(work: &Work<'_>, deal: &Deal) -> Result<Option<Lodged>, Damage> {
    let lodged = standing(work)?.lodged;
    Ok(lodged.filter(|lodged| lodged.base == deal.record.backup_head))
}

/// The newest supplement of a backup.
pub(crate) fn newest(records: &dyn Records, base: &Digest) -> Result<Option<Digest>, Damage> {
    let newest = standing(records)?.newest;
    Ok(newest
        .filter(|newest| newest.base == *base)
        .map(|newest| newest.head))
}

/// The same, where this host has acknowledged it.
pub(crate) fn acknowledged(
    records: &dyn Records,
    base: &Digest,
    host: &str,
) -> Result<Option<Digest>, Damage> {
    let newest = standing(records)?
        .newest
        .filter(|newest| newest.base == *base);
    let has = |newest: &Newest| {
        let mut hosts = newest.hosts.iter();
        hosts.any(|placed| placed.name == host && placed.receipt.is_some())
    };
    Ok(newest.filter(has).map(|newest| newest.head))
}
