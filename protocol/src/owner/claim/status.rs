//! How far a recovery is.
use crate::agent::Work;
use crate::anchor::Anchor;
use crate::error::Stop;
use crate::ledger::RequestStatus;
use crate::outbox;
use crate::owner::claim::collect;
use crate::owner::claim::row::{self, Claim, ClaimStage, Claimed, ClaimedStage};
use crate::owner::command::{Answer, ClaimTrusteeView, RecoverView};
use crate::owner::deal;
use crate::time::Timestamp;

/// For the screen.
pub(crate) fn show(work: &Work<'_>, anchor: &Anchor) -> Result<Answer, Stop> {
    let claim = row::require(work)?;
    let all = work.all::<Claimed>()?;
    let status = claim.fixed.as_ref().and_then(|fixed| {
        let view = anchor.view(&fixed.log)?;
        view.state()
            .request_status(&fixed.request, view.ledger_time().unwrap_or_default())
    });
    let dealt = matches!(claim.stage, ClaimStage::Dealing | ClaimStage::Done);
    let deal = if dealt {
        deal::newest(work)?.map(|deal| deal.view())
    } else {
        None
    };
    let threshold = claim.fixed.as_ref().map(|fixed| fixed.lane.threshold);
    let shares = match dealt {
        true => threshold.unwrap_or(0),
        false => collect::shares(work, &claim)?.len() as u8,
    };
    let fetched = match &claim.stage {
        ClaimStage::Fetching(fetch) => fetch.progress(),
        ClaimStage::Gathering | ClaimStage::Dealing | ClaimStage::Done => (0, 0),
    };
    Ok(Answer::Recover(RecoverView {
        state: state(&claim, &all, status.as_ref(), work.now).into(),
        request: claim.fixed.as_ref().map(|fixed| fixed.request),
        approvals: status
            .as_ref()
            .map_or(0, |status| status.approvals.try_into().unwrap_or(u8::MAX)),
        threshold,
        releases_at: status.as_ref().and_then(|status| status.releases_at),
        shares,
        trustees: all.iter().map(view).collect(),
        deal,
        fetched,
        problem: problem(&claim),
        restored: claim.restored.clone(),
    }))
}

fn problem(claim: &Claim) -> Option<String> {
    let refusals = match &claim.stage {
        ClaimStage::Fetching(fetch) => fetch.refusals(),
        ClaimStage::Gathering | ClaimStage::Dealing | ClaimStage::Done => Vec::new(),
    };
    claim.problem.clone().or_else(|| {
        refusals
            .first()
            .map(|why| match outbox::reads_not_yet(why) {
                true => format!("waiting for a backup host: {why}"),
                false => format!("a backup host refused: {why}"),
            })
    })
}

fn state(
    claim: &Claim,
    all: &[Claimed],
    status: Option<&RequestStatus>,
    now: Timestamp,
) -> &'static str {
    let expired = claim
        .fixed
        .as_ref()
        .is_some_and(|fixed| fixed.expiry <= now);
    match (&claim.stage, status) {
        (ClaimStage::Done, _) => "done",
        (_, Some(status)) if status.ended && !status.completed => "ended",
        (_, Some(status)) if status.vetoed => "vetoed",
        (ClaimStage::Dealing, _) => "dealing",
        (ClaimStage::Fetching(fetch), _) if fetch.misses_newer() => "older",
        (ClaimStage::Fetching(_), _) => "fetching",
        (ClaimStage::Gathering, _) if conflicting(all) => "conflict",
        // No trustee sponsors a request whose time is over.
        (ClaimStage::Gathering, None) if expired => "ended",
        (ClaimStage::Gathering, None) => "gathering",
        (ClaimStage::Gathering, Some(_)) if all.iter().any(|claimed| claimed.release.is_some()) => {
            "collecting"
        }
        (ClaimStage::Gathering, Some(status)) if status.full_since.is_some() => "waiting",
        (ClaimStage::Gathering, Some(_)) => "anchored",
    }
}

fn conflicting(all: &[Claimed]) -> bool {
    all.iter()
        .any(|claimed| matches!(claimed.stage, ClaimedStage::Conflict(_)))
}

fn view(claimed: &Claimed) -> ClaimTrusteeView {
    let (state, note) = match &claimed.stage {
        ClaimedStage::Waiting if claimed.invitation.is_none() => ("not-invited", String::new()),
        ClaimedStage::Waiting | ClaimedStage::Revealing { .. } => {
            ("invited", "has not opened your link yet".into())
        }
        ClaimedStage::Comparing(comparison) if comparison.is_heard() => {
            ("heard", "has yet to pick your words".into())
        }
        ClaimedStage::Comparing(_) => ("words", "compare words now".into()),
        ClaimedStage::Verified if claimed.bad.is_some() => {
            ("bad-share", claimed.bad.clone().unwrap_or_default())
        }
        ClaimedStage::Verified if claimed.release.is_some() => {
            ("share", "share received and verified".into())
        }
        ClaimedStage::Verified => ("verified", "words matched".into()),
        ClaimedStage::Conflict(why) => ("conflict", why.clone()),
        ClaimedStage::Denied(code) => ("denied", format!("refused ({code})")),
        ClaimedStage::Mismatch => (
            "mismatch",
            "other words were heard: that connection is closed".into(),
        ),
        ClaimedStage::Outdated => (
            "outdated",
            "what it was asked about is over: send it a new link".into(),
        ),
    };
    ClaimTrusteeView {
        name: claimed.name.clone(),
        state: state.into(),
        note,
    }
}
