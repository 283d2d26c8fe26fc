//! Giving a backup out: only to the claimant of a request that our own view of the ledger shows as
//! approved, its delay over, no veto standing (R13, G7).
use super::keep::{chunk_of, spare_prekey};
use super::{Kept, extend, of, unknown_backup};
use crate::agent::Work;
use crate::anchor::Anchor;
use crate::backup::slot;
use crate::bytes::Digest;
use crate::error::{Damage, Halt, Refusal};
use crate::ledger::RequestBody;
use crate::message::backup::{Audit, Chunk, ChunkGet, Get, Head, Key, KeyGet};
use crate::message::{Body, Received};
use crate::trustee::aside::Aside;
use crate::trustee::ward::Ward;
use crate::trustee::{authority, facts, history};

/// The header of the newest backup.
pub(in crate::trustee) fn head(
    work: &mut Work<'_>,
    anchor: &Anchor,
    message: &Received,
    get: &Get,
    aside: &mut Aside,
) -> Result<Body, Halt> {
    let (ward, _) = evidence(work, anchor, message, &get.request, aside)?;
    if ward.policy != get.policy {
        return Err(unknown_backup().into());
    }
    let kept = match &get.named {
        Some(backup) => Some(named(work, &ward, backup)?),
        None => newest(work, anchor, &ward, get.before)?,
    };
    let kept = kept.ok_or_else(unknown_backup)?;
    Ok(Body::BackupHead(Head {
        newest: extend::newest(work, &ward.id, &kept.backup)?,
        header: kept.header,
    }))
}

/// The active epoch's goes before any newer one: a thief's agent may have put what it liked, and even
/// have a change of its own waiting. With `before`, the newest of those that are older.
fn newest(
    work: &Work<'_>,
    anchor: &Anchor,
    ward: &Ward,
    before: Option<u64>,
) -> Result<Option<Kept>, Damage> {
    let view = anchor.view(&ward.ledger);
    let head = view
        .and_then(|view| facts::active(view, &ward.policy))
        .map(|active| active.backup_head);
    let mut best: Option<((bool, u64), Kept)> = None;
    for kept in of(work, &ward.id)? {
        let sequence = kept.header()?.draft.sequence;
        let rank = (head == Some(kept.backup), sequence);
        let lawful = kept.base.is_none() && before.is_none_or(|before| sequence < before);
        let wanted = lawful && kept.is_complete(work)?;
        if wanted && best.as_ref().is_none_or(|(other, _)| rank > *other) {
            best = Some((rank, kept));
        }
    }
    Ok(best.map(|(_, kept)| kept))
}

/// One chunk.
pub(in crate::trustee) fn chunk(
    work: &mut Work<'_>,
    anchor: &Anchor,
    message: &Received,
    get: &ChunkGet,
    aside: &mut Aside,
) -> Result<Body, Halt> {
    let (ward, _) = evidence(work, anchor, message, &get.request, aside)?;
    let kept = named(work, &ward, &get.backup)?;
    let data = chunk_of(work, &kept, get.index)?.ok_or_else(unknown_backup)?;
    Ok(Body::BackupChunk(Chunk {
        index: get.index,
        data,
    }))
}

/// One chunk for the owner, who looks whether it is still here. It is sealed, and she had it before: no request
/// needs to allow it. Nobody else gets even that.
pub(in crate::trustee) fn audit(
    work: &mut Work<'_>,
    message: &Received,
    audit: &Audit,
) -> Result<Body, Halt> {
    let ward = authority::ward_behind(work, &message.to)?;
    let hers = |ward: &Ward| {
        ward.is_verified() && (&ward.ours, &ward.theirs) == (&message.to, &message.from)
    };
    let ward = ward.filter(hers).ok_or_else(unknown_backup)?;
    let kept = named(work, &ward, &audit.backup)?;
    let data = chunk_of(work, &kept, audit.index)?.ok_or_else(unknown_backup)?;
    Ok(Body::BackupChunk(Chunk {
        index: audit.index,
        data,
    }))
}

/// This host's part of the key, sealed to the claimant's key that the ledger anchors (G8): whoever
/// else asks gets a box that stays closed.
pub(in crate::trustee) fn key(
    work: &mut Work<'_>,
    anchor: &Anchor,
    message: &Received,
    get: &KeyGet,
    aside: &mut Aside,
) -> Result<Body, Halt> {
    let (ward, body) = evidence(work, anchor, message, &get.request, aside)?;
    let kept = named(work, &ward, &get.backup)?;
    let context = slot::release_context(&kept.backup, &get.request);
    // A supplement opens with the key of its backup.
    let slot_key = kept.slot_key.as_ref().ok_or_else(unknown_backup)?;
    let sealed = slot_key.seal(&body.sealing, &context, work.rng);
    let sealed =
        sealed.map_err(|error| Refusal::new("e.m.trust.crypto.slot-key", error.to_string()))?;
    let text = format!("gave the claimant of {} the key of her backup", ward.name);
    history::note(work, text)?;
    let next = spare_prekey(work, &kept)?;
    Ok(Body::BackupKey(Key {
        backup: kept.backup,
        sealed,
        next: Some(next),
    }))
}

fn named(work: &Work<'_>, ward: &Ward, backup: &Digest) -> Result<Kept, Halt> {
    let kept = work.load::<Kept>(&super::id(&ward.id, backup))?;
    Ok(kept.ok_or_else(unknown_backup)?)
}

/// The owner whose backups are asked for, and the request that allows it.
fn evidence(
    work: &Work<'_>,
    anchor: &Anchor,
    message: &Received,
    request: &Digest,
    aside: &mut Aside,
) -> Result<(Ward, RequestBody), Halt> {
    let ward = authority::ward_behind(work, &message.to)?;
    let ward = ward.filter(Ward::is_verified).ok_or_else(unknown_backup)?;
    let behind = || Refusal::new("e.m.trust.ledger-behind", "the ledger was not read yet");
    let view = anchor.view(&ward.ledger).ok_or_else(behind)?;
    let allowed = facts::allows_release(view, request, work.now);
    if let Err(refusal) = allowed {
        // Our view may only be behind.
        aside.look(ward.ledger);
        return Err(refusal.into());
    }
    let body = view
        .state()
        .request(request)
        .filter(|body| body.policy == ward.policy);
    let body = body.cloned().ok_or_else(unknown_backup)?;
    Ok((ward, body))
}
