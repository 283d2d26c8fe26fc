//! Taking a backup in.
use super::{Chunk, Kept, Progress, chunk_id, extend, of, unknown_backup};
use crate::agent::Work;
use crate::anchor::Anchor;
use crate::backup::{BackupHeader, SlotKey, slot};
use crate::bytes::{Blob, Digest};
use crate::error::{Damage, Halt, Refusal};
use crate::keys::labels;
use crate::limits;
use crate::message::backup::{ChunkPut, Put, Stored, Wanted};
use crate::message::setup::{self, Capability};
use crate::message::{Body, Received};
use crate::trustee::aside::Aside;
use crate::trustee::authority::{self, Ground};
use crate::trustee::custody::Author;
use crate::trustee::ward::{self, Ward};
use crate::trustee::{evidence, facts, history, prekey};

/// A header and this host's slot key.
pub(in crate::trustee) fn put(
    work: &mut Work<'_>,
    anchor: &Anchor,
    message: &Received,
    put: &Put,
    aside: &mut Aside,
) -> Result<Body, Halt> {
    let ward = authority::ward_for(work, message, &put.policy, Capability::BackupHost)?;
    let header = BackupHeader::read(&put.header.0)
        .map_err(|error| Refusal::new("e.p.msg.malformed", error.to_string()))?;
    let backup = header.digest();
    let ground = Ground {
        authority: &put.authority,
        label: labels::BACKUP_PUT,
        signed: put.signed_bytes(),
        epoch: header.draft.epoch,
        anchored: anchored(anchor, &ward).contains(&backup),
    };
    let author = authority::judge((work, anchor), &ward, message, &ground, aside)?;
    check_author(&ward, &header, &author)?;
    if let Some(known) = work.load::<Kept>(&super::id(&ward.id, &backup))? {
        return progress(work, &known);
    }
    // The next put decides what this one may push out, on a view that shows what was anchored since.
    aside.look(ward.ledger);
    let kept = open(work, ward, message, put, (backup, author))?;
    make_room(work, anchor, &kept)?;
    progress(work, &kept)
}

/// The header speaks of this policy, and is signed by the agent that puts it. A claimant's new agent
/// stands on the ledger only when the recovery is complete, so its key is taken as it is.
pub(super) fn check_author(
    ward: &Ward,
    header: &BackupHeader,
    author: &Author,
) -> Result<(), Refusal> {
    let own = match author {
        Author::Agent(key) => header.author == *key,
        Author::Claimant(_) => true,
    };
    if header.draft.policy == ward.policy && own {
        return Ok(());
    }
    let comment = "the header is of another policy or of another agent";
    Err(Refusal::new("e.p.trust.bad-signature", comment))
}

/// One batch: header, slot key, a fresh prekey; the one that was used is gone, because a backup needs
/// no approval key.
fn open(
    work: &mut Work<'_>,
    mut ward: Ward,
    message: &Received,
    put: &Put,
    named: (Digest, Author),
) -> Result<Kept, Halt> {
    let (backup, author) = named;
    let unusable = || Refusal::new("e.p.req.unknown-prekey", "the prekey is unknown or used");
    let prekey = prekey::load(work, &ward.id, put.prekey)?.ok_or_else(unusable)?;
    let sealing = prekey.sealing().ok_or_else(unusable)?;
    let slot_key = SlotKey::open(sealing, &slot::put_context(&backup), &put.slot_key)
        .map_err(|error| Refusal::new("e.m.trust.crypto.slot-key", error.to_string()))?;
    prekey::wipe(work, &ward.id, put.prekey);
    prekey::make(work, &mut ward);
    work.save(&ward);
    let kept = Kept {
        ward: ward.id,
        backup,
        header: put.header.clone(),
        slot_key: Some(slot_key),
        base: None,
        author,
        ours: message.to.clone(),
        theirs: message.from.clone(),
        stored: work.now,
    };
    work.save(&kept);
    history::note(work, format!("keeps a backup of {}", ward.name))?;
    Ok(kept)
}

/// The backups that records of this owner name, active or waiting: nobody's put pushes them out.
pub(super) fn anchored(anchor: &Anchor, ward: &Ward) -> Vec<Digest> {
    let Some(view) = anchor.view(&ward.ledger) else {
        return Vec::new();
    };
    let active = facts::active(view, &ward.policy).map_or(0, |active| active.epoch);
    let epochs = [active, active.saturating_add(1)];
    let bodies = epochs
        .iter()
        .filter_map(|epoch| view.state().recovery_policy(&ward.policy, *epoch));
    bodies.map(|body| body.backup_head).collect()
}

/// A newer backup of the same author replaces his older ones that no record names.
fn make_room(work: &mut Work<'_>, anchor: &Anchor, newest: &Kept) -> Result<(), Halt> {
    let Some(ward) = ward::load(work, &newest.ward)? else {
        return Ok(());
    };
    let named = anchored(anchor, &ward);
    let mut all = of(work, &newest.ward)?;
    all.retain(|kept| kept.base.is_none());
    all.sort_by_key(|kept| core::cmp::Reverse(kept.stored));
    let replaceable = |kept: &&Kept| {
        kept.backup != newest.backup
            && kept.author == newest.author
            && !named.contains(&kept.backup)
    };
    let dropped: Vec<&Kept> = all
        .iter()
        .filter(replaceable)
        .skip(limits::trustee::UNANCHORED_PER_AUTHOR - 1)
        .collect();
    if all.len() - dropped.len() > limits::trustee::BACKUPS_PER_OWNER {
        let comment = "too many backups of this owner are kept already";
        return Err(Refusal::new("e.m.me.res.storage.too-many", comment).into());
    }
    for old in dropped {
        old.discard(work)?;
    }
    Ok(())
}

/// One chunk, in order.
pub(in crate::trustee) fn chunk_put(
    work: &mut Work<'_>,
    message: &Received,
    put: &ChunkPut,
) -> Result<Body, Halt> {
    let kept = put_by(work, message, &put.backup)?;
    let have = kept.have(work)?;
    if put.index == have {
        if !kept.header()?.holds(put.index, &put.data.0) {
            let comment = format!("chunk {} is not the one the header names", put.index);
            return Err(Refusal::new("e.m.trust.crypto.chunk-mismatch", comment).into());
        }
        take(work, &kept, put.index, put.data.clone());
        extend::replace_older(work, &kept)?;
    }
    progress(work, &kept)
}

/// The backup, if it is this sender who puts it.
fn put_by(work: &Work<'_>, message: &Received, backup: &Digest) -> Result<Kept, Halt> {
    let ward = authority::ward_behind(work, &message.to)?.ok_or_else(unknown_backup)?;
    let kept = work.load::<Kept>(&super::id(&ward.id, backup))?;
    let kept = kept.filter(|kept| kept.theirs == message.from && kept.ours == message.to);
    Ok(kept.ok_or_else(unknown_backup)?)
}

fn take(work: &mut Work<'_>, kept: &Kept, index: u32, data: Blob) {
    work.save(&Chunk {
        ward: kept.ward,
        backup: kept.backup,
        index,
        data,
    });
    work.save(&Progress {
        ward: kept.ward,
        backup: kept.backup,
        have: index + 1,
    });
}

/// What is wanted next, or the receipt. Asked again, the same.
pub(super) fn progress(work: &mut Work<'_>, kept: &Kept) -> Result<Body, Halt> {
    let (have, all) = (kept.have(work)?, kept.header()?.chunks.len());
    if (have as usize) < all {
        return Ok(Body::BackupWanted(Wanted {
            backup: kept.backup,
            index: have,
        }));
    }
    let signed = Stored::signed_bytes(&kept.backup);
    let signature = evidence::sign(work, &kept.ours, labels::BACKUP_RECEIPT, &signed)?;
    let next = spare_prekey(work, kept)?;
    let spare = prekey::spare(work, &kept.ward, next.number)?;
    Ok(Body::BackupStored(Stored {
        backup: kept.backup,
        signature,
        next,
        spare,
    }))
}

/// The newest prekey that nothing was sealed to; a fresh one only where none is left, so that asking
/// again and again makes no rows.
pub(super) fn spare_prekey(work: &mut Work<'_>, kept: &Kept) -> Result<setup::Prekey, Damage> {
    if let Some(spare) = prekey::unused(work, &kept.ward)?.pop() {
        return Ok(spare);
    }
    let mut ward = ward::load(work, &kept.ward)?.ok_or_else(|| kept.damage())?;
    let made = prekey::make(work, &mut ward);
    work.save(&ward);
    Ok(made)
}

/// A chunk as it is kept.
pub(super) fn chunk_of(work: &Work<'_>, kept: &Kept, index: u32) -> Result<Option<Blob>, Damage> {
    let row = work.load::<Chunk>(&chunk_id(&kept.ward, &kept.backup, index))?;
    Ok(row.map(|chunk| chunk.data))
}
