//! Can I recover today?
use crate::agent::Work;
use crate::anchor::{self, Anchor, Outcome};
use crate::bytes::Digest;
use crate::error::{CommandError, Stop};
use crate::owner::alert;
use crate::owner::audit;
use crate::owner::claim::row::{self, ClaimStage};
use crate::owner::command::{Answer, ProtectView, TrusteeView};
use crate::owner::custody;
use crate::owner::deal;
use crate::owner::identity::{self, Identity};
use crate::owner::kept_by_trustee;
use crate::owner::supplement;
use crate::owner::trustee::Trustee;

/// All trustees and hosts.
pub(crate) fn trustees(work: &Work<'_>, anchor: &Anchor) -> Result<Vec<TrusteeView>, Stop> {
    let mut watched = custody::views(work, anchor)?;
    watched.extend(audit::views(work, anchor)?);
    let trustees = work.all::<Trustee>()?;
    let views = trustees.iter().map(|trustee| TrusteeView {
        custody: watched.remove(&trustee.name),
        ..trustee.view(work.now)
    });
    Ok(views.collect())
}

/// Everything at once.
pub(crate) fn status(work: &Work<'_>, anchor: &Anchor) -> Result<Answer, Stop> {
    let identity = identity::load(work)?;
    // A deal on its way takes nothing from the one in force.
    let active = deal::active(work)?.map(|deal| deal.view());
    let lost = match &active {
        Some(deal) => custody::lost(work, anchor, deal.epoch)?,
        None => Vec::new(),
    };
    let active = active.map(|deal| without(deal, &lost));
    let deal = deal::newest(work)?.map(|deal| deal.view());
    // The newest deal may be the one in force.
    let deal = match &active {
        Some(active) => deal.map(|deal| {
            if deal.epoch == active.epoch {
                active.clone()
            } else {
                deal
            }
        }),
        None => deal,
    };
    let claiming = row::load(work)?.is_some_and(|claim| !matches!(claim.stage, ClaimStage::Done));
    let live = identity.as_ref().map(|identity| is_live(anchor, identity));
    let (state, text) = match (&identity, live) {
        _ if claiming => (
            "claimant",
            "a recovery is under way: owner-agent recover status".into(),
        ),
        (None, _) => (
            "empty",
            "there is no identity here yet: owner-agent init".into(),
        ),
        (Some(_), Some(Life::Revoked)) => (
            "revoked",
            "this agent's key is revoked on the ledger: it has no power over the identity any more"
                .into(),
        ),
        (Some(_), _) if has_no_backup(work, anchor, active.as_ref())? => (
            "at-risk",
            "no host shows that it still has your backup: without it your trustees can give nothing back; make a \
             new one: owner-agent protect --threshold NUMBER"
                .into(),
        ),
        (Some(_), _) => verdict(active.as_ref(), &lost),
    };
    let alerts = alert::alerts(work, anchor)?;
    Ok(Answer::Status {
        name: identity.as_ref().map(|identity| identity.name.clone()),
        state: state.into(),
        text,
        policy: identity.as_ref().map(|identity| identity.policy),
        live: matches!(live, Some(Life::Live)),
        deal,
        trustees: trustees(work, anchor)?,
        open_to: kept_by_trustee::warning(work)?,
        changes: supplement::view(work)?,
        alerts: alerts.iter().filter(|alert| alert.state == "open").count(),
        conflicts: anchor::conflicts(work)?,
        ledger_time: identity
            .as_ref()
            .and_then(|identity| anchor.view(&identity.log))
            .map(|view| view.ledger_time().unwrap_or_default()),
    })
}

/// Whether every host that acknowledged the backup in force has lost it, as far as is known.
fn has_no_backup(
    work: &Work<'_>,
    anchor: &Anchor,
    active: Option<&ProtectView>,
) -> Result<bool, Stop> {
    let lost = audit::lost(work, anchor)?;
    let hosts = active.map_or(&[][..], |deal| &deal.hosts);
    Ok(!hosts.is_empty() && hosts.iter().all(|host| lost.contains(host)))
}

/// A deal, less those who have lost their shares as far as their proofs say.
pub(crate) fn without(mut deal: ProtectView, lost: &[String]) -> ProtectView {
    let holders = deal.receipts.iter().filter(|name| !lost.contains(name));
    deal.holders = holders.count() as u8;
    deal.may_lose = deal.holders.saturating_sub(deal.threshold);
    deal
}

/// Whether the epoch in force can be recovered, and what may go wrong yet.
fn verdict(deal: Option<&ProtectView>, lost: &[String]) -> (&'static str, String) {
    let Some(deal) = deal else {
        return (
            "not-protected",
            "nothing can be recovered yet: owner-agent protect --threshold NUMBER".into(),
        );
    };
    let of = format!(
        "any {} of {} trustees can help you recover",
        deal.threshold, deal.trustees
    );
    let holders = deal.holders;
    let of = match lost {
        [] => of,
        lost => format!(
            "{of}; {} of them prove no more that they hold a share ({}): owner-agent protect --threshold {}",
            lost.len(),
            lost.join(", "),
            deal.threshold
        ),
    };
    match deal.may_lose {
        0 if holders < deal.threshold => (
            "at-risk",
            format!("{of}; as things are, only {holders} can help, which are too few to recover"),
        ),
        0 => (
            "at-risk",
            format!("{of}; you cannot lose anyone who holds a share"),
        ),
        1 => (
            "protected",
            format!("{of}; you can lose 1 and still recover"),
        ),
        spare => (
            "protected",
            format!("{of}; you can lose {spare} and still recover"),
        ),
    }
}

/// How this agent's key stands on the ledger.
#[derive(Clone, Copy)]
pub(super) enum Life {
    /// The policy is not on the ledger yet, as far as we see.
    Unknown,
    Live,
    Revoked,
}

pub(super) fn is_live(anchor: &Anchor, identity: &Identity) -> Life {
    let Some(view) = anchor.view(&identity.log) else {
        return Life::Unknown;
    };
    let key = identity.agent.verifying_key();
    match (
        view.state().knows_policy(&identity.policy),
        view.state().agent_is_live(
            &identity.policy,
            &key,
            view.ledger_time().unwrap_or_default(),
        ),
    ) {
        (false, _) => Life::Unknown,
        (true, true) => Life::Live,
        (true, false) => Life::Revoked,
    }
}

/// What became of a record that was offered.
pub(crate) fn offered(work: &Work<'_>, anchor: &Anchor, record: &Digest) -> Result<Answer, Stop> {
    let outcome = anchor.outcome(work, record)?;
    let text = match outcome {
        Some(Outcome::Admitted { index }) => format!("it stands in the ledger at {index}"),
        Some(Outcome::Waiting) => {
            return Err(CommandError::pending("the ledger has not answered yet").into());
        }
        Some(Outcome::Refused { code, comment }) => {
            return Err(CommandError::refused(format!(
                "the ledger refused it: {comment} ({code})"
            ))
            .into());
        }
        None => return Err(CommandError::error("this agent never offered such a record").into()),
    };
    Ok(Answer::Done { text })
}
