//! `protect`: sets the terms, deals, collects receipts, anchors; "protected" is said only then (R5).
use crate::agent::{Event, Work};
use crate::anchor::{Anchor, Outcome};
use crate::bytes::Digest;
use crate::did::Did;
use crate::error::{CommandError, Damage, Stop};
use crate::keys::labels;
use crate::ledger::{self, Invalid, Record, View};
use crate::limits;
use crate::message::share::{Commit, Stored};
use crate::message::{Body, ProblemReport};
use crate::outbox;
use crate::owner::audit;
use crate::owner::claim;
use crate::owner::command::Answer;
use crate::owner::custody;
use crate::owner::deal::{self, By, Deal, DealStage};
use crate::owner::dealing::{self, Plan, Right};
use crate::owner::identity::{self, Identity};
use crate::owner::kept_by_trustee;
use crate::owner::push::{self, End, Passage};
use crate::owner::recipient::{self, Peers};
use crate::owner::status;
use crate::owner::superseded;
use crate::owner::supplement;
use crate::owner::terms::Terms;
use crate::owner::trustee::{self, PeerRole, Trustee};
use crate::time::Millis;

/// Losses that are survivable right after a protection, where there are trustees to spare (f of
/// G4).
pub(crate) const SPARE: u8 = 1;

/// Pause before a record that was refused is made anew.
const AGAIN: Millis = Millis::seconds(2);

/// Deals the next epoch under these terms.
pub(crate) fn begin(work: &mut Work<'_>, anchor: &Anchor, terms: Terms) -> Result<Answer, Stop> {
    let identity = identity::require(work)?;
    make_way(work)?;
    let trustees = trustee::verified(work, PeerRole::Trustee)?;
    let hosts = trustee::verified(work, PeerRole::Host)?;
    let (hosts, trustees_own) = kept_by_trustee::allowed(work, hosts)?;
    check(&trustees, &hosts, terms)?;
    let (trustees, mut hosts) = (
        recipient::recipients(trustees),
        recipient::recipients(hosts),
    );
    hosts.left_out.extend(trustees_own);
    let terms = terms.among(trustees.able.len());
    let spare = spare(work, anchor, &trustees, terms)?;
    let plan = Plan {
        epoch: next_epoch(anchor, &identity),
        terms,
        right: Right::Agent,
        spare,
    };
    dealing::deal(work, anchor, &plan, trustees, hosts)?;
    show(work, anchor)
}

/// As many as there are to spare, of those who have not stopped proving what they hold: a receipt that never
/// comes must not be waited for.
fn spare(work: &Work<'_>, anchor: &Anchor, trustees: &Peers, terms: Terms) -> Result<u8, Damage> {
    let lost = match deal::active(work)? {
        Some(active) => custody::lost(work, anchor, active.epoch)?,
        None => Vec::new(),
    };
    let able = trustees.able.iter();
    let able = able.filter(|to| !lost.iter().any(|name| name == to.name()));
    Ok(SPARE.min((able.count() as u8).saturating_sub(terms.threshold)))
}

/// A deal that is not anchored gives way to the next one. One that may be on its way to the ledger
/// does not: the row would be overwritten, and the epoch come into force with nobody knowing it.
pub(crate) fn make_way(work: &mut Work<'_>) -> Result<(), Stop> {
    if claim::row::load(work)?.is_some_and(|claim| !claim.is_done()) {
        let text = "a recovery is under way here, which deals the next epoch itself; see `owner-agent recover status`";
        return Err(CommandError::pending(text).into());
    }
    match deal::newest(work)? {
        Some(Deal {
            stage: DealStage::Anchoring { .. },
            epoch,
            ..
        }) => Err(CommandError::pending(format!(
            "epoch {epoch} is on the ledger or on its way there and not in force yet; see `owner-agent status`"
        ))
        .into()),
        Some(deal) if deal.stage != DealStage::Active => Ok(push::abandon(work, &deal)?),
        Some(_) | None => Ok(()),
    }
}

fn check(trustees: &[Trustee], hosts: &[Trustee], terms: Terms) -> Result<(), CommandError> {
    if trustees.len() < usize::from(terms.threshold) {
        return Err(CommandError::error(format!(
            "{} trustees are needed to recover, but only {} are verified; invite more with `owner-agent trustee invite`, \
             and compare words with each",
            terms.threshold,
            trustees.len()
        )));
    }
    if usize::from(terms.override_threshold) > trustees.len() {
        return Err(CommandError::error(format!(
            "{} trustees could never override a veto: only {} are verified, and a thief's veto would stand for ever",
            terms.override_threshold,
            trustees.len()
        )));
    }
    if hosts.is_empty() {
        let text = "nobody keeps your backup yet: invite a host that is no trustee with `owner-agent host invite NAME`";
        return Err(CommandError::error(text));
    }
    if hosts.len() > limits::backup::HOSTS {
        return Err(CommandError::error(format!(
            "a backup goes to at most {} hosts, and {} are verified",
            limits::backup::HOSTS,
            hosts.len()
        )));
    }
    Ok(())
}

/// One past the epoch that is active on the ledger. A deal of that number which was never anchored is
/// replaced; its shares verify against a digest that no ledger will show, so they stay useless.
fn next_epoch(anchor: &Anchor, identity: &Identity) -> u32 {
    let view = anchor.view(&identity.log);
    let active = view.and_then(|view| {
        view.state()
            .active_epoch(&identity.policy, view.ledger_time().unwrap_or_default())
    });
    active.unwrap_or(0).saturating_add(1)
}

/// Where the newest deal stands.
pub(crate) fn show(work: &Work<'_>, anchor: &Anchor) -> Result<Answer, Stop> {
    identity::require(work)?;
    let none = || {
        CommandError::error(
            "nothing is protected yet; run `owner-agent protect --threshold NUMBER`",
        )
    };
    let view = deal::newest(work)?.ok_or_else(none)?.view();
    let lost = custody::lost(work, anchor, view.epoch)?;
    Ok(Answer::Protect(status::without(view, &lost)))
}

/// A reply to one of the deal's messages. False where the message belongs to no deal.
pub(crate) fn on_reply(
    work: &mut Work<'_>,
    anchor: &mut Anchor,
    id: &str,
    reply: &Body,
) -> Result<bool, Damage> {
    if let Some(passage) = push::naming(work, id)? {
        on_host(work, anchor, passage, reply)?;
        return Ok(true);
    }
    for mut deal in deal::naming(work, id)? {
        let place = deal.trustees.iter().position(|dealt| dealt.message == id);
        if let Some(place) = place {
            deal.take_receipt(work, place, reply)?;
            work.save(&deal);
            advance(work, anchor, deal)?;
            return Ok(true);
        }
    }
    Ok(false)
}

/// A host says how far the backup is.
fn on_host(
    work: &mut Work<'_>,
    anchor: &mut Anchor,
    passage: Passage,
    reply: &Body,
) -> Result<(), Damage> {
    let (epoch, backup, name) = (passage.epoch, passage.backup, passage.host.clone());
    let Some(end) = push::on_reply(work, passage, reply)? else {
        return Ok(());
    };
    let Some(mut deal) = deal::backed_by(work, epoch, &backup)? else {
        return supplement::placed(work, (&backup, &name), end);
    };
    if let Some(host) = deal.hosts.iter_mut().find(|host| host.name == name) {
        match end {
            End::Stored(receipt) => (host.receipt, host.refused) = (Some(receipt), None),
            End::Refused(why) => host.refused = Some(why),
        }
    }
    push::drop_when_placed(work, &deal)?;
    if deal.stage == DealStage::Active {
        supplement::again(work)?;
    }
    work.save(&deal);
    advance(work, anchor, deal)
}

/// Notes for the screen why somebody who is asked again has not taken its part yet.
pub(crate) fn on_not_yet(work: &mut Work<'_>, id: &str, why: &str) -> Result<(), Damage> {
    if let Some(passage) = push::naming(work, id)? {
        let deal = deal::backed_by(work, passage.epoch, &passage.backup)?;
        return note(work, deal, why, |deal| {
            let mut hosts = deal.hosts.iter_mut();
            let host = hosts.find(|host| host.name == passage.host);
            host.map(|host| &mut host.refused)
        });
    }
    for deal in deal::naming(work, id)? {
        note(work, Some(deal), why, |deal| {
            let mut trustees = deal.trustees.iter_mut();
            let dealt = trustees.find(|dealt| dealt.message == id);
            dealt.map(|dealt| &mut dealt.refused)
        })?;
    }
    Ok(())
}

/// Writes it beside whom it is about, if it is new.
fn note(
    work: &mut Work<'_>,
    deal: Option<Deal>,
    why: &str,
    about: impl FnOnce(&mut Deal) -> Option<&mut Option<String>>,
) -> Result<(), Damage> {
    let Some(mut deal) = deal else {
        return Ok(());
    };
    match about(&mut deal) {
        Some(refused) if refused.as_deref() != Some(why) => *refused = Some(why.into()),
        Some(_) | None => return Ok(()),
    }
    work.save(&deal);
    Ok(())
}

impl Deal {
    fn take_receipt(
        &mut self,
        work: &mut Work<'_>,
        place: usize,
        reply: &Body,
    ) -> Result<(), Damage> {
        let lawful = matches!(reply, Body::ShareStored(stored) if self.is_receipt(place, stored));
        let dealt = &mut self.trustees[place];
        match reply {
            Body::ShareStored(stored) if lawful => {
                dealt.receipt = Some((stored.receipt.clone(), stored.signature));
                dealt.refused = None;
                let name = dealt.name.clone();
                let did = dealt.did.clone();
                push::add_prekeys(work, &name, &stored.spare, &stored.next)?;
                self.note_receipt(work, &name)?;
                superseded::caught_up(work, self, &did)?;
            }
            Body::Problem(problem) => dealt.refused = Some(reason(problem)),
            _ => {
                dealt.refused =
                    Some("it answered with something that is no receipt for this share".into())
            }
        }
        Ok(())
    }

    /// A receipt counts only for this very deal and index, signed by the trustee it was sent to.
    fn is_receipt(&self, place: usize, stored: &Stored) -> bool {
        let dealt = &self.trustees[place];
        let receipt = &stored.receipt;
        let same = receipt.epoch == self.epoch
            && receipt.deal == self.record.deal_digest
            && self.commitments.digest(&receipt.policy, self.epoch) == receipt.deal
            && receipt.index == dealt.index;
        let key = dealt.did.evidence_key();
        same && key
            .verify(labels::RECEIPT, &receipt.signed_bytes(), &stored.signature)
            .is_ok()
    }

    fn note_receipt(&self, work: &mut Work<'_>, name: &str) -> Result<(), Damage> {
        if let Some(mut trustee) = work.load::<Trustee>(name.as_bytes())? {
            trustee.receipt = Some(self.epoch);
            work.save(&trustee);
        }
        Ok(())
    }
}

/// A peer's refusal as it may be shown: short, and without what could disguise it.
pub(crate) fn reason(problem: &ProblemReport) -> String {
    let comment: String = problem
        .comment
        .chars()
        .take(200)
        .filter(|c| !c.is_control())
        .collect();
    let code: String = problem
        .code
        .chars()
        .take(64)
        .filter(char::is_ascii_graphic)
        .collect();
    format!("{comment} ({code})")
}

/// Takes every deal as far as it can go; called after each reply and each look at the ledger.
pub(crate) fn advance_all(work: &mut Work<'_>, anchor: &mut Anchor) -> Result<(), Damage> {
    for deal in work.all::<Deal>()? {
        advance(work, anchor, deal)?;
    }
    Ok(())
}

fn advance(work: &mut Work<'_>, anchor: &mut Anchor, deal: Deal) -> Result<(), Damage> {
    let Some(identity) = identity::load(work)? else {
        return Ok(());
    };
    match deal.stage.clone() {
        DealStage::Gathering if deal.is_backed() => begin_anchoring(work, anchor, &identity, deal),
        DealStage::Anchoring { record } => follow(work, anchor, &identity, deal, &record),
        // "Refused" is what a host of the ledger said; should our own view show the deal in force
        // nevertheless, then it is.
        DealStage::Refused { .. } if is_active(anchor, &identity, &deal) => {
            activate(work, &identity, deal)
        }
        DealStage::Gathering | DealStage::Active | DealStage::Refused { .. } => Ok(()),
    }
}

fn begin_anchoring(
    work: &mut Work<'_>,
    anchor: &mut Anchor,
    identity: &Identity,
    mut deal: Deal,
) -> Result<(), Damage> {
    // Without a view of the ledger there is nothing to link to; the next look tries again.
    let Some(record) = record_of(work, anchor, identity, &deal)? else {
        return Ok(());
    };
    offer(work, anchor, identity, (&mut deal, &record))
}

fn record_of(
    work: &mut Work<'_>,
    anchor: &Anchor,
    identity: &Identity,
    deal: &Deal,
) -> Result<Option<Record>, Damage> {
    match deal.by {
        By::Agent => Ok(policy_record(anchor, identity, deal)),
        By::Claimant { request } => claim::complete::record(work, identity, deal, &request),
    }
}

fn offer(
    work: &mut Work<'_>,
    anchor: &mut Anchor,
    identity: &Identity,
    (deal, record): (&mut Deal, &Record),
) -> Result<(), Damage> {
    anchor.append(work, identity.log, record)?;
    deal.stage = DealStage::Anchoring {
        record: record.digest(&identity.log),
    };
    work.save(deal);
    Ok(())
}

fn policy_record(anchor: &Anchor, identity: &Identity, deal: &Deal) -> Option<Record> {
    let link = anchor
        .view(&identity.log)?
        .state()
        .next_link(&identity.policy)?;
    Some(Record::recovery_policy(
        &identity.log,
        link,
        deal.record.clone(),
        &identity.agent,
    ))
}

fn follow(
    work: &mut Work<'_>,
    anchor: &mut Anchor,
    identity: &Identity,
    mut deal: Deal,
    record: &Digest,
) -> Result<(), Damage> {
    if is_active(anchor, identity, &deal) {
        return activate(work, identity, deal);
    }
    match anchor.outcome(work, record)? {
        Some(Outcome::Refused { code, comment }) if deal.retry.is_over(work.now, AGAIN) => {
            deal.retry = work.now.after(AGAIN);
            reconsider(
                work,
                anchor,
                identity,
                (deal, format!("{comment} ({code})")),
            )
        }
        Some(Outcome::Admitted { .. }) if !stands(anchor, identity, &deal) => {
            let reason = "it was on the ledger, and was vetoed or cancelled there".into();
            deal.stage = DealStage::Refused { reason };
            superseded::stay(work)?;
            work.save(&deal);
            Ok(())
        }
        Some(_) | None => Ok(()),
    }
}

/// Whether our view of the ledger shows this very deal as the one in force.
pub(crate) fn is_active(anchor: &Anchor, identity: &Identity, deal: &Deal) -> bool {
    anchor.view(&identity.log).is_some_and(|view| {
        let time = view.ledger_time().unwrap_or_default();
        let epoch = view.state().active_epoch(&identity.policy, time);
        epoch == Some(deal.epoch) && stands(anchor, identity, deal)
    })
}

/// Whether the ledger shows this very deal for its epoch, in force or waiting.
fn stands(anchor: &Anchor, identity: &Identity, deal: &Deal) -> bool {
    let view = anchor.view(&identity.log);
    let body = view.and_then(|view| view.state().recovery_policy(&identity.policy, deal.epoch));
    body.is_some_and(|body| body.deal_digest == deal.record.deal_digest)
}

/// The ledger refused the record. Made anew it may pass: another agent's record came between, or a
/// veto stood that is overridden by now. Our own view says which, so that neither one host's word
/// nor a thief's veto ends a rightful recovery (G10).
fn reconsider(
    work: &mut Work<'_>,
    anchor: &mut Anchor,
    identity: &Identity,
    (mut deal, reason): (Deal, String),
) -> Result<(), Damage> {
    let record = record_of(work, anchor, identity, &deal)?;
    let view = anchor.view(&identity.log);
    let time = view.and_then(View::ledger_time);
    let (Some(record), Some(view), Some(time)) = (record, view, time) else {
        work.save(&deal);
        return Ok(());
    };
    match ledger::check(view.state(), &record, time) {
        Ok(_) => return offer(work, anchor, identity, (&mut deal, &record)),
        Err(Invalid::VetoStands | Invalid::DelayRunning { .. } | Invalid::LaneNotFull { .. }) => {}
        Err(_) => {
            deal.stage = DealStage::Refused { reason };
            superseded::stay(work)?;
        }
    }
    work.save(&deal);
    Ok(())
}

fn activate(work: &mut Work<'_>, identity: &Identity, mut deal: Deal) -> Result<(), Damage> {
    deal.stage = DealStage::Active;
    let commit = Commit {
        policy: identity.policy,
        epoch: deal.epoch,
    };
    let to: Vec<(Did, Did)> = deal
        .trustees
        .iter()
        .map(|dealt| (dealt.local.clone(), dealt.did.clone()))
        .collect();
    for (local, did) in to {
        // Queued behind the share for whoever has not got it yet.
        outbox::send(work, &local, &did, Body::ShareCommit(commit.clone()));
    }
    let mut older = work.all::<Deal>()?;
    older.retain(|older| older.epoch < deal.epoch);
    for older in &older {
        push::abandon(work, older)?;
    }
    superseded::begin(work, &deal, &older)?;
    supplement::begin(work, &deal, &older)?;
    let text = format!(
        "epoch {} is active: {} of {} trustees hold it",
        deal.epoch,
        deal.view().receipts.len(),
        deal.trustees.len()
    );
    custody::begin(work, &deal)?;
    audit::begin(work, &deal)?;
    work.hint(Event::new("protected", deal.epoch.to_string(), text));
    work.save(&deal);
    if let By::Claimant { request } = deal.by {
        claim::complete::finish(work, &request)?;
    }
    Ok(())
}
