//! When a share that waits becomes the current one, and what dies with the epochs before it.
//!
//! Only our own view of the ledger decides; `commit` is a hint to look (G4, R6).
use crate::agent::{Event, Work};
use crate::anchor::Anchor;
use crate::error::{Damage, Halt};
use crate::ledger::{RecoveryPolicyBody, View};
use crate::message::setup::Capability;
use crate::message::share::{Commit, Committed};
use crate::message::{Body, Received};
use crate::trustee::authority;
use crate::trustee::connection::{self, Party};
use crate::trustee::custody::{self, Author, Custody, Standing};
use crate::trustee::ward::{self, Ward, WardId};
use crate::trustee::{facts, history, resign, seat};

/// Does for an owner what her log now shows.
pub(super) fn promote(work: &mut Work<'_>, anchor: &Anchor, id: &WardId) -> Result<(), Damage> {
    let Some(ward) = ward::load(work, id)?.filter(Ward::is_verified) else {
        return Ok(());
    };
    let Some(view) = anchor.view(&ward.ledger) else {
        return Ok(());
    };
    if let Some(active) = facts::active(view, &ward.policy) {
        renew(work, view, &ward, active)?;
    }
    drop_powerless(work, view, &ward)
}

fn renew(
    work: &mut Work<'_>,
    view: &View,
    ward: &Ward,
    active: &RecoveryPolicyBody,
) -> Result<(), Damage> {
    let held = custody::of(work, &ward.id)?;
    let (current, mut others): (Vec<Custody>, Vec<Custody>) =
        held.into_iter().partition(|custody| is(custody, active));
    // After a recovery nothing of an earlier epoch has any power (G13), held anew or not; a share
    // that stays would only be a risk to the items that were not replaced yet.
    let recovered = facts::recovered(view, &ward.policy);
    let mut last = recovered;
    if let Some(current) = current.into_iter().next() {
        last = active.epoch;
        if !current.is_current() {
            let before = others.iter_mut().filter(|old| old.epoch < active.epoch);
            supersede(work, (view, ward), before);
            make_current(work, ward.clone(), current)?;
        }
        others.retain(|old| old.standing != Standing::Over || old.epoch <= recovered);
    }
    seat::settle(work, &ward.id, active.epoch)?;
    drop_until(work, ward, last, &others)
}

/// Of the epochs before, the last that was on the ledger stays, as over, until the owner has proof that the
/// new shares are held (G4). Whoever slept may never have seen it in force.
fn supersede<'a>(
    work: &mut Work<'_>,
    (view, ward): (&View, &Ward),
    before: impl Iterator<Item = &'a mut Custody>,
) {
    let mut last: Option<&mut Custody> = None;
    for old in before {
        old.standing = Standing::Waiting;
        let anchored = facts::stands(view, &ward.policy, old.epoch, &old.deal);
        if anchored && last.as_ref().is_none_or(|last| last.epoch < old.epoch) {
            last = Some(old);
        }
    }
    if let Some(last) = last {
        last.standing = Standing::Over;
        work.save(last);
    }
}

fn is(custody: &Custody, active: &RecoveryPolicyBody) -> bool {
    custody.epoch == active.epoch && custody.deal == active.deal_digest
}

fn make_current(work: &mut Work<'_>, mut ward: Ward, mut custody: Custody) -> Result<(), Damage> {
    custody.standing = Standing::Current;
    work.save(&custody);
    seat::take(work, &custody)?;
    let text = format!(
        "the share of {} for epoch {} is the current one",
        ward.name, custody.epoch
    );
    work.hint(Event::new("share", &ward.name, &text));
    history::note(work, text)?;
    if let Author::Claimant(_) = custody.author {
        // The owner is now who dealt this epoch. Her old connection speaks no more (G13).
        connection::assign(work, &custody.ours, Party::Ward(ward.id));
        ward.ours = custody.ours;
        ward.theirs = custody.theirs;
        history::note(
            work,
            format!(
                "{} was recovered; her agent speaks on a new connection",
                ward.name
            ),
        )?;
        work.save(&ward);
        resign::repeat(work, &ward)?;
    }
    Ok(())
}

/// Deletes the shares up to an epoch, of whatever deal; neither the current one nor the one that is over is
/// among them.
fn drop_until(
    work: &mut Work<'_>,
    ward: &Ward,
    epoch: u32,
    held: &[Custody],
) -> Result<(), Damage> {
    for old in held.iter().filter(|custody| custody.epoch <= epoch) {
        custody::discard(work, old)?;
        history::note(
            work,
            format!("deleted the share of {} for epoch {}", ward.name, old.epoch),
        )?;
    }
    Ok(())
}

/// Deletes waiting deals of those who may deal no more.
fn drop_powerless(work: &mut Work<'_>, view: &View, ward: &Ward) -> Result<(), Damage> {
    for waiting in custody::of(work, &ward.id)?
        .iter()
        .filter(|custody| custody.standing == Standing::Waiting)
    {
        if authority::has_lapsed(view, ward, &waiting.author) {
            custody::discard(work, waiting)?;
            history::note(
                work,
                format!(
                    "deleted a waiting share of {}: its author lost the right",
                    ward.name
                ),
            )?;
        }
    }
    Ok(())
}

/// `commit`: look, and say what we see.
pub(super) fn hinted(
    work: &mut Work<'_>,
    anchor: &mut Anchor,
    message: &Received,
    commit: &Commit,
) -> Result<Body, Halt> {
    let ward = authority::ward_for(work, message, &commit.policy, Capability::RecoveryShare)?;
    anchor.look(work, ward.ledger);
    let current = custody::active(work, &ward.id)?;
    let active = current.is_some_and(|custody| custody.epoch == commit.epoch);
    Ok(Body::ShareCommitted(Committed {
        epoch: commit.epoch,
        active,
    }))
}
