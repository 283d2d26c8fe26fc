//! How often the owner's agent looks at its ledger: often enough to stop what must be stopped.
use crate::anchor::Anchor;
use crate::error::Damage;
use crate::owner::claim::row;
use crate::owner::deal::{Deal, DealStage};
use crate::owner::identity;
use crate::record::{self, Records};
use crate::time::Millis;

/// Looks in one delay of a lane: several can fail, and a person still has most of it to say no (G7,
/// G9).
const LOOKS: u64 = 8;

/// Sets the pace by the shortest delay among the lanes in force, on their way, or claimed under.
/// Nobody tells the owner that a request was anchored but her own look.
pub(crate) fn set(records: &dyn Records, anchor: &mut Anchor) -> Result<(), Damage> {
    if let Some(identity) = identity::load(records)? {
        let deals = record::load_all::<Deal>(records, &[])?;
        let delays = deals
            .iter()
            .filter(|deal| !matches!(deal.stage, DealStage::Refused { .. }))
            .map(|deal| deal.lane.delay);
        // The newest two: the one in force, and the one to come.
        if let Some(delay) = delays.rev().take(2).min() {
            anchor.set_pace(&identity.log, pace(delay));
        }
    }
    let claim = row::load(records)?.filter(|claim| !claim.is_done());
    if let Some(fixed) = claim.and_then(|claim| claim.fixed) {
        anchor.set_pace(&fixed.log, pace(fixed.lane.delay));
    }
    Ok(())
}

fn pace(delay: Millis) -> Millis {
    Millis(delay.0 / LOOKS)
}
