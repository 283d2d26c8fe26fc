//! Fresh prekeys for owners to whom none is left (R17, decision 0039).
//!
//! Shares and their keys do not move with an agent. Where it lives now it sees by its rows that the keys it
//! handed out are gone, says so to their owners, and sends others, so that the next deal reaches it.
use crate::agent::Work;
use crate::error::Damage;
use crate::limits;
use crate::message::Body;
use crate::message::setup::Renew;
use crate::outbox;
use crate::record::{Key, Records, Row as _};
use crate::trustee::prekey::{self, Prekey};
use crate::trustee::ward::{self, Ward, WardId};
use crate::trustee::{custody, history};

/// Whether the newest prekey of a live ward is gone. Whatever uses one makes a newer one in the same step, so
/// that this never is so by itself.
pub(super) fn is_bare(records: &dyn Records, ward: &Ward) -> bool {
    let newest = ward.next_prekey.checked_sub(1);
    let lost = |number| {
        let key = Key::new(Prekey::SPACE, &prekey::id(&ward.id, number));
        records.read(&key).is_none()
    };
    !ward.is_over() && newest.is_some_and(lost)
}

/// Hands out fresh ones, and says what else is gone.
pub(super) fn renew(work: &mut Work<'_>, id: &WardId) -> Result<(), Damage> {
    let Some(mut ward) = ward::load(work, id)? else {
        return Ok(());
    };
    let made = 0..limits::trustee::PREKEYS_AHEAD;
    let prekeys = made.map(|_| prekey::make(work, &mut ward)).collect();
    let renew = Renew {
        policy: ward.policy,
        prekeys,
        holds: !custody::of(work, id)?.is_empty(),
    };
    // A receipt that was given elsewhere is not given again.
    outbox::unsay(work, &ward.theirs)?;
    outbox::send(work, &ward.ours, &ward.theirs, Body::SetupRenew(renew));
    history::note(
        work,
        format!(
            "no share or key of {} came along here: she is told",
            ward.name
        ),
    )?;
    work.save(&ward);
    Ok(())
}
