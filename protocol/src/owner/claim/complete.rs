//! The record that ends a recovery: new agent, next epoch, every older key dead.
use crate::agent::{Event, Work};
use crate::bytes::Digest;
use crate::error::Damage;
use crate::keys::RecoverySecret;
use crate::ledger::{CompleteBody, CompletionKeys, Record};
use crate::outbox;
use crate::owner::claim::collect;
use crate::owner::claim::row::{self, ClaimStage, Claimed};
use crate::owner::deal::Deal;
use crate::owner::identity::Identity;
use crate::owner::trustee::Trustee;
use crate::vss::{Share, Sign};

/// The signed record. The signing secret exists while it is made and no longer (K2).
pub(crate) fn record(
    work: &mut Work<'_>,
    identity: &Identity,
    deal: &Deal,
    request: &Digest,
) -> Result<Option<Record>, Damage> {
    let Some(claim) = row::load(work)? else {
        return Ok(None);
    };
    let (Some(keys), Some(fixed)) = (&claim.keys, &claim.fixed) else {
        return Ok(None);
    };
    let shares: Vec<Share<Sign>> = collect::shares(work, &claim)?
        .into_iter()
        .map(|pair| pair.sign)
        .collect();
    let releases = work.all::<Claimed>()?;
    let commitments = releases.iter().find_map(Claimed::good_release);
    let Some(Ok(commitments)) =
        commitments.map(|release| collect::open_commitments(&fixed.lane, &release.commitments))
    else {
        return Ok(None);
    };
    let checked = commitments.sign.verify_all(&shares, work.rng);
    let Ok(recovery) = RecoverySecret::reconstruct(&checked.verified) else {
        return Ok(None);
    };
    let body = CompleteBody {
        agent: identity.agent.verifying_key(),
        commitment: None,
        next: deal.record.clone(),
    };
    let keys = CompletionKeys {
        recovery: &recovery,
        claimant: &keys.signing,
        agent: &identity.agent,
    };
    Ok(Some(Record::complete(
        (&identity.log, *request),
        body,
        &keys,
        work.rng,
    )))
}

/// The ledger shows it: the claimant's keys and the shares are wiped.
pub(crate) fn finish(work: &mut Work<'_>, request: &Digest) -> Result<(), Damage> {
    let Some(mut claim) = row::load(work)? else {
        return Ok(());
    };
    if claim.fixed.as_ref().map(|fixed| fixed.request) != Some(*request) {
        return Ok(());
    }
    claim.keys = None;
    claim.stage = ClaimStage::Done;
    claim.problem = None;
    work.hint(Event::new(
        "recovered",
        claim.name.clone(),
        "the recovery is complete; every older key is dead",
    ));
    work.save(&claim);
    let kept = work.all::<Trustee>()?;
    for mut claimed in work.all::<Claimed>()? {
        claimed.release = None;
        // Whoever released a share is a trustee over this very connection; the others' ended here.
        if let Some(invited) = &claimed.invitation
            && kept.iter().all(|trustee| trustee.local != invited.local)
        {
            outbox::retire(work, &invited.local);
        }
        work.save(&claimed);
    }
    Ok(())
}
