//! `share refresh`: new shares of the same secrets for those who hold one (decision 0036).
use crate::agent::Work;
use crate::anchor::Anchor;
use crate::bytes::Digest;
use crate::error::{CommandError, Damage, Stop};
use crate::keys::RecoveryKey;
use crate::message::share::{Commitments, Refreshed};
use crate::owner::command::Answer;
use crate::owner::custody;
use crate::owner::deal::{self, Deal, Dealt, Placed};
use crate::owner::dealing::{Plan, Right};
use crate::owner::handout::{self, Handout, Shares};
use crate::owner::identity::{self, Identity};
use crate::owner::protect;
use crate::owner::recipient::{self, Recipient};
use crate::owner::taint;
use crate::owner::terms;
use crate::owner::trustee::Trustee;
use crate::share_pair::SharePair;
use crate::vss::{DealError, ShareIndex};

/// Deals the next epoch by additions to the shares of the one in force: same trustees at the same indices, same
/// secrets, same backup.
pub(crate) fn begin(work: &mut Work<'_>, anchor: &Anchor) -> Result<Answer, Stop> {
    let identity = identity::require(work)?;
    protect::make_way(work)?;
    let active = in_force(work, anchor, &identity)?;
    check_untainted(work, anchor, &active)?;
    let hosts = keeping(&active)?;
    let (holders, left_out) = holders(work, anchor, &active)?;
    check_enough(&holders, &left_out, &active)?;
    let (indices, trustees): (Vec<ShareIndex>, Vec<Recipient>) = holders.into_iter().unzip();
    let plan = Plan {
        epoch: active.epoch.saturating_add(1),
        terms: terms::of(&active).among(trustees.len()),
        right: Right::Agent,
        spare: protect::SPARE.min((trustees.len() as u8).saturating_sub(active.lane.threshold)),
    };
    let shares = additions(work, &identity.policy, &active, &indices)?;
    let lane = handout::open_lane(plan.terms, &shares, work);
    let head = active.record.backup_head;
    let parts = (lane, &shares);
    let handout = Handout::new(work, (&identity, &plan), parts, &trustees, head)?;
    handout.send(work, shares, (trustees, hosts), left_out)?;
    protect::show(work, anchor)
}

fn in_force(work: &Work<'_>, anchor: &Anchor, identity: &Identity) -> Result<Deal, Stop> {
    let active = deal::active(work)?;
    let active = active.filter(|deal| protect::is_active(anchor, identity, deal));
    let none = "no epoch of this device is in force, so there is nothing to refresh; deal one with \
                `owner-agent protect --threshold NUMBER`";
    Ok(active.ok_or_else(|| CommandError::error(none))?)
}

/// Whoever was allowed shares may hold enough of them: then the secrets are spent, and new shares of them help
/// nobody.
fn check_untainted(work: &Work<'_>, anchor: &Anchor, active: &Deal) -> Result<(), Stop> {
    if !taint::is_tainted(work, anchor)? {
        return Ok(());
    }
    let text = format!(
        "somebody may hold shares of epoch {}, so its secrets must not stay: deal new ones with \
         `owner-agent protect --threshold {}`",
        active.epoch, active.lane.threshold
    );
    Err(CommandError::error(text).into())
}

/// The hosts that keep the backup, which stays as it is. One that has not acknowledged it yet is not waited for.
fn keeping(active: &Deal) -> Result<Vec<Placed>, CommandError> {
    let mut keeping = Vec::new();
    for host in active.hosts.iter().filter(|host| host.receipt.is_some()) {
        keeping.push(Placed {
            name: host.name.clone(),
            did: host.did.clone(),
            receipt: host.receipt,
            refused: None,
        });
    }
    if keeping.is_empty() {
        let none = "no host has acknowledged the backup of the epoch in force; deal anew with `owner-agent protect`";
        return Err(CommandError::error(none));
    }
    Ok(keeping)
}

type Holders = (Vec<(ShareIndex, Recipient)>, Vec<(String, String)>);

/// Who can add to a share: verified, and holds one as far as is known. The others are named with the reason.
fn holders(work: &Work<'_>, anchor: &Anchor, active: &Deal) -> Result<Holders, Damage> {
    let lost = custody::lost(work, anchor, active.epoch)?;
    let (mut holders, mut left_out): Holders = (Vec::new(), Vec::new());
    for dealt in &active.trustees {
        let taken = holders.iter().map(|(_, recipient)| recipient);
        let is_lost = lost.contains(&dealt.name);
        let trustee = work.load::<Trustee>(dealt.name.as_bytes())?;
        match holder(dealt, trustee, is_lost)
            .and_then(|(index, trustee)| Ok((index, recipient::take_newest(trustee, taken)?)))
        {
            Ok(holder) => holders.push(holder),
            Err(why) => left_out.push((dealt.name.clone(), why.into())),
        }
    }
    Ok((holders, left_out))
}

fn holder(
    dealt: &Dealt,
    trustee: Option<Trustee>,
    is_lost: bool,
) -> Result<(ShareIndex, Trustee), &'static str> {
    let leaves = "it is no trustee any more, or is leaving";
    let trustee = trustee.filter(Trustee::is_verified).ok_or(leaves)?;
    match ShareIndex::new(dealt.index) {
        Some(_) if dealt.receipt.is_none() || is_lost => {
            Err("it holds no share of the epoch in force that could be refreshed")
        }
        Some(index) => Ok((index, trustee)),
        None => Err("its share has no index"),
    }
}

fn check_enough(
    holders: &[(ShareIndex, Recipient)],
    left_out: &[(String, String)],
    active: &Deal,
) -> Result<(), CommandError> {
    let (have, needed) = (holders.len(), active.lane.threshold);
    if have >= usize::from(needed) {
        return Ok(());
    }
    let reasons: Vec<String> = left_out
        .iter()
        .map(|(name, why)| format!("{name}: {why}"))
        .collect();
    Err(CommandError::error(format!(
        "too few trustees can be given a new share of the same secrets: {have}, and {needed} are needed to recover \
         ({}); deal new secrets with `owner-agent protect --threshold {needed}`",
        reasons.join("; ")
    )))
}

/// What each adds to both of its shares.
fn additions(
    work: &mut Work<'_>,
    policy: &Digest,
    active: &Deal,
    indices: &[ShareIndex],
) -> Result<Shares, CommandError> {
    let unusable = |error: &dyn core::fmt::Display| {
        CommandError::error(format!("refreshing failed, nothing was sent: {error}"))
    };
    let failed = |error: DealError| unusable(&error);
    let before = active.commitments.open(active.lane.threshold);
    let before = before.map_err(|error| unusable(&error))?;
    let decrypt = before.decrypt.refresh(indices, work.rng).map_err(failed)?;
    let sign = before.sign.refresh(indices, work.rng).map_err(failed)?;
    let pairs = decrypt.additions.into_iter().zip(sign.additions);
    Ok(Shares {
        commitments: Commitments {
            decrypt: decrypt.commitment.to_wire(),
            sign: sign.commitment.to_wire(),
        },
        keys: (
            RecoveryKey::from(&decrypt.commitment),
            RecoveryKey::from(&sign.commitment),
        ),
        pairs: pairs
            .map(|(decrypt, sign)| SharePair::of_additions(decrypt, sign))
            .collect(),
        refreshes: Some(Refreshed {
            epoch: active.epoch,
            deal: active.commitments.digest(policy, active.epoch),
        }),
    })
}
