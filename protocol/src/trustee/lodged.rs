//! What owners' agents told this trustee of their newest supplements, kept for a claimant (decision 0038).
use crate::agent::Work;
use crate::anchor::Anchor;
use crate::error::Damage;
use crate::message::share::Lodged;
use crate::record::{Row, Space};
use crate::trustee::custody::Custody;
use crate::trustee::facts::{self, Standing};
use crate::trustee::ward::{Ward, WardId};
use serde::{Deserialize, Serialize};

/// The newest one of an owner.
#[derive(Serialize, Deserialize)]
struct Kept {
    ward: WardId,
    lodged: Lodged,
}

impl Row for Kept {
    const SPACE: Space = Space::Lodged;
    fn id(&self) -> Vec<u8> {
        self.ward.0.to_vec()
    }
}

/// Keeps what an owner lodges of the backup in force, if a live agent of hers signed it and it is newer than what is
/// here. What belongs to an earlier backup, or was lodged by an agent that has died since, gives way. With a share
/// that waits nothing is lodged: whoever has her device could deal in vain, and have us forget what is in force.
pub(super) fn keep(
    work: &mut Work<'_>,
    anchor: &Anchor,
    (ward, held): (&Ward, &Custody),
    lodged: &Lodged,
) -> Result<(), Damage> {
    let in_force = held.is_current() && held.record.backup_head == lodged.base;
    if !in_force || !lodged.is_signed(&ward.policy) || !is_live(anchor, ward, lodged) {
        return Ok(());
    }
    let known = work.load::<Kept>(&ward.id.0)?.map(|kept| kept.lodged);
    let known = known.filter(|known| known.base == lodged.base && is_live(anchor, ward, known));
    if known.is_none_or(|known| known.sequence < lodged.sequence) {
        work.save(&Kept {
            ward: ward.id,
            lodged: lodged.clone(),
        });
    }
    Ok(())
}

fn is_live(anchor: &Anchor, ward: &Ward, lodged: &Lodged) -> bool {
    let view = anchor.view(&ward.ledger);
    view.is_some_and(|view| facts::standing(view, &ward.policy, &lodged.author) == Standing::Admin)
}

/// What was lodged of the backup that goes with this share.
pub(super) fn with(work: &Work<'_>, held: &Custody) -> Result<Option<Lodged>, Damage> {
    let known = work.load::<Kept>(&held.ward.0)?.map(|kept| kept.lodged);
    Ok(known.filter(|lodged| lodged.base == held.record.backup_head))
}

/// Forgets it.
pub(super) fn forget(work: &mut Work<'_>, ward: &WardId) {
    work.erase::<Kept>(&ward.0);
}
