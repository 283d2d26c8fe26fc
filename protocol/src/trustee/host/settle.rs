//! What happens to kept backups when the ledger moves on.
use super::keep::anchored;
use super::{Kept, of};
use crate::agent::Work;
use crate::anchor::Anchor;
use crate::error::Damage;
use crate::trustee::connection::{self, Party};
use crate::trustee::custody::Author;
use crate::trustee::ward::{self, Ward, WardId};
use crate::trustee::{authority, facts, history, resign};

/// Does for an owner what her log now shows.
pub(in crate::trustee) fn settle(
    work: &mut Work<'_>,
    anchor: &Anchor,
    id: &WardId,
) -> Result<(), Damage> {
    if let Some(ward) = ward::load(work, id)?.filter(Ward::is_verified) {
        drop_powerless(work, anchor, &ward)?;
        settle_one(work, anchor, ward)?;
    }
    Ok(())
}

/// Deletes what no record names, of those who may put nothing any more: a revoked agent, a claimant
/// whose request ended without completing.
fn drop_powerless(work: &mut Work<'_>, anchor: &Anchor, ward: &Ward) -> Result<(), Damage> {
    let Some(view) = anchor.view(&ward.ledger) else {
        return Ok(());
    };
    let named = anchored(anchor, ward);
    for kept in of(work, &ward.id)? {
        if named.contains(&kept.backup) || !authority::has_lapsed(view, ward, &kept.author) {
            continue;
        }
        kept.discard(work)?;
        history::note(
            work,
            format!(
                "deleted a backup of {}: its author lost the right",
                ward.name
            ),
        )?;
    }
    Ok(())
}

fn settle_one(work: &mut Work<'_>, anchor: &Anchor, ward: Ward) -> Result<(), Damage> {
    let Some(active) = anchor
        .view(&ward.ledger)
        .and_then(|view| facts::active(view, &ward.policy))
    else {
        return Ok(());
    };
    let (epoch, head) = (active.epoch, active.backup_head);
    let all = of(work, &ward.id)?;
    let Some(current) = all.iter().find(|kept| kept.backup == head) else {
        return Ok(());
    };
    move_connection(work, &ward, current)?;
    if !current.is_complete(work)? {
        return Ok(());
    }
    // Once the active epoch's backup is whole, those of earlier epochs open with no key that lives.
    let named = anchored(anchor, &ward);
    for old in &all {
        if old.header()?.draft.epoch < epoch && !old.is_named(&named) {
            old.discard(work)?;
            history::note(work, format!("deleted an older backup of {}", ward.name))?;
        }
    }
    Ok(())
}

/// After a completed recovery the owner is who put the anchored backup; her old connection speaks no
/// more (G13).
fn move_connection(work: &mut Work<'_>, ward: &Ward, current: &Kept) -> Result<(), Damage> {
    let moved = (&ward.ours, &ward.theirs) != (&current.ours, &current.theirs);
    if let (Author::Claimant(_), true) = (&current.author, moved) {
        let mut ward = ward.clone();
        connection::assign(work, &current.ours, Party::Ward(ward.id));
        ward.ours = current.ours.clone();
        ward.theirs = current.theirs.clone();
        history::note(
            work,
            format!(
                "{} was recovered; her agent speaks on a new connection",
                ward.name
            ),
        )?;
        work.save(&ward);
        resign::repeat(work, &ward)?;
    }
    Ok(())
}
