//! Meeting the trustees: invitation, challenge, request, words.
use crate::agent::{Event, Work};
use crate::anchor::Anchor;
use crate::bytes::{Blob, Digest, Nonce32};
use crate::did::LocalDid;
use crate::error::{CommandError, Damage, Halt, Refusal, Stop};
use crate::keys::{AgreementSecret, SigningKey};
use crate::ledger::{Descriptor, Record, RequestBody, RequestKind};
use crate::limits;
use crate::message::invitation::{GOAL_RECOVERY, Invitation, LINK_BASE, clean_label};
use crate::message::recovery::{Challenge, Request};
use crate::message::{Body, Empty, ProblemReport, Received};
use crate::outbox;
use crate::owner::claim::row::{
    self, Answered, Claim, ClaimStage, ClaimantKeys, Claimed, ClaimedStage, Fixed, Invited,
};
use crate::owner::claim::talk;
use crate::owner::command::Answer;
use crate::owner::deal::Deal;
use crate::owner::identity::{self, Identity};
use crate::owner::pace;
use crate::owner::peers::Peers;
use crate::owner::push;
use crate::owner::trustee::Trustee;
use crate::record::Row;
use crate::time::Millis;

/// Becomes a claimant.
pub(crate) fn start(
    work: &mut Work<'_>,
    name: &str,
    trustees: &[String],
    stolen: bool,
) -> Result<Answer, Stop> {
    if identity::load(work)?.is_some() || row::load(work)?.is_some() {
        let taken = "this home already holds an identity or a recovery; recover into a fresh one with `--home` or `--profile`";
        return Err(CommandError::error(taken).into());
    }
    let names: Vec<String> = trustees.iter().map(|name| clean_label(name)).collect();
    let mut distinct = names.clone();
    distinct.sort();
    distinct.dedup();
    if names.is_empty()
        || names.len() > 255
        || distinct.len() != names.len()
        || names.iter().any(String::is_empty)
    {
        return Err(CommandError::error(
            "name the trustees you remember, each once: --trustees NAME,NAME",
        )
        .into());
    }
    for name in &names {
        work.save(&Claimed {
            name: name.clone(),
            invitation: None,
            stage: ClaimedStage::Waiting,
            release: None,
            bad: None,
            epoch: None,
        });
    }
    let keys = ClaimantKeys {
        signing: SigningKey::generate(work.rng),
        sealing: AgreementSecret::generate(work.rng),
    };
    work.save(&Claim {
        name: clean_label(name),
        kind: if stolen {
            RequestKind::Stolen
        } else {
            RequestKind::Lost
        },
        keys: Some(keys),
        fixed: None,
        stage: ClaimStage::Gathering,
        problem: None,
        accepts_older: false,
        restored: None,
    });
    let text = format!(
        "this device is a claimant now; nothing is restored yet. Call {} and send each a link: owner-agent recover invite NAME",
        names.join(", ")
    );
    Ok(Answer::Done { text })
}

/// Makes the link for one trustee; an earlier one that was not answered dies.
pub(crate) fn invite(work: &mut Work<'_>, name: &str) -> Result<Answer, Stop> {
    let claim = row::require(work)?;
    let mut claimed = row::named(work, name)?;
    if claimed.is_verified() {
        return Err(
            CommandError::error(format!("the connection with {name} is verified already")).into(),
        );
    }
    claimed.release = None;
    claimed.bad = None;
    claimed.epoch = None;
    let local = LocalDid::generate(Some(work.endpoint), work.rng);
    let expires = work.now.after(limits::owner::INVITATION_LIFETIME);
    let id = outbox::fresh_id(work);
    let invitation = Invitation {
        id: id.clone(),
        from: local.did().clone(),
        goal: GOAL_RECOVERY.into(),
        label: claim.name,
        expires: expires.seconds(),
        offer: None,
    };
    if let Some(earlier) = &claimed.invitation {
        outbox::retire(work, &earlier.local);
    }
    claimed.invitation = Some(Invited {
        id,
        local: local.did().clone(),
        expires,
        answer: None,
    });
    claimed.stage = ClaimedStage::Waiting;
    work.save(&local);
    work.save(&claimed);
    talk::unfix(work)?;
    Ok(Answer::Link {
        link: invitation.to_link(LINK_BASE),
        expires,
    })
}

/// A trustee opens the recovery connection and says what it keeps.
pub(crate) fn on_challenge(
    work: &mut Work<'_>,
    (anchor, peers): (&mut Anchor, &Peers),
    message: &Received,
    challenge: &Challenge,
) -> Result<Body, Halt> {
    let stranger = || {
        Refusal::new(
            "e.m.req.wrong-connection",
            "nobody is expected on this connection",
        )
    };
    let claim = row::load(work)?.ok_or_else(stranger)?;
    let mut claimed = peers.claimed(work, &message.to)?.ok_or_else(stranger)?;
    check_answer(work, &claimed, message)?;
    let descriptor = Descriptor::from_bytes(&challenge.descriptor.0)
        .map_err(|error| Refusal::new("e.m.trust.ledger-descriptor", error.to_string()))?;
    challenge
        .lane
        .validate()
        .map_err(|error| Refusal::new("e.m.trust.lane", error.to_string()))?;
    let fixed = match agree(work, anchor, &claim, &descriptor, challenge)? {
        Ok(fixed) => fixed,
        Err(Discord::Behind) => return Ok(talk::outdate(work, claimed)),
        Err(Discord::Conflict(conflict)) => return Ok(note_conflict(work, claimed, conflict)),
        Err(Discord::Epoch(conflict)) => {
            claimed.epoch = Some(challenge.epoch);
            anchor.look(work, descriptor.id());
            return Ok(note_conflict(work, claimed, conflict));
        }
    };
    let keys = claim.keys.as_ref().ok_or_else(stranger)?;
    let record = Record::request(request_body(&fixed, &claim, keys, challenge), &keys.signing);
    let nonce = Nonce32::random(work.rng);
    if let Some(invited) = &mut claimed.invitation {
        invited.answer = Some(Answered {
            did: message.from.clone(),
            label: clean_label(&challenge.label),
            approval: challenge.approval,
        });
    }
    claimed.stage = ClaimedStage::Revealing {
        commitment: challenge.commitment,
        nonce,
    };
    work.save(&claimed);
    Ok(Body::RecoveryRequest(Request {
        record: Blob(record.to_bytes()),
        nonce,
    }))
}

fn check_answer(work: &Work<'_>, claimed: &Claimed, message: &Received) -> Result<(), Refusal> {
    let Some(invited) = &claimed.invitation else {
        return Err(Refusal::new(
            "e.m.req.wrong-connection",
            "no link was made for this connection",
        ));
    };
    let answered = invited.answer.is_some() || !matches!(claimed.stage, ClaimedStage::Waiting);
    if answered {
        return Err(Refusal::new(
            "e.p.req.invitation-used",
            "this link was answered before",
        ));
    }
    if invited.expires <= work.now {
        return Err(Refusal::new(
            "e.p.req.time.expired",
            "this link has expired",
        ));
    }
    if message.pthid.as_deref() != Some(invited.id.as_str()) {
        return Err(Refusal::new(
            "e.m.req.wrong-connection",
            "the answer names another link",
        ));
    }
    Ok(())
}

/// Why a trustee cannot be asked what the first one was.
enum Discord {
    /// It has not seen that the epoch which it speaks of is over.
    Behind,
    /// Of another epoch than the first, and the ledger as it was read here does not say yet which is over.
    Epoch(String),
    /// Of something that no ledger decides.
    Conflict(String),
}

/// The first challenge fixes what the request is about; a later one must say the same. Where they differ in the
/// epoch alone, the ledger says which is right, and nobody needs to be asked.
fn agree(
    work: &mut Work<'_>,
    anchor: &mut Anchor,
    claim: &Claim,
    descriptor: &Descriptor,
    challenge: &Challenge,
) -> Result<Result<Fixed, Discord>, Damage> {
    let mut fixed = claim.fixed.as_ref();
    if let (Some(first), ClaimStage::Gathering) = (fixed, &claim.stage)
        && (descriptor.id(), challenge.policy) == (first.log, first.policy)
        && challenge.epoch != first.epoch
        && let Some(active) = active_epoch(anchor, first)
    {
        if challenge.epoch < active {
            return Ok(Err(Discord::Behind));
        }
        if first.epoch < active && challenge.epoch == active {
            talk::outdate_all(work)?;
            fixed = None;
        }
    }
    if let Some(fixed) = fixed {
        let told = [
            ("ledger", descriptor.id() == fixed.log),
            ("policy", challenge.policy == fixed.policy),
            ("epoch", challenge.epoch == fixed.epoch),
            ("lane", challenge.lane == fixed.lane),
        ];
        let other: Vec<&str> = told
            .iter()
            .filter(|(_, same)| !same)
            .map(|(what, _)| *what)
            .collect();
        if other.is_empty() {
            return Ok(Ok(fixed.clone()));
        }
        let text = format!(
            "it speaks of another {} than the first trustee did",
            other.join(" and ")
        );
        return Ok(Err(match other.first() {
            Some(&"epoch") => Discord::Epoch(text),
            _ => Discord::Conflict(text),
        }));
    }
    let log = anchor.adopt(work, descriptor)?;
    let lifetime = challenge.lane.lifetime.0;
    let mut fixed = Fixed {
        log,
        policy: challenge.policy,
        epoch: challenge.epoch,
        lane: challenge.lane.clone(),
        // A sixteenth short of the lifetime, so that a clock that runs a little ahead of the ledger's
        // does not make the request longer than the lane allows.
        expiry: work.now.after(Millis(lifetime - lifetime / 16)),
        request: Digest([0; 32]),
    };
    if let (Some(keys), Some(mut claim)) = (&claim.keys, row::load(work)?) {
        fixed.request = request_body(&fixed, &claim, keys, challenge).id();
        claim.fixed = Some(fixed.clone());
        work.save(&claim);
    }
    pace::set(work, anchor)?;
    Ok(Ok(fixed))
}

/// The epoch in force as far as the ledger was read here.
pub(crate) fn active_epoch(anchor: &Anchor, fixed: &Fixed) -> Option<u32> {
    let view = anchor.view(&fixed.log)?;
    view.state()
        .active_epoch(&fixed.policy, view.ledger_time()?)
}

fn request_body(
    fixed: &Fixed,
    claim: &Claim,
    keys: &ClaimantKeys,
    challenge: &Challenge,
) -> RequestBody {
    RequestBody {
        log: fixed.log,
        policy: fixed.policy,
        epoch: fixed.epoch,
        lane: fixed.lane.clone(),
        kind: claim.kind,
        signing: keys.signing.verifying_key(),
        sealing: keys.sealing.public_key(),
        expiry: fixed.expiry,
        sponsor: challenge.approval,
        path: challenge.path.clone(),
    }
}

/// Written down and shown; the request stays as the first trustee fixed it.
fn note_conflict(work: &mut Work<'_>, mut claimed: Claimed, conflict: String) -> Body {
    let text = format!(
        "{}: {conflict}; ask your trustees which is right before going on",
        claimed.name
    );
    work.hint(Event::new("conflict", claimed.name.clone(), text));
    claimed.stage = ClaimedStage::Conflict(conflict.clone());
    work.save(&claimed);
    Body::Problem(ProblemReport {
        code: "e.p.trust.conflict".into(),
        comment: conflict,
    })
}

/// Their person has approved; the ledger says the rest.
pub(crate) fn on_pending(
    work: &mut Work<'_>,
    peers: &Peers,
    message: &Received,
) -> Result<Body, Halt> {
    let claimed = row::behind(work, peers, &message.to, &message.from)?;
    let text = format!(
        "{} has approved; nothing leaves before the delay is over",
        claimed.name
    );
    work.hint(Event::new("approved", claimed.name, text));
    Ok(Body::Empty(Empty {}))
}

/// Gives up: before anything was restored, or once the request has ended without completing. What came
/// back of the wallet stays readable; the identity it did not win back goes.
pub(crate) fn abort(work: &mut Work<'_>, anchor: &Anchor) -> Result<Answer, Stop> {
    let claim = row::require(work)?;
    match &claim.stage {
        ClaimStage::Gathering => {}
        ClaimStage::Fetching(fetch) => {
            fetch.withdraw(work);
            fetch.forget(work);
        }
        ClaimStage::Dealing if has_ended(anchor, &claim) => forget_identity(work)?,
        ClaimStage::Dealing | ClaimStage::Done => {
            let late = "the wallet is restored already; there is nothing to give up";
            return Err(CommandError::error(late).into());
        }
    }
    for claimed in work.all::<Claimed>()? {
        if let Some(invited) = &claimed.invitation {
            outbox::retire(work, &invited.local);
        }
        work.erase::<Claimed>(&claimed.id());
    }
    work.erase::<Claim>(&claim.id());
    let text = "this device is no claimant any more; a request on the ledger ends by itself";
    Ok(Answer::Done { text: text.into() })
}

fn has_ended(anchor: &Anchor, claim: &Claim) -> bool {
    let status = claim.fixed.as_ref().and_then(|fixed| {
        let view = anchor.view(&fixed.log)?;
        view.state()
            .request_status(&fixed.request, view.ledger_time()?)
    });
    status.is_some_and(|status| status.ended && !status.completed)
}

/// Peers and deals of an agent that never came to power.
fn forget_identity(work: &mut Work<'_>) -> Result<(), Damage> {
    for trustee in work.all::<Trustee>()? {
        outbox::retire(work, &trustee.local);
        work.erase::<Trustee>(&trustee.id());
    }
    for deal in work.all::<Deal>()? {
        push::abandon(work, &deal)?;
        work.erase::<Deal>(&deal.id());
    }
    work.erase::<Identity>(&[]);
    Ok(())
}
