//! Shares come in: each is checked against the anchored deal before it counts (R2, G6).
use crate::agent::{Event, Work};
use crate::anchor::Anchor;
use crate::did::Did;
use crate::error::{Damage, Halt, Refusal};
use crate::keys::{RecoveryKey, labels};
use crate::message::recovery::{Release, Released};
use crate::message::share::{Commitments, Opened};
use crate::message::{Body, Received};
use crate::outbox;
use crate::owner::claim::fetch;
use crate::owner::claim::row::{
    self, Claim, ClaimStage, ClaimantKeys, Claimed, ClaimedStage, Fixed,
};
use crate::owner::peers::Peers;
use crate::policy::LaneOpening;
use crate::share_pair::{self, SharePair};

/// A trustee releases its share.
pub(crate) fn on_release(
    work: &mut Work<'_>,
    (anchor, peers): (&Anchor, &Peers),
    message: &Received,
    release: &Release,
) -> Result<Body, Halt> {
    let mut claimed = row::behind(work, peers, &message.to, &message.from)?;
    let unexpected = || Refusal::new("e.m.req.wrong-connection", "no share is expected here");
    let claim = row::load(work)?.ok_or_else(unexpected)?;
    let (Some(keys), Some(fixed)) = (&claim.keys, &claim.fixed) else {
        return Err(unexpected().into());
    };
    // A second answer does not replace a good first one. Words that are still being compared do not
    // hold a share up here: it is kept, and used only once they were.
    if claimed.release.is_some() && claimed.bad.is_none() {
        return Ok(Body::RecoveryReleased(Released {
            request: fixed.request,
            verified: true,
        }));
    }
    let key = message.from.evidence_key();
    if key
        .verify(labels::RELEASE, &release.signed_bytes(), &release.signature)
        .is_err()
    {
        return Err(Refusal::new(
            "e.m.trust.crypto.signature",
            "the release is not signed by its sender",
        )
        .into());
    }
    claimed.bad = match check(anchor, keys, fixed, &message.from, release) {
        Ok(()) => None,
        Err(Fault::NotYet(why)) => return Err(Refusal::new(outbox::NOT_YET[0], why).into()),
        Err(Fault::Bad(why)) => Some(why),
    };
    if let Some(why) = &claimed.bad {
        let text = format!("{}'s share was not used: {why}", claimed.name);
        work.hint(Event::new("bad-share", claimed.name.clone(), text));
    }
    claimed.release = Some(release.clone());
    let verified = claimed.bad.is_none();
    work.save(&claimed);
    advance(work, anchor)?;
    Ok(Body::RecoveryReleased(Released {
        request: fixed.request,
        verified,
    }))
}

/// Why a share is not used.
enum Fault {
    /// Our own view of the ledger lags; the trustee is asked to come again, or its only answer would
    /// be lost.
    NotYet(&'static str),
    /// The trustee's doing.
    Bad(String),
}

impl From<String> for Fault {
    fn from(why: String) -> Self {
        Self::Bad(why)
    }
}

/// Why a share is not one of the anchored deal, if it is not.
fn check(
    anchor: &Anchor,
    keys: &ClaimantKeys,
    fixed: &Fixed,
    from: &Did,
    release: &Release,
) -> Result<(), Fault> {
    if release.request != fixed.request || release.epoch != fixed.epoch {
        return Err(Fault::Bad("it is for another request or epoch".into()));
    }
    check_deal(anchor, fixed, release)?;
    let commitments = open_commitments(&fixed.lane, &release.commitments)?;
    let pair = open_pair(keys, fixed, from, release)?;
    pair.verify(&commitments)
        .map_err(|error| Fault::Bad(error.to_string()))
}

/// The ledger, not the trustee, says which deal is right.
fn check_deal(anchor: &Anchor, fixed: &Fixed, release: &Release) -> Result<(), Fault> {
    let view = anchor
        .view(&fixed.log)
        .ok_or(Fault::NotYet("the ledger has not been read here yet"))?;
    let anchored = view.state().recovery_policy(&fixed.policy, fixed.epoch);
    let anchored = anchored.ok_or(Fault::NotYet(
        "this policy and epoch do not stand on the ledger as far as it was read here",
    ))?;
    if !anchored.lanes.contains(&fixed.lane.commitment()) {
        return Err(Fault::Bad(
            "the lane it was asked under is not one of the policy".into(),
        ));
    }
    if release.commitments.digest(&fixed.policy, fixed.epoch) != anchored.deal_digest {
        return Err(Fault::Bad(
            "its commitments are not those that the ledger anchors".into(),
        ));
    }
    Ok(())
}

/// Commitments of this lane: of its threshold, and of both recovery keys that it shows.
pub(crate) fn open_commitments(
    lane: &LaneOpening,
    commitments: &Commitments,
) -> Result<Opened, String> {
    let opened = commitments
        .open(lane.threshold)
        .map_err(|error| error.to_string())?;
    let decrypt = RecoveryKey::from(&opened.decrypt) == lane.decrypt_key;
    let sign = RecoveryKey::from(&opened.sign) == lane.sign_key;
    if !(decrypt && sign) {
        return Err("its commitments are of other recovery keys than the lane's".into());
    }
    Ok(opened)
}

fn open_pair(
    keys: &ClaimantKeys,
    fixed: &Fixed,
    from: &Did,
    release: &Release,
) -> Result<SharePair, String> {
    let tag = release.commitments.digest(&fixed.policy, fixed.epoch);
    let context = share_pair::release_context(&fixed.request, &tag, from);
    SharePair::open(&keys.sealing, &context, &release.sealed).map_err(|error| error.to_string())
}

/// The verified shares, opened for use; to be dropped right after. One per index, so that two
/// trustees who hand in the same share count once.
pub(crate) fn shares(work: &Work<'_>, claim: &Claim) -> Result<Vec<SharePair>, Damage> {
    let held = held(work, claim)?.into_iter();
    Ok(held.map(|(_, pair)| pair).collect())
}

/// The same, each with whom it came from.
pub(crate) fn held(work: &Work<'_>, claim: &Claim) -> Result<Vec<(Claimed, SharePair)>, Damage> {
    let (Some(keys), Some(fixed)) = (&claim.keys, &claim.fixed) else {
        return Ok(Vec::new());
    };
    let mut held: Vec<(Claimed, SharePair)> = Vec::new();
    for claimed in work.all::<Claimed>()? {
        let (Some(release), Some(did)) = (claimed.good_release(), claimed.did()) else {
            continue;
        };
        if let Ok(pair) = open_pair(keys, fixed, did, release)
            && held.iter().all(|(_, other)| other.index() != pair.index())
        {
            held.push((claimed, pair));
        }
    }
    Ok(held)
}

/// With enough shares in, fetches the backup. Not while trustees contradict each other: then a
/// person has to say first which of them is right (spec/ledger.md, "Bootstrap").
pub(crate) fn advance(work: &mut Work<'_>, anchor: &Anchor) -> Result<(), Damage> {
    let Some(mut claim) = row::load(work)? else {
        return Ok(());
    };
    let Some(fixed) = claim.fixed.clone() else {
        return Ok(());
    };
    if let ClaimStage::Fetching(fetch) = &mut claim.stage {
        if fetch::widen(work, &fixed, fetch)? {
            work.save(&claim);
        }
        return Ok(());
    }
    let gathering = matches!(claim.stage, ClaimStage::Gathering);
    if !gathering || shares(work, &claim)?.len() < usize::from(fixed.lane.threshold) {
        return Ok(());
    }
    if let Some(problem) = conflict(work)? {
        claim.problem = Some(problem);
        work.save(&claim);
        return Ok(());
    }
    claim.problem = None;
    if let Some(head) = anchor
        .view(&fixed.log)
        .and_then(|view| view.state().recovery_policy(&fixed.policy, fixed.epoch))
    {
        claim.stage = ClaimStage::Fetching(fetch::begin(work, &fixed, head.backup_head)?);
        work.save(&claim);
    }
    Ok(())
}

fn conflict(work: &Work<'_>) -> Result<Option<String>, Damage> {
    let all = work.all::<Claimed>()?;
    Ok(all.iter().find_map(|claimed| match &claimed.stage {
        ClaimedStage::Conflict(why) => Some(format!(
            "{name}: {why}. Find out which of your trustees is right. If {name} is wrong, go on without: owner-agent recover invite {name}. \
             If {name} is right, begin anew: owner-agent recover abort",
            name = claimed.name
        )),
        _ => None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::Salt;
    use crate::keys::RecoverySecret;
    use crate::time::Millis;
    use crate::vss::{Decrypt, Purpose, Quorum, Sign, UnverifiedCommitment};
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng as _;

    fn dealt<P: Purpose>(
        secret: &RecoverySecret<P>,
        rng: &mut ChaCha20Rng,
    ) -> UnverifiedCommitment<P> {
        let deal = secret.deal(Quorum::new(2, 3).unwrap(), rng).unwrap();
        deal.commitment.to_wire()
    }

    /// G6: one of two right keys is not enough. A dealer who put another's signing commitment beside the right
    /// one would have her new keys signed by nobody she knows.
    #[test]
    fn commitments_are_of_both_keys_of_the_lane() {
        let rng = &mut ChaCha20Rng::seed_from_u64(1);
        let decrypts = [0, 1].map(|_| RecoverySecret::<Decrypt>::generate(rng));
        let signs = [0, 1].map(|_| RecoverySecret::<Sign>::generate(rng));
        let lane = LaneOpening {
            lane: 0,
            salt: Salt([3; 32]),
            threshold: 2,
            delay: Millis(1),
            lifetime: Millis(1),
            cool_down: Millis(0),
            override_threshold: 2,
            decrypt_key: decrypts[0].public_key(),
            sign_key: signs[0].public_key(),
        };
        for (decrypt, sign) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            let commitments = Commitments {
                decrypt: dealt(&decrypts[decrypt], rng),
                sign: dealt(&signs[sign], rng),
            };
            let opened = open_commitments(&lane, &commitments);
            assert_eq!(opened.is_ok(), (decrypt, sign) == (0, 0));
        }
    }
}
