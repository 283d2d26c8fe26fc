//! An epoch of which somebody may hold shares: a recovery in the owner's name was allowed and did not complete
//! (G4; decision 0034).
use crate::agent::{Event, Work};
use crate::anchor::Anchor;
use crate::error::{Damage, Stop};
use crate::owner::alarm::short;
use crate::owner::deal::{self, Deal, DealStage};
use crate::owner::identity::{self, Identity};
use crate::owner::protect;
use crate::owner::status::{Life, is_live};
use crate::owner::terms;
use crate::record::{self, Records};

/// Deals the next epoch under the terms in force where this one is tainted and none is on its way. What the
/// ledger or a veto refused is not dealt again by itself: then it is for her to say.
pub(crate) fn refresh(work: &mut Work<'_>, anchor: &Anchor) -> Result<(), Damage> {
    let Some(tainted) = Tainted::find(work, anchor)?.filter(|tainted| tainted.later.is_empty())
    else {
        return Ok(());
    };
    match protect::begin(work, anchor, terms::of(&tainted.deal)) {
        Ok(_) => {
            work.hint(tainted.event("the next epoch is being dealt"));
            Ok(())
        }
        // Who is missing, or what is under way, is said by `pending` until it is done.
        Err(Stop::Command(_)) => Ok(()),
        Err(Stop::Damage(damage)) => Err(damage),
    }
}

/// Whether somebody may hold shares of the epoch in force, or of one with the same secrets.
pub(crate) fn is_tainted(records: &dyn Records, anchor: &Anchor) -> Result<bool, Damage> {
    Ok(Tainted::find(records, anchor)?.is_some())
}

/// What is said until another epoch is in force.
pub(crate) fn pending(records: &dyn Records, anchor: &Anchor) -> Result<Vec<Event>, Damage> {
    let Some(tainted) = Tainted::find(records, anchor)? else {
        return Ok(Vec::new());
    };
    let threshold = tainted.deal.lane.threshold;
    let refused = |stage: &DealStage| matches!(stage, DealStage::Refused { .. });
    let text = match tainted.later.iter().any(|stage| !refused(stage)) {
        true => "the next epoch is on its way: owner-agent status".to_owned(),
        false => format!("deal anew: owner-agent protect --threshold {threshold}"),
    };
    Ok(vec![tainted.event(&text)])
}

/// The epoch in force, and what tainted it.
struct Tainted {
    deal: Deal,
    request: String,
    /// Later epochs that this agent dealt, whatever became of them.
    later: Vec<DealStage>,
}

impl Tainted {
    fn find(records: &dyn Records, anchor: &Anchor) -> Result<Option<Self>, Damage> {
        let (Some(identity), Some(deal)) = (identity::load(records)?, deal::active(records)?)
        else {
            return Ok(None);
        };
        let in_force = protect::is_active(anchor, &identity, &deal);
        if !in_force || !matches!(is_live(anchor, &identity), Life::Live) {
            return Ok(None);
        }
        let mut later = record::load_all::<Deal>(records, &[])?;
        let Some(request) = by(anchor, &identity, (&deal, &later)) else {
            return Ok(None);
        };
        later.retain(|later| later.epoch > deal.epoch);
        let later = later.into_iter().map(|later| later.stage).collect();
        Ok(Some(Self {
            deal,
            request,
            later,
        }))
    }

    fn event(&self, then: &str) -> Event {
        let Self { deal, request, .. } = self;
        let text = format!(
            "the recovery {request} in your name was allowed and did not complete: whoever asked may hold shares \
             of epoch {}; {then}",
            deal.epoch
        );
        Event::new("tainted", request, text)
    }
}

/// The request that tainted this epoch, or one before of which it has the secrets: a refresh takes back no secret
/// that enough released shares have given away.
fn by(anchor: &Anchor, identity: &Identity, (deal, all): (&Deal, &[Deal])) -> Option<String> {
    let view = anchor.view(&identity.log)?;
    let now = view.ledger_time().unwrap_or_default();
    let keys = |deal: &Deal| (deal.lane.decrypt_key, deal.lane.sign_key);
    let mut same = all
        .iter()
        .filter(|other| other.epoch <= deal.epoch && keys(other) == keys(deal));
    same.find_map(|other| {
        let taints = view.state().taints(&identity.policy, other.epoch, now);
        taints.first().map(short)
    })
}
