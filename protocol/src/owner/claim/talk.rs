//! Comparing words with a trustee at a recovery, and the ways it can end.
use crate::agent::{Event, Work};
use crate::anchor::Anchor;
use crate::error::{CommandError, Damage, Halt, Refusal, Stop};
use crate::message::recovery::{Deny, EPOCH_OVER};
use crate::message::words::{Mismatch, Reveal};
use crate::message::{Body, Empty, ProblemReport, Received};
use crate::outbox;
use crate::owner::claim::connect;
use crate::owner::claim::row::{self, ClaimStage, Claimed, ClaimedStage};
use crate::owner::command::Answer;
use crate::owner::comparison::Comparison;
use crate::owner::peers::Peers;
use crate::record::{self, Records};
use crate::words::{self, Occasion, Transcript};

/// The commitment is opened: from here on there are words.
pub(crate) fn on_reveal(
    work: &mut Work<'_>,
    peers: &Peers,
    message: &Received,
    reveal: &Reveal,
) -> Result<Body, Halt> {
    let unexpected = || Refusal::new("e.p.trust.not-verified", "no such nonce is expected here");
    let mut claimed = row::behind(work, peers, &message.to, &message.from)?;
    let ClaimedStage::Revealing { commitment, nonce } = claimed.stage else {
        return Err(unexpected().into());
    };
    let fixed = row::load(work)?
        .and_then(|claim| claim.fixed)
        .ok_or_else(unexpected)?;
    if words::commitment(&reveal.nonce) != commitment {
        return Err(Refusal::new(
            "e.p.trust.not-verified",
            "the nonce is not the one committed to",
        )
        .into());
    }
    claimed.stage = ClaimedStage::Comparing(Comparison::new(Transcript {
        occasion: Occasion::Recovery,
        owner: message.to.clone(),
        trustee: message.from.clone(),
        owner_nonce: nonce,
        trustee_nonce: reveal.nonce,
        ledger: fixed.log,
        policy: fixed.policy,
        request: Some(fixed.request),
    }));
    let text = format!(
        "{} has opened your link; compare words: owner-agent recover verify {}",
        claimed.name, claimed.name
    );
    work.hint(Event::new("words", claimed.name.clone(), text));
    work.save(&claimed);
    Ok(Body::Empty(Empty {}))
}

/// Their person heard the right words.
pub(crate) fn on_confirm(
    work: &mut Work<'_>,
    peers: &Peers,
    message: &Received,
) -> Result<Body, Halt> {
    let mut claimed = row::behind(work, peers, &message.to, &message.from)?;
    let ClaimedStage::Comparing(comparison) = claimed.stage else {
        return Err(
            Refusal::new("e.p.trust.not-verified", "no words are being compared here").into(),
        );
    };
    claimed.stage = after(comparison.confirm());
    work.save(&claimed);
    Ok(Body::Empty(Empty {}))
}

fn after(comparison: Comparison) -> ClaimedStage {
    match comparison.is_done() {
        true => ClaimedStage::Verified,
        false => ClaimedStage::Comparing(comparison),
    }
}

/// Their person heard other words.
pub(crate) fn on_mismatch(
    work: &mut Work<'_>,
    peers: &Peers,
    message: &Received,
) -> Result<Body, Halt> {
    let mut claimed = row::behind(work, peers, &message.to, &message.from)?;
    // Their person's right words are in our hands, signed by what she did; nobody unsays them.
    if claimed.is_verified() {
        return Err(Refusal::new("e.p.req.declined", "the words were compared already").into());
    }
    claimed.stage = ClaimedStage::Mismatch;
    work.save(&claimed);
    unfix(work)?;
    Ok(Body::Empty(Empty {}))
}

/// What the first trustee fixed holds while anybody stands on it whose words are being compared, or
/// were. A stranger who answered first and could not say the words leaves nothing behind, or one
/// caught link would make every honest trustee a contradiction (G10).
pub(crate) fn unfix(work: &mut Work<'_>) -> Result<(), Damage> {
    let stands = |claimed: &Claimed| {
        matches!(
            claimed.stage,
            ClaimedStage::Revealing { .. } | ClaimedStage::Comparing(_) | ClaimedStage::Verified
        )
    };
    let mut all = work.all::<Claimed>()?;
    if all.iter().any(stands) {
        return Ok(());
    }
    if let Some(mut claim) = row::load(work)?
        && matches!(claim.stage, ClaimStage::Gathering)
        && claim.fixed.take().is_some()
    {
        work.save(&claim);
        // They contradicted what is gone.
        all.retain(|claimed| matches!(claimed.stage, ClaimedStage::Conflict(_)));
        for claimed in &mut all {
            claimed.stage = ClaimedStage::Outdated;
            work.save(claimed);
        }
    }
    Ok(())
}

/// What this trustee speaks of is over, as the ledger shows: it gets to know, and needs a new link.
pub(crate) fn outdate(work: &mut Work<'_>, mut claimed: Claimed) -> Body {
    work.hint(Event::new(
        "outdated",
        &claimed.name,
        new_link(&claimed.name),
    ));
    claimed.stage = ClaimedStage::Outdated;
    work.save(&claimed);
    Body::Problem(ProblemReport {
        code: EPOCH_OVER.into(),
        comment:
            "the epoch that you speak of is over on the ledger; look at it, and open a new link"
                .into(),
    })
}

/// Who contradicts the first trustee in the epoch alone is judged by the ledger as soon as that was read.
pub(crate) fn judge_epochs(work: &mut Work<'_>, anchor: &Anchor) -> Result<(), Damage> {
    let Some(claim) = row::load(work)? else {
        return Ok(());
    };
    let (Some(fixed), ClaimStage::Gathering) = (&claim.fixed, &claim.stage) else {
        return Ok(());
    };
    let Some(active) = connect::active_epoch(anchor, fixed) else {
        return Ok(());
    };
    let mut all = work.all::<Claimed>()?;
    all.retain(|claimed| matches!(claimed.stage, ClaimedStage::Conflict(_)));
    if fixed.epoch < active && all.iter().any(|claimed| claimed.epoch == Some(active)) {
        return outdate_all(work);
    }
    all.retain(|claimed| claimed.epoch.is_some_and(|epoch| epoch < active));
    for claimed in all {
        outdate(work, claimed);
    }
    Ok(())
}

/// The epoch that everybody was asked about is over, as the ledger shows.
pub(crate) fn outdate_all(work: &mut Work<'_>) -> Result<(), Damage> {
    for mut claimed in work.all::<Claimed>()? {
        // Whoever contradicted was not taken down as one who answered.
        if claimed.did().is_some() || matches!(claimed.stage, ClaimedStage::Conflict(_)) {
            work.hint(Event::new(
                "outdated",
                &claimed.name,
                new_link(&claimed.name),
            ));
            claimed.stage = ClaimedStage::Outdated;
            work.save(&claimed);
        }
    }
    if let Some(mut claim) = row::load(work)? {
        claim.fixed = None;
        work.save(&claim);
    }
    Ok(())
}

/// Their person refuses.
pub(crate) fn on_deny(
    work: &mut Work<'_>,
    peers: &Peers,
    message: &Received,
    deny: &Deny,
) -> Result<Body, Halt> {
    let mut claimed = row::behind(work, peers, &message.to, &message.from)?;
    let code = deny
        .code
        .chars()
        .filter(char::is_ascii_graphic)
        .take(64)
        .collect();
    // A share that came stays good: it cannot be taken back, nor can the recovery that counts on it.
    if claimed.good_release().is_none() {
        claimed.stage = refused(work, &claimed.name, code);
        work.save(&claimed);
        unfix(work)?;
    }
    Ok(Body::Empty(Empty {}))
}

fn refused(work: &mut Work<'_>, name: &str, code: String) -> ClaimedStage {
    if code != EPOCH_OVER {
        return ClaimedStage::Denied(code);
    }
    work.hint(Event::new("outdated", name, new_link(name)));
    ClaimedStage::Outdated
}

fn new_link(name: &str) -> String {
    format!(
        "what {name} was asked about is over, and nothing was lost by it: send a new link: owner-agent recover invite {name}"
    )
}

/// The words for the screen.
pub(crate) fn show_words(work: &Work<'_>, name: &str) -> Result<Answer, Stop> {
    let claimed = row::named(work, name)?;
    match &claimed.stage {
        ClaimedStage::Comparing(comparison) => Ok(Answer::Words(comparison.view())),
        _ => Err(no_words(&claimed).into()),
    }
}

fn no_words(claimed: &Claimed) -> CommandError {
    let name = &claimed.name;
    match &claimed.stage {
        ClaimedStage::Verified => CommandError::error(format!("{name} is verified already")),
        ClaimedStage::Mismatch => CommandError::refused(format!(
            "the words with {name} did not match, so that connection is closed; make a new link: owner-agent recover invite {name}"
        )),
        ClaimedStage::Denied(code) => CommandError::refused(format!("{name} refused ({code})")),
        ClaimedStage::Conflict(why) => CommandError::refused(format!("{name}: {why}")),
        ClaimedStage::Outdated => CommandError::pending(new_link(name)),
        ClaimedStage::Waiting | ClaimedStage::Revealing { .. } | ClaimedStage::Comparing(_) => {
            CommandError::pending(format!("{name} has not opened your link yet"))
        }
    }
}

/// Our person says what she heard.
pub(crate) fn verify(work: &mut Work<'_>, name: &str, heard: &str) -> Result<Answer, Stop> {
    let mut claimed = row::named(work, name)?;
    let ClaimedStage::Comparing(comparison) = claimed.stage.clone() else {
        return Err(no_words(&claimed).into());
    };
    let Ok(comparison) = comparison.hear(heard) else {
        return mismatch(work, claimed);
    };
    claimed.stage = after(comparison);
    work.save(&claimed);
    let text = match claimed.is_verified() {
        true => format!("{name} is verified"),
        false => format!("you heard the right words; {name} has yet to pick yours"),
    };
    Ok(Answer::Done { text })
}

fn mismatch(work: &mut Work<'_>, mut claimed: Claimed) -> Result<Answer, Stop> {
    claimed.stage = ClaimedStage::Mismatch;
    work.save(&claimed);
    tell_mismatch(work, &claimed);
    unfix(work)?;
    let name = claimed.name;
    let text = format!(
        "these are not {name}'s words: somebody may stand between you, so the connection is closed; make a new \
         link: owner-agent recover invite {name}"
    );
    Ok(Answer::Mismatch { text })
}

/// The other side's session ends too (G10: that session, and not the request).
fn tell_mismatch(work: &mut Work<'_>, claimed: &Claimed) {
    if let (Some(invited), Some(did)) = (&claimed.invitation, claimed.did()) {
        outbox::send(work, &invited.local, did, Body::WordsMismatch(Mismatch {}));
    }
}

/// Which trustees wait for words to be compared, or for another link.
pub(crate) fn pending(records: &dyn Records) -> Result<Vec<Event>, Damage> {
    let all = record::load_all::<Claimed>(records, &[])?;
    Ok(all.iter().filter_map(waits_for).collect())
}

fn waits_for(claimed: &Claimed) -> Option<Event> {
    let name = &claimed.name;
    match &claimed.stage {
        ClaimedStage::Comparing(comparison) if !comparison.is_heard() => {
            let text = format!("compare words with {name}: owner-agent recover verify {name}");
            Some(Event::new("words", name, text))
        }
        ClaimedStage::Outdated => Some(Event::new("outdated", name, new_link(name))),
        _ => None,
    }
}
