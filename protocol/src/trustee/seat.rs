//! Where an owner's trustee sits, apart from what it holds (decision 0040).
//!
//! A share and its keys stay on a machine whose agent moves (G1). What is neither of them goes along: by it the agent knows,
//! where it lives next, which share is gone, and others can be asked for that very one.
use crate::agent::Work;
use crate::bytes::Digest;
use crate::error::Damage;
use crate::keys::VerifyingKey;
use crate::keys::role::Approval;
use crate::policy::ApprovalPath;
use crate::record::{self, Records, Row, Space};
use crate::time::Timestamp;
use crate::trustee::custody::{self, Custody};
use crate::trustee::prekey;
use crate::trustee::ward::WardId;
use serde::{Deserialize, Serialize};

/// The place of the share that was the current one last.
#[derive(Serialize, Deserialize)]
pub(super) struct Seat {
    ward: WardId,
    /// Of which epoch.
    pub(super) epoch: u32,
    /// Of which deal.
    deal: Digest,
    /// The public half of the approval key there.
    approval: VerifyingKey<Approval>,
    /// Where that stands in the record's approval root. Its position is the share's index.
    path: ApprovalPath,
    /// Since when.
    pub(super) taken: Timestamp,
}

impl Row for Seat {
    const SPACE: Space = Space::Seat;
    fn id(&self) -> Vec<u8> {
        self.ward.0.to_vec()
    }
}

/// A share is the current one now, and its place is taken.
pub(super) fn take(work: &mut Work<'_>, custody: &Custody) -> Result<(), Damage> {
    if let Some(prekey) = prekey::load(work, &custody.ward, custody.prekey)? {
        work.save(&Seat {
            ward: custody.ward,
            epoch: custody.epoch,
            deal: custody.deal,
            approval: prekey.approval.verifying_key(),
            path: custody.path.clone(),
            taken: work.now,
        });
    }
    Ok(())
}

/// A later epoch is in force: nobody computes a share of an earlier one.
pub(super) fn settle(work: &mut Work<'_>, ward: &WardId, active: u32) -> Result<(), Damage> {
    let seat = of(work, ward)?;
    if seat.is_some_and(|seat| seat.epoch < active) {
        forget(work, ward);
    }
    Ok(())
}

/// The share went, and nobody is to compute it: its place is free.
pub(super) fn leave(work: &mut Work<'_>, custody: &Custody) -> Result<(), Damage> {
    let seat = of(work, &custody.ward)?;
    let is_its = |seat: &Seat| (seat.epoch, seat.deal) == (custody.epoch, custody.deal);
    if seat.as_ref().is_some_and(is_its) {
        forget(work, &custody.ward);
    }
    Ok(())
}

/// She is no owner of ours any more.
pub(super) fn forget(work: &mut Work<'_>, ward: &WardId) {
    work.erase::<Seat>(&ward.0);
}

/// The place of a share that is not here any more.
pub(super) fn empty(records: &dyn Records, ward: &WardId) -> Result<Option<Seat>, Damage> {
    let Some(seat) = of(records, ward)? else {
        return Ok(None);
    };
    let held = custody::find(records, ward, seat.epoch, &seat.deal)?;
    Ok(Some(seat).filter(|_| held.is_none()))
}

fn of(records: &dyn Records, ward: &WardId) -> Result<Option<Seat>, Damage> {
    record::load(records, &ward.0)
}
