//! `delete`: the owner has proof that the epoch in force is held, and what came before it may go (G4, R6).
use crate::agent::{Event, Work};
use crate::anchor::Anchor;
use crate::error::{Damage, Halt, Refusal};
use crate::keys::labels;
use crate::message::setup::Capability;
use crate::message::share::{Delete, Deleted, Deletion};
use crate::message::{Body, Received};
use crate::trustee::aside::Aside;
use crate::trustee::authority::{self, Ground};
use crate::trustee::custody::{self, Custody, Standing};
use crate::trustee::ward::{Ended, Stage, Ward};
use crate::trustee::{evidence, facts, history, lodged, seat};

/// Deletes older shares, if our own view of the ledger shows that they are over, and says so with a
/// signature. One that is told that it is no trustee any more deletes what waits, too.
pub(super) fn delete(
    work: &mut Work<'_>,
    anchor: &Anchor,
    message: &Received,
    delete: &Delete,
    aside: &mut Aside,
) -> Result<Body, Halt> {
    let ward = authority::ward_for(work, message, &delete.policy, Capability::RecoveryShare)?;
    let ground = Ground {
        authority: &delete.authority,
        label: labels::DELETE,
        signed: delete.signed_bytes(),
        epoch: delete.below,
        anchored: true,
    };
    authority::judge((work, anchor), &ward, message, &ground, aside)?;
    check_epoch(anchor, &ward, delete).inspect_err(|_| aside.look(ward.ledger))?;
    let held = custody::of(work, &ward.id)?;
    check_standing(&held, delete)?;
    for old in held.iter().filter(|custody| goes(custody, delete)) {
        custody::discard(work, old)?;
        let text = format!("deleted the share of {} for epoch {}", ward.name, old.epoch);
        history::note(work, text)?;
    }
    let answer = statement(work, message, delete)?;
    if !delete.remains {
        end(work, ward)?;
    }
    Ok(answer)
}

/// Until our own view shows her epoch in force, the older one is what a recovery goes by.
fn check_epoch(anchor: &Anchor, ward: &Ward, delete: &Delete) -> Result<(), Refusal> {
    let active = anchor
        .view(&ward.ledger)
        .and_then(|view| facts::active(view, &ward.policy));
    if active.is_some_and(|active| active.epoch >= delete.below) {
        return Ok(());
    }
    let comment = format!("epoch {} is not active as far as we see", delete.below);
    Err(Refusal::new(
        "e.m.trust.ledger-behind",
        format!("{comment}; try again"),
    ))
}

/// Whoever holds the share in force is a trustee, whatever a device of hers believes.
fn check_standing(held: &[Custody], delete: &Delete) -> Result<(), Refusal> {
    let needed = |custody: &Custody| custody.is_current() && custody.epoch >= delete.below;
    if delete.remains || !held.iter().any(needed) {
        return Ok(());
    }
    let comment =
        "the share of the epoch in force is held here; another epoch must take its place first";
    Err(Refusal::new("e.p.req.still-a-trustee", comment))
}

fn goes(custody: &Custody, delete: &Delete) -> bool {
    custody.epoch < delete.below || (!delete.remains && custody.standing == Standing::Waiting)
}

fn statement(work: &Work<'_>, message: &Received, delete: &Delete) -> Result<Body, Damage> {
    let deletion = Deletion {
        policy: delete.policy,
        below: delete.below,
    };
    let signed = deletion.signed_bytes();
    let signature = evidence::sign(work, &message.to, labels::DELETED, &signed)?;
    Ok(Body::ShareDeleted(Deleted {
        deletion,
        signature,
    }))
}

fn end(work: &mut Work<'_>, mut ward: Ward) -> Result<(), Damage> {
    let text = format!(
        "{} has other trustees now; nothing is kept for {} here any more",
        ward.name, ward.name
    );
    work.hint(Event::new("dismissed", &ward.name, &text));
    history::note(work, text.clone())?;
    lodged::forget(work, &ward.id);
    seat::forget(work, &ward.id);
    ward.stage = Stage::Ended(Ended {
        mismatch: false,
        reason: text,
    });
    work.save(&ward);
    Ok(())
}
