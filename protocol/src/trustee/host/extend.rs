//! Taking in a supplement of a backup that is here (decision 0038).
use super::keep::{anchored, check_author, progress};
use super::{Kept, id, of, unknown_backup};
use crate::agent::Work;
use crate::anchor::Anchor;
use crate::backup::{BackupHeader, supplements};
use crate::bytes::Digest;
use crate::error::{Damage, Halt, Refusal};
use crate::keys::labels;
use crate::message::backup::{Extend, Newest};
use crate::message::setup::Capability;
use crate::message::{Body, Received};
use crate::trustee::aside::Aside;
use crate::trustee::authority::{self, Ground};
use crate::trustee::custody::Author;
use crate::trustee::ward::{Ward, WardId};

/// The header of a supplement. Only a live agent puts one: a claimant makes a whole backup.
pub(in crate::trustee) fn extend(
    work: &mut Work<'_>,
    anchor: &Anchor,
    message: &Received,
    extend: &Extend,
    aside: &mut Aside,
) -> Result<Body, Halt> {
    let ward = authority::ward_for(work, message, &extend.policy, Capability::BackupHost)?;
    let header = BackupHeader::read(&extend.header.0)
        .map_err(|error| Refusal::new("e.p.msg.malformed", error.to_string()))?;
    let ground = Ground {
        authority: &extend.authority,
        label: labels::BACKUP_EXTEND,
        signed: extend.signed_bytes(),
        epoch: header.draft.epoch,
        anchored: false,
    };
    let author = authority::judge((work, anchor), &ward, message, &ground, aside)?;
    check_author(&ward, &header, &author)?;
    check_agent(&author)?;
    if let Some(known) = work.load::<Kept>(&id(&ward.id, &header.digest()))? {
        return progress(work, &known);
    }
    if !anchored(anchor, &ward).contains(&extend.base) {
        // Our view may only be behind.
        aside.look(ward.ledger);
        let comment = "no record names that backup as far as the ledger was read; try again";
        return Err(Refusal::new("e.m.trust.ledger-behind", comment).into());
    }
    check_place(work, &ward, (&extend.base, &header))?;
    make_room(work, &ward.id, &extend.base)?;
    let kept = Kept {
        ward: ward.id,
        backup: header.digest(),
        header: extend.header.clone(),
        slot_key: None,
        base: Some(extend.base),
        author,
        ours: message.to.clone(),
        theirs: message.from.clone(),
        stored: work.now,
    };
    work.save(&kept);
    progress(work, &kept)
}

fn check_agent(author: &Author) -> Result<(), Refusal> {
    match author {
        Author::Agent(_) => Ok(()),
        Author::Claimant(_) => {
            let comment = "only an agent of the owner supplements a backup";
            Err(Refusal::new("e.p.trust.bad-signature", comment))
        }
    }
}

/// It follows the backup, and what of it is here already: an older one never takes the place of a newer, be it
/// repeated by somebody or pushed by a device that was put back from an old copy.
fn check_place(
    work: &Work<'_>,
    ward: &Ward,
    (base, header): (&Digest, &BackupHeader),
) -> Result<(), Halt> {
    let kept = work.load::<Kept>(&id(&ward.id, base))?;
    let kept = kept.filter(|kept| kept.base.is_none());
    let kept = kept.ok_or_else(unknown_backup)?;
    if !kept.is_complete(work)? {
        return Err(unknown_backup().into());
    }
    if !supplements(header, &kept.header()?) {
        let comment = "that is no supplement of the backup that it names";
        return Err(Refusal::new("e.p.msg.malformed", comment).into());
    }
    let newest = newest(work, &ward.id, base)?;
    if newest.is_some_and(|newest| newest.sequence >= header.draft.sequence) {
        let comment =
            "a newer one is kept here: that device may have been put back from an old copy";
        return Err(Refusal::new("e.m.req.older-backup", comment).into());
    }
    Ok(())
}

fn all_of(work: &Work<'_>, ward: &WardId, base: &Digest) -> Result<Vec<Kept>, Damage> {
    let mut all = of(work, ward)?;
    all.retain(|kept| kept.base.as_ref() == Some(base));
    Ok(all)
}

/// The newest supplement of a backup that is here whole.
pub(super) fn newest(
    work: &Work<'_>,
    ward: &WardId,
    base: &Digest,
) -> Result<Option<Newest>, Damage> {
    let mut best: Option<Newest> = None;
    for kept in all_of(work, ward, base)? {
        let sequence = kept.header()?.draft.sequence;
        if kept.is_complete(work)? && best.is_none_or(|best| sequence > best.sequence) {
            best = Some(Newest {
                backup: kept.backup,
                sequence,
            });
        }
    }
    Ok(best)
}

/// One is on its way at a time: what was not finished gives way.
fn make_room(work: &mut Work<'_>, ward: &WardId, base: &Digest) -> Result<(), Damage> {
    for kept in all_of(work, ward, base)? {
        if !kept.is_complete(work)? {
            kept.discard(work)?;
        }
    }
    Ok(())
}

/// A supplement is here whole, and holds all that the earlier ones held.
pub(super) fn replace_older(work: &mut Work<'_>, newest: &Kept) -> Result<(), Damage> {
    let Some(base) = newest.base else {
        return Ok(());
    };
    if !newest.is_complete(work)? {
        return Ok(());
    }
    for kept in all_of(work, &newest.ward, &base)? {
        if kept.backup != newest.backup {
            kept.discard(work)?;
        }
    }
    Ok(())
}
