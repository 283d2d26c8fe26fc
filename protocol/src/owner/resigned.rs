//! Trustees and hosts who want to be so no longer: what that means for her, and what she can do (decision
//! 0031).
use crate::agent::{Event, Work};
use crate::error::{Damage, Halt, Refusal};
use crate::keys::labels;
use crate::message::setup::Resign;
use crate::message::{Body, Empty, Received};
use crate::owner::deal::{self, Deal, DealStage};
use crate::owner::identity;
use crate::owner::peers::Peers;
use crate::owner::trustee::{self, PeerRole, Resigned, Stage, Trustee};
use crate::record::{self, Records};

/// Takes note: no next epoch is dealt to who resigned. What it holds of this one counts until it is
/// deleted.
pub(crate) fn on_resign(
    work: &mut Work<'_>,
    peers: &Peers,
    message: &Received,
    resign: &Resign,
) -> Result<Body, Halt> {
    let known = trustee::behind(work, peers, &message.to, &message.from);
    if known.is_err() && peers.claimed(work, &message.to)?.is_some() {
        // Her recovery is not done here: who her trustees are is settled at its end.
        let comment = "the recovery is not complete here yet";
        return Err(Refusal::new("e.m.trust.ledger-behind", comment).into());
    }
    let mut peer = known?;
    check(work, message, resign)?;
    if matches!(
        peer.stage,
        Stage::Declined | Stage::Mismatch | Stage::Removed
    ) {
        return Ok(Body::Empty(Empty {}));
    }
    let before = peer.resigned.as_ref().is_some_and(|said| said.at_once);
    peer.resigned = Some(Resigned {
        at: work.now,
        at_once: before || resign.resignation.at_once,
        signature: resign.signature,
    });
    peer.seen = Some(work.now);
    peer.stage = after(work, &peer)?;
    work.save(&peer);
    let event = event(work, &peer)?;
    work.hint(event);
    Ok(Body::Empty(Empty {}))
}

/// Of this policy, and signed by whom it came from: she can show it to others.
fn check(work: &Work<'_>, message: &Received, resign: &Resign) -> Result<(), Halt> {
    let said = &resign.resignation;
    let signed = message.from.evidence_key().verify(
        labels::RESIGNED,
        &said.signed_bytes(),
        &resign.signature,
    );
    let ours = identity::load(work)?.is_some_and(|identity| identity.policy == said.policy);
    if ours && signed.is_ok() {
        return Ok(());
    }
    let comment = "the resignation is of another policy, or not signed by its sender";
    Err(Refusal::new("e.m.msg.malformed", comment).into())
}

/// One that no epoch in force or on its way counts on is gone at once.
fn after(work: &Work<'_>, peer: &Trustee) -> Result<Stage, Damage> {
    if !matches!(peer.stage, Stage::Verified | Stage::Leaving) {
        return Ok(Stage::Declined);
    }
    let active = deal::active(work)?.map_or(0, |deal| deal.epoch);
    let counted = work.all::<Deal>()?.into_iter().any(|deal| {
        let lives = deal.epoch >= active && !matches!(deal.stage, DealStage::Refused { .. });
        let mut names = deal.trustees.iter().map(|dealt| &dealt.name);
        let hosts = deal.hosts.iter().any(|host| host.name == peer.name);
        lives && (hosts || names.any(|name| *name == peer.name))
    });
    Ok(match counted {
        true => Stage::Leaving,
        false => Stage::Removed,
    })
}

/// What is said until others have taken the places.
pub(crate) fn pending(records: &dyn Records) -> Result<Vec<Event>, Damage> {
    let peers = open(records)?;
    peers.iter().map(|peer| event(records, peer)).collect()
}

/// Who resigned and is of an epoch still.
pub(crate) fn open(records: &dyn Records) -> Result<Vec<Trustee>, Damage> {
    let mut peers = record::load_all::<Trustee>(records, &[])?;
    peers.retain(|peer| peer.resigned.is_some() && matches!(peer.stage, Stage::Leaving));
    Ok(peers)
}

/// Who resigned and keeps nothing.
pub(crate) fn emptied(records: &dyn Records) -> Result<Vec<String>, Damage> {
    let mut peers = open(records)?;
    peers.retain(|peer| peer.resigned.as_ref().is_some_and(|said| said.at_once));
    Ok(peers.into_iter().map(|peer| peer.name).collect())
}

fn event(records: &dyn Records, peer: &Trustee) -> Result<Event, Damage> {
    let name = &peer.name;
    let text = sentence(records, peer)?;
    let text = match peer.stage {
        Stage::Leaving => format!("{text}: owner-agent trustee replace {name} NAME"),
        _ => text,
    };
    Ok(Event::new("resigned", name, text))
}

/// What it said, and what that means.
pub(super) fn sentence(records: &dyn Records, peer: &Trustee) -> Result<String, Damage> {
    let name = &peer.name;
    let role = match peer.role {
        PeerRole::Trustee => "trustee",
        PeerRole::Host => "backup host",
    };
    let gone = peer.resigned.as_ref().is_some_and(|said| said.at_once);
    let keeps = match gone {
        true => "and has deleted what it kept",
        false => "and keeps what it has until somebody else has taken the place",
    };
    let text = format!("{name} wants to be your {role} no longer, {keeps}");
    Ok(match peer.stage {
        Stage::Leaving => text + &without(records, peer)?,
        _ => text,
    })
}

/// What it means for her threshold.
fn without(records: &dyn Records, peer: &Trustee) -> Result<String, Damage> {
    let active = deal::active(records)?.map(|deal| deal.view());
    let Some(view) = active.filter(|_| peer.role == PeerRole::Trustee) else {
        return Ok(String::new());
    };
    let resigned: Vec<String> = open(records)?.into_iter().map(|peer| peer.name).collect();
    let others = view.receipts.iter().filter(|name| !resigned.contains(name));
    Ok(format!(
        "; of the others {} hold a share, and {} are needed to recover",
        others.count(),
        view.threshold
    ))
}
